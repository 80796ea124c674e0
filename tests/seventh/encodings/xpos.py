"""xPos: RoPE with a decay, so that far tokens match less (Sun 2022, arXiv:2212.10554)."""

import torch
from torch import Tensor

from model.network.encodings import Encoding
from model.network.encodings.rope import rotate
from model.network.encodings.sinusoidal import angles

GAMMA, SPAN = 0.4, 512  # section 2.3 and algorithm 1: how fast the fastest pair decays, over how many tokens


def decays(width: int) -> Tensor:
    """The base of each pair's decay, zeta_i = (2i / width + gamma) / (1 + gamma), (width/2,), below 1."""
    return (torch.arange(0, width, 2, dtype=torch.float64) / width + GAMMA) / (1 + GAMMA)


def angle(config, places: Tensor) -> Tensor:
    """How far each pair turns and by what it grows at each of the places (T,): (2, T, D/2)."""
    growth = decays(config.head_width) ** (places[:, None].double() / SPAN)
    return torch.stack((angles(places, config.head_width), growth.to(torch.get_default_dtype())))


def turn(config, q: Tensor, k: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Queries turned and multiplied by zeta^i, keys turned and divided by zeta^j: zeta^(i - j) is left."""
    turns, growth = angle[0], angle[1].repeat_interleave(2, dim=-1).to(q)
    return rotate(q, turns) * growth, rotate(k, turns) / growth


ENCODING = Encoding(
    "xpos",
    "xPos",
    r"q_i \mapsto \zeta^{i} R_i q_i, \qquad k_j \mapsto \zeta^{-j} R_j k_j",
    angle=angle,
    turn=turn,
)
