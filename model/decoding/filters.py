"""Filters: logits (..., V) -> logits (..., V), -inf for what may not be chosen."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional as F

Filters = Iterable[Callable[[Tensor], Tensor]]


def temperature(logits: Tensor, degree: float) -> Tensor:
    """Divide the logits (..., V) by `degree`: below 1 the likely become likelier, above 1 less so. At 0, the
    limit, only the largest is left.
    """
    if not 0 <= degree < math.inf:
        raise ValueError(f"the temperature is {degree}; it must be 0 or more, and finite")
    if degree < torch.finfo(torch.float32).eps:  # the limit, where a division would overflow
        return only(logits, logits.argmax(dim=-1, keepdim=True))
    return logits / degree


def top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k largest of the logits (..., V), among equals those of smaller id (Fan 2018,
    arXiv:1805.04833, section 5.4).
    """
    if k < 1:
        raise ValueError(f"k is {k}; at least one token must be left")
    return only(logits, ranked(logits)[..., :k])


def top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the smallest set of likeliest tokens whose probabilities add up to p or more, p in (0, 1]: the
    nucleus (Holtzman 2020, arXiv:1904.09751, eq. 2). A sum that is p but for rounding is p.
    """
    if not 0 < p <= 1:
        raise ValueError(f"p is {p}; it must be above 0 and at most 1")
    if p == 1:
        return logits  # all of them, whatever rounding makes of their sum
    order = ranked(logits)
    # (..., V): the probability of each token and of all likelier ones together
    mass = logits.double().softmax(dim=-1).gather(-1, order).cumsum(dim=-1)
    likelier = F.pad(mass[..., :-1], (1, 0))
    nucleus = torch.zeros_like(logits, dtype=torch.bool)
    nucleus = nucleus.scatter(-1, order, likelier < p * (1 - rounding(logits)))
    return logits.masked_fill(~nucleus, -math.inf)


def min_p(logits: Tensor, share: float) -> Tensor:
    """Keep the tokens that are at least `share` times as likely as the likeliest, share in [0, 1]: min-p
    (Nguyen 2024, arXiv:2407.01082, section 3). 0 keeps all, 1 only those as likely as the likeliest.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share is {share}; it must be from 0 to 1")
    odds = (logits.double() - logits.double().amax(dim=-1, keepdim=True)).exp()  # p / p of the likeliest
    return logits.masked_fill(odds < share * (1 - rounding(logits)), -math.inf)


def rounding(logits: Tensor) -> float:
    """By what share a probability of such logits may be off:
    by the precision of their type, or of a long sum in float64.
    """
    return max(1e-12, 8 * torch.finfo(logits.dtype).eps)


def repetition(logits: Tensor, penalty: float, ids: Sequence[int]) -> Tensor:
    """Make the tokens `ids`, those of the text so far, less likely: their logits (..., V) are divided by the
    penalty, 1 or more (Keskar 2019, CTRL, arXiv:1909.05858, section 4.1).

    A logit below 0 is multiplied instead, since dividing would make its token likelier; the paper does not
    say so, but all who use it do so.
    """
    if not 1 <= penalty < math.inf:
        raise ValueError(f"the penalty is {penalty}; it must be 1 or more, and finite")
    used = torch.tensor(sorted(set(ids)), dtype=torch.long, device=logits.device)
    own = logits[..., used]
    return logits.index_copy(-1, used, torch.where(own > 0, own / penalty, own * penalty))


def ranked(logits: Tensor) -> Tensor:
    """Ids (..., V) from the largest logit to the smallest, among equals the smaller id first."""
    return logits.argsort(dim=-1, descending=True, stable=True)


def only(logits: Tensor, ids: Tensor) -> Tensor:
    """The logits (..., V) at these ids (..., K), -inf elsewhere."""
    return torch.full_like(logits, -math.inf).scatter(-1, ids, logits.gather(-1, ids))


def stages(logits: Tensor, filters: Filters) -> list[Tensor]:
    """The logits (..., V) as they are, then after each of the filters: one array more than filters."""
    return list(accumulate(filters, lambda kept, filter: filter(kept), initial=logits))
