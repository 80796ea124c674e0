"""What a patch can see of a picture: by formula for a convolution, layer by layer, and through masks for a
transformer. A place is the row and the column of a patch, counted from 0, for both kinds of model.
"""

import math

import numpy as np
from torch import Tensor

from model.analysis.reach import Layer, cone, fields
from model.network import masks
from model.vision.config import VisionConfig


def stack(config: VisionConfig) -> list[Layer]:
    """A convolution's layers along one axis, as model.analysis.reach takes them."""
    return [Layer(config.kernel, stride=stride) for stride in config.strides]


def cell(config: VisionConfig, layer: int, place: tuple[int, int]) -> tuple[int, int]:
    """Where the middle of a patch lies on a convolution's map of this layer: (row, column).

    Of an even number of cells it is the one after the middle.
    """
    cells = -(-config.size // math.prod(config.strides[: layer + 1]))  # in a row of the map, rounded up
    return tuple((2 * part + 1) * cells // (2 * config.side) for part in place)


def field(config: VisionConfig, layer: int, place: tuple[int, int]) -> np.ndarray:
    """The pixels that can change a convolution's output of this layer, counted from 0, in the middle of the
    patch at `place`: bool (size, size), the square of `field_size` pixels without what lies past the edges.
    """
    layers = stack(config)[: checked(config, layer) + 1]
    rows, columns = (
        cone(layers, config.size, part, causal=False).levels[-1] for part in cell(config, layer, place)
    )
    return rows[:, None] & columns


def field_size(config: VisionConfig, layer: int) -> int:
    """Pixels in a row of the receptive field of a convolution's layer: 1 + the sum of (k - 1) times the
    strides before (Araujo 2019, Distill).
    """
    return fields(stack(config), causal=False)[checked(config, layer)].size


def attended_field(
    config: VisionConfig, allowed: np.ndarray | Tensor, layer: int, place: tuple[int, int]
) -> np.ndarray:
    """The pixels that can change a transformer's patch at `place` after this layer, counted from 0, behind a
    mask (T, T), (H, T, T) or (L, H, T, T): bool (size, size), whole patches.
    """
    every = masks.checked(allowed).numpy()
    every = every if every.ndim == 4 else np.broadcast_to(every, (config.layers, *every.shape))
    seen = np.zeros(config.tokens, bool)
    seen[1 + place[0] * config.side + place[1]] = True
    for own in every[checked(config, layer) :: -1]:
        joint = own if own.ndim == 2 else own.any(0)
        seen = seen | joint[seen].any(0)
    return seen[1:].reshape(config.side, config.side).repeat(config.patch, 0).repeat(config.patch, 1)


def checked(config: VisionConfig, layer: int) -> int:
    """The layer, if there is one of that number; else ValueError."""
    if not 0 <= layer < config.depth:
        raise ValueError(f"there is no layer {layer}; there are layers 0 to {config.depth - 1}")
    return layer
