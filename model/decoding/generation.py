"""Generation: one token after another, each step open to view."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from model.decoding.cache import Cache, room
from model.decoding.choice import roll, sample
from model.decoding.filters import Filters, stages
from model.network.transformer import Record, Transformer


class Step(NamedTuple):
    """The choice of one token: logits (V,) as they are and after each filter, the number that was rolled
    (None: the likeliest is taken), the token's id, and, of the forward pass that it took, the Record and the
    Cache (None without one).
    """

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
    """Yield a Step for each token that follows `ids`,
    until one of `ends` is chosen or the network has no room for more.

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
        record = network(torch.tensor(fresh), past=cache if cached else None, predict=False)
        cache = Cache.of(record) if cached else None
        logits = network.unembed(record.final[-1:])[0]  # (V,): nobody asks what came after the tokens before
        filtered = stages(logits, filters(list(read)) if callable(filters) else filters)
        rolled = None if seed is None else roll(seed, len(read))
        id = int(filtered[-1].argmax()) if rolled is None else sample(filtered[-1], rolled)
        sent = yield Step(filtered, rolled, id, record, cache)
        read.append(id if sent is None else sent)
        if read[-1] in ends:
            return
