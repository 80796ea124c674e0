"""What moved a word along the axis between two senses: the meter of a word as a sum over the parts of its
stream, each as it differs from its mean over the examples of both senses.
"""

from collections.abc import Sequence

import numpy as np

from model.analysis.senses import Axis, Word
from model.analysis.senses.axes import NO_AXIS
from model.analysis.why.parts import HEAD, Part, Reader, brought, stream
from model.analysis.why.reading import reader as reader_of
from model.bundle import Bundle


def pushes(bundle: Bundle, words: Sequence[Word], axis: Axis) -> list[tuple[tuple[Part, ...], np.ndarray]]:
    """The parts of N words, and how far each lies along the axis, counted from zero, at every stage of
    model.analysis.senses: names and (N, A), float64, a pair for each stage. ValueError as from Bundle.read.
    """
    stages: list[tuple[tuple[Part, ...], list[np.ndarray]]] = []
    for word in words:
        trace = bundle.explain(word.text)
        reader, places = reader_of(bundle, trace), word.tokens(trace.spans)
        for stage in range(trace.config.layers + 2):
            names, vectors = parts_at(reader, stage, places)
            if stage == len(stages):
                stages.append((names, []))
            stages[stage][1].append(vectors.mean(1) @ direction(axis, stage))
    return [(names, np.array(rows)) for names, rows in stages]


def moves(own: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How far each part has moved a word, from what `pushes` gives for it (A,) and for the examples of both
    senses (N, A) and (M, A): by how much it differs from the middle of their means. The sum is the meter.
    """
    return own - (left.mean(0) + right.mean(0)) / 2


def carried(bundle: Bundle, word: Word, axis: Axis, stage: int) -> np.ndarray:
    """How far along the axis each token has brought the word through each head, (L, H, S), counted from zero;
    0 in layers after the stage. The sum over S is what `pushes` gives for the head.
    """
    trace = bundle.explain(word.text)
    reader, config = reader_of(bundle, trace), trace.config
    places, along = word.tokens(trace.spans), direction(axis, stage)
    carried = np.zeros((config.layers, config.heads, len(trace.tokens)))
    for layer in range(min(stage, config.layers)):
        for head in range(config.heads):
            for place in places:
                vectors = reader.output(layer, head, brought(reader, Part(HEAD, layer, head), place))
                if stage > config.layers:
                    vectors = reader.end([place]).of(vectors[:, None])[:, 0]
                carried[layer, head] += vectors @ along / len(places)
    return carried


def direction(axis: Axis, stage: int) -> np.ndarray:
    """How far a vector lies along the axis is its dot product with this one, (C,); 0 where there is none."""
    middle, half = (part[stage].astype(np.float64) for part in axis)
    square = half @ half
    return half / square if square >= NO_AXIS * (middle @ middle) else np.zeros_like(half)


def parts_at(reader: Reader, stage: int, places: Sequence[int]) -> tuple[tuple[Part, ...], np.ndarray]:
    """The names of the parts and the parts of the stream at a stage of model.analysis.senses, (A, N, C)."""
    L = len(reader.trace.layers)
    names, vectors = stream(reader, min(stage, L), places)
    if stage > L:
        norm = reader.end(places)
        vectors = norm.of(vectors)
        vectors[-1] += norm.bias
    return names, vectors
