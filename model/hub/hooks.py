"""Hooks by which the layers of a model note what they do; outside of a Recording they do nothing."""

from functools import partial
from typing import Any

from torch import nn

from model.hub.capture import RECORDING, Call
from model.hub.layout import Layer
from model.hub.watching import tensor_of


class Stop(Exception):
    """The first layer has been reached, and nothing beyond it is wanted."""


def hook_layer(layer: nn.Module) -> None:
    """Let a layer leave a Call."""
    layer.register_forward_pre_hook(entered, with_kwargs=True)
    layer.register_forward_hook(partial(noted, "output"))


def hook_attention(caller: nn.Module) -> None:
    """Let a module that calls the attention function note how it turns queries and keys."""
    caller.register_forward_pre_hook(turning, with_kwargs=True)


def hook_parts(layer: Layer) -> None:
    """Let the parts of a layer note what comes out of them, and what goes into its projections."""
    for number, part in enumerate(layer.parts):
        part.projection.register_forward_pre_hook(partial(noted_input, f"heads{number}"))
        part.added.register_forward_hook(partial(noted, f"out{number}"))
        if part.norm is not None:
            part.norm.register_forward_hook(partial(noted, f"norm{number}"))
    if layer.mlp is not None:
        layer.mlp.register_forward_hook(partial(noted, "mlp"))


def entered(layer: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict] | None:
    """A layer begins: a Call, with the stream that was asked for if it is the first."""
    recording = RECORDING.get()
    if recording is None:
        return None
    named = not args
    hidden = kwargs["hidden_states"] if named else args[0]
    replaced = recording.embedded is not None and not recording.calls
    hidden = recording.embedded if replaced else hidden
    if replaced:
        args, kwargs = (args, kwargs | {"hidden_states": hidden}) if named else ((hidden, *args[1:]), kwargs)
    recording.calls.append(Call(layer, hidden, args, kwargs))
    if recording.stops:
        raise Stop
    return (args, kwargs) if replaced else None


def at_work(name: str) -> Call | None:
    """The layer at work, if what goes under that name is to be noted: everything in a full Recording, else
    no more than what layers put out.
    """
    recording = RECORDING.get()
    wanted = recording is not None and (recording.full or name == "output")
    return recording.calls[-1] if wanted and recording.calls else None


def turning(module: nn.Module, args: tuple, kwargs: dict) -> None:
    """Attention begins: what it is called with, and the table by which it turns queries and keys."""
    if (call := at_work("turn")) is not None:
        call.turn = kwargs.get("position_embeddings")
        call.asked.append((module, args, kwargs))


def noted(name: str, module: nn.Module, args: tuple, output: Any) -> None:
    """Note what comes out of a module."""
    if (call := at_work(name)) is not None:
        call.notes[name] = tensor_of(output)


def noted_input(name: str, module: nn.Module, args: tuple) -> None:
    """Note what goes into a module."""
    if (call := at_work(name)) is not None:
        call.notes[name] = args[0]
