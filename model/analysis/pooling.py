"""From a vector for each token to one for the whole text, and what such vectors are good for: the nearest of
some labelled sentences.
"""

from collections.abc import Sequence

import numpy as np

from model.analysis.stream import cosines
from model.trace import Trace

WAYS = "mean", "first token", "attention-weighted"


def received(trace: Trace) -> np.ndarray:
    """How much each token is looked at, (T,): the mean over all heads and all queries of the last layer's
    weights. It sums to 1, as each row does.
    """
    attention = trace.layers[-1].attention
    return np.mean(
        [attention.weights(head) for head in range(trace.config.heads)], axis=(0, 1), dtype=np.float64
    )


def pooled(final: np.ndarray, received: np.ndarray) -> np.ndarray:
    """A text as one vector in three WAYS, (3, C): the mean of its final vectors (T, C), the first one, and
    their mean weighted by what each received (T,).
    """
    final = final.astype(np.float64)
    return np.stack([final.mean(axis=0), final[0], received @ final])


def nearest(vector: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of a vector (C,) with others (N, C), and their order from the nearest on; ties keep theirs."""
    likeness = cosines(np.broadcast_to(vector, others.shape), others)
    return likeness, np.argsort(-likeness, kind="stable")


def left_out(vectors: np.ndarray, labels: Sequence[str]) -> list[str]:
    """For each of N sentences (N, C) the label of the nearest other one: the nearest-neighbour rule (Cover
    and Hart 1967), leaving one out.

    ValueError if there are fewer than two.
    """
    if len(labels) < 2:
        raise ValueError(f"there must be two sentences or more to leave one out, but there are {len(labels)}")
    guesses = []
    for i, vector in enumerate(vectors):
        likeness, _ = nearest(vector, vectors)
        likeness[i] = -np.inf
        guesses.append(labels[int(likeness.argmax())])
    return guesses
