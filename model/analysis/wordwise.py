"""Attention from word to word: the pieces of a word merged into one row and one column (Clark 2019,
arXiv:1906.04341, section 4.1).

Legend: T and S tokens that ask and that answer, W words.
"""

from typing import NamedTuple

import numpy as np

from model.tokenizer import COUNTED
from model.trace import Trace


class Words(NamedTuple):
    """Which tokens make up each word of a text: the words' texts, and for each token the place of its word,
    (T,), rising from 0.
    """

    names: tuple[str, ...]
    groups: np.ndarray

    @property
    def merged(self) -> bool:
        """Whether any word is more than one token."""
        return len(self.names) < len(self.groups)


def words(trace: Trace) -> Words:
    """The Words of a trace, as people count them; a token of no word, such as a comma, stands by itself, but
    for the parts of one character, which belong together.
    """
    spoken = [match.span() for match in COUNTED.finditer(trace.text)]
    groups, starts, place, before = [], [], 0, None
    for start, end in trace.spans:
        while place < len(spoken) and spoken[place][1] <= start:
            place += 1
        inside = place < len(spoken) and spoken[place][0] < end
        own = spoken[place] if inside else (start, end)
        if own != before:
            starts.append((start, end))
        starts[-1] = starts[-1][0], max(end, starts[-1][1])
        groups.append(len(starts) - 1)
        before = own
    return Words(tuple(trace.text[start:end] for start, end in starts), np.array(groups, int))


def merge(weights: np.ndarray, asking: np.ndarray, answering: np.ndarray | None = None) -> np.ndarray:
    """Weights (T, S) from word to word, (W, W'): the mean over the pieces that ask of the sum over those that
    answer, so that rows still sum to 1.

    asking (T,) and answering (S,), the same unless given, are the place of each token's word.
    """
    answering = asking if answering is None else answering
    summed = np.zeros((len(weights), answering.max() + 1))  # (T, W')
    np.add.at(summed.T, answering, np.asarray(weights, np.float64).T)
    means = np.zeros((asking.max() + 1, summed.shape[1]))
    np.add.at(means, asking, summed)
    return means / np.bincount(asking)[:, None]


def may_look(allowed: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """A mask (T, T) from word to word, (W, W): True where any piece may look at any piece."""
    return merge(allowed, groups) > 0
