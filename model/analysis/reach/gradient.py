"""The receptive field by measurement: gradients through networks with random weights, in float64."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.analysis.reach.formula import Cone
from model.analysis.reach.layers import Layer
from model.network.config import ModelConfig
from model.network.transformer import Transformer, initialise

WIDTH = 8  # numbers per token


def measured(
    stack: Sequence[Layer], tokens: int, output: int, causal: bool, seed: int = 1
) -> list[np.ndarray]:
    """|gradient| of position `output` with respect to every position of every level, (positions,) each.

    Through convolutions and GELUs with random weights.
    """
    random = torch.Generator().manual_seed(seed)
    levels = [torch.randn(WIDTH, tokens, generator=random, dtype=torch.float64).requires_grad_()]  # (C, T)
    for layer in stack:
        taps = layer.taps(causal)
        padded = F.pad(levels[-1], (-int(taps[0]), int(taps[-1])))  # zeros beyond both ends
        if layer.pool:
            levels.append(F.avg_pool1d(padded, layer.kernel, layer.stride))
            continue
        weight = torch.randn(WIDTH, WIDTH, layer.kernel, generator=random, dtype=torch.float64)
        weight = weight / math.sqrt(WIDTH * layer.kernel)
        levels.append(F.gelu(F.conv1d(padded, weight, dilation=layer.dilation, stride=layer.stride)))
    chosen = levels[-1][:, output] @ torch.randn(WIDTH, generator=random, dtype=torch.float64)
    return [gradient.norm(dim=0).numpy() for gradient in torch.autograd.grad(chosen, levels[::-1])]


@lru_cache(maxsize=16)  # of at most 16 layers: under 2 MB all together
def random_transformer(layers: int, seed: int) -> Transformer:
    """A small Transformer with random parameters, in float64."""
    config = ModelConfig(
        vocabulary=64, width=WIDTH, layers=layers, heads=2, key_heads=2, hidden=2 * WIDTH, predicts=False
    )
    return initialise(Transformer(config), seed, spread=0.4).double()


def measured_attention(
    allowed: np.ndarray | Tensor, layers: int, output: int, seed: int = 1
) -> list[np.ndarray]:
    """|gradient| of token `output` with respect to every token at every level, (T,) each, through a
    Transformer with random weights and the mask `allowed` (T, T).
    """
    network = random_transformer(layers, seed)
    record = network(torch.arange(len(allowed)) % network.config.vocabulary, allowed)
    # each (T, C), from the output down
    levels = [record.layers[-1].resid_out, *(layer.resid_in for layer in reversed(record.layers))]
    # A random direction: the plain sum of the numbers is what the last norm keeps constant.
    direction = torch.randn(WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    gradients = torch.autograd.grad(record.final[output] @ direction, levels)
    return [gradient.norm(dim=1).numpy() for gradient in gradients]


def disagreement(cone: Cone, gradients: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Cells (level, position) where a cone and the gradients of `measured` differ: True without a gradient,
    or False with one. Empty if formula and network agree.
    """
    return [
        (i, int(j))
        for i, (seen, norm) in enumerate(zip(cone.levels, gradients, strict=True))
        for j in np.flatnonzero(seen != (norm > 0))
    ]
