"""The cell that the learner looks at, and the pictures of matrices and vectors that the steps share."""

from typing import NamedTuple

import streamlit as st

from model import AttentionTrace, Trace
from pages import _shell, _words
from pages._choices import put
from pages._control import pause
from pages._numbers import largest
from viz.component import heatmap

HEIGHT = 470
MOST = 48  # weights that are followed to what they weigh


class Cell(NamedTuple):
    """Where the learner looks: a trace, one head of one layer, a query and a key."""

    trace: Trace
    attention: AttentionTrace
    head: int
    query: int
    key: int

    @property
    def words(self):
        """The two tokens, safe inside a sentence."""
        return _shell.plain(self.trace.tokens[self.query]), _shell.plain(self.trace.tokens[self.key])

    @property
    def numbers(self):
        """The chosen cell at every stage: dot product, scaled, weight."""
        place = self.query, self.key
        return tuple(
            float(stage(self.head)[place])
            for stage in (self.attention.dots, self.attention.scaled, self.attention.weights)
        )


def square(cell, values, name, *, kind, allowed=None, note, labels=None):
    """The T x T matrix of one stage, or with its `labels` what the reader wants; a click chooses the pair."""
    labels = labels or _words.by_token(cell.trace)
    row, column = chosen = labels.cell(cell.query, cell.key)
    parts = {"query": (row, None), "key": (None, column)}
    if kind == "weights" and not labels.merged:
        parts |= {f"weight {j}": (row, j) for j in range(min(len(labels.names), MOST))}
    heatmap(
        labels.matrix(values),
        rows=labels.names,
        columns=labels.names,
        key="attention.matrix",
        kind=kind,
        allowed=None if allowed is None else labels.allowed(allowed),
        selected=chosen,
        height=HEIGHT,
        label=name,
        revision=cell.trace.text,
        parts=parts,
        on_select=labels.chosen(take_cell),
    )
    pause()
    st.caption(
        f"Rows ask, columns answer; {note}. Checked against the model’s own output: "
        f"{largest(cell.attention.error(), 'difference')}."
    )
    labels.draw(cell.attention.weights(cell.head))


def by_dimension(
    values,
    rows,
    name,
    *,
    key,
    role,
    reading="{row}, dimension {column}",
    selected=None,
    height=HEIGHT,
    parts=None,
):
    """Vectors of one head as a heatmap: row a token or a head, column a dimension; returns the dimension
    clicked last, at first 0.
    """
    columns = [str(i) for i in range(values.shape[1])]
    clicked = heatmap(
        values,
        rows=rows,
        columns=columns,
        key=f"attention.{key}",
        kind="signed",
        square=False,
        label=name,
        selected=selected,
        height=height,
        row_role=role,
        column_role="dimension",
        reading=reading,
        parts=parts,
    )
    return clicked[1] if clicked else 0


def take_cell(query, key):
    put({"attention.query": query, "attention.key": key})


def take_token(place):
    put({"attention.query": place}, "attention.key")
