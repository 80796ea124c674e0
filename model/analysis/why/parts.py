"""The parts of the residual stream: who has written what into a token's vector."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from model.trace import Trace

TOKEN, POSITION, START, HEAD, MLP, BIAS = "token", "position", "embedding", "head", "MLP", "biases"
CLOSE = 1e-3  # of the largest number, how far the parts of an opened model may be from their sum


class NotPlain(ValueError):
    """What a network does is no sum of its parts, in a sentence for the user that says why not."""


class Part(NamedTuple):
    """One writer of the stream. Layer, head and source are counted from 0 and None where there is none:
    only a head has a number and, once it is opened, the `source` token that it brought something from.
    """

    kind: str  # TOKEN, POSITION, START (both, normalised together), HEAD, MLP or BIAS
    layer: int | None = None
    head: int | None = None
    source: int | None = None

    @property
    def name(self) -> str:
        """Short, layer and head counted from 1: "token", "head 2.3", "MLP 2", "biases"."""
        if self.kind == HEAD:
            return f"head {self.layer + 1}.{self.head + 1}"
        return self.kind if self.layer is None else f"{self.kind} {self.layer + 1}"


class Held(NamedTuple):
    """A LayerNorm or RMSNorm with its statistics held at what they were in one pass, at N places: then it is
    linear, x -> (x - mean of x) * scale + bias, the mean only where it is `centred`.
    """

    scale: np.ndarray  # (N, C)
    bias: np.ndarray  # (C,)
    centred: bool

    def of(self, vectors: np.ndarray) -> np.ndarray:
        """What it makes of parts of the vectors that went in, (A, N, C) -> (A, N, C), without its bias."""
        if self.centred:
            vectors = vectors - vectors.mean(-1, keepdims=True)
        return vectors * self.scale


class Reader(Protocol):
    """How one network reads and writes its stream in one pass; all arrays are float64, N places at once."""

    trace: Trace
    after: bool  # whether each sum is normalised, as in BERT, and not what reads it

    def start(self, places: Sequence[int]) -> dict[Part, np.ndarray]:
        """The parts of the embedding, each (N, C)."""

    def output(self, layer: int, head: int, values: np.ndarray) -> np.ndarray:
        """What a head writes where it puts out such values (M, D): (M, C), without a bias."""

    def constant(self, layer: int) -> np.ndarray:
        """The bias of the projection of the joined heads, (C,)."""

    def sums(self, layer: int, places: Sequence[int]) -> tuple[Held, Held]:
        """Where `after`: the norm after attention and the one after the MLP."""

    def project(self, layer: int, head: int, side: str, parts: np.ndarray, place: int) -> np.ndarray:
        """What becomes of parts of the stream at one place, (A, C), in the "query" or the "key" of a head, as
        the encoding turns it: (A + 1, D), the last row what the biases give.
        """

    def end(self, places: Sequence[int]) -> Held:
        """The last norm."""

    def rows(self, ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the output matrix of these tokens, (n, C), and their biases (n,)."""


class Parts(NamedTuple):
    """Parts of the stream at N places; the vectors (A, N, C) sum up to it. The biases come last."""

    names: tuple[Part, ...]
    vectors: np.ndarray


def stream(reader: Reader, layer: int, places: Sequence[int], split: Part | None = None) -> Parts:
    """The parts of the stream as it comes into `layer`, from 0, or out of the last one if that is L.

    split: a head that stands there as S parts, one for each token that it brought something from; then
    there is one place. NotPlain if the parts do not sum up to the stream.
    """
    places, layers = list(places), reader.trace.layers
    written = reader.start(places)
    biases = np.zeros_like(next(iter(written.values())))
    for i in range(layer):
        heads = layers[i].attention.heads[:, places]  # (H, N, D)
        for head, values in enumerate(heads):
            part = Part(HEAD, i, head)
            outputs = sources(reader, part, places[0]) if part == split else {part: values}
            written |= {one: reader.output(i, head, rows) for one, rows in outputs.items()}
        biases = biases + reader.constant(i)
        norms = reader.sums(i, places) if reader.after else None
        if norms:
            written, biases = normalised(written, biases, norms[0])
        written[Part(MLP, i)] = layers[i].mlp_out[places].astype(np.float64)
        if norms:
            written, biases = normalised(written, biases, norms[1])
    parts = Parts((*written, Part(BIAS)), np.stack([*written.values(), biases]))
    whole = layers[layer].resid_in if layer < len(layers) else layers[-1].resid_out
    check(parts.vectors.sum(0), whole[places])
    return parts


def check(total: np.ndarray, whole: np.ndarray) -> None:
    """NotPlain if a total is not the whole that the model computed."""
    if not np.abs(total - whole).max() <= CLOSE * max(1.0, np.abs(whole).max()):
        raise NotPlain(
            "What the parts of this model write does not add up to its stream: something stands between "
            "them that is no sum. So no score is taken apart here."
        )


def normalised(
    written: dict[Part, np.ndarray], biases: np.ndarray, norm: Held
) -> tuple[dict[Part, np.ndarray], np.ndarray]:
    """The parts and the biases after a norm."""
    vectors = norm.of(np.stack([*written.values(), biases]))
    return dict(zip(written, vectors[:-1], strict=True)), vectors[-1] + norm.bias


def sources(reader: Reader, part: Part, place: int) -> dict[Part, np.ndarray]:
    """What a head puts out at one place by the token that it comes from, a part of (1, D) for each of those
    that have any weight.
    """
    values = brought(reader, part, place)
    return {part._replace(source=i): values[[i]] for i in np.flatnonzero(values.any(-1)).tolist()}


def brought(reader: Reader, part: Part, place: int) -> np.ndarray:
    """Weight times value of each token in a head at one place, (S, D)."""
    attention = reader.trace.layers[part.layer].attention
    weights = attention.weights(part.head, slice(place, place + 1))[0].astype(np.float64)  # (S,)
    return weights[:, None] * attention.head(part.head).v
