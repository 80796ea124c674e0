"""Whether a word is like either of two groups of examples at all: the axis between them cannot say so, for
whatever falls on it falls nearer to one of the two.
"""

from typing import NamedTuple

import numpy as np

from model.analysis.senses.axes import others
from model.analysis.stream import cosines

ENOUGH = 5  # examples a side from which on a word is called
RARE = 0.1  # the share of the examples themselves that is called like neither
SAME = 1e-6  # cosines that differ by less are alike but for rounding


class Kinship(NamedTuple):
    """What two groups of examples are like at every stage: their mean vectors, both (S, C), and how near each
    example is to the nearer of the two, the mean of its own group being that of the others: cosines (N + M,
    S).

    A word is like neither where fewer than one in ten of the examples are as far from both means. So about
    one in ten sentences of either sense is wrongly called neither, whatever the words; how many of another
    sense are caught had to be measured. The cosine to the mean was the best of eleven scores (distances,
    nearest examples, Mahalanobis) on five of the ten bundled words. On the other five, at the layer at which
    the model tells senses best, it calls neither 8 % of 240 sentences of the two senses (clues.tsv) and 82 %
    of 40 sentences of a third sense (tests/foreign.tsv); at the end of the model 7 % and 70 %. The one in ten
    was set with all ten words in view, and the third senses were written for this test.

    Fewer than ENOUGH examples a side are called nothing: of five of 24, drawn at random, the share on their
    own side is on average 11 points off that of many more sentences; of three 23 and of two 46 points, and
    then it says less than chance (34 %) where in truth 78 % fall on their side.
    """

    left: np.ndarray
    right: np.ndarray
    own: np.ndarray

    @classmethod
    def between(cls, left: np.ndarray, right: np.ndarray) -> "Kinship":
        """From the groups' vectors (N, S, C) and (M, S, C), at least 2 each."""
        means = left.mean(0), right.mean(0)
        first = [nearer(left[i], others(left, i), means[1]) for i in range(len(left))]
        second = [nearer(right[i], means[0], others(right, i)) for i in range(len(right))]
        return cls(*means, np.array(first + second))

    def neither(self, vectors: np.ndarray) -> np.ndarray:
        """Whether words with vectors (..., S, C) are like neither group: (..., S)."""
        near = nearer(vectors, self.left, self.right)
        farther = (self.own <= near[..., None, :] + SAME).sum(-2)
        return (1 + farther) / (1 + len(self.own)) <= RARE


def nearer(vectors: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The cosine (..., S) of vectors (..., S, C) to the nearer of two means (S, C)."""
    return np.maximum(cosines(vectors, left), cosines(vectors, right))
