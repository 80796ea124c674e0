"""What one picture did to one model, as read-only numpy arrays. Legend as in model.trace; N patches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from model.probabilities import softmax
from model.trace import LayerTrace, frozen

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class PictureTrace:
    """Everything that one picture did to one model. Its tokens are marks such as the class token, which is
    token 0, then the patches, row by row; a convolution has `maps` in the place of `layers`.
    """

    image: np.ndarray  # (28, 28) from 0 to 1; of an opened model (height, width, 3) from 0 to 255
    grid: tuple[int, int]  # rows and columns of patches
    logits: np.ndarray | None  # (classes,); None of an opened model that names nothing
    config: object  # VisionConfig, or that of an opened model
    layers: Sequence[LayerTrace] = ()  # L, of a transformer
    maps: tuple[np.ndarray, ...] = ()  # of a convolution: (channels, height, width) of each layer
    final: np.ndarray | None = None  # what the class is read from, normalised
    order: np.ndarray | None = None  # (N,) which patch stands at each place, if they were shuffled
    labels: tuple[str, ...] = field(default=DIGITS)  # the names of the classes
    marks: int = 1  # tokens before the patches

    @cached_property
    def probabilities(self) -> np.ndarray:
        """softmax(logits), (classes,)."""
        return frozen(softmax(self.logits))

    @property
    def guess(self) -> int:
        """The likeliest class, by its number."""
        return int(self.logits.argmax())

    def token(self, row: int, column: int) -> int:
        """The token of the patch at this place, rows and columns counted from 0."""
        return self.marks + row * self.grid[1] + column

    def over(self, weights: np.ndarray) -> np.ndarray:
        """The part of a row of weights (..., T) that falls on patches, as they lie: (..., rows, columns)."""
        return weights[..., self.marks :].reshape(*weights.shape[:-1], *self.grid)

    def error(self) -> float:
        """The largest AttentionTrace.error of all layers: how far weights times values are from what the
        heads put out; 0 where no layer has attention.
        """
        return max((one.error() for layer in self.layers for one in layer.attentions), default=0.0)
