"""The receptive field by formula: of a stack of convolutions, and of attention behind a mask."""

import math
from collections.abc import Sequence
from itertools import accumulate
from operator import mul
from typing import NamedTuple

import numpy as np
from torch import Tensor

from model.analysis.reach.layers import Layer
from model.network import masks


class Field(NamedTuple):
    """What one output of a layer sees of the tokens (Araujo 2019, Distill): `size` of them. Outputs stand
    `jump` tokens apart, and the first one sees from `start` on, counted from the text's first token, 0.
    """

    size: int
    jump: int
    start: int


def fields(stack: Sequence[Layer], causal: bool) -> list[Field]:
    """The Field of each layer of the stack, from the tokens on: the size r grows by (k - 1) d j, then the
    jump j is multiplied by the stride s.
    """
    listed, size, jump, start = [], 1, 1, 0
    for layer in stack:
        size += (layer.kernel - 1) * layer.dilation * jump
        start += int(layer.taps(causal)[0]) * jump
        jump *= layer.stride
        listed.append(Field(size, jump, start))
    return listed


def steps(stack: Sequence[Layer]) -> list[int]:
    """How many tokens apart the positions of each level stand, the tokens first:
    1, then the products of the strides so far.
    """
    return list(accumulate((layer.stride for layer in stack), mul, initial=1))


def size(stack: Sequence[Layer]) -> int:
    """Tokens from the first to the last that one output reads: 1 + the sum of (k - 1) * dilation * earlier
    strides (Araujo 2019, Distill).
    """
    return 1 + sum(
        (layer.kernel - 1) * layer.dilation * step for layer, step in zip(stack, steps(stack), strict=False)
    )


def ends(stack: Sequence[Layer], output: int, causal: bool) -> tuple[int, int]:
    """The first and the last token that position `output` reads if the text goes on for ever: `size` tokens,
    some of them before 0 or after its end.
    """
    first = last = output * steps(stack)[-1]
    for layer, step in zip(stack, steps(stack), strict=False):
        taps = layer.taps(causal) * step
        first, last = first + taps[0], last + taps[-1]
    return int(first), int(last)


class Cone(NamedTuple):
    """All that one output depends on, level by level.

    levels: bool arrays, True where a position can change the output. steps: tokens between the positions of
    each level. reads: for every level but the tokens, (first, last, gap): its True positions read from
    `first` to `last`, both (N,), each `gap`-th.
    """

    levels: list[np.ndarray]
    steps: list[int]
    reads: list[tuple[np.ndarray, np.ndarray, int]]


def cone(stack: Sequence[Layer], tokens: int, output: int, causal: bool) -> Cone:
    """The Cone of position `output` of a stack's last layer, over a text of T tokens.

    Beyond the ends of the text there is nothing to read.
    """
    apart = steps(stack)
    levels, reads = [np.arange(math.ceil(tokens / apart[-1])) == output], []
    for layer, step in zip(reversed(stack), reversed(apart[:-1]), strict=True):
        below = np.zeros(math.ceil(tokens / step), bool)
        places = np.flatnonzero(levels[-1])[:, None] * layer.stride + layer.taps(causal)  # (N, k)
        inside = (places >= 0) & (places < len(below))
        below[places[inside]] = True
        first, last = np.where(inside, places, tokens).min(1), np.where(inside, places, -1).max(1)  # (N,)
        reads.append((first, last, layer.dilation))
        levels.append(below)
    return Cone(levels, apart[::-1], reads)


def attention_cone(allowed: np.ndarray | Tensor, layers: int, output: int) -> Cone:
    """The Cone of token `output` after `layers` layers with the mask `allowed` (T, T), whose rows are without
    gaps, as those of model.masks.
    """
    allowed = masks.checked(allowed).numpy()
    levels, reads = [np.arange(len(allowed)) == output], []
    for _ in range(layers):
        rows = allowed[levels[-1]]  # (N, T)
        reads.append((rows.argmax(1), len(allowed) - 1 - rows[:, ::-1].argmax(1), 1))
        levels.append(rows.any(0))
    return Cone(levels, [1] * (layers + 1), reads)
