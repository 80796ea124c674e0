"""A table whose rows are chosen: the name of each is a button."""

from collections.abc import Callable, Mapping, Sequence

from viz.component.message import heard, one_of
from viz.component.view import view

mount = view("rows")


def rows(
    heads: Sequence[str],
    lines: Mapping[str, Sequence[str]],
    *,
    key: str,
    label: str,
    on_select: Callable[[str], None] | None = None,
) -> None:
    """Draw a table: `heads` are those of its columns, the names' among them, and `lines` maps the name of
    each row to its other cells.

    A click on a name, or Enter there, calls `on_select` with it before the run that this starts. ValueError
    if a row has another number of cells than there are columns.
    """
    for name, cells in lines.items():
        if len(cells) + 1 != len(heads):
            raise ValueError(f"{name!r} has {len(cells)} cells for {len(heads) - 1} columns")
    data = {"heads": list(heads), "lines": [[name, *cells] for name, cells in lines.items()], "label": label}
    mount(key=key, data=data, on_row_change=heard(key, "row", one_of(lines), on_select))
