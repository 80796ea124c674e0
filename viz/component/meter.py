"""The meter: where words fall between two senses, one lane above the other, and the paths from lane to
lane.
"""

import math
from typing import NamedTuple

import numpy as np

from viz.component.message import heard, places
from viz.component.view import view

mount = view("meter")


class Lane(NamedTuple):
    """One line of the meter: its name, the examples on the left and on the right, the margin around 0, a
    value per mark, and a note behind it.
    """

    name: str
    left: np.ndarray
    right: np.ndarray
    margin: float
    values: tuple[float, ...]
    before: tuple[float, ...] = ()  # where the marks were before a change, drawn as a trace of them
    note: str = ""
    neither: tuple[bool, ...] = ()  # which marks are like neither side, drawn with a dashed rim


def meter(
    lanes, *, ends, marks, key, chosen=None, joined=True, note="", label="", revision="", on_select=None
):
    """Draw the lanes, -1 (the mean of the left examples) to +1 (of the right ones), with a disc for each of
    `marks`, short names such as "1".

    ends: the names of the two senses. joined: lines connect a mark's discs from lane to lane. note: heads the
    column of the lanes' notes. chosen: the lane outlined; a click on another one calls `on_select` with its
    place. The scale, one for all lanes, reaches to the farthest mark or example. ValueError if a lane has
    another number of values than there are marks.
    """
    for lane in lanes:
        if len(lane.values) != len(marks) or len(lane.before) not in (0, len(marks)):
            raise ValueError(
                f"lane {lane.name!r} has {len(lane.values)} values and {len(lane.before)} before, for "
                f"{len(marks)} marks"
            )
    farthest = max(
        float(np.abs(np.concatenate([lane.left, lane.right, lane.values, lane.before])).max(initial=0))
        for lane in lanes
    )
    drawn = [
        {
            "name": lane.name,
            "left": [float(x) for x in lane.left],
            "right": [float(x) for x in lane.right],
            "margin": float(lane.margin) if math.isfinite(lane.margin) else None,
            "values": [float(x) for x in lane.values],
            "before": [float(x) for x in lane.before],
            "note": lane.note,
            "neither": [bool(one) for one in lane.neither],
        }
        for lane in lanes
    ]
    data = {
        "lanes": drawn,
        "ends": list(ends),
        "marks": list(marks),
        "limit": max(1.5, 1.05 * farthest),
        "chosen": chosen,
        "joined": joined,
        "note": note,
        "label": label,
        "revision": str(revision),
    }
    mount(key=key, data=data, on_lane_change=heard(key, "lane", places(len(lanes)), on_select))
