"""Past the training length: how the loss grows, and RoPE's angles stretched to a longer text."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.network.config import ModelConfig
from model.network.encodings import rope
from model.network.transformer import Transformer


def rescaled(config: ModelConfig, tokens: int, method: str, base: float) -> tuple[Tensor, float]:
    """RoPE's angles (tokens, D/2) and the softmax temperature for a text of so many tokens, read by one of
    the methods, without more training.

    How much a method stretches is tokens / context, at least 1. ValueError if the method is unknown.
    """
    width, own, factor = config.head_width, config.rope_base, max(1.0, tokens / config.context)
    methods = {
        "as trained": lambda: rope.frequencies(width, own),
        "another base": lambda: rope.frequencies(width, base),
        "linear interpolation": lambda: rope.interpolated(width, own, factor),
        "NTK-aware": lambda: rope.ntk_aware(width, own, factor),
        "YaRN": lambda: rope.yarn(width, own, factor, config.context),
    }
    if method not in methods:
        raise ValueError(f"method is {method!r}; known: {', '.join(methods)}")
    angle = torch.arange(tokens)[:, None] * methods[method]()  # float64, as a thousand turns need
    return angle.to(torch.get_default_dtype()), rope.yarn_temperature(factor) if method == "YaRN" else 1.0


@torch.inference_mode()
def losses(network: Transformer, ids: Sequence[int], **arguments: Any) -> np.ndarray:
    """Nats per token of the N tokens that follow the first of ids (N + 1 ints),
    each predicted from all before it: (N,).
    """
    ids = torch.tensor(ids)
    return F.cross_entropy(network(ids[:-1], **arguments).logits, ids[1:], reduction="none").numpy()


def binned(losses: np.ndarray, edges: Sequence[int]) -> list[tuple[int, int, float]]:
    """Rows (first, end, mean loss) for targets at these positions, as far as the losses (N,) go;
    the last one may be cut short.
    """
    return [
        (a, min(b, len(losses)), float(losses[a:b].mean())) for a, b in pairwise(edges) if a < len(losses)
    ]
