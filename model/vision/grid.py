"""A picture as a grid of patches (Dosovitskiy 2021, arXiv:2010.11929): the cutting and its inverse, and the
masks and the turning that know rows and columns.

Legend: N patches, listed row by row; T = 1 + N tokens, the class token first.
"""

import math

import numpy as np
import torch
from torch import Tensor

from model.network.encodings.sinusoidal import angles


def patches(image: np.ndarray | Tensor, size: int = 4) -> np.ndarray | Tensor:
    """The patches of a picture, or of several, row by row, each with its pixels row by row:
    (..., height, width) -> (..., N, size²). ValueError if they do not fill the picture.
    """
    *batch, height, width = image.shape
    if size < 1 or height % size or width % size:
        raise ValueError(f"patches of {size} x {size} pixels do not fill a picture of {height} x {width}")
    rows, columns = height // size, width // size
    cut = image.reshape(*batch, rows, size, columns, size)
    return swapped(cut).reshape(*batch, rows * columns, size * size)


def assembled(patches: np.ndarray | Tensor, columns: int | None = None) -> np.ndarray | Tensor:
    """The picture that patches (..., N, size²) make, so many `columns` of them in a row, as many as there are
    rows unless given: the inverse of `patches`, (..., height, width).
    """
    *batch, count, pixels = patches.shape
    columns = math.isqrt(count) if columns is None else columns
    size = math.isqrt(pixels)
    if size**2 != pixels or columns < 1 or count % columns:
        raise ValueError(f"{count} patches of {pixels} pixels make no picture with {columns} in a row")
    cut = patches.reshape(*batch, count // columns, columns, size, size)
    return swapped(cut).reshape(*batch, count // columns * size, columns * size)


def swapped(x: np.ndarray | Tensor) -> np.ndarray | Tensor:
    """x (..., a, b, c, d) with b and c exchanged."""
    return x.swapaxes(-2, -3)


def places(side: int) -> Tensor:
    """Row and column of each patch of a square grid, (N, 2), counted from 0."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack((rows.flatten(), columns.flatten()), dim=-1)


def window(radius: int, side: int = 7) -> Tensor:
    """A mask as near-sighted as a convolution, (T, T): each patch sees those within `radius` rows and columns
    of it, the class token sees all, and no patch sees the class token, through which all would come to it.
    """
    if radius < 0:
        raise ValueError(
            f"a window with a radius of {radius} sees nothing; the smallest is 0, the patch itself"
        )
    place = places(side)
    near = ((place[:, None] - place).abs() <= radius).all(-1)  # (N, N)
    allowed = torch.zeros(len(near) + 1, len(near) + 1, dtype=torch.bool)
    allowed[0], allowed[1:, 1:] = True, near
    return allowed


def turns(side: int, width: int, base: float) -> Tensor:
    """How far RoPE turns each pair of a head's `width` dimensions at each token, in radians, (T, width / 2):
    half of the pairs by the row, half by the column (Heo 2024, arXiv:2403.13298, axial); the class token,
    which has no place, by nothing.
    """
    of_patches = angles(places(side).flatten(), width // 2, base).reshape(side**2, width // 2)
    return torch.cat((torch.zeros(1, width // 2), of_patches))
