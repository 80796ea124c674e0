"""RoPE pair by pair, as complex numbers in float64; and the same trained model with another base, or with its
pairs in another order.

Two dimensions (a, b) of a query or a key are one complex number a + ib, the hand of a clock. Turning it
counter-clockwise by an angle is multiplying it by e^(i angle). Legend: D head width, P = D/2 pairs, N any
number of places; a query stands at position m, a key at n, and their offset is n - m.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.bundle import Bundle
from model.network.convolution import build
from model.network.encodings import rope

# ---- clocks ----


def frequencies(width: int, base: float = 10_000.0) -> np.ndarray:
    """rope.frequencies as an array, (P,): the first pair is the fastest (Su 2021, section 3.2.2)."""
    return rope.frequencies(width, base).numpy()


def wavelengths(width: int, base: float = 10_000.0) -> np.ndarray:
    """After how many tokens each pair has made a full turn, (P,): 2 pi / frequency."""
    return 2 * np.pi / frequencies(width, base)


def hands(x: np.ndarray) -> np.ndarray:
    """x (..., D) as complex numbers (..., P): dimensions (0, 1), (2, 3), ... are the two coordinates of one
    hand each. ValueError if D is odd.
    """
    x = np.asarray(x, np.float64)
    rope.check_even(x.shape[-1])
    return x[..., 0::2] + 1j * x[..., 1::2]


def turned(hands: np.ndarray, positions: int | float | np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Every hand (P,) or (N, P) turned counter-clockwise by position times frequency: positions () or (N,),
    frequency (P,) -> (P,) or (N, P).
    """
    return hands * np.exp(1j * np.multiply.outer(positions, frequency))


# ---- how a layer turns ----

PAIRS = {  # by the name of a pairing: width -> the first and the second dimensions of its pairs
    "halves": lambda width: (np.arange(width // 2), np.arange(width // 2) + width // 2),
    "adjacent": lambda width: (np.arange(0, width, 2), np.arange(1, width, 2)),
}


class Turning(NamedTuple):
    """How a layer turns its queries and keys, the first `width` dimensions of each head."""

    frequency: np.ndarray  # (P,) radians per token
    pairing: str  # one of PAIRS
    width: int  # the other dimensions are not turned
    scaling: float = 1.0  # by which what is turned also becomes longer
    base: float = 10_000.0
    kind: str = "default"  # how the speeds of the base were changed, as the library names it
    factor: float = 1.0  # by how much, where that is stated

    def hands(self, x: np.ndarray) -> np.ndarray:
        """Queries or keys (..., D) before they are turned, as hands (..., P), longer by the scaling."""
        first, second = PAIRS[self.pairing](self.width)
        x = np.asarray(x, np.float64)
        return self.scaling * (x[..., first] + 1j * x[..., second])

    @property
    def slower(self) -> np.ndarray:
        """How many times slower than with its base alone each pair turns, (P,)."""
        return frequencies(self.width, self.base) / self.frequency


def turning(bundle: Bundle, layer: int, tokens: int) -> Turning | None:
    """How a layer turns a text of so many tokens; None if it does not, or in a way that is not known here."""
    config = bundle.config
    if hasattr(bundle.network, "turnings"):  # of a model of the library
        return bundle.network.turnings(tokens)[layer]
    if config.positions != "rope":
        return None
    speeds = frequencies(config.head_width, config.rope_base)
    return Turning(speeds, config.rope_pairing, config.head_width, base=config.rope_base)


# ---- another base than that of the training ----


def met(trained: np.ndarray, context: int) -> np.ndarray:
    """The largest angle between two tokens that each pair met in the training, in radians, (P,), with the
    speeds `trained` (P,) over texts of `context` tokens: 2 pi for a pair that made a full turn.
    """
    angle = (context - 1) * trained
    return np.where(2 * np.pi / trained <= context, 2 * np.pi, angle)


def unmet(frequency: np.ndarray, trained: np.ndarray, context: int, tokens: int) -> np.ndarray:
    """Whether a text of so many tokens, read with speeds `frequency` (P,), turns a pair to an angle that it
    never had in the training: bool (P,).
    """
    known = met(trained, context)
    return (known < 2 * np.pi) & ((tokens - 1) * frequency > known * (1 + 1e-12))


def within(frequency: np.ndarray, trained: np.ndarray, context: int) -> int | float:
    """How many tokens a text may have so that no pair is `unmet`; math.inf if none can ever be."""
    known = met(trained, context)
    partial = known < 2 * np.pi
    if not partial.any():
        return math.inf
    return 1 + math.floor((known[partial] / frequency[partial]).min() * (1 + 1e-12))


# ---- what the clocks add to a score ----


def contributions(q: np.ndarray, k: np.ndarray, scale: float) -> np.ndarray:
    """What each pair adds to the score: |q| |k| times the cosine of the angle between the hands, times the
    scale. Hands (..., P) -> (..., P).
    """
    return scale * (q.conj() * k).real


def curve(
    q: np.ndarray, k: np.ndarray, offsets: np.ndarray, frequency: np.ndarray, scale: float
) -> np.ndarray:
    """The score of two hands-at-rest q and k (P,) over their offset, (N,):
    since only the offset counts, the query may stay at 0.
    """
    return contributions(q, turned(k, offsets, frequency), scale).sum(-1)


def bound(q: np.ndarray, k: np.ndarray, scale: float) -> np.ndarray:
    """What no score of q and k exceeds, wherever the two stand:
    the score with all pairs in step, scale times the sum of |q| |k|.
    """
    return scale * (abs(q) * abs(k)).sum(-1)


def without_content(q: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Hands (P,) without content, for a query and a key alike: all equally long and in one direction, with
    the `bound` of q and k.
    """
    return np.full(len(q), np.sqrt((abs(q) * abs(k)).mean()), complex)


def envelope(
    q: np.ndarray, k: np.ndarray, offsets: np.ndarray, frequency: np.ndarray, scale: float
) -> np.ndarray:
    """The largest score at each offset, (N,), if all pairs of q could be turned by one more angle: the
    modulus of the sum where `curve` has its real part.
    """
    return scale * abs((q.conj() * turned(k, offsets, frequency)).sum(-1))


def decay(
    q: np.ndarray, k: np.ndarray, offsets: np.ndarray, frequency: np.ndarray, scale: float
) -> np.ndarray:
    """The decaying bound of the RoPE paper, (N,): max |h[i+1] - h[i]| times the sum of |S[i]|
    (Su 2021, eq. 35 to 37).

    h[i] is what pair i is worth at offset 0, with h[P] = 0,
    and S[i] the sum of the first i turns e^(i offset frequency).
    """
    step = abs(np.diff(np.append(q.conj() * k, 0))).max()
    partial = np.exp(1j * np.multiply.outer(offsets, frequency)).cumsum(-1)  # (N, P)
    return scale * step * abs(partial).sum(-1)


# ---- the same parameters, read otherwise ----


def reread(bundle: Bundle, parameters: Mapping[str, Tensor] | None = None, **choices: Any) -> Bundle:
    """The bundle with other choices in its config, such as rope_base=500.0, on the same parameters, none of
    them copied; or on others of the same names.
    """
    with torch.device("meta"):  # no random numbers for parameters that are about to be replaced
        network = build(replace(bundle.config, **choices))
    network.load_state_dict(bundle.network.state_dict() if parameters is None else parameters, assign=True)
    return replace(bundle, network=network.eval().requires_grad_(False))


def halves(width: int) -> np.ndarray:
    """The order of a head's D dimensions that makes the pairs (0, 1), (2, 3), ... into (0, D/2),
    (1, D/2 + 1), ...: 0, 2, 4, ..., 1, 3, 5, ... ValueError if D is odd.
    """
    rope.check_even(width)
    return np.concatenate([np.arange(0, width, 2), np.arange(1, width, 2)])


def to_halves(bundle: Bundle) -> Bundle:
    """A model of adjacent pairs as one of halves: row j of each head's query and key projection is what was
    row halves(D)[j]; nothing else changes.
    """
    order = torch.tensor(halves(bundle.config.head_width))
    parameters = bundle.network.state_dict()
    for name, weight in parameters.items():
        if name.endswith(("attention.query.weight", "attention.key.weight")):
            heads = weight.unflatten(0, (-1, len(order)))  # (H, D, C)
            parameters[name] = heads[:, order].flatten(0, 1)
    return reread(bundle, parameters, rope_pairing="halves")
