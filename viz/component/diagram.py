"""The diagram of a transformer: boxes in rows beside the residual stream, joined by wires, each one a
button.
"""

from typing import NamedTuple

from viz.component.message import heard, one_of
from viz.component.view import view

mount = view("diagram")


class Part(NamedTuple):
    """A box: where it stands (column 0 is the stream itself), what is written on it, and what it takes.

    share: the part of the whole, in [0, 1], of the parameters and of the multiply-adds of all boxes of this
    kind together.
    """

    name: str
    title: str
    row: int
    column: int
    axes: str
    shape: tuple[int, ...]
    reads: tuple[str, ...]
    parameters: int
    multiply_adds: int
    share: tuple[float, float]
    times: int = 1  # how many such boxes the whole has
    role: str = ""  # "query", "key", "value" or "output": the colour of its edge


def diagram(parts, *, selected, frame, caption, key, label="", revision="", on_select=None):
    """Draw the Parts, wires from what each one reads, and a frame around the rows `frame` (first, last) with
    a caption in its corner.

    A click, or Enter on a box, calls `on_select` with its name. selected: the name of the outlined one.
    ValueError if two parts share a name or a place, or one reads from a part that is not there.
    """
    names, places = {part.name for part in parts}, {(part.row, part.column) for part in parts}
    if len(names) < len(parts) or len(places) < len(parts):
        raise ValueError("each part of a diagram has a name and a place of its own")
    for part in parts:
        if missing := set(part.reads) - names:
            raise ValueError(
                f"{part.name!r} reads from {', '.join(sorted(missing))}, which is not in the diagram"
            )
    data = {
        "parts": [part._asdict() for part in parts],
        "selected": selected,
        "rows": list(frame),
        "caption": caption,
        "label": label,
        "revision": str(revision),
    }
    mount(key=key, data=data, on_box_change=heard(key, "box", one_of(names), on_select))
