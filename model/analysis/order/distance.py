"""Attention by distance, and how alike the vectors of positions are."""

import math

import numpy as np


def by_distance(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """The mean of causal weights (T, T) at each distance i - j from 0 to T - 1, (T,), and the share of their
    variance that distance alone explains.

    The share is the squared correlation ratio (Pearson 1905): 1 for a convolution, whose weights are the same
    wherever it stands. A uniform head is above 0 as well: its short rows, where all distances are small, have
    the larger weights. NaN where all weights are equal, as for a single token.
    """
    asks, answers = np.tril_indices(len(weights))
    weight, distance = weights[asks, answers].astype(np.float64), asks - answers
    pairs = np.bincount(distance)  # (T,)
    mean = np.bincount(distance, weight) / pairs
    explained, whole = pairs @ (mean - weight.mean()) ** 2 / len(weight), weight.var()
    return mean, explained / whole if whole > 1e-18 else math.nan


def by_offset(weights: np.ndarray, allowed: np.ndarray) -> tuple[np.ndarray, float]:
    """The same of weights (T, T) under any mask `allowed` (T, T), by the offset j - i from -(T - 1) to T - 1:
    means (2T - 1,), NaN at an offset at which no token may look, and the share.
    """
    asks, answers = np.nonzero(allowed)
    weight, place = weights[asks, answers].astype(np.float64), answers - asks + len(weights) - 1
    size = 2 * len(weights) - 1
    pairs = np.bincount(place, minlength=size)
    mean = np.divide(np.bincount(place, weight, size), pairs, out=np.full(size, np.nan), where=pairs > 0)
    explained, whole = pairs @ np.nan_to_num(mean - weight.mean()) ** 2 / len(weight), weight.var()
    return mean, explained / whole if whole > 1e-18 else math.nan


def by_distance_alone(mean: np.ndarray) -> np.ndarray:
    """Weights (T, T) that a convolution with these means (T,) would have: the same number along each
    diagonal, 0 to the right of it.
    """
    place = np.arange(len(mean))
    return np.tril(mean[np.abs(place[:, None] - place)])


def alikeness(vectors: np.ndarray) -> np.ndarray:
    """Cosine of every row of vectors (T, C) with every other, (T, T)."""
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit @ unit.T
