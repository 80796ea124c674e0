"""Strings that repeat, on which a head can only look back for the same symbol: what the toys learn, and what
induction is measured on.
"""

import string
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

# 64 of them; ids are bytes.
SYMBOLS = np.array(list((string.ascii_letters + string.digits + "+-").encode()), dtype=np.int64)
# Drawn for each string: one fixed period would teach "look so many places back", not "look for the same
# symbol".
PERIODS = 8, 40


def strings(
    count: int,
    tokens: int,
    *,
    seed: int | Sequence[int],
    periods: tuple[int, int] = PERIODS,
    symbols: np.ndarray = SYMBOLS,
) -> tuple[Tensor, Tensor]:
    """Ids (count, tokens) of strings that repeat, each with random symbols and a random period of its own;
    and the periods (count,).
    """
    chance = np.random.default_rng(seed)
    period = chance.integers(periods[0], periods[1] + 1, size=count)
    drawn = chance.choice(symbols, size=(count, periods[1]))
    place = np.arange(tokens) % period[:, None]
    return torch.from_numpy(np.take_along_axis(drawn, place, axis=1)), torch.from_numpy(period)
