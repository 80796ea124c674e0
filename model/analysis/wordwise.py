"""Attention from word to word: the pieces of a word merged into one row and one column (Clark 2019,
arXiv:1906.04341, section 4.1).

Legend: T and S tokens that ask and that answer, W words.
"""

from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from model.tokenizer import COUNTED
from model.trace import Trace


class Words(NamedTuple):
    """Which tokens make up each word of a text: the words' texts,
    and for each token the place of its word, (T,), rising from 0.
    """

    names: tuple[str, ...]
    groups: np.ndarray

    @property
    def merged(self) -> bool:
        """Whether any word is more than one token."""
        return len(self.names) < len(self.groups)


def words(trace: Trace) -> Words:
    """The Words of a trace. A mark, which stands for no text, such as [CLS], has its own name; a space that
    the tokenizer has put before a word is a part of that.
    """
    if not trace.spans:
        return grouped(*written(trace.tokens))
    pairs = zip(trace.tokens, trace.spans, strict=True)
    invented = [not token.strip() and start == end for token, (start, end) in pairs]
    spans = [(start, end + put) for (start, end), put in zip(trace.spans, invented, strict=True)]
    names, groups = grouped(trace.text, spans)
    return Words(
        tuple(name or trace.tokens[i] for name, i in zip(names, starts(groups), strict=True)), groups
    )


def marks(trace: Trace) -> np.ndarray:
    """Which tokens stand for no text, such as [CLS] and [SEP], (T,); none in a trace without a text."""
    if not any(start < end for start, end in trace.spans):
        return np.zeros(len(trace.tokens), bool)
    pairs = zip(trace.tokens, trace.spans, strict=True)
    return np.array([start == end and bool(token.strip()) for token, (start, end) in pairs])


def grouped(text: str, spans: Iterable[tuple[int, int]]) -> Words:
    """The Words of tokens that stand at these spans of a text, as people count them; a token of no word, such
    as a comma, stands by itself, but for the parts of one character, which belong together. So does one that
    stands for no text between words.
    """
    spoken = [match.span() for match in COUNTED.finditer(text)]
    groups, starts, place, before = [], [], 0, None
    for start, end in spans:
        while place < len(spoken) and spoken[place][1] <= start:
            place += 1
        inside = place < len(spoken) and spoken[place][0] < end
        own = spoken[place] if inside else (start, end)
        if own != before or not (inside or start < end):
            starts.append((start, end))
        starts[-1] = starts[-1][0], max(end, starts[-1][1])
        groups.append(len(starts) - 1)
        before = own
    return Words(tuple(text[start:end] for start, end in starts), np.array(groups, int))


def written(tokens: tuple[str, ...]) -> tuple[str, list[tuple[int, int]]]:
    """One text of tokens that were not read from a text, such as those that a model has chosen,
    and the span of each token in it.
    """
    return "".join(tokens), list(pairwise(accumulate(map(len, tokens), initial=0)))


def merge(weights: np.ndarray, asking: np.ndarray, answering: np.ndarray | None = None) -> np.ndarray:
    """Weights (..., T, S) from word to word, (..., W, W'): the mean over the pieces that ask of the sum over
    those that answer, so that rows still sum to 1.

    asking (T,) and answering (S,), the same unless given, are the place of each token's word, rising from 0.
    """
    received = taken(weights, asking if answering is None else answering)  # (..., T, W')
    return np.add.reduceat(received, starts(asking), axis=-2) / np.bincount(asking)[:, None]


def taken(weights: np.ndarray, answering: np.ndarray) -> np.ndarray:
    """Weights (..., S) of tokens that answer as those of their words, (..., W'): the sum over the pieces."""
    return np.add.reduceat(np.asarray(weights, np.float64), starts(answering), axis=-1)


def starts(groups: np.ndarray) -> np.ndarray:
    """The first piece of each word, (W,)."""
    return np.flatnonzero(np.diff(groups, prepend=-1))


def may_look(allowed: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """A mask (..., T, T) from word to word, (..., W, W): True where any piece may look at any piece."""
    return merge(allowed, groups) > 0
