"""Positional encodings, a module each: its mathematics as free functions, and ENCODING, the record that the
rest of the program asks. The modules are found by listing this folder: one file more is one encoding more.
"""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from model.network.config import ModelConfig

PLACES = "nowhere", "embedding", "queries and keys", "scores"  # where an encoding may enter a transformer


def nothing(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """No parameters."""
    return {}


@dataclass(frozen=True)
class Encoding:
    """One positional encoding. It enters in one place at most: `table`, `turn` or `bias` does it, and the
    others are None. Its own parameters come to `table` and `bias` by their names.

    `first` is the place of the first of T tokens: above 0 where a cache stands in for those before.
    """

    name: str  # in configs, names of models and addresses
    title: str  # as the literature spells it
    formula: str  # LaTeX: what is done for positions i, j
    # (config) -> the shape of each parameter, by its name in the network
    parameters: Callable[[ModelConfig], dict[str, tuple[int, ...]]] = nothing
    # (config, parameters, T, first) -> (T, C), added to the embedding
    table: Callable[[ModelConfig, Mapping[str, Tensor], int, int], Tensor] | None = None
    # (config, places (T,)) -> what `turn` has to know of them, such as angles (T, D/2); once for all layers
    angle: Callable[[ModelConfig, Tensor], Tensor] | None = None
    # (config, q (..., H, T, D), k (..., G, T, D), angle) -> both turned
    turn: Callable[[ModelConfig, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] | None = None
    # (config, parameters, T, first) -> (H, T, first + T), added to the scores
    bias: Callable[[ModelConfig, Mapping[str, Tensor], int, int], Tensor] | None = None
    limited: bool = False  # True: there is no position past config.context

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.table, self.turn, self.bias)) > 1:
            raise ValueError(f"{self.name} enters in more than one place: give one of table, turn and bias")
        if (self.angle is None) != (self.turn is None):
            raise ValueError(f"{self.name} has one of angle and turn: what the one makes, the other uses")

    @property
    def enters(self) -> str:
        """Where it enters, one of PLACES."""
        parts = zip(PLACES[1:], (self.table, self.turn, self.bias), strict=True)
        return next((place for place, part in parts if part is not None), PLACES[0])

    def size(self, config: ModelConfig) -> int:
        """How many numbers its parameters are."""
        return sum(math.prod(shape) for shape in self.parameters(config).values())


def listed() -> dict[str, Encoding]:
    """The Encoding of each module of this folder by its name, by PLACES, then by the alphabet."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    records = sorted(
        (module.ENCODING for module in modules), key=lambda one: (PLACES.index(one.enters), one.name)
    )
    return {record.name: record for record in records}


ENCODINGS = listed()
