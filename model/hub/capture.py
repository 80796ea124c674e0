"""Attention as a model of the library computes it, seen from inside and altered where that was asked for.

Legend as in model.trace, with a batch axis B in front of what the library hands over.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from model.network import masks
from model.network.attention import fused, general, shared
from model.network.change import Change


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


@dataclass
class Call:
    """One layer at work: what it was called with, and what was noted in it under each name."""

    layer: nn.Module
    hidden: Tensor  # (B, T, C)
    args: tuple
    kwargs: dict[str, Any]
    attentions: int = 0  # calls of the attention function
    attended: list[Attended] = field(default_factory=list)
    notes: dict[str, Tensor] = field(default_factory=dict)
    straight: dict[int, Tensor] = field(default_factory=dict)  # queries before a turn that was watched
    turn: tuple[Tensor, Tensor] | None = None


@dataclass
class Recording:
    """One pass: what is asked of it, a value or None for each layer, and what was seen."""

    allowed: Sequence[Tensor | None] = ()
    changes: Sequence[Change | None] = ()
    keep: Sequence[Tensor] = ()
    attend: Callable[..., Tensor] = fused
    fuses: bool = True  # whether torch's fused kernel may do the work
    embedded: Tensor | None = None  # (B, T, C) stands in for what the first layer gets
    stops: bool = False  # at the first layer
    full: bool = True  # False: what each layer gets, and no more
    first: int = 0  # the number of the first layer that is called
    calls: list[Call] = field(default_factory=list)
    callers: list[nn.Module] = field(default_factory=list)  # of the attention function
    permitted: dict[Any, tuple] = field(default_factory=dict)  # masks as read before

    def asked(self, values: Sequence) -> Any:
        """Of values for each layer that of the present one; None where nothing is asked of it."""
        number = self.first + len(self.calls) - 1
        return values[number] if number < len(values) else None

    @property
    def changed(self) -> bool:
        """Whether another mask or a change is asked of the present layer."""
        return self.asked(self.allowed) is not None or self.asked(self.changes) is not None


RECORDING: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recorded(recording: Recording) -> Iterator[Recording]:
    """Within it the passes of this thread go into the recording."""
    token = RECORDING.set(recording)
    try:
        yield recording
    finally:
        RECORDING.reset(token)


# ---- what the library calls ----


def mask_function(*args: Any, **kwargs: Any) -> Tensor | None:
    """The mask as the attention function below wants it: the library's own."""
    from transformers.masking_utils import eager_mask, sdpa_mask

    recording = RECORDING.get()
    return (sdpa_mask if recording is not None and recording.fuses else eager_mask)(*args, **kwargs)


def capture(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **options: Any,
) -> tuple[Tensor, None]:
    """The library's attention function, (B, T, H, D), by the family's own code; by ours where a mask or a
    change was asked for.
    """
    request = Request(module, query, key, value, attention_mask, options)
    recording = RECORDING.get()
    if recording is not None:
        recording.callers.append(module)
    if recording is None or not recording.calls:
        return own(request, fuses=False), None
    call = recording.calls[-1]
    call.attentions += 1
    changed = call.attentions == 1 and recording.changed  # cross attention stays as it is
    if changed or recording.full:
        seen = read(request, call.turn)
        seen = altered(seen, recording) if changed else seen
        call.attended.append(seen)
    if changed:
        heads = computed(seen, recording.attend).transpose(1, 2)
    else:
        heads = own(request, fuses=recording.fuses)
    if recording.asked(recording.keep) is not None:
        heads = heads * recording.asked(recording.keep)[..., None, :, None]
    return heads, None


def own(request: Request, fuses: bool) -> Tensor:
    """The attention of the model's own family, by torch's fused kernel where that `fuses`."""
    *given, options = request
    if fuses:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(*given, **options)[0]
    family = sys.modules[type(request.module).__module__]
    return family.eager_attention_forward(*given, **options)[0]


# ---- what it was asked for ----


def read(request: Request, turn: tuple[Tensor, Tensor] | None) -> Attended:
    """What a call was asked for, in the terms of `general`."""
    module, query, key, value, _, options = request
    scale = options.get("scaling")
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    stated = getattr(module, "scaling", scale)
    if scale == 1 != stated:  # OPT multiplies its queries by the scale beforehand
        query, scale = query / stated, stated
    allowed, masked = read_mask(request)
    bias = options.get("position_bias")
    bias = masked if bias is None else bias if masked is None else bias + masked
    sinks = options.get("s_aux")
    sinks = None if sinks is None else sinks.reshape(-1, 1, 1)
    return Attended(module, query, key, value, allowed, bias, scale, options.get("softcap"), sinks, turn)


def read_mask(request: Request) -> tuple[Tensor, Tensor | None]:
    """Who may look at whom, (T, S) or (H, T, S), and what else the mask adds to the scores; read once for
    all layers that share it.
    """
    mask, T, S = request.mask, request.query.shape[-2], request.key.shape[-2]
    causal = request.options.get("is_causal")
    causal = getattr(request.module, "is_causal", True) if causal is None else causal
    recording = RECORDING.get()
    place = (T, S, causal and T > 1) if mask is None else id(mask)
    if place not in recording.permitted:
        recording.permitted[place] = mask, translated(mask, T, S, causal and T > 1)  # holds it: its id is its
    return recording.permitted[place][1]


def translated(mask: Tensor | None, T: int, S: int, causal: bool) -> tuple[Tensor, Tensor | None]:
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


def altered(seen: Attended, recording: Recording) -> Attended:
    """The same call with the mask and the change that were asked for."""
    allowed, change = recording.asked(recording.allowed), recording.asked(recording.changes)
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
