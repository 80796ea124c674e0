"""Weights from word to word: the switch, and what rows and columns of a matrix between tokens then stand for.

Every view of weights between tokens asks `labels` once, and hands all that it draws through it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import Trace
from model.analysis import wordwise
from pages._control import switch

WORDS = switch("Whole words: the pieces of a word as one", "words")


class Labels(NamedTuple):
    """What the rows, and the columns, of a matrix between some tokens of a text stand for: tokens, or words.

    names: of the W rows. groups (T,): the row of each token. first: the place of the first of the T tokens in
    the text; start: how many rows the text has before the first. divided: whether a word of the text has
    several tokens, so that there is something to merge.
    """

    names: tuple[str, ...]
    groups: np.ndarray
    first: int
    start: int
    divided: bool

    @property
    def merged(self) -> bool:
        return len(self.names) < len(self.groups)

    def matrix(self, values: np.ndarray) -> np.ndarray:
        """Weights (..., T, T), or differences of weights, as (..., W, W); what is not finite is masked."""
        if not self.merged:
            return values
        seen = np.isfinite(values)
        merged = wordwise.merge(np.where(seen, values, 0), self.groups)
        return np.where(wordwise.may_look(seen, self.groups), merged, np.nan)

    def allowed(self, mask: np.ndarray) -> np.ndarray:
        """A mask (..., T, T) as (..., W, W): True where any piece may look at any piece."""
        return wordwise.may_look(mask, self.groups) if self.merged else mask

    def columns(self, values: np.ndarray) -> np.ndarray:
        """Weights (N, T) of the tokens as (N, W), each row for something that is no token."""
        return wordwise.taken(values, self.groups) if self.merged else values

    def row(self, token: int) -> int | None:
        """The row of a token, by its place in the text; None if it is not among these tokens."""
        inside = 0 <= token - self.first < len(self.groups)
        return int(self.groups[token - self.first]) if inside else None

    def cell(self, query: int, key: int) -> tuple[int, int] | None:
        """The cell of two tokens; None if one of them is not among these."""
        cell = self.row(query), self.row(key)
        return None if None in cell else cell

    def token(self, row: int) -> int:
        """The place in the text of a row's token, of a word the first."""
        return self.first + int(np.argmax(self.groups == row))

    def chosen(self, listener: Callable[[int, int], None]) -> Callable[[int, int], None]:
        """For a view: the listener to a cell hears of the two tokens."""
        return lambda row, column: listener(self.token(row), self.token(column))

    def draw(self) -> None:
        """Draw the switch, if it does anything, and say how words are merged."""
        if self.divided:
            WORDS.draw()
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
    return Labels(names, groups - start, part.start or 0, start, divided=True)


def by_token(trace: Trace, part: slice = slice(None)) -> Labels:
    """The Labels of a matrix of what cannot be merged, such as scores: every row is a token."""
    tokens, first = trace.tokens[part], part.start or 0
    return Labels(tokens, np.arange(len(tokens)), first, first, divided=False)
