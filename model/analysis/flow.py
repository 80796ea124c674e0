"""Flow: where a token's content comes from through several layers, by the weights alone: the mean over heads,
and attention rollout.

Shapes as in trace.py; a matrix (T, T) has a row for each token that asks.
"""

from itertools import accumulate

import numpy as np

from model.trace import Trace


def means(trace: Trace) -> np.ndarray:
    """The mean of all heads' weights, layer by layer: (L, T, T), each row summing to 1."""
    return np.stack(
        [
            np.mean([layer.attention.weights(head) for head in range(trace.config.heads)], axis=0)
            for layer in trace.layers
        ]
    )


def rollout(weights: np.ndarray) -> np.ndarray:
    """Attention rollout after every layer (Abnar and Zuidema 2020, arXiv:2005.00928, section 3): (L, T, T)
    from the layers' weights (L, T, T), float64.

    Half of what a layer puts out counts as the token itself, by the residual stream, the other half as what
    it looked at: A = (W + I) / 2, its rows divided by their sums. The product A_n ... A_1 says how much of
    each embedding has come to each token, as if values and MLPs changed nothing.
    """
    mixed = (weights.astype(np.float64) + np.eye(weights.shape[-1])) / 2
    steps = mixed / mixed.sum(-1, keepdims=True)
    # Row i of step @ below: how much i takes from each token, times what each of them was made of.
    return np.stack(list(accumulate(steps, lambda below, step: step @ below)))


def shares(amounts: np.ndarray) -> np.ndarray:
    """Amounts (..., T), none below 0, as shares of their row's sum; a row of zeros stays as it is."""
    whole = amounts.sum(-1, keepdims=True)
    return amounts / np.where(whole > 0, whole, 1)
