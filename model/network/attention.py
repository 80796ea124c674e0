"""Attention: the function, and the module that owns its projections."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.network import masks
from model.network.config import ModelConfig


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    allowed: Tensor | None = None,
    bias: Tensor | None = None,
    scale: float | Tensor | None = None,
) -> Tensor:
    """Scaled dot-product attention, softmax(q kᵀ / √D + bias) v (Vaswani 2017, eq. 1).

    q (..., T, D) asks, k (..., S, D) answers, v (..., S, D) is what is passed on.
    allowed (..., T, S) is True where a query may look; bias (..., T, S) is added to the scores;
    scale stands in for 1 / √D. Returns (..., T, D).
    """
    if scale is None:
        scale = 1 / math.sqrt(q.shape[-1])  # keeps the spread of the scores at 1, whatever D is
    scores = q @ k.mT * scale  # (..., T, S)  one number per pair: row asks, column answers
    if bias is not None:
        scores = scores + bias
    if allowed is not None:
        allowed = masks.checked(allowed)
        scores = scores.masked_fill(~allowed, -math.inf)  # e^-inf = 0: what is not allowed gets no weight
    weights = scores.softmax(dim=-1)  # (..., T, S)  each row sums to 1
    return weights @ v  # (..., T, D)  each row a mixture of the rows of v


def fused(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    allowed: Tensor | None = None,
    bias: Tensor | None = None,
    scale: float | None = None,
) -> Tensor:
    """What `attend` computes, by torch's fused kernel, which never makes the T x S matrix."""
    allowed = None if allowed is None else masks.checked(allowed)
    if bias is not None and allowed is not None:
        bias = bias.masked_fill(~allowed, -math.inf)
    mask = allowed if bias is None else bias.to(q.dtype)
    if mask is not None and mask.ndim == 3:
        mask = mask[None]  # torch's fused kernel takes a batch axis or none at all in the mask,
    if q.ndim == 3:  # and always one in q, k and v; without them it quietly makes the matrix
        return nn.functional.scaled_dot_product_attention(
            q[None], k[None], v[None], attn_mask=mask, scale=scale
        )[0]
    return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)


def general(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    allowed: Tensor | None = None,
    bias: Tensor | None = None,
    scale: float | Tensor | None = None,
    softcap: float | None = None,
    sinks: Tensor | None = None,
) -> Tensor:
    """What `attend` computes, with two parts that some families add: `softcap` keeps the scaled products
    within ± that number (Gemma 2), and `sinks` (..., 1, 1) is one more score in each row, whose share of the
    softmax goes nowhere (gpt-oss).
    """
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    if softcap is None and sinks is None:
        return attend(q, k, v, allowed, bias, scale)
    scores = capped(q @ k.mT * scale, softcap)  # (..., T, S)
    if bias is not None:
        scores = scores + bias
    if allowed is not None:
        scores = scores.masked_fill(~masks.checked(allowed), -math.inf)
    if sinks is None:
        return scores.softmax(dim=-1) @ v
    sink = sinks.expand(*scores.shape[:-1], 1)  # (..., T, 1)
    return torch.cat((scores, sink), dim=-1).softmax(dim=-1)[..., :-1] @ v


def capped(scores: Tensor, softcap: float | None) -> Tensor:
    """Scores bent so that none goes beyond ± softcap; as they are if it is None."""
    return scores if softcap is None else torch.tanh(scores / softcap) * softcap


# ---- who meets whom ----


def group_of(head: int, heads: int, key_heads: int) -> int:
    """Which of the G key heads answers a query head: H / G neighbours share one (Ainslie 2023)."""
    return head * key_heads // heads


def shared(x: Tensor, heads: int) -> Tensor:
    """Keys or values once for each query head that `group_of` gives them to:
    (..., G, S, D) -> (..., H, S, D).
    """
    each = heads // x.shape[-3]
    return x if each == 1 else x.repeat_interleave(each, dim=-3)


class AttentionRecord(NamedTuple):
    """What one pass through attention produced; shapes as in trace.AttentionTrace,
    with any batch axes in front.

    After a past, v and the keys that were looked at
    (k_rot where the encoding turns them, else k) have its tokens in front.
    """

    q: Tensor
    k: Tensor
    v: Tensor
    q_rot: Tensor | None
    k_rot: Tensor | None
    bias: Tensor | None
    allowed: Tensor | None
    scale: float
    heads: Tensor
    out: Tensor
    softcap: float | None = None
    sinks: Tensor | None = None  # (H,)

    def weights(self) -> Tensor:
        """What comes out of the softmax, (..., H, T, S): `attend` itself, with one-hot rows for values."""
        q, k = compared(self)
        one_hot = torch.eye(k.shape[-2], dtype=k.dtype, device=k.device)
        sinks = None if self.sinks is None else self.sinks[:, None, None]
        k = shared(k, q.shape[-3])
        return general(q, k, one_hot, self.allowed, self.bias, self.scale, self.softcap, sinks)


class WeightsRecord(NamedTuple):
    """All that is known of attention in a model that tells its weights only, (..., H, T, S)."""

    given: Tensor


def compared(attention: AttentionRecord) -> tuple[Tensor, Tensor]:
    """The q and k, of an AttentionRecord or AttentionTrace, whose products are the scores: as the encoding
    has turned them, or as they are where it turns nothing.
    """
    if attention.q_rot is None:
        return attention.q, attention.k
    return attention.q_rot, attention.k_rot


class MultiHeadAttention(nn.Module):
    """H heads attend side by side, each in its own D of the C dimensions; their outputs are joined and
    projected (Vaswani 2017, section 3.2.2).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        D = config.head_width
        self.query = nn.Linear(config.width, config.heads * D, bias=False)
        self.key = nn.Linear(config.width, config.key_heads * D, bias=False)
        self.value = nn.Linear(config.width, config.key_heads * D, bias=False)
        self.output = nn.Linear(config.heads * D, config.width, bias=False)

    def forward(
        self,
        x: Tensor,
        allowed: Tensor | None = None,
        angle: Tensor | None = None,
        bias: Tensor | None = None,
        scale: float | Tensor | None = None,
        attend: Callable[..., Tensor] = fused,
        past: tuple[Tensor, Tensor] | None = None,
        keep: Tensor | None = None,
    ) -> AttentionRecord:
        """x (..., T, C) -> AttentionRecord; `attend` says which of the two equal functions does the work.

        `past`, keys and values (..., G, P, D) of tokens before these, is looked at as well: S is then P + T.
        `keep` (..., H) is False where a head is silenced, so that it puts out 0.
        """
        q = self.split(self.query(x))  # (..., H, T, D)
        k = self.split(self.key(x))  # (..., G, T, D)
        v = self.split(self.value(x))
        q_rot, k_rot = (None, None) if angle is None else self.config.encoding.turn(self.config, q, k, angle)
        if past is not None:
            keys = torch.cat((past[0], k if k_rot is None else k_rot), dim=-2)  # (..., G, S, D)
            k, k_rot = (keys, None) if k_rot is None else (k, keys)
            v = torch.cat((past[1], v), dim=-2)
        scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
        heads = attend(
            q if q_rot is None else q_rot,
            shared(k if k_rot is None else k_rot, self.config.heads),
            shared(v, self.config.heads),
            allowed,
            bias,
            scale,
        )
        if keep is not None:
            heads = heads * keep[..., None, None]
        joined = heads.transpose(-2, -3).flatten(-2)  # (..., T, H D)
        return AttentionRecord(q, k, v, q_rot, k_rot, bias, allowed, scale, heads, self.output(joined))

    def split(self, x: Tensor) -> Tensor:
        """The heads of what a projection gives: (..., T, H D) -> (..., H, T, D)."""
        return x.unflatten(-1, (-1, self.config.head_width)).transpose(-2, -3)
