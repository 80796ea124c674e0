"""Two words side by side, stage by stage: to which other words each is nearest, and how far the two have
parted.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from viz.component.message import heard, places
from viz.component.view import view

mount = view("neighbours")


class Row(NamedTuple):
    """One stage: its name, the nearest words of the first and of the second word with their cosines, the
    nearest first, and the cosine between the two.
    """

    name: str
    first: Sequence[tuple[str, float]]
    second: Sequence[tuple[str, float]]
    cosine: float


def neighbours(
    rows: Sequence[Row],
    *,
    sentences: Sequence[tuple[str, str, str]],
    key: str,
    chosen: int | None = None,
    label: str = "",
    revision: str = "",
    on_select: Callable[[int], None] | None = None,
) -> None:
    """Draw the rows, the first on top: the words of the first sentence to the left, of the second to the
    right, and between them two discs that part as the cosine falls from 1.

    sentences: the text before, of and after the word, for both. chosen: the row that is outlined; a click on
    another one calls `on_select` with its place. The words that are near to both are drawn without a colour.
    """
    drawn = [
        {
            "name": row.name,
            "sides": [[[word, float(cosine)] for word, cosine in side] for side in (row.first, row.second)],
            "cosine": float(row.cosine),
        }
        for row in rows
    ]
    data = {
        "rows": drawn,
        "sentences": [list(parts) for parts in sentences],
        "chosen": chosen,
        "label": label,
        "revision": str(revision),
    }
    mount(key=key, data=data, on_row_change=heard(key, "row", places(len(drawn)), on_select))
