"""Strings that repeat, on which a head can only look back for the same symbol: what the toys learn, and what
induction is measured on.
"""

import string
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

SYMBOLS = np.frombuffer((string.ascii_letters + string.digits + "+-").encode(), dtype=np.uint8).astype(
    np.int64
)  # 64 of them; ids are bytes
PERIODS = (
    8,
    40,
    # drawn anew for each string: one fixed period would teach "look so many places back", not "look for the
    # same
    # symbol"
)


def strings(
    count: int,
    tokens: int,
    *,
    seed: int | Sequence[int],
    periods: tuple[int, int] = PERIODS,
    symbols: np.ndarray = SYMBOLS,
) -> tuple[Tensor, Tensor]:
    """(count, tokens) ids of strings that repeat: random symbols over a random period, each string its own;
    and the periods (count,).
    """
    chance = np.random.default_rng(seed)
    period = chance.integers(periods[0], periods[1] + 1, size=count)
    drawn = chance.choice(symbols, size=(count, periods[1]))
    place = np.arange(tokens) % period[:, None]
    return torch.from_numpy(np.take_along_axis(drawn, place, axis=1)), torch.from_numpy(period)
