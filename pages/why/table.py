"""The table of all parts of the query times all parts of the key; a click on a head walks on to its score."""

from functools import partial

import numpy as np
import streamlit as st

from model.analysis import why
from pages._choices import put
from pages._control import Control
from pages._numbers import signed
from pages.why import path
from pages.why.apart import Pair, choose, opened, source
from pages.why.view import withdraw
from pages.why.words import ANSWERS, ASKS
from viz.component import heatmap

CELL = Control("Cell", "why.cell", None, "")
ALL = "all"


def spelled(parts, a, b):
    """How an address writes a cell."""
    return f"{parts.queries[a].name}|{parts.keys[b].name}"


def cell(parts):
    """The cell that is looked at, until somebody chooses one the strongest."""
    asked = CELL.value()
    names = [[part.name for part in side] for side in (parts.queries, parts.keys)]
    first, _, second = asked.partition("|")
    if first in names[0] and second in names[1]:
        return names[0].index(first), names[1].index(second)
    best = parts.strongest(1)[0]
    if asked:
        withdraw(CELL, spelled(parts, *best))
    return best


def show(choice, trace, pair, parts, lead):
    """The heatmap with its sums, and what the chosen cell is."""
    rows, columns = parts.table.sum(1), parts.table.sum(0)
    values = np.block([[parts.table, rows[:, None]], [columns[None], parts.table.sum(keepdims=True)]])

    heatmap(
        values,
        rows=[*(part.name for part in parts.queries), ALL],
        columns=[*(part.name for part in parts.keys), ALL],
        key="why.parts",
        kind="signed",
        limit=float(np.abs(parts.table).max()) or None,
        square=False,
        selected=cell(parts),
        height=min(520, 90 + 26 * len(values)),
        label=f"what each pair of parts adds to the {'lead' if lead else 'score'}",
        row_role="asks with",
        column_role="answers with",
        reading="{row} asks, {column} answers",
        revision=f"{trace.text}\n{pair}",
        on_select=partial(take, choice, trace, pair, parts),
    )
    st.caption(
        "Rows are the parts of the one that asks, columns those of the one that answers; the last row and "
        f"column are their sums, in the corner is the whole, {signed(parts.table.sum())}. **Click a head to "
        "walk on to its own score**; where row and column are heads, to the one that adds more in all. An "
        "MLP is no sum of what it read, so that nobody walks through it."
    )
    if not lead:  # of what other tokens' keys have from the same head nothing is known by source
        opened_heads(choice, trace, pair, parts, *cell(parts))


def take(choice, trace, pair, parts, row, column):
    """Walk on to the head of the cell that was clicked, of two to the one that adds more; else choose it."""
    sides = [
        (row, ASKS, parts.queries, parts.table.sum(1)),
        (column, ANSWERS, parts.keys, parts.table.sum(0)),
    ]
    inside = [(i, side, names, sums) for i, side, names, sums in sides if i < len(names)]
    heads = [(abs(sums[i]), side, names[i]) for i, side, names, sums in inside if names[i].kind == why.HEAD]
    if heads:
        _, side, part = max(heads, key=lambda head: head[0])
        walk_on(choice, trace, pair, part, side)
    elif len(inside) == len(sides):
        put({CELL.key: spelled(parts, row, column)})


def opened_heads(choice, trace, pair, parts, a, b):
    """What each token brought to the pair of parts at (a, b) through a head of it, a row for each head."""
    sides = [(parts.queries[a], ASKS, b), (parts.keys[b], ANSWERS, a)]
    heads = [one for one in sides if one[0].kind == why.HEAD]
    if not heads:
        return
    gains = [opened(choice.text, choice.model, pair, part, side)[:, other] for part, side, other in heads]
    heatmap(
        np.stack(gains),
        rows=[part.name for part, *_ in heads],
        columns=trace.tokens,
        key="why.brought",
        kind="signed",
        square=False,
        height=120 + 30 * len(heads),
        label=f"{parts.queries[a].name} × {parts.keys[b].name} in the score, by the token it came from",
        row_role="head",
        column_role="token",
        reading="{row} brought it from {column}",
        revision=f"{trace.text}\n{pair}",
    )


def walk_on(choice, trace, pair, part, side):
    """Look at the score of an earlier head next: from the token that carries what it brought, at the one that
    it brought most from.
    """
    at = pair.place(side)
    choose(
        Pair(part.layer, part.head, at, source(choice.text, choice.model, pair, part, side)),
        path.spelled([*path.trail(trace, pair), (pair, side)]),
    )
