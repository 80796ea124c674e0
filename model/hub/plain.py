"""Models whose attention does not go through the library's interface: what the library tells of them, and no
more.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from model.hub.config import HubConfig
from model.hub.sizes import LONGEST, sample, stated_room
from model.hub.study import Head, looks_back, whole
from model.network.attention import WeightsRecord
from model.network.change import Change
from model.network.transformer import LayerRecord, Record

MISSING = (
    "It does its attention by itself and not through the library's interface: known are its weights after "
    "the softmax and the stream between its layers. Queries, keys, values, heads and positions are not, so "
    "no mask and no change can be tried."
)


class PlainNetwork(nn.Module):
    """A model that tells its weights only."""

    def __init__(self, base: nn.Module, head: nn.Module | None, config: HubConfig) -> None:
        super().__init__()
        self.base, self.head, self.config = base, head, config

    def forward(
        self,
        ids: Tensor,
        allowed: Tensor | None = None,
        changes: Sequence[Change | None] | None = None,
        predict: bool = True,
        **asked: Any,
    ) -> Record:
        """ids (..., T) -> Record with WeightsRecords; ValueError if another mask or a change is asked for."""
        if any(one is not None for one in (allowed, changes, *asked.values())):
            raise ValueError(f"{self.config.family}: {MISSING}")
        one = ids.ndim == 1
        told = self.base(
            input_ids=ids[None] if one else ids, output_attentions=True, output_hidden_states=True
        )
        streams, weights = (
            [part[0] if one else part for part in parts] for parts in (told.hidden_states, told.attentions)
        )
        final = told.last_hidden_state[0] if one else told.last_hidden_state
        layers = [
            LayerRecord(before, WeightsRecord(given), None, None, after)
            for before, given, after in zip(streams[:-1], weights, streams[1:], strict=True)
        ]
        logits = self.unembed(final) if self.config.predicts and predict else None
        return Record(streams[0], layers, final, logits)

    def unembed(self, final: Tensor) -> Tensor:
        """Logits (..., T, V) of the normalised end of the stream (..., T, C)."""
        return self.head(final)


@torch.inference_mode()
def plain(base: nn.Module, head: Head | None) -> PlainNetwork:
    """The network of a model that tells its weights only."""
    ids = sample(base)
    told = base(input_ids=ids, output_attentions=True)
    whole(told.last_hidden_state)
    weights, config = told.attentions, base.config
    causal = looks_back(base, ids, told.last_hidden_state, {})
    context = stated_room(config)
    made = (
        None
        if head is None
        else torch.allclose(head.logits(ids), head.module(told.last_hidden_state), rtol=1e-4, atol=1e-4)
    )
    known = HubConfig(
        kind="decoder" if causal else "encoder",
        vocabulary=base.get_input_embeddings().num_embeddings,
        width=told.last_hidden_state.shape[-1],
        layers=len(weights),
        heads=weights[0].shape[1],
        head_width=0,  # not known, like the next two
        key_heads=0,
        hidden=0,
        positions="none",
        causal=causal,
        predicts=bool(causal and made),
        context=context,
        max_tokens=min(context, LONGEST),
        family=config.model_type,
        residual="other",
        opaque=True,
        missing=(MISSING,),
    )
    return PlainNetwork(base, None if head is None else head.module, known)
