"""What a transformer knows about order: the shuffle test, attention by distance, scores as content and
position, loss past the training length.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.network import masks
from model.network.attention import group_of
from model.network.config import ModelConfig
from model.network.encodings import rope
from model.network.transformer import Transformer
from model.tokenizer import Tokenizer
from model.trace import Trace

# ---- the shuffle test ----


def words(tokenizer: Tokenizer, text: str) -> tuple[list[list[int]], list[str]]:
    """The places of the tokens of each word of `text`, and the words, as the tokenizer cuts them before it
    merges.
    """
    found = tokenizer.words(text)
    ends = np.cumsum([0, *(len(tokenizer.encode(word)) for word in found)])
    return [list(range(a, b)) for a, b in pairwise(ends)], found


def shuffled(count: int, seed: int) -> np.ndarray:
    """A random order of `count` things that is not the one they are in, unless there is only one:
    (count,).
    """
    chance = np.random.default_rng(seed)
    order = chance.permutation(count)
    while count > 1 and (order == np.arange(count)).all():
        order = chance.permutation(count)
    return order


@torch.inference_mode()
def disorder(
    network: Transformer, ids: Sequence[int], order: Sequence[int], allowed: np.ndarray | Tensor
) -> np.ndarray:
    """How far f(Px) is from P f(x): |f(Px) - P f(x)| / |P f(x)| for each of the T final vectors, (T,).

    ids (T ints) are x, order (T ints) is the permutation P: place i of Px holds token order[i]. Both texts
    run in one pass, so a network without any sense of order gives nothing but rounding (Zaheer 2017, Deep
    Sets: permutation equivariance).
    """
    ids, order = torch.tensor(ids), torch.tensor(order)
    final = network(torch.stack((ids, ids[order])), allowed, predict=False).final  # (2, T, C)
    unmoved, moved = final[0][order], final[1]  # P f(x) and f(Px)
    return ((moved - unmoved).norm(dim=-1) / unmoved.norm(dim=-1)).numpy()


# ---- attention by distance ----


def by_distance(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """The mean of causal weights (T, T) at each distance i - j from 0 to T - 1, (T,), and the share of their
    variance that distance alone explains.

    The share is the squared correlation ratio (Pearson 1905): 1 for a convolution, whose weights are the same
    wherever it stands. A uniform head is above 0 as well: its short rows, where all distances are small, have
    the larger weights. NaN where all weights are equal, as for a single token.
    """
    asks, answers = np.tril_indices(len(weights))
    weight, distance = weights[asks, answers].astype(np.float64), asks - answers
    pairs = np.bincount(distance)  # (T,)
    mean = np.bincount(distance, weight) / pairs
    explained, whole = pairs @ (mean - weight.mean()) ** 2 / len(weight), weight.var()
    return mean, explained / whole if whole > 1e-18 else math.nan


def by_distance_alone(mean: np.ndarray) -> np.ndarray:
    """Weights (T, T) that a convolution with these means (T,) would have: the same number along each
    diagonal, 0 to the right of it.
    """
    place = np.arange(len(mean))
    return np.tril(mean[np.abs(place[:, None] - place)])


# ---- content and position ----


def normalised(norm: torch.nn.LayerNorm, content: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
    """LayerNorm(content + position) as a sum of two parts, each (T, C): (x - mean) / std is linear in x once
    std is that of the whole.

    The learned offset of the norm is the same for every token at every position; it is counted with the
    content.
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
    asks, answers = (
        [part @ matrix.T / config.head_width**0.25 for part in parts] for matrix in (query, key)
    )  # 1/√D, half of it on each side
    names = "content", "position"
    return {
        f"{a}–{b}": (q @ k.T).numpy()
        for a, q in zip(names, asks, strict=True)
        for b, k in zip(names, answers, strict=True)
    }


def score_parts(network: Transformer, trace: Trace, layer: int, head: int) -> dict[str, np.ndarray]:
    """The scores (T, T) of one head, before the mask, as maps that add up to them; which ones depends on
    where the encoding enters.

    ValueError where positions are added to the embedding and the layer is not the first: by then the MLPs
    have mixed the two.
    """
    attention = trace.layers[layer].attention
    enters = network.config.encoding.enters
    if enters == "embedding":
        if layer > 0:
            raise ValueError(
                "content and position are two summands of the embedding only; behind the first layer they "
                "are mixed"
            )
        return four_parts(network, trace.ids, head)
    one = attention.head(head, turned=False)
    content = one.q @ one.k.T * np.float32(attention.scale)
    if enters == "queries and keys":
        return {"not turned": content, "what turning changes": attention.scaled(head) - content}
    if one.bias is not None:
        return {"content": content, "bias": one.bias}
    return {"content": content}


def credit(parts: Mapping[str, np.ndarray], allowed: np.ndarray | Tensor) -> dict[str, float]:
    """How much of the variation of the scores within their rows each part brings, all together 1; a part that
    works against the others is below 0.

    parts: {name: (T, T)}; allowed (T, T). Only differences within a row reach the weights. The share of a
    part is its covariance with the sum, over the sum's variance. NaN where the sum does not vary.
    """

    def centred(values):
        inside = np.where(allowed, values, 0.0)
        return np.where(allowed, inside - inside.sum(-1, keepdims=True) / allowed.sum(-1, keepdims=True), 0.0)

    allowed = masks.checked(allowed).numpy()
    parts = {name: centred(values) for name, values in parts.items()}
    whole = sum(parts.values())
    return {
        name: float((part * whole).sum() / (whole**2).sum()) if whole.any() else math.nan
        for name, part in parts.items()
    }


# ---- the encodings themselves ----


def alikeness(vectors: np.ndarray) -> np.ndarray:
    """Cosine of every row of vectors (T, C) with every other, (T, T)."""
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit @ unit.T


# ---- past the training length ----


def rescaled(config: ModelConfig, tokens: int, method: str, base: float) -> tuple[Tensor, float]:
    """RoPE's angles (tokens, D/2) and the softmax temperature for a text of so many tokens, read by one of
    the methods, without more training.

    How much a method stretches is tokens / context, at least 1. ValueError if the method is unknown.
    """
    width, own, factor = config.head_width, config.rope_base, max(1.0, tokens / config.context)
    known = {
        "as trained": lambda: rope.frequencies(width, own),
        "another base": lambda: rope.frequencies(width, base),
        "linear interpolation": lambda: rope.interpolated(width, own, factor),
        "NTK-aware": lambda: rope.ntk_aware(width, own, factor),
        "YaRN": lambda: rope.yarn(width, own, factor, config.context),
    }
    if method not in known:
        raise ValueError(f"method is {method!r}; known: {', '.join(known)}")
    angle = torch.arange(tokens)[:, None] * known[method]()  # float64, as a thousand turns need
    return angle.to(torch.get_default_dtype()), rope.yarn_temperature(factor) if method == "YaRN" else 1.0


@torch.inference_mode()
def losses(network: Transformer, ids: Sequence[int], **how: Any) -> np.ndarray:
    """Nats per token of the N tokens that follow the first of ids (N + 1 ints), each predicted from all
    before it: (N,).
    """
    ids = torch.tensor(ids)
    return F.cross_entropy(network(ids[:-1], **how).logits, ids[1:], reduction="none").numpy()


def binned(losses: np.ndarray, edges: Sequence[int]) -> list[tuple[int, int, float]]:
    """Rows (first, end, mean loss) for targets at these positions, as far as the losses (N,) go; the last one
    may be cut short.
    """
    return [
        (a, min(b, len(losses)), float(losses[a:b].mean())) for a, b in pairwise(edges) if a < len(losses)
    ]
