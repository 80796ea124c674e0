"""Beam search: the likeliest beginnings, all continued at once."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from model.decoding.cache import Cache, room
from model.decoding.filters import ranked
from model.network.transformer import Transformer


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

    Each is continued by every token of the vocabulary, and the best of all are kept; one whose last token is
    one of `ends` stays as it is. Stops early when all have ended or there is no room. Ties go to the better
    parent, then to the smaller id.
    """
    kept, rows = [Beam((), 0.0, 0)], torch.tensor([list(ids)])  # (B, S)
    record = network(rows)
    for _ in range(min(length, room(network.config) - len(ids))):
        ended = [beam.ids[-1:] != () and beam.ids[-1] in ends for beam in kept]
        if all(ended):
            return
        scores = continued(kept, ended, record.logits[:, -1])  # (B, V)
        best = [divmod(place, scores.shape[-1]) for place in ranked(scores.flatten())[:width].tolist()]
        best = [(parent, token) for parent, token in best if scores[parent, token] > -math.inf]
        kept = [
            Beam(kept[parent].ids + (() if ended[parent] else (token,)), float(scores[parent, token]), parent)
            for parent, token in best
        ]
        yield kept
        parents, tokens = (torch.tensor(part) for part in zip(*best, strict=True))
        rows = torch.cat((rows[parents], tokens[:, None]), dim=-1)
        if network.config.causal:
            record = network(tokens[:, None], past=Cache.of(record).rows(parents))
        else:
            record = network(rows)


def continued(beams: Sequence[Beam], ended: Sequence[bool], logits: Tensor) -> Tensor:
    """Log p of each of B beams with each token after it, given its last logits (B, V): (B, V), float64.

    A beam that has ended has one continuation, itself, at its last token; -inf at all others.
    """
    scores = torch.tensor([beam.score for beam in beams]).double()[:, None] + logits.double().log_softmax(-1)
    for row, beam, over in zip(scores, beams, ended, strict=True):
        if over:
            row[:] = -math.inf
            row[beam.ids[-1]] = beam.score
    return scores
