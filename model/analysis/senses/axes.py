"""The axis between two senses of a word, and how well it separates the examples that it is made of."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

NO_AXIS = 1e-10  # of the middle's square: where half the axis has less, the two means are one vector


class Axis(NamedTuple):
    """At every stage the line through the mean vectors of two groups: -1 is the left group's mean, +1 the
    right one's. Both (..., C).
    """

    middle: np.ndarray
    half: np.ndarray

    @classmethod
    def between(cls, left: np.ndarray, right: np.ndarray) -> "Axis":
        """From the groups' mean vectors, each (..., C)."""
        return cls((left + right) / 2, (right - left) / 2)

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Where vectors (..., C) fall on the axis: (...).

        0 where the two means are one vector, but for rounding, so that there is no axis.
        """
        length = (self.half**2).sum(-1)
        none = length < NO_AXIS * (self.middle**2).sum(-1)
        along = ((vectors - self.middle) * self.half).sum(-1)
        return np.where(none, 0.0, along / np.where(none, 1.0, length))


class Separation(NamedTuple):
    """Leave-one-out: each example (N or M, S) on the axis made of all others; the share on its own side, a
    half for 0; and the margin, both (S,).
    """

    left: np.ndarray
    right: np.ndarray
    accuracy: np.ndarray
    margin: np.ndarray


def separate(left: np.ndarray, right: np.ndarray, asked: Sequence[np.ndarray] | None = None) -> Separation:
    """How well the axis between two groups of vectors (N, S, C) and (M, S, C) separates the groups
    themselves; N and M at least 2, else ValueError.

    `asked` may be two groups of other vectors of the same examples, to be placed on the axes instead.

    The margin: if the examples of both senses are normally distributed with one variance, the odds at x are
    exp(x * distance of the means / variance) to 1 (Fisher 1936). Nearer to the middle than where they are 3
    to 1 it is too close to call; infinite where the groups do not lie on their sides at all.
    """
    if min(len(left), len(right)) < 2:
        raise ValueError("each sense needs two or more examples")
    first, second = asked or (left, right)
    a = np.stack(
        [Axis.between(others(left, i), right.mean(0)).project(first[i]) for i in range(len(left))]
    )  # (N, S)
    b = np.stack(
        [Axis.between(left.mean(0), others(right, i)).project(second[i]) for i in range(len(right))]
    )  # (M, S)
    hits = np.concatenate([(a < 0) + (a == 0) / 2, (b > 0) + (b == 0) / 2])
    return Separation(a, b, hits.mean(0), margin(a, b))


def margin(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How far from the middle, (S,), the odds between two groups of places (N, S) and (M, S) are 3 to 1;
    see `separate`.
    """
    distance = right.mean(0) - left.mean(0)
    squares = ((left - left.mean(0)) ** 2).sum(0) + ((right - right.mean(0)) ** 2).sum(0)
    variance = squares / (len(left) + len(right) - 2)
    apart = distance > 0
    return np.where(apart, math.log(3) * variance / np.where(apart, distance, 1), np.inf)


def others(group: np.ndarray, i: int) -> np.ndarray:
    """The mean of a group (N, ...) without its member i."""
    return (group.sum(0) - group[i]) / (len(group) - 1)


def plane(left: np.ndarray, right: np.ndarray, more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The three groups of vectors, each (N, S, C), on the two principal components of all of them at each
    stage: (all N, S, 2) and the shares (S, 2).

    Each component points from the left group towards the right one; where they do not differ, its largest
    coordinate is positive.
    """
    together = np.concatenate([left, right, more])
    centred = (together - together.mean(0)).transpose(1, 0, 2)  # (S, N, C)
    u, size, _ = np.linalg.svd(centred, full_matrices=False)
    rounding = 1e-5 * np.linalg.norm(together, axis=(0, 2))[:, None]  # below it there is no direction
    spread = np.where(size > rounding, size, 0)[:, :2]
    points = u[:, :, :2] * spread[:, None]  # (S, N, 2)
    towards = points[:, len(left) : len(left) + len(right)].mean(1) - points[:, : len(left)].mean(1)
    largest = np.take_along_axis(points, np.abs(points).argmax(1)[:, None], 1)[:, 0]
    sign = np.where(np.abs(towards) > 1e-6 * np.abs(largest), towards, largest)
    total = np.maximum((centred**2).sum((1, 2)), 1e-30)
    return (points * np.where(sign < 0, -1, 1)[:, None]).transpose(1, 0, 2), spread**2 / total[:, None]
