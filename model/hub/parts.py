"""The parts of an opened model that own parameters, read off its modules."""

from typing import NamedTuple

from torch import nn


class Part(NamedTuple):
    """A module with parameters of its own, and those like it in the other layers."""

    name: str  # its path in the model; # stands for the number of the layer
    kind: str  # its class
    shapes: tuple[tuple[int, ...], ...]  # of its parameters, in each layer alike
    times: int  # how many there are
    parameters: int  # of all of them; what other parts own already counts there alone


def parts(whole: nn.Module) -> tuple[Part, ...]:
    """The parts of a model, in its own order; their parameters sum up to whole.num_parameters()."""
    found: dict[tuple, tuple[int, int]] = {}
    counted: set[int] = set()
    for path, module in whole.named_modules():
        own = list(module.parameters(recurse=False))
        if not own:
            continue
        new = [one for one in own if id(one) not in counted]
        counted |= {id(one) for one in own}
        kind = layerless(path), type(module).__name__, tuple(tuple(one.shape) for one in own)
        times, parameters = found.get(kind, (0, 0))
        found[kind] = times + 1, parameters + sum(one.numel() for one in new)
    return tuple(Part(*kind, *counts) for kind, counts in found.items())


def layerless(path: str) -> str:
    """A module's path with # for the first number in it, that of the layer."""
    steps = path.split(".")
    layer = next((i for i, step in enumerate(steps) if step.isdecimal()), None)
    return ".".join("#" if i == layer else step for i, step in enumerate(steps))
