"""Whether a model tells the story of induction: a head that looks at what came after the same token before,
because an earlier head has told each token which one stands before it (Elhage 2021; Olsson 2022,
arXiv:2209.11895).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.analysis import heads
from model.analysis.why.parts import HEAD, Part, Reader, stream
from model.analysis.why.reading import reader as reader_of
from model.analysis.why.score import with_biases
from model.bundle import Bundle

MOST = 0.5  # of the lead, from which on it is said to come through one head


class Induction(NamedTuple):
    """The head with the largest induction score, and where the lead of its scores comes from: shares of what
    the score of what came after the same token has over the mean of its row, summed over all tokens of
    strings that repeat.
    """

    head: tuple[int, int]
    score: float  # its mean weight on what came after the same token before
    named: bool  # whether that earns it the name
    through: tuple[int, int] | None  # the earlier head through which most comes to the key; None in layer 1
    share: float  # what comes through that head
    previous: float  # the share of what that head has brought from the token before
    looks: float  # the mean weight of that head on the token before
    back: bool  # whether that earns it the name of a previous-token head

    @property
    def holds(self) -> bool:
        """Whether the known story holds: an induction head, most of whose lead is what one previous-token
        head has brought to the key from the token before it.
        """
        return self.named and self.back and self.previous >= MOST


def induction(bundle: Bundle) -> Induction:
    """Measure the story of the head that does most of it. NotPlain if the network is no sum of parts."""
    measured = heads.repeat(bundle)
    layer, head = map(int, np.unravel_index(measured.heads.argmax(), measured.heads.shape))
    score = float(measured.heads[layer, head])
    named = earned(score, measured.uniform[layer, 0])
    earlier = [Part(HEAD, i, j) for i in range(layer) for j in range(bundle.config.heads)]
    if not earlier:
        return Induction((layer, head), score, named, None, 0.0, 0.0, 0.0, False)
    whole, by_part, by_previous, looks = 0.0, 0.0, 0.0, []
    for ids in heads.strings(bundle).tolist():
        trace = bundle.reread(ids)
        reader = reader_of(bundle, trace)
        names, q, k = vectors(reader, layer, head)
        before = previous(reader, layer, head, earlier)  # (T, E, D)
        by_part = by_part + leads(q, k)[[names.index(part) for part in earlier]]
        by_previous = by_previous + leads(q, before)
        whole += leads(q, k).sum()
        looks.append([heads.previous(trace.layers[i].attention.weights(j)) for _, i, j, _ in earlier])
    best = int(np.argmax(by_part))
    through, shares = earlier[best], (by_part[best] / whole, by_previous[best] / whole)
    look = float(np.mean(looks, axis=0)[best])
    back = earned(look, heads.previous(heads.uniforms(trace)[through.layer]))
    return Induction(
        (layer, head), score, named, (through.layer, through.head), *map(float, shares), look, back
    )


def earned(score: float, uniform: float) -> bool:
    """Whether a head's score has come far enough from a uniform head's to earn the name."""
    return bool((score - uniform) / (1 - uniform) >= heads.HALF)


def vectors(reader: Reader, layer: int, head: int) -> tuple[tuple[Part, ...], np.ndarray, np.ndarray]:
    """The names of the parts, the queries (T, D), and the parts of the keys (T, B, D) of a head."""
    names, parts = stream(reader, layer, range(len(reader.trace.tokens)))
    q, k = (
        np.stack(
            [
                with_biases(reader.project(layer, head, side, parts[:, place], place))
                for place in range(parts.shape[1])
            ]
        )
        for side in ("query", "key")
    )
    return names, q.sum(1), k


def previous(reader: Reader, layer: int, head: int, earlier: Sequence[Part]) -> np.ndarray:
    """What each of the earlier heads has brought to each key from the token before, (T, E, D); the first key
    has none.
    """
    brought = np.stack([from_before(reader, part) for part in earlier], axis=1)  # (T - 1, E, C)
    keys = [
        reader.project(layer, head, "key", parts, place)[:-1] for place, parts in enumerate(brought, start=1)
    ]  # the last row is the bias
    return np.stack([np.zeros_like(keys[0]), *keys])


def from_before(reader: Reader, part: Part) -> np.ndarray:
    """What a head writes of the token before into each token's stream but the first one's, (T - 1, C)."""
    attention = reader.trace.layers[part.layer].attention
    weights = np.diagonal(attention.weights(part.head), -1)[:, None]  # (T - 1, 1)
    return reader.output(part.layer, part.head, weights * attention.head(part.head).v[:-1])


def leads(q: np.ndarray, k: np.ndarray) -> np.ndarray:
    """How much each part of the keys (T, B, D) adds to the lead of what came after the same token over the
    mean of the row, for queries (T, D): (B,), in units that are the same for all parts.
    """
    rows = range(heads.PERIOD, len(q))
    return sum((k[i - heads.PERIOD + 1] - k[: i + 1].mean(0)) @ q[i] for i in rows)
