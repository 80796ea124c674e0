"""What the library asks of attention, in the terms of our own formula, and the answer.

Legend as in model.trace, with a batch axis B in front of what the library hands over.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from model.network import masks
from model.network.attention import general, shared
from model.network.change import Change

Read = tuple[Tensor, Tensor | None]  # who may look at whom, and what the mask adds to the scores besides
Known = dict[Any, tuple[Tensor | None, Read]]  # masks by their ids, each with what was read of it


class Request(NamedTuple):
    """What the library calls its attention function with; `options` are those of the family."""

    module: nn.Module
    query: Tensor  # (B, H, T, D)
    key: Tensor  # (B, G, S, D)
    value: Tensor  # (B, G, S, D)
    mask: Tensor | None
    options: dict[str, Any]


class Attended(NamedTuple):
    """A Request in the terms of `general`, and the table that turned its queries and keys."""

    module: nn.Module
    q: Tensor  # (B, H, T, D) turned
    k: Tensor  # (B, G, S, D) turned
    v: Tensor  # (B, G, S, D)
    allowed: Tensor  # (T, S), (H, T, S) or (B, H, T, S)
    bias: Tensor | None  # (1, H, T, S)
    scale: float | Tensor
    softcap: float | None
    sinks: Tensor | None  # (H, 1, 1)
    turn: tuple[Tensor, Tensor] | None  # cos, sin


def read(request: Request, turn: tuple[Tensor, Tensor] | None, known: Known) -> Attended:
    """A Request in the terms of `general`; `known` are the masks of this pass as they were read before."""
    module, query, key, value, _, options = request
    scale = options.get("scaling")
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    stated = getattr(module, "scaling", scale)
    if scale == 1 != stated:  # OPT multiplies its queries by the scale beforehand
        query, scale = query / stated, stated
    allowed, masked = read_mask(request, known)
    bias = options.get("position_bias")
    bias = masked if bias is None else bias if masked is None else bias + masked
    sinks = options.get("s_aux")
    sinks = None if sinks is None else sinks.reshape(-1, 1, 1)
    return Attended(module, query, key, value, allowed, bias, scale, options.get("softcap"), sinks, turn)


def read_mask(request: Request, known: Known) -> Read:
    """Who may look at whom, (T, S) or (H, T, S), and what else the mask adds to the scores; read once for
    all layers that share it.
    """
    mask, T, S = request.mask, request.query.shape[-2], request.key.shape[-2]
    causal = request.options.get("is_causal")
    causal = getattr(request.module, "is_causal", True) if causal is None else causal
    place = (T, S, causal and T > 1) if mask is None else id(mask)
    if place not in known:
        known[place] = mask, translated(mask, T, S, causal and T > 1)  # holds it: its id stays its own
    return known[place][1]


def translated(mask: Tensor | None, T: int, S: int, causal: bool) -> Read:
    """The two parts of a mask: bool, or numbers to be added, or None, by which the fused kernel means a
    causal one where the module is causal.
    """
    if mask is None:
        return (masks.causal(T) if causal else masks.full(T, S)), None
    mask = mask[0, ..., :S]  # the same for all texts: none is padded
    mask = mask[0] if len(mask) == 1 else mask
    if mask.dtype == torch.bool:
        return mask.expand(*mask.shape[:-2], T, S), None
    allowed = mask > torch.finfo(mask.dtype).min / 2
    rest = mask.masked_fill(~allowed, 0.0)
    return allowed, rest if rest.any() else None


def altered(seen: Attended, allowed: Tensor | None, change: Change | None) -> Attended:
    """The same with another mask and a change, where there are such."""
    if allowed is not None:
        seen = seen._replace(allowed=allowed)
    if change is None:
        return seen
    sinks = seen.sinks
    if sinks is not None:
        changed = change.bias(sinks)
        sinks = torch.zeros_like(sinks) if changed is None else changed
    scale = change.scale(seen.scale**-2)  # the width whose root the scale would be
    bias, softcap = change.bias(seen.bias), change.softcap(seen.softcap)
    return seen._replace(bias=bias, scale=scale, softcap=softcap, sinks=sinks)


def computed(asked: Attended, attend: Callable[..., Tensor]) -> Tensor:
    """The heads' outputs, (B, H, T, D), by `attend` where it knows all that is asked for."""
    H = asked.q.shape[1]
    k, v = shared(asked.k, H), shared(asked.v, H)
    if asked.softcap is None and asked.sinks is None:
        return attend(asked.q, k, v, asked.allowed, asked.bias, asked.scale)
    return general(asked.q, k, v, asked.allowed, asked.bias, asked.scale, asked.softcap, asked.sinks)
