"""RoPE: each pair of dimensions of queries and keys is turned, by an angle that grows with the token's place
(Su 2021, arXiv:2104.09864); and how that is stretched to texts longer than those of the training.
"""

import math

import torch
from torch import Tensor

from model.network.encodings import Encoding
from model.network.encodings.sinusoidal import angles, check_even, frequencies


def rotate(x: Tensor, angle: Tensor, pairing: str = "adjacent") -> Tensor:
    """Turn each pair of dimensions of x (..., T, D) by its angle (T, D/2), counter-clockwise: RoPE (Su 2021,
    arXiv:2104.09864, eq. 34).

    "adjacent" pairs dimensions (0, 1), (2, 3), ... as the paper does; "halves" pairs (0, D/2), (1, D/2 + 1),
    ... as Llama's Hugging Face port does. ValueError if D is odd.
    """
    check_even(x.shape[-1])
    if pairing == "adjacent":
        a, b = x[..., 0::2], x[..., 1::2]
    elif pairing == "halves":
        a, b = x.chunk(2, dim=-1)
    else:
        raise ValueError(f"pairing is {pairing!r}; known: adjacent, halves")
    cos, sin = angle.cos().to(x), angle.sin().to(x)
    turned = (a * cos - b * sin, a * sin + b * cos)
    return torch.stack(turned, dim=-1).flatten(-2) if pairing == "adjacent" else torch.cat(turned, dim=-1)


ENCODING = Encoding(
    "rope",
    "RoPE",
    r"q_i \mapsto R_i q_i, \qquad \text{pair } m \text{ turned by } i\,\theta_m, \qquad "
    r"\theta_m = 10000^{-2m/D}, \qquad R_i q \cdot R_j k = q \cdot R_{j-i}\, k",
    angle=lambda config, places: angles(places, config.head_width, config.rope_base),
    turn=lambda config, q, k, angle: (
        rotate(q, angle, config.rope_pairing),
        rotate(k, angle, config.rope_pairing),
    ),
)


# ---- on texts `factor` times as long as those of the training, without more training ----


def interpolated(width: int, base: float, factor: float) -> Tensor:
    """Frequencies of linear interpolation (Chen 2023, arXiv:2306.15595, eq. 4): every position divided by
    `factor`, so that none is new -> (width/2,).
    """
    return frequencies(width, base) / factor


def ntk_aware(width: int, base: float, factor: float) -> Tensor:
    """Frequencies by a larger base (bloc97 2023): the fastest pair turns as before, the slowest `factor`
    times slower -> (width/2,).
    """
    return frequencies(width, base * factor ** (width / (width - 2)))


def yarn(
    width: int, base: float, factor: float, context: int, seldom: float = 1.0, often: float = 32.0
) -> Tensor:
    """Frequencies of YaRN (Peng 2023, arXiv:2309.00071, section 3.2) -> (width/2,).

    A pair that turns less than `seldom` times within the training context is interpolated, one that turns
    more than `often` times is left alone, those between are mixed; 1 and 32 are the paper's numbers. The
    mixture goes by the turns, as the paper's formula does; its code goes by the pair's place.
    """
    own = frequencies(width, base)
    turns = context * own / (2 * math.pi)
    kept = ((turns - seldom) / (often - seldom)).clamp(0, 1)
    return own * (kept + (1 - kept) / factor)


def yarn_temperature(factor: float) -> float:
    """The temperature that YaRN divides all scores by:
    t with √(1/t) = 0.1 ln(factor) + 1 (Peng 2023, section 3.4).
    """
    return (0.1 * math.log(factor) + 1) ** -2
