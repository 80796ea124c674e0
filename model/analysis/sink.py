"""The attention sink: how much heads look at the first token, whatever it says
(Xiao 2024, arXiv:2309.17453).
"""

import numpy as np

from model.trace import Trace


def share(weights: np.ndarray) -> float:
    """The mean weight on the first token, over all queries after it, of one head's weights (T, S)."""
    return weights[1:, 0].mean()


def shares(trace: Trace) -> np.ndarray:
    """The mean weight on the first token, over all queries after it, of every head: (L, H) in [0, 1].
    ValueError for a text of one token.
    """
    if len(trace.tokens) < 2:
        raise ValueError("the first token has nobody after it")
    heads = range(trace.config.heads)
    return np.array([[share(layer.attention.weights(head)) for head in heads] for layer in trace.layers])


def without(weights: np.ndarray) -> np.ndarray:
    """The weights (T, S) with nothing on the first token, each row divided by what is left of it so that it
    sums to 1; NaN where nothing is left.
    """
    left = weights.astype(np.float64)
    left[:, 0] = 0
    rest = left.sum(axis=1, keepdims=True)
    return np.divide(left, rest, out=np.full_like(left, np.nan), where=rest > 0)
