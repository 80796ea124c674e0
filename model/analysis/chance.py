"""Chance: how sure a difference is that was measured on a few things."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Difference(NamedTuple):
    """The mean difference of two measurements of the same N things, and its standard error, NaN if N = 1."""

    mean: float
    error: float

    @property
    def noise(self) -> bool:
        """Whether it is at most two standard errors from 0, or N = 1 gives no error to compare with."""
        return not abs(self.mean) > 2 * self.error


def difference(one: ArrayLike, other: ArrayLike) -> Difference:
    """`one` minus `other`, (N,) each, compared thing by thing,
    so that what makes a thing hard for both does not count as chance.

    The things are taken as independent. ValueError if the two differ in size, or are empty.
    """
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if one.shape != other.shape or one.ndim != 1 or not one.size:
        raise ValueError(f"one has shape {one.shape}, other {other.shape}; both must be (N,), N above 0")
    apart = one - other
    error = apart.std(ddof=1) / math.sqrt(len(apart)) if len(apart) > 1 else math.nan
    return Difference(float(apart.mean()), float(error))
