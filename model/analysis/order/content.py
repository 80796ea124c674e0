"""The scores of a head as what they owe to the content and what to the position of the tokens."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from model.network import masks
from model.network.attention import group_of
from model.network.transformer import Transformer
from model.trace import Trace


def normalised(norm: torch.nn.LayerNorm, content: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
    """LayerNorm(content + position) as a sum of two parts, each (T, C): (x - mean) / std is linear in x once
    std is that of the whole.

    The learned offset of the norm is the same for every token at every position;
    it is counted with the content.
    """
    std = (content + position).var(-1, correction=0, keepdim=True).add(norm.eps).sqrt()
    of_content, of_position = (
        norm.weight * (part - part.mean(-1, keepdim=True)) / std for part in (content, position)
    )
    return of_content + norm.bias, of_position


@torch.inference_mode()
def four_parts(network: Transformer, ids: Sequence[int], head: int) -> dict[str, np.ndarray]:
    """The scores of a head of the first layer as four maps (T, T) that add up to them, where positions are
    added to the embedding; float64.
    """
    ids = torch.tensor(ids)
    block, config = network.blocks[0], network.config
    content = network.embedding(ids).double() * math.sqrt(config.width)  # (T, C)
    position = network.embed(ids).double() - content
    parts = normalised(block.attention_norm, content, position)
    group = group_of(head, config.heads, config.key_heads)
    query = block.attention.query.weight.double().unflatten(0, (config.heads, -1))[head]  # (D, C)
    key = block.attention.key.weight.double().unflatten(0, (config.key_heads, -1))[group]
    # The scale 1/√D, half of it on each side.
    asks, answers = ([part @ matrix.T / config.head_width**0.25 for part in parts] for matrix in (query, key))
    names = "content", "position"
    return {
        f"{a}–{b}": (q @ k.T).numpy()
        for a, q in zip(names, asks, strict=True)
        for b, k in zip(names, answers, strict=True)
    }


def score_parts(network: Transformer, trace: Trace, layer: int, head: int) -> dict[str, np.ndarray]:
    """The scores (T, T) of one head, before the mask, as maps that add up to them; which ones depends on
    where the encoding enters.

    ValueError where positions are added to the embedding and the layer is not the first:
    by then the MLPs have mixed the two.
    """
    attention = trace.layers[layer].attention
    enters = network.config.encoding.enters
    if enters == "embedding":
        if layer > 0:
            raise ValueError(
                "content and position are two summands of the embedding only; "
                "behind the first layer they are mixed"
            )
        return four_parts(network, trace.ids, head)
    unturned = attention.head(head, turned=False)
    content = unturned.q @ unturned.k.T * np.float32(attention.scale)
    if enters == "queries and keys":
        return {"not turned": content, "what turning changes": attention.scaled(head) - content}
    if unturned.bias is not None:
        return {"content": content, "bias": unturned.bias}
    return {"content": content}


def credit(parts: Mapping[str, np.ndarray], allowed: np.ndarray | Tensor) -> dict[str, float]:
    """The share of each part in how the scores vary within their rows, all together 1; a part that works
    against the others is below 0.

    parts: {name: (T, T)}; allowed (T, T). Only differences within a row reach the weights. The share of a
    part is its covariance with the sum, over the sum's variance. NaN where the sum does not vary.
    """

    def centred(values: np.ndarray) -> np.ndarray:
        inside = np.where(allowed, values, 0.0)
        return np.where(allowed, inside - inside.sum(-1, keepdims=True) / allowed.sum(-1, keepdims=True), 0.0)

    allowed = masks.checked(allowed).numpy()
    parts = {name: centred(values) for name, values in parts.items()}
    whole = sum(parts.values())
    return {
        name: float((part * whole).sum() / (whole**2).sum()) if whole.any() else math.nan
        for name, part in parts.items()
    }
