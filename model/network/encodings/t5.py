"""T5's relative positions: a trained number for each bucket of distances and each head, added to the scores
(Raffel 2020, arXiv:1910.10683, section 2.1).
"""

import math

import torch
from torch import Tensor

from model.network.encodings import Encoding
from model.network.encodings.alibi import distances


def t5_buckets(
    queries: int, keys: int, buckets: int = 32, furthest: int = 128, both_ways: bool = False, first: int = 0
) -> Tensor:
    """Which of the buckets each distance falls into, (T, S)
    (Raffel 2020, arXiv:1910.10683, section 2.1, as in its code).

    Near distances have a bucket each, further ones share, on a log scale up to `furthest`;
    `both_ways` keeps left and right apart.
    """
    distance = distances(queries, keys, first)
    bucket = torch.zeros_like(distance)
    if both_ways:
        buckets //= 2
        bucket = torch.where(distance > 0, buckets, 0)
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = buckets // 2
    share = (distance.clamp(min=1).double() / exact).log().div(math.log(furthest / exact))
    far = exact + share.mul(buckets - exact).long()
    return bucket + torch.where(distance < exact, distance, far.clamp(max=buckets - 1))


def t5_bias(
    table: Tensor, queries: int, keys: int, furthest: int = 128, both_ways: bool = False, first: int = 0
) -> Tensor:
    """One trained number per bucket and head, table (buckets, H) -> (H, T, S), added to the scores
    (Raffel 2020).
    """
    return table[t5_buckets(queries, keys, len(table), furthest, both_ways, first)].permute(2, 0, 1)


ENCODING = Encoding(
    "t5",
    "T5",
    r"b_{ij} = B_{\,\mathrm{bucket}(i - j),\,h}",
    parameters=lambda config: {"t5_table": (config.t5_buckets, config.heads)},
    bias=lambda config, parameters, T, first: t5_bias(
        parameters["t5_table"], T, first + T, config.t5_distance, not config.causal, first
    ),
)
