"""The Trace of an opened model: of each layer what it gets is kept, and what it does is computed when
somebody looks, by the same layer, on the same numbers.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from model.hub.capture import Call, Recording, recorded
from model.hub.network import HubNetwork
from model.trace import LayerTrace, Trace, layer_trace, read_only

MOST = 1e-3  # how far what is computed again may be from the pass, and weights @ v from the heads
KEPT = 64_000_000  # bytes of layers that a trace keeps once they were looked at, at least one layer


class Layers(Sequence[LayerTrace]):
    """The layers of one pass; each is computed when it is asked for, and a few are kept."""

    def __init__(self, network: HubNetwork, recording: Recording) -> None:
        # What functions hold is the model's, and is not counted where a cache counts the bytes of a trace.
        self.again, self.rerun = partial(again, network, recording), partial(rerun, network, recording)
        self.unembed = network.unembed
        self.held = [(call.args, call.kwargs, call.notes["output"]) for call in recording.calls]
        self.masks = recording.allowed, recording.known
        self.kept: OrderedDict[int, LayerTrace] = OrderedDict()
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        number = range(len(self))[place]
        with self.lock:
            layer = self.kept.get(number)
        if layer is None:
            layer = self.again(number)
            with self.lock:
                self.kept[number] = layer
                while len(self.kept) > max(1, KEPT // size(layer)):
                    self.kept.popitem(last=False)
        return layer

    def __iter__(self) -> Iterator[LayerTrace]:
        return (self[i] for i in range(len(self)))


@torch.inference_mode()
def rerun(network: HubNetwork, recording: Recording, number: int) -> Call:
    """A layer at work once more on what it got in the pass that was recorded. ValueError, in a sentence for
    the user, if its output is not that of the pass.
    """
    call = recording.calls[number]
    second = replace(recording, first=number, calls=[], callers=[], full=True)
    with recorded(second):
        call.layer(*call.args, **call.kwargs)
    output = second.calls[0].notes["output"]
    off = float((output - call.notes["output"]).abs().max())
    if off > MOST * max(1.0, float(output.abs().max())):
        raise ValueError(f"Layer {number + 1} computed once more is off by {off:.2g}; it is not shown.")
    return second.calls[0]


@torch.inference_mode()
def again(network: HubNetwork, recording: Recording, number: int) -> LayerTrace:
    """What a layer does with what it got in the pass that was recorded. ValueError, in a sentence for the
    user, if its output is not that of the pass, or its heads put out other than weights times values.
    """
    layer = layer_trace(network.layer_record(rerun(network, recording, number), one=True))
    last = slice(-1, None)  # the token that sees the most
    off = max((one.error(last) for one in layer.attentions), default=0.0)
    if off > MOST:
        raise ValueError(
            f"Layer {number + 1} adds something to attention that is not modelled here: weights times values "
            f"differ from what its heads put out by {off:.2g}. It is not shown."
        )
    return layer


def size(layer: LayerTrace) -> int:
    """Bytes of a layer's arrays, about."""
    parts = [layer, layer.attention, layer.cross]
    arrays = [getattr(part, one.name) for part in parts if part is not None for one in fields(part)]
    return sum(getattr(array, "nbytes", 0) for array in arrays)


class HubTrace(Trace):
    """A Trace whose layers and logits are computed when they are asked for."""

    @cached_property
    @torch.inference_mode()
    def logits(self) -> np.ndarray | None:
        """(T, V); None of a model that does not predict."""
        return read_only(self.layers.unembed(torch.tensor(self.final))) if self.config.predicts else None


@torch.inference_mode()
def traced(
    network: HubNetwork,
    row: Tensor,
    recording: Recording,
    memory: Tensor | None = None,
    **described: Any,
) -> HubTrace:
    """The Trace of one pass over token ids (T,), or over a picture; text, tokens, spans and what else a Trace
    has besides are as `described`.
    """
    recording.full = False
    final = network.run(row[None], recording, memory=memory)[0]
    trace = HubTrace(
        **{"ids": read_only(row), **described},
        embedded=read_only(recording.calls[0].hidden[0]),
        layers=Layers(network, recording),
        final=read_only(final),
        logits=None,
        config=network.config,
    )
    del trace.__dict__["logits"]  # what is computed when it is asked for takes its place
    return trace
