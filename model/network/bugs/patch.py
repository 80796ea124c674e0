"""One function of the forward pass with other lines in it, put in the place of the right one in a copy of a
network that shares all parameters. What runs is the text that `Patch.wrong` shows.
"""

import copy
import difflib
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MethodType
from typing import Any, NamedTuple

from torch import Tensor

from model.network import masks
from model.network.attention import attend
from model.network.config import ModelConfig
from model.network.encodings import Encoding
from model.network.transformer import Transformer

WINDOW = 4  # tokens that a model sees whose mask is `masks.window`


@dataclass(frozen=True)
class Patch:
    """A right function, of a module or of a class, and what is edited in it: (old, new) texts, each old one
    standing in it once.
    """

    function: Callable
    edits: tuple[tuple[str, str], ...]

    def right(self) -> str:
        """The source of the right function."""
        return textwrap.dedent(inspect.getsource(self.function))

    def wrong(self) -> str:
        """The source of the function that stands in its place. ValueError if an edit does not fit."""
        return edited(self.right(), self.edits)

    def diff(self) -> str:
        """The lines that differ, with three around them, as `diff -u` writes them, and ⋮ where some are left
        out between.
        """
        right, wrong = self.right().splitlines(), self.wrong().splitlines()
        _, _, _, *lines = difflib.unified_diff(right, wrong, lineterm="")  # --- +++ @@
        return "\n".join("⋮" if line.startswith("@@") else line for line in lines)


def edited(source: str, edits: tuple[tuple[str, str], ...]) -> str:
    """A source with these texts replaced. ValueError where an old text does not stand in it once."""
    for old, new in edits:
        if (times := source.count(old)) != 1:
            raise ValueError(f"{old!r} stands {times} times in the function; an edit needs it once")
        source = source.replace(old, new)
    return source


@lru_cache(maxsize=64)
def namespace(patch: Patch) -> dict[str, Any]:
    """What the names of the function's module mean once the wrong function is there.

    A method is compiled alone, so that it makes the records of the real module. Of a plain function the whole
    module runs anew, so that its other functions call the wrong one.
    """
    module, source = sys.modules[patch.function.__module__], patch.wrong()
    names = dict(vars(module))
    if not owner(patch.function):
        names = {"__name__": module.__name__}
        source = inspect.getsource(module).replace(inspect.getsource(patch.function), source)
    exec(compile(source, f"wrong {patch.function.__qualname__}", "exec"), names)
    return names


def owner(function: Callable) -> str:
    """The name of the class that a method belongs to; empty for a plain function."""
    return function.__qualname__.rpartition(".")[0]


# ---- in a network ----


@dataclass(frozen=True)
class Altered(ModelConfig):
    """The config of a model whose positions are encoded by another record than that of their name."""

    record: Encoding | None = None

    @property
    def encoding(self) -> Encoding:
        """The record of the positional encoding."""
        return self.record


class Model(NamedTuple):
    """A network and the function that does the attention in it."""

    network: Transformer
    attend: Callable[..., Tensor]


def model(network: Transformer, patch: Patch | None = None, window: bool = False) -> Model:
    """A copy of a network, on the same parameters, that runs on `attend` and with the patch in it.

    window: whether its mask is `masks.window`, WINDOW tokens wide, in place of its own.
    """
    twin = copy.deepcopy(network, {id(one): one for one in network.parameters()})
    names = {"attend": attend, "window": masks.window} | ({} if patch is None else namespace(patch))
    if window:
        twin.mask = partial(windowed, names["window"])
    if patch is not None:
        put(twin, patch, names)
    twin.forward = partial(twin.forward, attend=names["attend"])
    return Model(twin, names["attend"])


def put(network: Transformer, patch: Patch, names: dict[str, Any]) -> None:
    """Put a wrong method into each part of the network that has the right one, or a wrong encoding into its
    configs; `names` are those of the wrong function's module.
    """
    name, holder = patch.function.__name__, owner(patch.function)
    if holder:
        for part in network.modules():
            if isinstance(part, names[holder]):
                setattr(part, name, MethodType(names[name], part))
    elif "ENCODING" in names:
        for part in network.modules():
            if hasattr(part, "config"):
                part.config = Altered(**vars(part.config), record=names["ENCODING"])


def windowed(window: Callable[[int, int], Tensor], T: int, first: int = 0) -> Tensor:
    """The mask of a model that sees WINDOW tokens, for T tokens after the `first` ones, (T, first + T)."""
    return window(first + T, WINDOW)[first:]
