"""How many layers it takes until an output depends on a token at a given distance."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, takewhile

import numpy as np
from torch import Tensor

from model.analysis.reach.layers import Layer, layer
from model.network import masks


def needed(tokens: int, kernel: int, dilation: int | str, stride: int, causal: bool) -> np.ndarray:
    """The fewest equal convolutions through which an output depends on the token at each distance from it,
    -(T - 1) to T - 1: (2T - 1,), NaN where no number of them is enough.

    0 layers connect a token with itself.
    """
    equal = (layer(place, kernel, dilation, stride) for place in count())
    return first_reached(tokens, takewhile(np.any, newly_reached(tokens, equal, causal)))


def needed_of(stack: Sequence[Layer], tokens: int, causal: bool) -> np.ndarray:
    """The first layer of a given stack from which on an output depends on the token at each distance: as
    `needed`.
    """
    return first_reached(tokens, newly_reached(tokens, stack, causal))


def first_reached(tokens: int, reached: Iterable[np.ndarray]) -> np.ndarray:
    """The number of the first of the bool arrays `reached` that is True at each distance, from 1; 0 for the
    token itself, NaN where none is: (2T - 1,).
    """
    numbers = np.where(np.arange(1 - tokens, tokens) == 0, 0.0, np.nan)
    for number, distances in enumerate(reached, 1):
        middle = len(distances) // 2
        near = distances[middle - tokens + 1 : middle + tokens]
        numbers[near & np.isnan(numbers)] = number
    return numbers


def newly_reached(tokens: int, layers: Iterable[Layer], causal: bool) -> Iterator[np.ndarray]:
    """Yield for each further layer which distances, -3T to 3T,
    an output reaches with it and not without: (6T + 1,) bools.
    """
    middle = 3 * tokens  # a path may leave the text and come back; none that helps goes further than this
    seen, step = np.arange(-middle, middle + 1) == 0, 1
    for one in layers:
        taps = one.taps(causal) * step
        within = [shifted(seen, int(tap)) for tap in taps if abs(tap) < len(seen)]
        reached = np.any(within, axis=0) if within else np.zeros_like(seen)
        yield reached & ~seen
        seen, step = seen | reached, step * one.stride


def shifted(seen: np.ndarray, by: int) -> np.ndarray:
    """`seen` (N,) moved `by` places to the right, or to the left if below 0; what leaves is lost."""
    empty = np.zeros(min(abs(by), len(seen)), bool)
    return np.concatenate([empty, seen[: len(seen) - by]] if by > 0 else [seen[-by:], empty])


def needed_by_attention(allowed: np.ndarray | Tensor, output: int) -> np.ndarray:
    """The fewest layers of attention with the mask `allowed` (T, T) that connect token `output` with each:
    (T,), NaN where no number of them does.
    """
    allowed = masks.checked(allowed).numpy()
    newest = np.arange(len(allowed)) == output
    fewest = np.full(len(allowed), np.nan)
    for layers in count():
        fewest[newest] = layers
        newest = allowed[newest].any(0) & np.isnan(fewest)
        if not newest.any():
            return fewest
