"""Panels: several small matrices over the same tokens, on one scale, under one crosshair."""

import numpy as np

from viz.component.message import heard, places
from viz.component.view import payload, view

mount = view("panels")


def panels(
    maps,
    *,
    rows,
    columns,
    key,
    kind="weights",
    limit=None,
    signed=(),
    row_role="query",
    column_role="key",
    across=3,
    side=180,
    selected=None,
    label="",
    hole="masked",
    revision="",
    on_select=None,
):
    """Draw `maps`, a dict from title to a matrix (T, S) or to a sentence why there is none, side by side, row
    0 on top.

    A number that is not finite is a cell that is empty, for the reason that `hole` says. kind "weights" has
    the scale 0 to 1, "signed" -limit to limit, limit being the largest |value| of all maps with that scale
    unless given; the titles in `signed` have it whatever the kind. across: panels beside each other where
    there is room; side: CSS pixels of a matrix. selected: the (row, column) outlined in every panel, whose
    values stand over them. A click, or Enter on a cell, calls `on_select` with row and column. ValueError if
    a matrix does not fit the labels or the kind is unknown.
    """
    shape = len(rows), len(columns)
    drawn = {
        title: np.asarray(values, "<f4") for title, values in maps.items() if not isinstance(values, str)
    }
    for title, values in drawn.items():
        if values.shape != shape:
            raise ValueError(
                f"{title!r} is {values.shape}, but there are {shape[0]} row labels and {shape[1]} column "
                "labels"
            )
    if kind not in ("weights", "signed"):
        raise ValueError(f"kind is {kind!r}; known: weights, signed")
    kinds = {title: "signed" if title in signed else kind for title in maps}
    largest = max(
        (
            float(np.abs(values[np.isfinite(values)]).max(initial=0))
            for title, values in drawn.items()
            if kinds[title] == "signed"
        ),
        default=0.0,
    )
    scales = {"weights": {"kind": "weights", "low": 0.0, "high": 1.0}}
    scales["signed"] = {
        "kind": "signed",
        "low": -float(limit or largest or 1.0),
        "high": float(limit or largest or 1.0),
    }
    header = {
        "titles": list(maps),
        "notes": [values if isinstance(values, str) else None for values in maps.values()],
        "rows": list(rows) * len(drawn),
        "tall": len(rows),
        "columns": list(columns),
        **scales[kind],
        "scales": [scales[kinds[title]] for title in maps],
        "row_role": row_role,
        "column_role": column_role,
        "across": int(across),
        "side": int(side),
        "selected": inside(selected, shape),
        "label": label,
        "hole": hole,
        "revision": str(revision),
    }
    # one upon the other, so that every row has its label
    numbers = np.array([np.where(np.isfinite(values), values, np.nan) for values in drawn.values()])
    mount(
        key=key, data=payload(header, numbers), on_cell_change=heard(key, "cell", places(*shape), on_select)
    )


def inside(cell, shape):
    """The cell as two numbers if it lies inside, else None: a choice outlives the text it was made on."""
    return (
        [int(i) for i in cell]
        if cell is not None and all(0 <= i < n for i, n in zip(cell, shape, strict=True))
        else None
    )
