"""ALiBi: each head takes its slope times the distance off the scores (Press 2022, arXiv:2108.12409)."""

import math

import torch
from torch import Tensor

from model.network.encodings import Encoding


def distances(queries: int, keys: int, first: int = 0) -> Tensor:
    """j - i for query i and key j, (T, S): negative to the left.
    The queries stand at the positions from `first` on.
    """
    return torch.arange(keys) - torch.arange(first, first + queries)[:, None]


def alibi_slopes(heads: int) -> Tensor:
    """One slope per head, (H,): 2^(-8/H), 2^(-16/H), ... (Press 2022, arXiv:2108.12409).

    If H is no power of two: the slopes of the power below, then every other one of twice that power,
    as in the authors' code.
    """
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    between = [2 ** (-4 * (i + 1) / power) for i in range(0, 2 * power, 2)]
    return torch.tensor((slopes + between)[:heads])


def alibi(queries: int, keys: int, heads: int, first: int = 0) -> Tensor:
    """Minus slope times distance, (H, T, S): the further, the less (Press 2022, figure 3); |j - i|, so that
    it also serves an encoder.
    """
    return -alibi_slopes(heads)[:, None, None] * distances(queries, keys, first).abs()


ENCODING = Encoding(
    "alibi",
    "ALiBi",
    r"b_{ij} = -m_h\,(i - j), \qquad m_h = 2^{-8h/H}",
    bias=lambda config, parameters, T, first: alibi(T, first + T, config.heads, first),
)
