"""Attention as a model of the library computes it, seen from inside and altered where that was asked for.

Legend as in model.trace, with a batch axis B in front of what the library hands over.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from model.hub.request import Attended, Known, Request, altered, computed, read
from model.network.attention import fused
from model.network.change import Change


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
    asked: list[tuple[nn.Module, tuple, dict]] = field(default_factory=list)  # calls of its attention


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
    known: Known = field(default_factory=dict)  # masks as they were read

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
        seen = read(request, call.turn, recording.known)
        if changed:
            seen = altered(seen, recording.asked(recording.allowed), recording.asked(recording.changes))
        if recording.full:
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
