"""Candidates for the next token: buttons with their probability before and after the filters, and the strip
on which the roll falls.
"""

from viz.component.message import heard, one_of
from viz.component.view import view

mount = view("candidates")


def candidates(rows, *, rest, roll, key, label="", revision="", on_select=None):
    """Draw a button per row and a strip of all of them, laid end to end by their share after the filters.

    rows: dicts of rank (from 1), token, own and final (probabilities before and after the filters), cut (the
    name of the filter that removed it, or ""), drawn and before (whether it was drawn, whether it followed in
    the branch left behind). rest: how many tokens are not listed, and their share before and after. roll: the
    number in [0, 1) that was rolled, None without. A click calls `on_select` with the rank.
    """
    drawn = [row | {"own": float(row["own"]), "final": float(row["final"])} for row in rows]
    count, own, final = rest
    data = {
        "rows": drawn,
        "rest": [int(count), float(own), float(final)],
        "roll": roll,
        "label": label,
        "revision": str(revision),
    }
    ranks = one_of([row["rank"] for row in rows])
    mount(key=key, data=data, on_rank_change=heard(key, "rank", ranks, on_select))
