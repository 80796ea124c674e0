"""Measurements that let the model read again: another word, a longer stream, other places, in two pieces."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from model.analysis.diagnosis.attention import CLOSE, SHARE, far
from model.analysis.diagnosis.subject import Finding, Subject, half, read
from model.decoding.cache import room
from model.network.transformer import Record

ALONE = Finding("there is one token only", {})
SHIFT = 8  # places by which a text is moved
SAME = 1e-4  # how far two passes may be apart that differ by rounding only, relative


@torch.inference_mode()
def run(subject: Subject, ids: list[int] | None = None, **arguments: Any) -> Record:
    """Another pass over the text, or one over other ids, with these arguments of the network's."""
    ids = subject.ids if ids is None else ids
    return subject.network(torch.tensor(ids), predict=False, **arguments)


def replaced(subject: Subject, place: int) -> list[int]:
    """The ids with another token at a place."""
    ids = list(subject.ids)
    ids[place] = (ids[place] + 1) % 256  # a byte: every tokenizer has all of them
    return ids


def leak(subject: Subject) -> Finding:
    """Whether outputs move when the last token is another one, though they stand before it."""
    if len(subject.ids) == 1:
        return ALONE
    before, after = subject.whole.final[:-1], run(subject, replaced(subject, -1)).final[:-1]
    moved = ((after - before).norm(dim=-1) / before.norm(dim=-1)).tolist()
    count = sum(one > SHARE for one in moved)
    return Finding(
        "earlier outputs move" if count else "no earlier output moves",
        {"outputs that move": count, "of": len(moved), "the most": max(moved)},
    )


def own(subject: Subject) -> Finding:
    """Whether a query of the first layer depends on its own token alone."""
    if len(subject.ids) == 1:
        return ALONE
    place = half(subject.ids)
    before, after = (
        record.layers[0].attention.q for record in (subject.whole, run(subject, replaced(subject, place)))
    )
    moved = (after - before).norm(dim=(0, -1)) / before.norm(dim=(0, -1))  # (T,)
    others = int((moved > SHARE).sum()) - int(moved[place] > SHARE)
    return Finding(
        "queries of other tokens move" if others else "only its own query moves",
        {"queries of other tokens that move": others, "of": len(moved) - 1},
    )


def stretch(subject: Subject) -> Finding:
    """Whether queries of the first layer stay when the stream that it reads is twice as long."""
    before = subject.whole.layers[0].attention.q
    after = run(subject, embedded=2 * subject.whole.embedded).layers[0].attention.q
    ratio = float(after.norm() / before.norm())
    stays = far(before, after) < CLOSE
    return Finding("queries stay" if stays else "queries grow with the stream", {"ratio of lengths": ratio})


def silence(subject: Subject) -> Finding:
    """How far the outputs move when a head is silenced in all layers; head by head."""
    heads = subject.config.heads
    keep = ~torch.eye(heads, dtype=torch.bool).expand(subject.config.layers, -1, -1)  # (L, H, H)
    ids = torch.tensor(subject.ids).expand(heads, -1)
    with torch.inference_mode():
        before, after = subject.network(ids).final, subject.network(ids, keep=keep).final
    moved = ((after - before).norm(dim=(-1, -2)) / before.norm(dim=(-1, -2))).tolist()
    idle = [head + 1 for head, one in enumerate(moved) if one < SHARE]
    return Finding(
        "silencing a head changes nothing" if idle else "every head matters",
        {f"head {head}": one for head, one in enumerate(moved, 1)},
    )


def shift(subject: Subject) -> Finding:
    """Whether outputs stay when every token stands some places later; positions in the scores have no place
    of their own to move.
    """
    T, config = len(subject.ids), subject.config
    first = min(SHIFT, room(config) - T)
    if first < 1:
        return Finding("there is no room to move the text", {})
    if config.encoding.enters == "queries and keys":
        moved = run(subject, angle=subject.network.angle(T, "cpu", first)).final
    else:
        moved = run(subject, embedded=subject.network.embed(torch.tensor(subject.ids), first)).final
    distance = far(subject.whole.final, moved)
    return Finding("outputs stay" if distance < SAME else "outputs move", {f"moved by {first}": distance})


def cache(subject: Subject) -> Finding:
    """Whether a text read in two pieces, the second after the cache of the first, gives the same outputs."""
    cut = half(subject.ids)
    if not cut:
        return ALONE
    whole, pieces = subject.whole, read(subject.network, subject.ids, cut)
    moved = ((whole.final - pieces.final).norm(dim=-1) / whole.final.norm(dim=-1)).tolist()
    verdict = "the same in two pieces"
    if max(moved) > SAME:
        first, second = (max(part) > SAME for part in (moved[:cut], moved[cut:]))
        where = "both pieces" if first and second else "the first piece" if first else "the second piece"
        verdict = f"other outputs in {where}"
    return Finding(verdict, {"largest difference": max(moved)})


def losses(logits: Tensor, ids: list[int]) -> Tensor:
    """-log p of each token but the first, in nats, (T - 1,), float64."""
    return F.cross_entropy(logits[:-1].double(), torch.tensor(ids[1:]), reduction="none")


def loss(subject: Subject) -> Finding:
    """How much more is lost on each token than by the right model, and where that begins."""
    if len(subject.ids) == 1:
        return ALONE
    own, right = (
        losses(logits, subject.ids) for logits in (subject.record.logits, subject.reference.record.logits)
    )
    more = own - right
    first = next((i for i, one in enumerate(more.tolist(), 2) if abs(one) > CLOSE), None)
    return Finding(
        "the same on every token" if first is None else f"another from token {first} on",
        {"mean loss": float(own.mean()), "of the right model": float(right.mean())},
        tuple(more.tolist()),
        "nats more than in the right model",
    )
