"""From scores to probabilities and from probabilities to bits:
numpy arrays in, numpy arrays out, along the last axis.
"""

import numpy as np

BIT = np.log(2)  # nats in a bit


def powers(scores: np.ndarray) -> np.ndarray:
    """e^(s - max s) of scores (..., N): what a softmax divides by its sum. To subtract the largest changes no
    probability and keeps the powers in range; -inf gives 0.
    """
    return np.exp(scores - scores.max(axis=-1, keepdims=True))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities (..., N) from scores (..., N), each row summing to 1."""
    numerators = powers(scores)
    return numerators / numerators.sum(axis=-1, keepdims=True)


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The Kullback-Leibler divergence sum of p log2(p / q) in bits of probabilities (..., N): (...), float64;
    0 where they are equal.

    A probability that has rounded to 0 in q counts as the smallest that float32 can hold,
    so that the result is finite.
    """
    p, q = np.asarray(p, np.float64), np.maximum(q, np.finfo(np.float32).tiny, dtype=np.float64)
    ratio = np.log2(p / q, where=p > 0, out=np.zeros_like(p))
    return (p * ratio).sum(axis=-1)


def entropy(p: np.ndarray) -> np.ndarray:
    """-sum of p log2 p in bits of probabilities (..., N): (...), float64."""
    p = np.asarray(p, np.float64)
    bits = -(p * np.log2(p, where=p > 0, out=np.zeros_like(p))).sum(axis=-1)
    return bits + 0.0  # not "-0" where one probability is 1
