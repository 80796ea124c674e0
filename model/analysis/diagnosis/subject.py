"""What is examined: a model that may have a bug, a text, and one pass of it."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.bundle import Bundle
from model.decoding.cache import Cache
from model.network.attention import AttentionRecord, compared, shared
from model.network.bugs import Bug, Model, model
from model.network.config import ModelConfig
from model.network.transformer import LayerRecord, Record, Transformer
from model.trace import AttentionTrace, Trace, layer_trace, read_only


class Finding(NamedTuple):
    """What a measurement says. verdict: one of a few, the same on every text where it is the same fault.
    numbers: what it rests on, by what they are. by_token: one number for each token, or each but the first,
    where there is such a list; each: what these numbers are.
    """

    verdict: str
    numbers: dict[str, float]
    by_token: tuple[float, ...] = ()
    each: str = ""


class Subject:
    """A text in a network with a bug, or without one, beside the right network; made for one measurement.

    model and record: what `altered` makes of the network, and what `passed` makes of the text in it, where
    somebody has them already.
    """

    def __init__(
        self,
        network: Transformer,
        bug: Bug | None,
        ids: Sequence[int],
        model: Model | None = None,
        record: Record | None = None,
    ) -> None:
        self.base, self.bug, self.ids = network, bug, list(ids)
        self.model = model or altered(network, bug)
        self.record = record or passed(self.network, bug, self.ids)

    @property
    def network(self) -> Transformer:
        """The same without its `attend`."""
        return self.model.network

    @property
    def config(self) -> ModelConfig:
        """That of the right network."""
        return self.base.config

    @cached_property
    def whole(self) -> Record:
        """The pass that reads the text in one piece."""
        return read(self.network, self.ids) if self.bug is not None and self.bug.cached else self.record

    @cached_property
    def reference(self) -> "Subject":
        """The same text in the right network."""
        return Subject(self.base, None, self.ids)

    @cached_property
    def weights(self) -> Tensor:
        """All weights of the pass, (L, H, T, T)."""
        return torch.stack([weights(layer.attention, self.model.attend) for layer in self.record.layers])


def altered(network: Transformer, bug: Bug | None) -> Model:
    """The network with a bug, or without one."""
    return model(network) if bug is None else bug.wrong(network)


def passed(network: Transformer, bug: Bug | None, ids: Sequence[int]) -> Record:
    """One pass over the text; in two pieces where only that shows the bug."""
    return read(network, ids, half(ids) if bug is not None and bug.cached else 0)


def half(ids: Sequence[int]) -> int:
    """How many tokens are read first where a text is read in two pieces; 0 if it is one token."""
    return len(ids) // 2


def weights(attention: AttentionRecord, attend: Callable[..., Tensor]) -> Tensor:
    """What comes out of the softmax, (H, T, S): this `attend` itself, with one-hot rows for values."""
    q, k = compared(attention)
    k = shared(k, q.shape[-3])
    one_hot = torch.eye(k.shape[-2], dtype=k.dtype).expand(*k.shape[:-2], -1, -1)
    return attend(q, k, one_hot, attention.allowed, attention.bias, attention.scale)


# ---- for those who look ----


def explained(bundle: Bundle, text: str, record: Record) -> Trace:
    """The Trace of a pass over a text that the tokenizer of this bundle reads."""
    ids = bundle.read(text)
    return Trace(
        text=text,
        tokens=tuple(map(bundle.tokenizer.piece, ids)),
        spans=tuple(bundle.tokenizer.spans(text, ids)),
        ids=read_only(torch.tensor(ids)),
        embedded=read_only(record.embedded),
        layers=tuple(map(layer_trace, record.layers)),
        final=read_only(record.final),
        logits=read_only(record.logits),
        config=bundle.config,
    )


def head_weights(attention: AttentionTrace, head: int, attend: Callable[..., Tensor]) -> np.ndarray:
    """The weights of one head as this `attend` makes them, (T, S); NaN where the mask forbids to look."""
    q, k, _, allowed, bias = attention.head(head)
    q, k, looks, bias = (None if one is None else torch.tensor(one) for one in (q, k, allowed, bias))
    seen = attend(q, k, torch.eye(len(k)), looks, bias, attention.scale).numpy()
    return np.where(allowed, seen, np.nan)


# ---- a text in one piece or two ----


@torch.inference_mode()
def read(network: Callable[..., Record], ids: Sequence[int], cut: int = 0) -> Record:
    """One pass over the text; or two, the first `cut` tokens and then, after the cache of these, the rest, as
    one Record.
    """
    row = torch.tensor(ids)
    if not cut:
        return network(row)
    before = network(row[:cut])
    return joined(before, network(row[cut:], past=Cache.of(before)))


def joined(before: Record, after: Record) -> Record:
    """Two passes, the second one after the cache of the first, as one over all tokens."""
    layers = [layer(*both) for both in zip(before.layers, after.layers, strict=True)]
    rest = (torch.cat(pair) for pair in ((before.final, after.final), (before.logits, after.logits)))
    return Record(torch.cat((before.embedded, after.embedded)), layers, *rest)


def layer(before: LayerRecord, after: LayerRecord) -> LayerRecord:
    """The two passes through one layer as one."""
    a, b = before.attention, after.attention

    def beneath(name: str) -> Tensor | None:
        """The rows of the first pass on top of those of the second, tokens being the last axis but one."""
        upper, lower = getattr(a, name), getattr(b, name)
        return None if lower is None else torch.cat((upper, lower), dim=-2)

    def widened(name: str) -> Tensor | None:
        """The same of matrices over keys, of which the first pass had fewer."""
        upper, lower = getattr(a, name), getattr(b, name)
        if lower is None:
            return None
        wide = upper.new_zeros(*upper.shape[:-1], lower.shape[-1])
        wide[..., : upper.shape[-1]] = upper
        return torch.cat((wide, lower), dim=-2)

    attention = b._replace(
        q=beneath("q"),
        k=b.k if b.k_rot is None else beneath("k"),
        q_rot=beneath("q_rot"),
        bias=widened("bias"),
        allowed=widened("allowed"),
        heads=beneath("heads"),
        out=beneath("out"),
    )
    names = ("resid_mid", "mlp_out", "resid_out")
    rest = (torch.cat((getattr(before, name), getattr(after, name))) for name in names)
    return LayerRecord(torch.cat((before.resid_in, after.resid_in)), attention, *rest)
