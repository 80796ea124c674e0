"""What a transformer costs, by formula: parameters, multiply-adds, bytes.

A multiply-add is one product that is added to a sum. Those of the matrix products are counted, masked pairs
included, since they are computed and then thrown away. Norms, softmax, GELU, rotations and additions, which
take a few steps for each number, are not counted.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from model import decoding
from model.network import masks
from model.network.attention import MultiHeadAttention, attend, fused
from model.network.config import ModelConfig
from model.network.transformer import Transformer

# ---- parameters ----


def attention_parameters(config: ModelConfig) -> int:
    """Of one layer's attention: queries and output C x HD each, keys and values C x GD each
    (Vaswani 2017, section 3.2.2).

    G = H is multi-head attention, G = 1 multi-query (Shazeer 2019, arXiv:1911.02150), between them
    grouped-query (Ainslie 2023, arXiv:2305.13245).
    """
    C, D = config.width, config.head_width
    return 2 * C * config.heads * D + 2 * C * config.key_heads * D


def mlp_parameters(config: ModelConfig) -> int:
    """Of one layer's MLP: two matrices with their biases (Vaswani 2017, eq. 2)."""
    return 2 * config.width * config.hidden + config.hidden + config.width


def table_parameters(config: ModelConfig) -> int:
    """Of the embedding, which is the output matrix as well (Press and Wolf 2017): V x C, or factorised V x E
    + E x C (Lan 2020, section 3.1).
    """
    if config.factor:
        return config.vocabulary * config.factor + config.factor * config.width
    return config.vocabulary * config.width


def position_parameters(config: ModelConfig, tokens: int = 0) -> int:
    """Of the positional encoding, made for a text of `tokens` if that is longer than the training context: a
    learned table has a row for each token; T5 has a number for each bucket and head, whatever the length.
    """
    return config.encoding.size(replace(config, context=max(config.context, tokens)))


def parameters(config: ModelConfig, tokens: int = 0) -> int:
    """Of the whole transformer; a table that is used twice counts once. Two norms a layer and one at the end
    have a factor and a shift for each number.
    """
    norms = 2 * config.width * (2 * config.layers + 1)
    layers = config.layers * (attention_parameters(config) + mlp_parameters(config))
    return table_parameters(config) + position_parameters(config, tokens) + layers + norms


# ---- multiply-adds ----


def pairs(tokens: int, window: int | None = None) -> int:
    """How many scores a head computes: T x T, or T x w within a window of w tokens (Beltagy 2020,
    arXiv:2004.05150, section 3.1).
    """
    return tokens * (tokens if window is None else min(window, tokens))


def mixing(tokens: int, config: ModelConfig, window: int | None = None) -> int:
    """Multiply-adds of one layer that pair tokens with tokens, q kᵀ and weights v:
    2 H D for each pair, whatever G is.
    """
    return 2 * config.heads * config.head_width * pairs(tokens, window)


def attention(tokens: int, config: ModelConfig, window: int | None = None) -> int:
    """Multiply-adds of one layer's attention: the four projections use every parameter once for each token;
    `mixing` comes on top.
    """
    return tokens * attention_parameters(config) + mixing(tokens, config, window)


def per_token(config: ModelConfig) -> int:
    """Multiply-adds that a token costs by itself, however long the text is:
    all matrices of the transformer that it goes through.
    """
    layers = config.layers * (attention_parameters(config) + 2 * config.width * config.hidden)
    widened = config.factor * config.width if config.factor else 0
    return layers + widened + (table_parameters(config) if config.predicts else 0)


def position_operations(config: ModelConfig, tokens: int) -> int:
    """Additions and multiplications that the positional encoding adds to the work on the last of T tokens: an
    addition to each of C numbers of its embedding; or in every layer three operations to turn each of the
    (H + G) D numbers of its queries and keys (two products, a sum), or an addition to each of its H T scores.
    """
    heads = config.heads + config.key_heads
    return {
        "embedding": config.width,
        "queries and keys": 3 * config.layers * heads * config.head_width,
        "scores": config.layers * config.heads * tokens,
    }.get(config.encoding.enters, 0)


def multiply_adds(tokens: int, config: ModelConfig, window: int | None = None) -> int:
    """Of the whole transformer on a text of T tokens."""
    return tokens * per_token(config) + config.layers * mixing(tokens, config, window)


def overtaking(config: ModelConfig) -> float:
    """The number of tokens from which on the T² term of full attention costs more than all else:
    per_token / (2 L H D).
    """
    return per_token(config) / (config.layers * 2 * config.heads * config.head_width)


# ---- bytes ----


def cache_bytes(tokens: int, config: ModelConfig, window: int | None = None, size: int = 4) -> int:
    """Of the keys and values that a decoder keeps for T tokens, or for as many as its window reaches; `size`
    bytes a number, 4 for float32.
    """
    return decoding.bytes_per_token(config, size) * (tokens if window is None else min(window, tokens))


def weights_bytes(tokens: int, config: ModelConfig, window: int | None = None, size: int = 4) -> int:
    """Of the weights of all heads in all layers, if they were stored;
    a fused kernel never does (Dao 2022, arXiv:2205.14135).
    """
    return config.layers * config.heads * pairs(tokens, window) * size


# ---- windowed attention that saves what the formula says ----


def windowed(q: Tensor, k: Tensor, v: Tensor, window: int, chunk: int = 64) -> Tensor:
    """Causal attention within `window` tokens, q, k, v (..., H, T, D) -> (..., H, T, D): a chunk of queries
    at a time, with only the keys in their reach.

    Each query is given up to chunk - 1 keys too many, which a mask hides, so that T x (w + chunk - 1) pairs
    are computed (Beltagy 2020, appendix A).
    """
    T, outputs = q.shape[-2], []
    for start in range(0, T, chunk):
        end, first = min(start + chunk, T), max(0, start - window + 1)
        back = torch.arange(start, end)[:, None] - torch.arange(first, end)  # how far back each key lies
        allowed = (back >= 0) & (back < window)
        outputs.append(fused(q[..., start:end, :], k[..., first:end, :], v[..., first:end, :], allowed))
    return torch.cat(outputs, dim=-2)


# ---- what it takes here and now ----


@torch.inference_mode()
def seconds(layer: MultiHeadAttention, tokens: int, window: int | None = None, turns: int = 2) -> float:
    """Seconds that a MultiHeadAttention takes for T tokens on this machine: the shortest of some turns, since
    whatever else the machine does can only add to it.

    The numbers that go through it are random: the time does not depend on them.
    The mask is causal, or a `window`.
    """
    x = torch.randn(
        tokens, layer.config.width, generator=torch.Generator().manual_seed(0), dtype=layer.query.weight.dtype
    )
    allowed = None if window else masks.causal(tokens)
    attention = fused if window is None else lambda q, k, v, *_: windowed(q, k, v, window)
    durations = []
    for _ in range(turns):
        start = time.perf_counter()
        layer(x, allowed, attend=attention)
        durations.append(time.perf_counter() - start)
    return min(durations)


class Operations(TorchDispatchMode):
    """Counts, by torch's own formulas, the operations of the matrix products that its own thread runs.

    torch's FlopCounterMode does the same, but hooks the modules of the whole process to name them: the
    gradients of other threads then fail.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        with self:  # torch has formulas for the parts of a composite operation only
            result = function.decompose(*args, **kwargs)
        if result is NotImplemented:
            result = function(*args, **kwargs)
            if formula := flop_registry.get(function.overloadpacket):
                self.total += formula(*args, **kwargs, out_val=result)
        return result


@torch.inference_mode()
def counted(network: Transformer, ids: Sequence[int]) -> int:
    """The multiply-adds of a whole pass as torch counts them while it runs, two operations each; attention by
    `attend`, of which it sees every product.
    """
    with Operations() as operations:
        network(torch.tensor(ids), attend=attend)
    return operations.total // 2


@torch.inference_mode()
def stored(network: Transformer, ids: Sequence[int]) -> tuple[int, int]:
    """Bytes of a real pass's keys and values, as decoding.Cache keeps them, and of the weights of all heads
    and layers, which are computed here to be counted.
    """
    record = network(torch.tensor(ids), predict=False)
    weights = 0
    for layer in record.layers:
        weights += layer.attention.weights().nbytes
    return decoding.Cache.of(record).bytes, weights
