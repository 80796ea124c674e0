"""What a bug is, and in which models one can be made."""

from collections.abc import Callable
from dataclasses import dataclass

from model.network.bugs.patch import Model, Patch, model
from model.network.config import ModelConfig
from model.network.transformer import Transformer


@dataclass(frozen=True)
class Bug:
    """A mistake in one function.

    name: in addresses, and the same for the same mistake in another encoding. what: what it does, in a
    sentence. applies: in which models it can be made. cached: it shows only where a text is read in pieces.
    window: both models, right and wrong, see a window. harmless: it changes no output.
    """

    name: str
    title: str
    what: str
    patch: Patch
    applies: Callable[[ModelConfig], bool]
    cached: bool = False
    window: bool = False
    harmless: bool = False

    def right(self, network: Transformer) -> Model:
        """The network without the bug."""
        return model(network, window=self.window)

    def wrong(self, network: Transformer) -> Model:
        """The network with the bug."""
        return model(network, self.patch, self.window)


def every(config: ModelConfig) -> bool:
    """All models can have it."""
    return True


def causal(config: ModelConfig) -> bool:
    """Models that were trained with the causal mask."""
    return config.causal


def encodes(*names: str) -> Callable[[ModelConfig], bool]:
    """Models with these positional encodings."""
    return lambda config: config.positions in names


def enters(place: str) -> Callable[[ModelConfig], bool]:
    """Models whose positional encoding enters there."""
    return lambda config: config.encoding.enters == place


def reads_on(*names: str) -> Callable[[ModelConfig], bool]:
    """Models with these encodings that can read on after what they have read: causal ones."""
    return lambda config: config.causal and config.positions in names


def patch(function: Callable, *edits: tuple[str, str]) -> Patch:
    """A Patch of these edits."""
    return Patch(function, edits)
