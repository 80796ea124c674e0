"""What one text did to one model, as read-only numpy arrays.

Legend: T query positions, S key positions, L layers, H query heads, G key and value heads, D head width, C
model width, V vocabulary.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.network.attention import AttentionRecord, WeightsRecord, capped, compared, general, group_of
from model.network.config import ModelConfig
from model.network.convolution import ConvolutionRecord
from model.network.transformer import LayerRecord
from model.probabilities import softmax


class Head(NamedTuple):
    """What `attend` got for one head."""

    q: np.ndarray  # (T, D)
    k: np.ndarray  # (S, D)
    v: np.ndarray  # (S, D)
    allowed: np.ndarray  # (T, S), True = may look
    bias: np.ndarray | None  # (T, S)


@dataclass(frozen=True)
class AttentionTrace:
    """One layer's attention. The T x S matrices are computed when asked for, one head at a time, from the q
    and k that the model really had.
    """

    q: np.ndarray  # (H, T, D) before rotation
    k: np.ndarray  # (G, S, D) before rotation
    v: np.ndarray  # (G, S, D)
    q_rot: np.ndarray | None  # (H, T, D) after rotation, where the encoding turns them
    k_rot: np.ndarray | None  # (G, S, D)
    bias: np.ndarray | None  # (H, T, S) added to the scores by ALiBi and T5
    allowed: np.ndarray  # (T, S) or (H, T, S), True = may look
    scale: float  # what the dot products were multiplied by; 1 / sqrt(D) unless changed
    heads: np.ndarray  # (H, T, D) as the model really produced them
    out: np.ndarray  # (T, C) heads joined and projected
    softcap: float | None = None  # no scaled product goes beyond ± this (Gemma 2)
    sinks: np.ndarray | None = None  # (H,) a score more in each row; its weight goes nowhere (gpt-oss)

    @property
    def turns(self) -> bool:
        """Whether the encoding turns queries and keys."""
        return self.q_rot is not None

    def group(self, head: int) -> int:
        """Which of the G key and value heads serves this query head; ValueError if there is no such head."""
        H, G = len(self.q), len(self.k)
        if not 0 <= head < H:
            raise ValueError(f"there is no head {head}; this layer has heads 0 to {H - 1}")
        return group_of(head, H, G)

    def head(self, head: int, turned: bool = True) -> Head:
        """The Head of that number, counted from 0; ValueError if there is none.

        turned=False: with q and k as they were before the encoding turned them.
        """
        group, (q, k) = self.group(head), compared(self) if turned else (self.q, self.k)
        allowed = self.allowed[head] if self.allowed.ndim == 3 else self.allowed
        return Head(q[head], k[group], self.v[group], allowed, None if self.bias is None else self.bias[head])

    def dots(self, head: int) -> np.ndarray:
        """q kᵀ, (T, S): the dot product of every query with every key, masked pairs included."""
        q, k, *_ = self.head(head)
        return q @ k.T

    def products(self, head: int, query: int, key: int) -> np.ndarray:
        """q_d k_d for each dimension of two tokens, (D,): their sum is dots(head)[query, key]."""
        q, k, *_ = self.head(head)
        return q[query] * k[key]

    def scaled(self, head: int) -> np.ndarray:
        """q kᵀ times the scale, within the cap, plus the bias, (T, S): the scores before the mask."""
        bias = self.head(head).bias
        scaled = self.dots(head) * np.float32(self.scale)
        if self.softcap is not None:
            scaled = capped(torch.tensor(scaled), self.softcap).numpy()
        return scaled if bias is None else scaled + bias

    def scores(self, head: int) -> np.ndarray:
        """What goes into the softmax, (T, S): -inf where the query may not look."""
        return np.where(self.head(head).allowed, self.scaled(head), -np.inf)

    def weights(self, head: int, rows: slice = slice(None)) -> np.ndarray:
        """What comes out of the softmax, (T, S), each row summing to 1, or less where a sink takes a share:
        `attend` itself, with one-hot rows for values, so that the result is the weights themselves.

        rows: which of the T are wanted, all unless given.
        """
        q, k, _, allowed, bias = self.head(head)
        q, k, allowed, bias = (
            None if part is None else torch.tensor(part)
            for part in (q[rows], k, allowed[rows], None if bias is None else bias[rows])
        )
        sink = None if self.sinks is None else torch.tensor(self.sinks[head]).reshape(1, 1)
        return read_only(general(q, k, torch.eye(len(k)), allowed, bias, self.scale, self.softcap, sink))

    def error(self, rows: slice = slice(None)) -> float:
        """max |weights @ v - heads| over all heads and these rows: how far what is shown is from the pass."""
        return max(
            float(np.abs(self.weights(head, rows) @ self.head(head).v - heads[rows]).max())
            for head, heads in enumerate(self.heads)
        )


@dataclass(frozen=True)
class WeightsTrace:
    """One layer's attention of a model that tells its weights and nothing else of it."""

    given: np.ndarray  # (H, T, S) as the model's library gives them

    def weights(self, head: int, rows: slice = slice(None)) -> np.ndarray:
        """What came out of the softmax, (T, S); rows: which of the T are wanted, all unless given."""
        return self.given[head][rows]


@dataclass(frozen=True)
class ConvolutionTrace:
    """One layer of a convolutional twin, which has no weights: what it added to the stream, out (T, C)."""

    out: np.ndarray


@dataclass(frozen=True)
class LayerTrace:
    """The residual stream (T, C) through one layer:
    resid_mid = resid_in + attention.out, resid_out = resid_mid + mlp_out, unless the config's `residual` says
    otherwise. `cross` is how a decoder looks at its encoder, and adds its `out` as well.
    """

    resid_in: np.ndarray
    attention: AttentionTrace | ConvolutionTrace | WeightsTrace
    resid_mid: np.ndarray | None  # None, like mlp_out, where the model tells its weights only
    mlp_out: np.ndarray | None
    resid_out: np.ndarray
    cross: AttentionTrace | None = None

    @property
    def attentions(self) -> list[AttentionTrace]:
        """Those of attention and cross whose queries, keys and values are known, none of a convolution."""
        return [one for one in (self.attention, self.cross) if isinstance(one, AttentionTrace)]


@dataclass(frozen=True)
class Trace:
    """Everything that one text did to one model."""

    text: str
    tokens: tuple[str, ...]  # T pieces as a person may read them
    spans: tuple[tuple[int, int], ...]  # T character offsets (start, end) into text
    ids: np.ndarray  # (T,)
    embedded: np.ndarray  # (T, C) with the position, where that is added
    layers: tuple[LayerTrace, ...]  # L
    final: np.ndarray  # (T, C) the end of the stream, normalised
    logits: np.ndarray | None  # (T, V), None for an encoder
    config: ModelConfig
    decoder: "Trace | None" = None  # of what was written, where this is the encoder of two halves

    @property
    def last(self) -> int:
        """The place of the last token that stands for text: after it come marks only, such as [SEP]."""
        return max((i for i, (a, b) in enumerate(self.spans) if a < b), default=len(self.tokens) - 1)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """softmax(logits), (T, V): at each position the model's belief about the next token."""
        return frozen(softmax(self.logits))

    @cached_property
    def losses(self) -> np.ndarray:
        """-log p of each token but the first, in nats, (T - 1,), float64, given what the mask let the model
        read: those before it, or without a causal mask the whole text. Of models with logits only.
        """
        logits, following = self.logits[:-1].astype(np.float64), self.ids[1:, None]
        shifted = logits - logits.max(axis=-1, keepdims=True)
        true = np.take_along_axis(shifted, following, axis=-1)[:, 0]
        return frozen(np.log(np.exp(shifted).sum(axis=-1)) - true)

    def error(self) -> float:
        """The largest AttentionTrace.error of all layers; 0 where no layer has attention."""
        return max((one.error() for layer in self.layers for one in layer.attentions), default=0.0)


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, from now on read-only."""
    array.flags.writeable = False
    return array


def read_only(tensor: Tensor | None) -> np.ndarray | None:
    """A tensor as a read-only numpy array on the same memory; None stays None."""
    return None if tensor is None else frozen(tensor.numpy())


def attention_trace(
    record: AttentionRecord | ConvolutionRecord | WeightsRecord,
) -> AttentionTrace | ConvolutionTrace | WeightsTrace:
    """An AttentionRecord of the forward pass as an AttentionTrace, a convolution's record as a
    ConvolutionTrace, one of weights as a WeightsTrace.
    """
    if isinstance(record, WeightsRecord):
        return WeightsTrace(read_only(record.given))
    if not isinstance(record, AttentionRecord):
        return ConvolutionTrace(read_only(record.out))
    arrays = {f.name: getattr(record, f.name) for f in fields(AttentionTrace)}
    return AttentionTrace(
        **{name: read_only(value) if isinstance(value, Tensor) else value for name, value in arrays.items()}
    )


def layer_trace(record: LayerRecord) -> LayerTrace:
    """A LayerRecord of the forward pass as a LayerTrace."""
    resid_in, attention, *rest, cross = record
    return LayerTrace(
        read_only(resid_in),
        attention_trace(attention),
        *map(read_only, rest),
        cross=None if cross is None else attention_trace(cross),
    )
