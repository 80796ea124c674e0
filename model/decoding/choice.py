"""The choice of a token: how open it is, which is taken, which the middle of the network would take."""

import math

import numpy as np
import torch
from torch import Tensor

from model.decoding.filters import ranked
from model.network.transformer import Transformer


def entropy(logits: Tensor) -> Tensor:
    """How open the choice is, in bits: -Σ p log2 p over p = softmax(logits) (..., V), from 0, where one token
    is certain, to log2 V, where all are equally likely.
    """
    p = logits.double().softmax(dim=-1)
    return -torch.special.xlogy(p, p).sum(dim=-1) / math.log(2)


def roll(seed: int, place: int) -> float:
    """The number in [0, 1) that decides which token comes at a place, counted from 0: every place has its
    own, so that going back changes none of them.
    """
    return float(np.random.default_rng((seed, place)).random())


def sample(logits: Tensor, roll: float) -> int:
    """The id on which a number in [0, 1) falls when softmax(logits) (V,) is laid out from the likeliest token
    to the least likely.
    """
    order = ranked(logits)
    ends = logits.double().softmax(dim=-1)[order].cumsum(dim=-1)
    point = torch.tensor(roll * float(ends[-1]), dtype=torch.float64)
    rank = int(torch.searchsorted(ends, point, right=True))
    return int(order[min(rank, int(logits.isfinite().sum()) - 1)])


@torch.inference_mode()
def lens(network: Transformer, stream: np.ndarray) -> np.ndarray:
    """Logits (..., V) that the network's end makes of any stage of its residual stream, an array (..., C):
    the logit lens (nostalgebraist 2020).
    """
    return network.unembed(network.norm(torch.tensor(stream))).numpy()
