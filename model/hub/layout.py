"""Where things are in a model of the library: found by watching one pass, whatever the family.

A layer is known by the attention function being called in it; the projection is the first linear map after
that call. How the parts of a layer add up is found from the tensors themselves: whose output, added to the
stream, is what comes in further on.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.hub.capture import Call
from model.hub.library import library
from model.hub.turning import ways
from model.hub.watching import Event

SUMS = "before", "after", "parallel", "other"  # where a layer's norms stand to its sums


class Part(NamedTuple):
    """Attention in a layer: the module that calls the attention function, the projection of the joined heads,
    the module whose output joins the stream, the norm after that sum where there is one, and how many of a
    head's dimensions are turned.
    """

    attention: nn.Module
    projection: nn.Module
    added: nn.Module
    norm: nn.Module | None
    turned: int | None  # None: they are, in a way that is not known here


class Layer(NamedTuple):
    """One layer's parts; `mlp` is the module whose output is the last that joins the stream."""

    module: nn.Module
    parts: tuple[Part, ...]
    mlp: nn.Module | None
    sums: str  # one of SUMS


def layers_of(model: nn.Module, callers: Sequence[nn.Module]) -> list[nn.Module]:
    """The layers in which these modules lie, and those beside them in their lists, each once: what the
    library marks as a layer, else the nearest item of a list.
    """
    modules = dict(model.named_modules())
    paths = {id(one): path for path, one in modules.items()}
    marked = library().modeling_layers.GradientCheckpointingLayer
    layers: dict[int, nn.Module] = {}
    for caller in callers:
        parts = paths[id(caller)].split(".")
        above = [".".join(parts[:i]) for i in range(len(parts), 0, -1)]
        lists = [one for one in above if isinstance(modules[one.rpartition(".")[0]], nn.ModuleList)]
        place = next(
            (one for one in above if isinstance(modules[one], marked)), lists[0] if lists else above[0]
        )
        beside = modules[place.rpartition(".")[0]]
        items = list(beside) if isinstance(beside, nn.ModuleList) else [modules[place]]
        layers |= {id(one): one for one in items}
    return list(layers.values())


# ---- what adds up ----


def read_layer(call: Call, output: Tensor, events: Sequence[Event]) -> Layer:
    """The parts of a layer, from one call of it, its output and the Events in it."""
    projections = [projection(events, i + 1) for i in range(len(call.attended))]
    sums, added, norms, mlp = adding_up(call, output, events, projections)
    parts = tuple(
        Part(attended.module, event.module, one, norm, ways(attended, call.straight.get(i)))
        for i, (attended, event, one, norm) in enumerate(
            zip(call.attended, projections, added, norms, strict=True)
        )
    )
    return Layer(call.layer, parts, mlp, sums)


def projection(events: Sequence[Event], number: int) -> Event:
    """The first linear map after the attention function was called for the `number`th time."""
    return next(
        event
        for event in events
        if event.began == number
        and getattr(getattr(event.module, "weight", None), "ndim", 0) == 2
        and not isinstance(event.module, nn.Embedding)
    )


def adding_up(call: Call, output: Tensor, events: Sequence[Event], projections: Sequence[Event]) -> tuple:
    """Which of SUMS holds; for each attention the module whose output joins the stream and the norm after it;
    the module whose output is the last to join.
    """
    often = Counter(id(event.module) for event in events)  # what works twice is noted but once
    once = [event for event in events if often[id(event.module)] == 1]
    for sums in ("before", "after"):
        stream, added, norms = call.hidden, [], []
        for number in range(1, len(projections) + 1):
            now = [event for event in once if event.ended == number]
            step = joined(stream, now, events, sums == "after")
            if step is None:
                break
            stream, module, norm = step
            added.append(module)
            norms.append(norm)
        else:
            mlp = last(stream, output, once, events, len(projections), sums == "after")
            if mlp is not None:
                return sums, added, norms, mlp
    modules, nothing = [event.module for event in projections], [None] * len(projections)
    mlp = beside(call, output, once, projections)
    return ("other" if mlp is None else "parallel"), modules, nothing, mlp


def joined(stream: Tensor, now: Sequence[Event], events: Sequence[Event], after: bool) -> tuple | None:
    """The stream once an output has joined it, that output's module, and the norm after it if it is `after`
    the sum that the norm comes; None if no output does.
    """
    for event in reversed(now):
        total = plus(stream, event.output)
        for later in events if total is not None else ():
            if equal(later.input, total):
                if not after:
                    return total, event.module, None
                if later.output is not None and later.output.numel() == total.numel():
                    return later.output.view_as(stream), event.module, later.module
    return None


def last(
    stream: Tensor,
    output: Tensor,
    once: Sequence[Event],
    events: Sequence[Event],
    number: int,
    after: bool,
) -> nn.Module | None:
    """The module, of those that work `once`, whose output is the last to join the stream, where the layer's
    output is that sum, or, if the norm comes `after` it, what the norm makes of that sum.
    """
    for event in reversed(once):
        total = plus(stream, event.output) if event.ended == number else None
        if total is None:
            continue
        if not after and equal(total, output):
            return event.module
        if after and any(equal(one.input, total) and equal(one.output, output) for one in events):
            return event.module
    return None


def beside(
    call: Call, output: Tensor, events: Sequence[Event], projections: Sequence[Event]
) -> nn.Module | None:
    """The module that works beside attention on the same stream, where both join it at once."""
    if len(projections) != 1:
        return None
    attended = call.hidden + projections[0].output
    for event in reversed(events):
        total = plus(attended, event.output) if event.began == event.ended else None
        if total is not None and torch.allclose(
            total, output, rtol=1e-4, atol=1e-5 * float(output.abs().max())
        ):
            return event.module
    return None


def plus(stream: Tensor, output: Tensor | None) -> Tensor | None:
    """The sum of the two, shaped as the stream; None where they do not fit."""
    if output is None or output.numel() != stream.numel() or not output.is_floating_point():
        return None
    return stream + output.reshape(stream.shape)


def equal(one: Tensor | None, other: Tensor | None) -> bool:
    """Whether two tensors hold the same numbers, whatever their shapes."""
    if one is None or other is None or one.numel() != other.numel():
        return False
    return torch.equal(one.reshape(-1), other.reshape(-1))
