"""Learned positions: the trained table."""

import numpy as np

from model import Bundle
from model.analysis import order
from model.network.encodings.learned import learned
from pages._numbers import number
from pages.positions.pictures import EncodingView, Picture, by_cosine, table
from viz.order import Look


def view(bundle: Bundle, head: int) -> EncodingView:
    rows = bundle.network.position_table.numpy()
    near = order.alikeness(rows)
    sentence = (
        f"A table of {len(rows)} rows of {rows.shape[1]} numbers, trained like all others. Neighbours have "
        f"a cosine of {number(np.diag(near, 1).mean(), 2)} on average, positions {len(rows) // 2} apart of "
        f"{number(np.diag(near, len(rows) // 2).mean(), 2)}: what structure there is, the model found by "
        f"itself. **The table ends at {len(rows)}**: a longer text has no position there."
    )
    drawn = table(
        rows,
        list(map(str, range(rows.shape[1]))),
        "the trained table, added to the embedding",
        "dimension",
        "learned",
    )
    note = "The table’s scale reaches to its largest number."
    return by_cosine(drawn, rows, note, sentence, learned)


PICTURE = Picture(view, Look("#E69F00", "dash", "square"))
