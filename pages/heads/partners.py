"""What two sides have in common: the same place in one text, or the same word in two."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from model import Trace
from model.analysis import alignment, wordwise
from pages import _shell, _words
from pages._numbers import plural
from pages.heads.pair import look_at, seen, window

NAMED = 12  # words without a partner that are named
SHOWN, STEP = 128, 32  # tokens of a long text that are drawn, and by how many the window moves


class Side(NamedTuple):
    """One of the two that are compared: what it is called, its Trace, layer and head from 0."""

    name: str
    trace: Trace
    layer: int
    head: int

    def weights(self, part):
        """Weights (S, S) of the tokens in this part of the text, NaN where one may not look."""
        return seen(self.trace.layers[self.layer].attention, self.head, part)

    def sums(self, part, groups):
        """What the whole rows of these tokens sum to, merged as their `groups` say, (W,): less than 1 where
        a sink takes a share.
        """
        weights = self.trace.layers[self.layer].attention.weights(self.head, part)
        return wordwise.merge(weights.sum(-1, keepdims=True), groups, np.zeros(1, int))[:, 0]


class Paired(NamedTuple):
    """What is drawn of two sides: the names of rows and columns, the matrices of both and what their whole
    rows sum to, the cell chosen, who hears of a click, and what to say of it all.
    """

    names: tuple[str, ...]
    maps: list[np.ndarray]
    sums: list[np.ndarray]
    selected: tuple[int, int] | None
    on_select: Callable[[int, int], None]
    sentence: str
    start: int = 0


def place_by_place(view, a, b):
    """The same tokens in both, as tokens or as words."""
    T = len(a.trace.tokens)
    part = window(view.query, T, SHOWN, STEP)
    labels = _words.labels(a.trace, part)
    sentence = (
        f"Drawn are tokens {part.start + 1} to {part.stop} of {T:,}, around the token that asks; this is "
        "about these."
    )
    return Paired(
        labels.names,
        [labels.matrix(side.weights(part)) for side in (a, b)],
        [labels.rows(side.sums(part, labels.groups)) for side in (a, b)],
        labels.cell(view.query, view.key),
        labels.chosen(look_at),
        sentence * (part.stop - part.start < T),
        labels.start,
    )


def word_by_word(view, a, b):
    """The words of both texts, a word and its partner in one row; without one it is blank in the other."""
    words = [wordwise.words(side.trace) for side in (a, b)]
    pairs = alignment.align(*(one.names for one in words))
    rows = {place: row for row, (place, _) in enumerate(pairs) if place is not None}  # of the words of A
    row, column = (rows[int(words[0].groups[place])] for place in (view.query, view.key))
    part = window(row, len(pairs), SHOWN, STEP)
    maps, sums = [], []
    for side, one, places in zip((a, b), words, zip(*pairs, strict=True), strict=True):
        values = _words.Labels(*one, first=0, start=0, divided=True).matrix(side.weights(slice(None)))
        maps.append(alignment.spread(values, places)[part, part])
        whole = side.sums(slice(None), one.groups)
        sums.append(np.array([np.nan if place is None else whole[place] for place in places[part]]))

    def chosen(row, column):
        places = [pairs[part.start + i][0] for i in (row, column)]
        if None not in places:
            look_at(*(int(np.argmax(words[0].groups == place)) for place in places))

    inside = all(part.start <= i < part.stop for i in (row, column))
    return Paired(
        tuple(union_name(words, pair) for pair in pairs[part]),
        maps,
        sums,
        (row - part.start, column - part.start) if inside else None,
        chosen,
        partners(words, pairs) + f" Drawn are rows {part.start + 1} to {part.stop}." * (len(pairs) > SHOWN),
        part.start,
    )


def union_name(words, pair):
    """The name of a row: the word, and whose it is if the other text has no partner for it."""
    side = int(pair[0] is None)
    alone = f" ({'AB'[side]})" if None in pair else ""
    return f"{words[side].names[pair[side]]}{alone}"


def partners(words, pairs):
    """Which words have a partner in the other text, and which have none."""
    both = sum(None not in pair for pair in pairs)
    alone = []
    for side in (0, 1):
        names = [words[side].names[pair[side]] for pair in pairs if pair[1 - side] is None]
        shown = ", ".join(_shell.plain(name.strip()) for name in names[:NAMED])
        if names:
            alone.append(f"of {'AB'[side]} {shown}{' …' * (len(names) > NAMED)}")
    return (
        f"Compared word by word: {plural('word', both)} of the one {'is' if both == 1 else 'are'} in the "
        "other, in the same order. " + (f"Without a partner, and blank: {'; '.join(alone)}." if alone else "")
    )
