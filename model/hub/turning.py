"""Queries and keys before rotation, by the family's own rotation turned the other way."""

import sys

import torch
from torch import Tensor

from model.hub.request import Attended

CLOSE = 1e-4  # of the largest number, for a rotation undone


def straight(x: Tensor, attended: Attended, turned: int) -> Tensor:
    """Queries or keys (B, H, T, D) before the first `turned` dimensions were turned by the table in
    `attended`, which is for their last positions if there are fewer of them.
    """
    rotation = sys.modules[type(attended.module).__module__].apply_rotary_pos_emb
    cos, sin = attended.turn
    x = x[..., -cos.shape[-2] :, :]
    part, _ = rotation(x[..., :turned], x[..., :turned], cos, -sin)
    grown = (cos.square() + sin.square())[..., :1].unsqueeze(-3)  # YaRN's table also makes them longer
    return torch.cat((part / grown, x[..., turned:]), dim=-1)


def ways(attended: Attended, before: Tensor | None) -> int | None:
    """How many dimensions of a head are turned: 0 if none is; None if they are, but turning them back does
    not give the queries `before`, as they were seen.
    """
    if before is None:
        return 0
    if attended.turn is None:
        return None
    for width in (attended.turn[0].shape[-1], attended.q.shape[-1]):
        try:
            found = straight(attended.q, attended, width)[..., : before.shape[-1]]
        except (RuntimeError, TypeError):  # the table is for another width, or the rotation wants another
            continue
        if found.shape == before.shape and (found - before).abs().max() <= CLOSE * before.abs().max():
            return width
    return None
