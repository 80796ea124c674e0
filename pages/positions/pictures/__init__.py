"""The picture and the words of each positional encoding: a module each, of the encoding's name, with PICTURE.

The modules are found by listing this folder, as those of model/network/encodings are.
"""

import math
import pkgutil
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

import numpy as np

from model import Bundle
from model.analysis import order
from model.network.encodings.sinusoidal import frequencies
from pages import _shell
from pages._numbers import number
from viz import order as figures
from viz.component import heatmap

SHOWN = 128  # positions; also where the learned table ends
PLACES = [str(i) for i in range(SHOWN)]
WAVES = "A row’s name is its wave and the wavelength in tokens."


class EncodingView(NamedTuple):
    """What is shown of an encoding."""

    draw: Callable[[], None]  # draws the encoding itself
    alike: np.ndarray  # (SHOWN, SHOWN) position against position
    limit: float | None  # of the scale of `alike`
    label: str
    caption: str
    meaning: str
    source: Callable | None  # the function that is printed


class Picture(NamedTuple):
    """How an encoding is drawn: `view` takes the model that has it and a head, counted from 0."""

    view: Callable[[Bundle, int], EncodingView]
    look: figures.Look  # of its curves, beside those of the others


def table(
    values: np.ndarray,
    rows: Sequence[str],
    label: str,
    row_role: str,
    revision: str,
    limit: float | None = None,
) -> Callable[[], None]:
    """A function that draws the vectors of all positions, values (positions, rows), one column each."""
    return lambda: heatmap(
        values.T,
        rows=rows,
        columns=PLACES,
        key="positions.table",
        kind="signed",
        height=460,
        square=False,
        limit=limit,
        label=label,
        row_role=row_role,
        column_role="position",
        reading="dimension " * (row_role == "dimension") + "{row} at position {column}",
        revision=revision,
    )


def wavelengths(width: int, base: float = 10_000.0) -> np.ndarray:
    """Tokens that one turn of each pair takes, (width / 2,)."""
    return 2 * math.pi / frequencies(width, base).numpy()


def waves(width: int, base: float = 10_000.0) -> list[str]:
    """Names of the rows of sinusoids: function and wavelength."""
    tokens = (
        number(length) if length < 999.5 else f"{number(length / 1000, digits=2)}k"
        for length in wavelengths(width, base)
    )
    return [f"{function} {length}" for length in tokens for function in ("sin", "cos")]


def by_cosine(
    draw: Callable[[], None], vectors: np.ndarray, note: str, meaning: str, source: Callable
) -> EncodingView:
    """The EncodingView of an encoding that gives each position a vector, vectors (SHOWN, width)."""
    caption = (
        "The vectors: each row is a dimension, each column a position. How alike two positions are: row i "
        "and column j are positions, the number is the cosine of their vectors. Vermillion is above 0, blue "
        f"below; the scale is −1 to 1. {note}"
    )
    return EncodingView(
        draw,
        order.alikeness(vectors),
        1.0,
        "how alike two positions are: cosine",
        caption,
        meaning,
        source,
    )


def by_head(bias: np.ndarray, head: int, name: str, meaning: str, source: Callable) -> EncodingView:
    """The EncodingView of an encoding that adds a bias (H, SHOWN, SHOWN) to the scores: each head by
    distance, and one head's matrix.
    """
    figure = figures.biases(bias[:, -1, ::-1], chosen=head)

    def draw():
        near, far = bias[head, -1, -2], bias[head, -1, 0]
        _shell.show(
            figure,
            key="positions.bias",
            finding=f"head {head + 1} adds {number(near)} at 1 token back and {number(far)} at {SHOWN - 1}",
            shows=f"bias of {name} by distance, a line for each head",
        )

    seen = np.where(np.tri(SHOWN, dtype=bool), bias[head], np.nan)
    caption = (
        f"The lines: one per head, head {head + 1} strong. The matrix: row i asks, column j answers; the "
        f"number is what head {head + 1} adds to the score of the two, whatever the words are. Masked: the "
        "causal mask lets no token look ahead."
    )
    return EncodingView(
        draw,
        seen,
        None,
        f"what head {head + 1} adds to the score of two positions",
        caption,
        meaning,
        source,
    )


def listed() -> dict[str, Picture]:
    """The Picture of each module of this folder, by the module's name."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: import_module(f"{__name__}.{name}").PICTURE for name in names}


PICTURES = listed()
LOOKS = {name: picture.look for name, picture in PICTURES.items()}
