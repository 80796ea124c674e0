"""Ranks: how far two measures put the same things into the same order."""

import numpy as np


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of two rows of numbers, in [-1, 1]; equal numbers share their mean rank,
    and 0 where one row is all equal.
    """
    a, b = (
        np.searchsorted(np.sort(row), row, "left") + np.searchsorted(np.sort(row), row, "right")
        for row in (a, b)
    )
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0
