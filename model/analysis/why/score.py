"""Why a token looks at another: its score as a sum over pairs of parts."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.analysis.why.parts import Part, Reader, stream
from model.analysis.why.reading import reader as reader_of
from model.bundle import Bundle
from model.trace import Head, Trace

BATCH = 32  # places whose parts are in memory at once


class Ingredients(NamedTuple):
    """A score, part by part: A parts of the query, B parts of the key. The table (A, B), float64, sums up to
    the score before the encoding's bias, or with `lead` to what it has over the mean of all scores that the
    query might have given.
    """

    queries: tuple[Part, ...]
    keys: tuple[Part, ...]
    table: np.ndarray
    score: float  # what the table should sum up to, by the queries and keys that the model computed
    bias: float | None  # what the encoding adds to the score

    @property
    def error(self) -> float:
        """How far the sum is from what the model computed."""
        return abs(float(self.table.sum()) - self.score)

    def strongest(self, count: int) -> list[tuple[int, int]]:
        """The `count` pairs, (row, column) of the table, that add most to the score, or take most off it."""
        order = np.argsort(-np.abs(self.table), axis=None, kind="stable")[:count]
        return [(int(a), int(b)) for a, b in zip(*np.unravel_index(order, self.table.shape), strict=True)]


def ingredients(
    bundle: Bundle, trace: Trace, layer: int, head: int, query: int, key: int, lead: bool = False
) -> Ingredients:
    """What the score between two tokens is made of; all counted from 0.

    lead: take off the mean of the row's scores, over all tokens that the query may look at: what is the same
    for all of them moves no weight, since a softmax does not see it. ValueError, in a sentence for the user,
    if the query may not look at the key, or (NotPlain) if the network is no sum of parts.
    """
    reader = reader_of(bundle, trace)
    one = pair(trace, layer, head, query, key)
    scale = float(trace.layers[layer].attention.scale)
    names, q = side(reader, layer, head, "query", query)
    _, k = side(reader, layer, head, "key", key)
    score = scale * float(one.q[query] @ one.k[key])
    if lead:
        others = np.flatnonzero(one.allowed[query]).tolist()
        k = k - mean_key(reader, layer, head, others)
        score -= scale * float((one.k[others] @ one.q[query]).mean())
    bias = None if one.bias is None else float(one.bias[query, key])
    return Ingredients(names, names, scale * (q @ k.T), score, bias)


def pair(trace: Trace, layer: int, head: int, query: int, key: int) -> Head:
    """What a head got; ValueError if the mask hides one token from the other, so that there is no score."""
    attention = trace.layers[layer].attention
    one = attention.head(head)
    if not one.allowed[query, key]:
        raise ValueError(
            f"Token {query + 1} may not look at token {key + 1} in this layer: the mask hides it, so there "
            "is no score to take apart. Choose another pair."
        )
    return one


def mean_key(reader: Reader, layer: int, head: int, places: Sequence[int]) -> np.ndarray:
    """The parts of the keys at these places, (B, D), the mean over the places."""
    total = 0.0
    for first in range(0, len(places), BATCH):
        batch = places[first : first + BATCH]
        vectors = stream(reader, layer, batch).vectors
        for i, place in enumerate(batch):
            total = total + with_biases(reader.project(layer, head, "key", vectors[:, i], place))
    return total / len(places)


def side(
    reader: Reader, layer: int, head: int, which: str, place: int, split: Part | None = None
) -> tuple[tuple[Part, ...], np.ndarray]:
    """The parts of a "query" or a "key", their names and (A, D); the biases come last, with those of the norm
    and of the projection.
    """
    parts = stream(reader, layer, [place], split)
    return parts.names, with_biases(reader.project(layer, head, which, parts.vectors[:, 0], place))


def with_biases(projected: np.ndarray) -> np.ndarray:
    """What Reader.project gives, (A + 1, D), with its last two rows, which are of biases, as one: (A, D)."""
    return np.concatenate([projected[:-2], projected[-2:].sum(0, keepdims=True)])


def opened(
    bundle: Bundle,
    trace: Trace,
    layer: int,
    head: int,
    query: int,
    key: int,
    part: Part,
    which: str = "query",
) -> np.ndarray:
    """What each token, S of them, has added to the score through one earlier head: a `part` of the "query" or
    of the "key". One row (S, B) for each: by the parts of the other side. They sum up to the head's row, or
    column, of the table.
    """
    reader, scale = reader_of(bundle, trace), float(trace.layers[layer].attention.scale)
    places, other = {"query": query, "key": key}, "key" if which == "query" else "query"
    names, own = side(reader, layer, head, which, places[which], part)
    _, rest = side(reader, layer, head, other, places[other])
    table = np.zeros((len(trace.tokens), len(rest)))
    for name, row in zip(names, scale * (own @ rest.T), strict=True):
        if name.source is not None:
            table[name.source] = row
    return table
