"""What the modules of a model get and give, while somebody watches."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from torch import Tensor, nn

from model.hub.capture import RECORDING


class Event(NamedTuple):
    """One module at work in a layer, and how often attention had been called there when it began and
    ended.
    """

    module: nn.Module
    input: Tensor | None
    output: Tensor | None
    began: int
    ended: int


def tensor_of(value: Any) -> Tensor | None:
    """The first tensor of what goes into a module or comes out of it."""
    if isinstance(value, Tensor):
        return value
    values = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return next((found for found in map(tensor_of, values) if found is not None), None)


@contextmanager
def watched(layers: Sequence[nn.Module], callers: Sequence[nn.Module]) -> Iterator[dict[int, list[Event]]]:
    """Within it every module of the layers leaves an Event in the list of its layer's call, by id(call), and
    the families' rotation leaves what it got.
    """
    events: dict[int, list[Event]] = {}
    begun: list[int] = []

    def begin(module: nn.Module, args: tuple) -> None:
        begun.append(len(RECORDING.get().calls[-1].attended))

    def end(module: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        call = RECORDING.get().calls[-1]
        event = Event(module, tensor_of((args, kwargs)), tensor_of(output), begun.pop(), len(call.attended))
        events.setdefault(id(call), []).append(event)

    inner = {id(one): one for layer in layers for one in layer.modules() if one is not layer}
    hooks = [one.register_forward_pre_hook(begin) for one in inner.values()]
    hooks += [one.register_forward_hook(end, with_kwargs=True) for one in inner.values()]
    families = {sys.modules[type(caller).__module__] for caller in callers}
    rotations = {family: getattr(family, "apply_rotary_pos_emb", None) for family in families}
    for family, rotation in rotations.items():
        if rotation is not None:
            family.apply_rotary_pos_emb = watching(rotation)
    try:
        yield events
    finally:
        for hook in hooks:
            hook.remove()
        for family, rotation in rotations.items():
            if rotation is not None:
                family.apply_rotary_pos_emb = rotation


def watching(rotation: Callable) -> Callable:
    """A family's rotation that notes the queries before it."""

    def noted(q: Tensor, *args: Any, **kwargs: Any) -> Any:
        recording = RECORDING.get()
        if recording is not None and recording.calls:
            call = recording.calls[-1]
            call.straight[len(call.attended)] = q
        return rotation(q, *args, **kwargs)

    return noted


@contextmanager
def around(base: nn.Module, layers: Sequence[nn.Module]) -> Iterator[list[Event]]:
    """Within it every module that lies outside of the layers, and is none of those around them, leaves an
    Event in a list.
    """
    inside = {id(one) for layer in layers for one in layer.modules()}
    events: list[Event] = []

    def end(module: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        events.append(Event(module, tensor_of((args, kwargs)), tensor_of(output), 0, 0))

    outside = [one for one in base.modules() if not inside & {id(inner) for inner in one.modules()}]
    hooks = [one.register_forward_hook(end, with_kwargs=True) for one in outside]
    try:
        yield events
    finally:
        for hook in hooks:
            hook.remove()
