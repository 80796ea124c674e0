"""Knock-outs: heads silenced, made to look everywhere alike, or kept from the first token,
and what that does to the output.

Legend: N copies of one text, each with its own heads knocked out; `out`, bool (N, L, H), is True for those;
the rest as in trace.py.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.analysis import leak, senses
from model.network.attention import attend
from model.network.config import ModelConfig
from model.network.transformer import Record, Transformer

PASS = 1024  # tokens in one forward pass: a fraction of a second


def singles(config: ModelConfig) -> list[tuple[tuple[int, int], ...]]:
    """Every head by itself, L H groups of one (layer, head) each, layer by layer."""
    return [((layer, head),) for layer in range(config.layers) for head in range(config.heads)]


def others(config: ModelConfig, group: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """All heads that are not in a group: knocked out, they leave only that one."""
    return tuple(head for (head,) in singles(config) if head not in group)


def marked(config: ModelConfig, groups: Sequence[Sequence[tuple[int, int]]]) -> Tensor:
    """`out` for N groups of (layer, head)."""
    out = torch.zeros(len(groups), config.layers, config.heads, dtype=torch.bool)
    for row, group in zip(out, groups, strict=True):
        for layer, head in group:
            row[layer, head] = True
    return out


# ---- three kinds of knock-outs, as arguments of the network's pass ----

Kind = Callable[[Tensor, Tensor], dict[str, Any]]  # (out, mask (T, T)) -> arguments


def silence(out: Tensor, mask: Tensor) -> dict[str, Any]:
    """These heads put out 0."""
    return {"keep": ~out.transpose(0, 1)}  # (L, N, H)


class Level(NamedTuple):
    """A Change for some heads of a layer only: where `heads` (N, H, 1, 1) is True every score is 0."""

    heads: torch.Tensor

    def scale(self, width: int) -> Tensor:
        """What the dot products are multiplied by, (N, H, 1, 1)."""
        return ~self.heads * (1 / math.sqrt(width))

    def bias(self, bias: Tensor | None) -> Tensor | None:
        """What is added to the scores in place of `bias` (H, T, T)."""
        return None if bias is None else bias * ~self.heads

    def softcap(self, softcap: float | None) -> float | None:
        """Within ± what the products are kept: as before, for 0 stays 0."""
        return softcap


def level(out: Tensor, mask: Tensor) -> dict[str, Any]:
    """These heads give all tokens that they may see the same weight."""
    return {"changes": [Level(heads[..., None, None]) for heads in out.transpose(0, 1)]}


def unsink(out: Tensor, mask: Tensor) -> dict[str, Any]:
    """These heads give the first token nothing, and each row sums to 1 again;
    a row that may see nothing else keeps it. `mask` may also be (L, H, T, T), where layers differ.
    """
    mask = mask[:, None] if mask.ndim == 4 else mask
    without = mask.clone()
    without[..., 0] = mask[..., 0] & ~mask[..., 1:].any(-1)
    return {"allowed": torch.where(out.transpose(0, 1)[..., None, None], without, mask)}  # (L, N, H, T, T)


# ---- what they do ----


def fitting(config: ModelConfig, tokens: int) -> int:
    """How many copies of a text go into one forward pass, at least 1."""
    return max(1, min(PASS // tokens, senses.fitting(config, tokens)))


@torch.inference_mode()
def run(network: Transformer, ids: Sequence[int], kind: Kind, out: Tensor) -> Record:
    """The Record, without logits, of N copies of the text (T ints), each with its heads knocked out, in
    one of the three kinds.
    """
    return network(
        torch.tensor(ids).repeat(len(out), 1),
        predict=False,
        attend=attend,
        **kind(out, network.mask(len(ids))),
    )


@torch.inference_mode()
def effects(network: Transformer, before: Tensor, after: Tensor) -> np.ndarray:
    """How far each token's output moves, (N, T): the divergence of the next token's distribution in bits, or
    |f - f'| / |f| for a model that does not predict.

    before, after: the final vectors (N, T, C) of two passes of one shape, of which the first knocks nothing
    out; or those of some of the tokens. Rounding depends on the place in a pass: compared place by place,
    what cannot change does not, bit for bit.
    """
    moved = leak.relative(before, after, network.config.rounding)
    if not network.config.predicts:
        return moved
    bits = np.stack(
        [
            leak.bits(network.unembed(old), network.unembed(new))
            for old, new in zip(before, after, strict=True)
        ]
    )
    return np.where(moved > 0, bits, 0.0)


@torch.inference_mode()
def beliefs(network: Transformer, ids: Sequence[int], kind: Kind, out: Tensor, place: int) -> np.ndarray:
    """The probabilities of what comes after the token at `place`, (N, V), of a model that predicts."""
    return network.unembed(run(network, ids, kind, out).final[:, place]).softmax(-1).numpy()


def vectors(
    network: Transformer,
    ids: Sequence[int],
    kind: Kind,
    out: Tensor,
    places: Sequence[int],
) -> np.ndarray:
    """A word's vectors at every stage, the mean over its tokens `places`: (N, S, C), S as in senses."""
    return senses.stages(run(network, ids, kind, out))[:, :, places].mean(2).transpose(0, 1).numpy()
