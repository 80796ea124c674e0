"""Decoding: from logits to the next token, one step at a time, with what was read before kept in a cache."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.network.attention import compared
from model.network.config import ModelConfig
from model.network.transformer import Record, Transformer

# ---- filters: logits (..., V) -> logits (..., V), -inf for what may not be chosen ----


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
    mass = (
        logits.double().softmax(dim=-1).gather(-1, order).cumsum(dim=-1)
    )  # (..., V)  of each token and those before it
    before = F.pad(mass[..., :-1], (1, 0))
    return logits.masked_fill(
        ~torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, before < p * (1 - rounding(logits))),
        -math.inf,
    )


def min_p(logits: Tensor, share: float) -> Tensor:
    """Keep the tokens that are at least `share` times as likely as the likeliest, share in [0, 1]: min-p
    (Nguyen 2024, arXiv:2407.01082, section 3). 0 keeps all, 1 only those as likely as the likeliest.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share is {share}; it must be from 0 to 1")
    odds = (logits.double() - logits.double().amax(dim=-1, keepdim=True)).exp()  # p / p of the likeliest
    return logits.masked_fill(odds < share * (1 - rounding(logits)), -math.inf)


def rounding(logits: Tensor) -> float:
    """By what share a probability of such logits may be off: the precision of their type, and of a long sum
    in float64.
    """
    return max(1e-12, 8 * torch.finfo(logits.dtype).eps)


def repetition(logits: Tensor, penalty: float, ids: Sequence[int]) -> Tensor:
    """Make the tokens `ids`, those of the text so far, less likely: their logits (..., V) are divided by the
    penalty, 1 or more (Keskar 2019, CTRL, arXiv:1909.05858, section 4.1).

    A logit below 0 is multiplied instead, since dividing would make its token likelier; the paper does not
    say so, its users all do.
    """
    if not 1 <= penalty < math.inf:
        raise ValueError(f"the penalty is {penalty}; it must be 1 or more, and finite")
    known = torch.tensor(sorted(set(ids)), dtype=torch.long, device=logits.device)
    again = logits[..., known]
    return logits.index_copy(-1, known, torch.where(again > 0, again / penalty, again * penalty))


def ranked(logits: Tensor) -> Tensor:
    """Ids (..., V) from the largest logit to the smallest, among equals the smaller id first."""
    return logits.argsort(dim=-1, descending=True, stable=True)


def only(logits: Tensor, ids: Tensor) -> Tensor:
    """The logits (..., V) at these ids (..., K), -inf elsewhere."""
    return torch.full_like(logits, -math.inf).scatter(-1, ids, logits.gather(-1, ids))


def stages(logits: Tensor, filters: Iterable[Callable[[Tensor], Tensor]]) -> list[Tensor]:
    """The logits as they are, then after each of the filters: as many arrays (..., V) as filters and one
    more.
    """
    return list(accumulate(filters, lambda left, filter: filter(left), initial=logits))


def entropy(logits: Tensor) -> Tensor:
    """How open the choice is, in bits: -Σ p log2 p over p = softmax(logits) (..., V), from 0 for a certainty
    to log2 V for no idea at all.
    """
    p = logits.double().softmax(dim=-1)
    return -torch.special.xlogy(p, p).sum(dim=-1) / math.log(2)


# ---- the choice ----


def roll(seed: int, place: int) -> float:
    """The number in [0, 1) that decides about the token at a place (counted from 0): every place has its own,
    so that going back changes none of them.
    """
    return float(np.random.default_rng((seed, place)).random())


def sample(logits: Tensor, roll: float) -> int:
    """The id on which a number in [0, 1) falls when softmax(logits) (V,) is laid out from the likeliest token
    to the least likely.
    """
    order = ranked(logits)
    ends = logits.double().softmax(dim=-1)[order].cumsum(dim=-1)
    place = int(
        torch.searchsorted(ends, torch.tensor(roll * float(ends[-1]), dtype=torch.float64), right=True)
    )
    return int(order[min(place, int(logits.isfinite().sum()) - 1)])


# ---- what was read before ----


@dataclass(frozen=True)
class Cache:
    """What a causal model keeps of the tokens that it has read: for each layer their keys, as they are looked
    at, and values, (..., G, S, D) each.

    Later tokens change nothing of it, so it is never written to: a longer one is made from it, and a shorter
    one is a view.
    """

    layers: tuple[tuple[Tensor, Tensor], ...]

    @classmethod
    def of(cls, record: Record) -> "Cache":
        """The Cache that a forward pass leaves behind."""
        return cls(tuple((compared(layer.attention)[1], layer.attention.v) for layer in record.layers))

    @property
    def tokens(self) -> int:
        """S, how many tokens have been read."""
        return self.layers[0][0].shape[-2]

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(part.nelement() * part.element_size() for layer in self.layers for part in layer)

    def first(self, tokens: int) -> "Cache":
        """The Cache of the first tokens alone."""
        return Cache(tuple((keys[..., :tokens, :], values[..., :tokens, :]) for keys, values in self.layers))

    def rows(self, rows: Tensor) -> "Cache":
        """The Cache of these rows of a batch."""
        return Cache(tuple((keys[rows], values[rows]) for keys, values in self.layers))


def bytes_per_token(config: ModelConfig, size: int = 4) -> int:
    """What one token costs the cache: 2 (key and value) x layers x key heads x head width x `size` bytes for
    a number.
    """
    return 2 * config.layers * config.key_heads * config.head_width * size


def room(config: ModelConfig) -> int:
    """How many tokens a text may have: a learned table of positions has an end, other models go as far as
    they accept texts.
    """
    return config.context if config.encoding.limited else config.max_tokens


# ---- generation ----


Filters = Iterable[Callable[[Tensor], Tensor]]


class Step(NamedTuple):
    """The choice of one token: logits (V,) as they are and after each filter, the number that was rolled
    (None: the likeliest is taken), the token's id, and, of the forward pass that it took, the Record and the
    Cache (None without one)."""

    stages: list[Tensor]
    roll: float | None
    id: int
    record: Record
    cache: Cache | None


@torch.inference_mode()
def generate(
    network: Transformer,
    ids: Iterable[int],
    filters: Filters | Callable[[list[int]], Filters] = (),
    seed: int | None = None,
    ends: Iterable[int] = (),
    cached: bool = True,
    cache: Cache | None = None,
) -> Iterator[Step]:
    """Yield a Step for each token that follows `ids`, until one of `ends` is chosen or the network has no
    room for more.

    filters are applied in their order; a function in their place is asked for them at every step, with the
    ids read so far, as `repetition` needs them. Without a seed the likeliest token is taken. With a cache
    each pass reads the one token that is new; a network that looks ahead cannot keep one, since every new
    token changes all before it. `cache` may hold the beginning of ids. `send(id)` to the iterator takes that
    token instead of the chosen one. ValueError if there are no ids.
    """
    read, ends, cached = list(ids), set(ends), cached and network.config.causal
    filters = filters if callable(filters) else list(filters)
    if not read:
        raise ValueError("there is nothing to go on from: give at least one token")
    while len(read) < room(network.config):
        fresh = read[cache.tokens :] if cached and cache else read
        record = network(torch.tensor(fresh), past=cache if cached else None)
        cache = Cache.of(record) if cached else None
        left = stages(record.logits[-1], filters(list(read)) if callable(filters) else filters)
        rolled = None if seed is None else roll(seed, len(read))
        id = int(left[-1].argmax()) if rolled is None else sample(left[-1], rolled)
        taken = yield Step(left, rolled, id, record, cache)
        read.append(id if taken is None else taken)
        if read[-1] in ends:
            return


# ---- beam search ----


class Beam(NamedTuple):
    """One of the beginnings that a beam search keeps: its new tokens, log p of all of them together in nats,
    and its place among the beams before.
    """

    ids: tuple[int, ...]
    score: float
    parent: int


@torch.inference_mode()
def beams(
    network: Transformer, ids: Sequence[int], width: int, length: int, ends: Iterable[int] = ()
) -> Iterator[list[Beam]]:
    """Yield, for 1 to `length` new tokens, the `width` likeliest beginnings as Beams, the best first (Lowerre
    1976; Sutskever 2014, section 3.2).

    Each is continued by every token of the vocabulary, and the best of all are kept; one that has come to one
    of `ends` stays as it is. Stops early when all have ended or there is no room. Ties go to the better
    parent, then to the smaller id.
    """
    kept, rows = [Beam((), 0.0, 0)], torch.tensor([list(ids)])  # (B, S)
    record = network(rows)
    for _ in range(min(length, room(network.config) - len(ids))):
        over = [beam.ids[-1:] != () and beam.ids[-1] in ends for beam in kept]
        if all(over):
            return
        scores = torch.tensor([beam.score for beam in kept]).double()[:, None] + record.logits[
            :, -1
        ].double().log_softmax(dim=-1)  # (B, V)
        for i, beam in enumerate(kept):
            if over[i]:
                scores[i] = -math.inf
                scores[i, beam.ids[-1]] = beam.score  # it has one continuation: itself
        best = [divmod(place, scores.shape[-1]) for place in ranked(scores.flatten())[:width].tolist()]
        best = [(parent, token) for parent, token in best if scores[parent, token] > -math.inf]
        kept = [
            Beam(kept[parent].ids + (() if over[parent] else (token,)), float(scores[parent, token]), parent)
            for parent, token in best
        ]
        yield kept
        parents, tokens = (torch.tensor(part) for part in zip(*best, strict=True))
        rows = torch.cat((rows[parents], tokens[:, None]), dim=-1)
        record = (
            network(tokens[:, None], past=Cache.of(record).rows(parents))
            if network.config.causal
            else network(rows)
        )


# ---- what the end of the stream would say in the middle of it ----


@torch.inference_mode()
def lens(network: Transformer, stream: np.ndarray) -> np.ndarray:
    """Logits (..., V) that the network's end makes of any stage of its residual stream, an array (..., C):
    the logit lens (nostalgebraist 2020).
    """
    return network.unembed(network.norm(torch.tensor(stream))).numpy()


# ---- what a cache saves ----


@torch.inference_mode()
def durations(network: Transformer, ids: Sequence[int], turns: int = 3) -> tuple[float, float]:
    """Seconds that the last of two or more ids takes (without a cache, with one): the shortest of some turns,
    as whatever else the machine does adds to it.
    """
    cache = Cache.of(network(torch.tensor(ids[:-1])))
    return duration(network, ids, None, turns), duration(network, ids[-1:], cache, turns)


def duration(network: Transformer, ids: Sequence[int], cache: Cache | None, turns: int) -> float:
    row, taken = torch.tensor(ids), []
    for _ in range(turns):
        start = time.perf_counter()
        network(row, past=cache)
        taken.append(time.perf_counter() - start)
    return min(taken)
