"""Sinusoidal positions: waves of falling frequency, added to the embedding (Vaswani 2017, section 3.5)."""

import torch
from torch import Tensor

from model.network.encodings import Encoding


def frequencies(width: int, base: float = 10_000.0) -> Tensor:
    """How far each pair of dimensions turns from one position to the next, in radians: (width/2,) float64,
    base^(-2i / width). ValueError for an odd width.
    """
    check_even(width)
    return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)


def check_even(width: int) -> None:
    """ValueError if `width` dimensions do not make pairs."""
    if width < 2 or width % 2:
        raise ValueError(f"the width is {width}; dimensions turn in pairs, so it must be even and at least 2")


def angles(positions: Tensor, width: int, base: float = 10_000.0) -> Tensor:
    """How far each pair of dimensions has turned at each position, in radians: positions (T,) -> (T,
    width/2), angle[t, i] = t base^(-2i / width).
    """
    return (positions[:, None].double() * frequencies(width, base)).to(torch.get_default_dtype())


def sinusoidal(tokens: int, width: int, base: float = 10_000.0, first: int = 0) -> Tensor:
    """Sine and cosine waves of falling frequency for the positions from `first` on -> (T, C)
    (Vaswani 2017, section 3.5).

    PE[t, 2i] = sin(t w_i) and PE[t, 2i + 1] = cos(t w_i), with w_i = base^(-2i / C). ValueError if C is odd.
    """
    angle = angles(torch.arange(first, first + tokens), width, base)  # (T, C/2)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2)


ENCODING = Encoding(
    "sinusoidal",
    "sinusoidal",
    r"P_{t,2i} = \sin(t\,\omega_i), \qquad P_{t,2i+1} = \cos(t\,\omega_i), \qquad \omega_i = 10000^{-2i/C}",
    table=lambda config, parameters, T, first: sinusoidal(T, config.width, first=first),
)
