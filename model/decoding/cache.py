"""The cache: what a causal model has read before, and how much time that saves."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.network.attention import compared
from model.network.config import ModelConfig
from model.network.transformer import Record, Transformer


@dataclass(frozen=True)
class Cache:
    """What a causal model keeps of the tokens that it has read: for each layer their keys, as they are looked
    at, and values, (..., G, S, D) each.

    Later tokens change nothing in it, so it is never written to:
    a longer one is a copy, a shorter one a view.
    """

    layers: tuple[tuple[Tensor, Tensor], ...]

    @classmethod
    def of(cls, record: Record) -> "Cache":
        """The Cache that a forward pass leaves behind."""
        return cls(tuple((compared(layer.attention)[1], layer.attention.v) for layer in record.layers))

    @property
    def tokens(self) -> int:
        """S, how many tokens have been read."""
        return self.layers[0][0].shape[-2]

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(part.nelement() * part.element_size() for layer in self.layers for part in layer)

    def first(self, tokens: int) -> "Cache":
        """The Cache of the first tokens alone."""
        return Cache(tuple((keys[..., :tokens, :], values[..., :tokens, :]) for keys, values in self.layers))

    def rows(self, rows: Tensor) -> "Cache":
        """The Cache of these rows of a batch."""
        return Cache(tuple((keys[rows], values[rows]) for keys, values in self.layers))


def bytes_per_token(config: ModelConfig, size: int = 4) -> int:
    """Bytes that one token takes in the cache: 2 (key and value) x layers x key heads x head width x `size`
    bytes for a number.
    """
    return 2 * config.layers * config.key_heads * config.head_width * size


def room(config: ModelConfig) -> int:
    """How many tokens a text may have: up to the end of a learned table of positions,
    else as many as the model accepts.
    """
    return config.context if config.encoding.limited else config.max_tokens


@torch.inference_mode()
def durations(network: Transformer, ids: Sequence[int], turns: int = 3) -> tuple[float, float]:
    """Seconds that the last of two or more ids takes, (without a cache, with one): the shortest of some
    turns, since whatever else the machine does can only add to it.
    """
    cache = Cache.of(network(torch.tensor(ids[:-1])))
    return duration(network, ids, None, turns), duration(network, ids[-1:], cache, turns)


def duration(network: Transformer, ids: Sequence[int], cache: Cache | None, turns: int) -> float:
    """Seconds of the shortest of some forward passes over `ids`, after what the cache holds."""
    row, seconds = torch.tensor(ids), []
    for _ in range(turns):
        start = time.perf_counter()
        network(row, past=cache)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
