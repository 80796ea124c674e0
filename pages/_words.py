"""Weights from word to word: the switch, and what rows and columns of a matrix between tokens then stand for.

Every view of weights between tokens asks `labels` once, and hands all that it draws through it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import Trace
from model.analysis import wordwise
from pages._control import switch
from pages._numbers import percent
from pages._shell import listing, plain

WORDS = switch("Whole words: the pieces of a word as one", "words")
MARKS = switch(
    "Hide special tokens", "marks", help="Tokens that the tokenizer adds and that stand for no text"
)


class Labels(NamedTuple):
    """What the rows, and the columns, of a matrix between some tokens of a text stand for: tokens, or words.

    names: of the W rows. groups (T,): the row of each token. first: the place of the first of the T tokens in
    the text; start: how many rows the text has before the first. divided: whether a word of the text has
    several tokens, so that there is something to merge. marks (T,): which of the tokens stand for no text;
    kept: the places of the rows among all, where those of the marks are hidden; hides: what these are called.
    """

    names: tuple[str, ...]
    groups: np.ndarray
    first: int
    start: int
    divided: bool
    marks: np.ndarray | None = None
    kept: np.ndarray | None = None
    hides: tuple[str, ...] = ()

    @property
    def merged(self) -> bool:
        return bool(self.groups[-1] + 1 < len(self.groups))

    def rows(self, values: np.ndarray, axis: int = -1) -> np.ndarray:
        """What there is of every row, hidden ones included, of those that are shown."""
        return values if self.kept is None else values.take(self.kept, axis)

    def matrix(self, values: np.ndarray) -> np.ndarray:
        """Weights (..., T, T), or differences of weights, as (..., W, W); what is not finite is masked."""
        if self.merged:
            seen = np.isfinite(values)
            merged = wordwise.merge(np.where(seen, values, 0), self.groups)
            values = np.where(wordwise.may_look(seen, self.groups), merged, np.nan)
        return self.rows(self.rows(values), -2)

    def allowed(self, mask: np.ndarray) -> np.ndarray:
        """A mask (..., T, T) as (..., W, W): True where any piece may look at any piece."""
        mask = wordwise.may_look(mask, self.groups) if self.merged else mask
        return self.rows(self.rows(mask), -2)

    def columns(self, values: np.ndarray) -> np.ndarray:
        """Weights (N, T) of the tokens as (N, W), each row for something that is no token."""
        return self.rows(wordwise.taken(values, self.groups) if self.merged else values)

    def row(self, token: int) -> int | None:
        """The row of a token, by its place in the text; None if it is not among these tokens, or hidden."""
        if not 0 <= token - self.first < len(self.groups):
            return None
        row = int(self.groups[token - self.first])
        if self.kept is None:
            return row
        return int(np.searchsorted(self.kept, row)) if row in self.kept else None

    def cell(self, query: int, key: int) -> tuple[int, int] | None:
        """The cell of two tokens; None if one of them is not among these."""
        cell = self.row(query), self.row(key)
        return None if None in cell else cell

    def token(self, row: int) -> int:
        """The place in the text of a row's token, of a word the first."""
        row = row if self.kept is None else self.kept[row]
        return self.first + int(np.argmax(self.groups == row))

    def chosen(self, listener: Callable[[int, int], None]) -> Callable[[int, int], None]:
        """For a view: the listener to a cell hears of the two tokens."""
        return lambda row, column: listener(self.token(row), self.token(column))

    def hidden(self, weights: np.ndarray) -> str:
        """How much of the weights (..., T, T) the hidden tokens take, in a sentence."""
        seen = np.nan_to_num(weights)[..., ~self.marks, :]
        share = seen[..., self.marks].sum() / seen.sum()
        names = listing([plain(name) for name in dict.fromkeys(self.hides)])
        verbs = ("is", "takes") if len(self.hides) == 1 else ("are", "take")
        return (
            f"{names} {verbs[0]} hidden, and {verbs[1]} **{percent(share)}** of the weight of the others, so "
            "that rows sum to less than 1 here."
        )

    def draw(self, weights: np.ndarray | None = None) -> None:
        """Draw the switches that do anything, and say how words are merged, and how much of these `weights`
        (..., T, T) hidden tokens take.
        """
        if self.divided:
            WORDS.draw()
        if self.marks is not None:
            MARKS.draw()
        if self.kept is not None and weights is not None:
            st.markdown(self.hidden(weights))
        if self.merged:
            st.caption(
                "The pieces of a word are one: the mean over those that ask of the sum over those that "
                "answer, so that the sum of a row stays what it is."
            )


def labels(trace: Trace, part: slice = slice(None)) -> Labels:
    """The Labels of the tokens in this part of a text, which the reader sees as they are, or as words."""
    words = wordwise.words(trace)
    if not (words.merged and WORDS.value()):
        return by_token(trace, part)._replace(divided=words.merged)
    groups = words.groups[part]
    start = int(groups[0])
    names = words.names[start : groups[-1] + 1]
    return without_marks(trace, Labels(names, groups - start, part.start or 0, start, divided=True))


def by_token(trace: Trace, part: slice = slice(None)) -> Labels:
    """The Labels of a matrix of what cannot be merged, such as scores: every row is a token."""
    tokens, first = trace.tokens[part], part.start or 0
    return without_marks(trace, Labels(tokens, np.arange(len(tokens)), first, first, divided=False))


def without_marks(trace: Trace, every: Labels) -> Labels:
    """The same without the rows of tokens that stand for no text, if there are any and they are hidden."""
    marks = wordwise.marks(trace)
    inside = marks[every.first : every.first + len(every.groups)]
    if not inside.any():
        return every
    every = every._replace(marks=inside)
    if not MARKS.value():
        return every
    kept = np.unique(every.groups[~inside])
    names = tuple(every.names[row] for row in kept)
    hides = tuple(trace.tokens[every.first + i] for i in np.flatnonzero(inside))
    start = every.start - int(marks[: every.first].sum())
    return every._replace(names=names, kept=kept, hides=hides, start=start)


def named(names: Sequence[str], row: int, start: int = 0) -> str:
    """The name of a row for a sentence, with its place in the text if another row has the same name;
    `start` rows of the text come before the first.
    """
    place = f" (place {start + row + 1})" if list(names).count(names[row]) > 1 else ""
    return plain(names[row]) + place


def strongest(trace: Trace, row: np.ndarray) -> int:
    """The place of the largest weight in a row (T,), of those that are shown."""
    marks = wordwise.marks(trace)
    return int(np.where(marks & (marks.any() and MARKS.value()), -1, row).argmax())
