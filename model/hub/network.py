"""A model of the library that runs as our own networks do: ids in, a Record out."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

from model.analysis.rotation import Turning
from model.decoding.cache import Cache
from model.hub import rotary
from model.hub.capture import Call, Recording, recorded
from model.hub.config import HubConfig
from model.hub.hooks import Stop
from model.hub.layout import Layer, Part
from model.hub.request import Attended
from model.hub.sizes import PIXELS, sample
from model.hub.turning import straight
from model.network import masks
from model.network.attention import AttentionRecord, fused
from model.network.change import Change
from model.network.convolution import ConvolutionRecord
from model.network.transformer import LayerRecord, Record

KEPT = 8  # masks of a network


class HubNetwork(nn.Module):
    """A model of the library, watched by hooks that do nothing outside of its own passes."""

    def __init__(
        self,
        base: nn.Module,
        head: nn.Module | None,
        end: nn.Module | None,
        config: HubConfig,
        layout: Sequence[Layer],
    ) -> None:
        """base: the stack from ids to the normalised end of the stream, already hooked; head: what makes
        logits of that; end: the last norm, if there is one.
        """
        super().__init__()
        self.base, self.head, self.end, self.config = base, head, end, config
        self.layout = {id(layer.module): layer for layer in layout}
        self.known: dict[int, Tensor] = {}  # masks by their tokens
        self.stretching, self.lock = rotary.stretching(base), threading.Lock()
        self.pictures = base.main_input_name == PIXELS

    def forward(
        self,
        ids: Tensor,
        allowed: Tensor | None = None,
        changes: Sequence[Change | None] | None = None,
        attend: Callable[..., Tensor] = fused,
        predict: bool = True,
        embedded: Tensor | None = None,
        past: Cache | None = None,
        keep: Tensor | None = None,
        memory: Tensor | None = None,
    ) -> Record:
        """ids (..., T) -> Record, as of network.transformer.Transformer, with the same arguments but `angle`.
        `memory` (..., S, C) is what a decoder's encoder has made of its text.
        """
        recording = self.asked(allowed, changes, attend)
        recording.keep = () if keep is None else [one if one.ndim == 2 else one[None] for one in keep]
        recording.embedded = None if embedded is None else batch(embedded, 3)
        final = self.run(batch(ids, self.axes), recording, past, memory)
        one = ids.ndim < self.axes
        layers = [self.layer_record(call, one) for call in recording.calls]
        final = final[0] if one else final
        logits = self.unembed(final) if self.config.predicts and predict else None
        return Record(layers[0].resid_in, layers, final, logits)

    @property
    def axes(self) -> int:
        """Axes of a batch of what goes in: ids (B, T), or pictures (B, 3, height, width)."""
        return 4 if self.pictures else 2

    def asked(
        self,
        allowed: Tensor | None,
        changes: Sequence[Change | None] | None,
        attend: Callable[..., Tensor] = fused,
    ) -> Recording:
        """A Recording of a pass with that mask and these changes."""
        recording = Recording(attend=attend, fuses=self.config.fuses and attend is fused)
        if allowed is not None:
            allowed = masks.checked(allowed)
            recording.allowed = list(allowed) if allowed.ndim >= 4 else [allowed] * self.config.layers
        recording.changes = () if changes is None else changes
        return recording

    def run(
        self, ids: Tensor, recording: Recording, past: Cache | None = None, memory: Tensor | None = None
    ) -> Tensor:
        """The normalised end of the stream (B, T, C) of ids (B, T), with all that is seen in the
        recording.
        """
        more = remembered(past)
        if self.config.causal:
            more["use_cache"] = past is not None
        if memory is not None:
            more["encoder_hidden_states"] = batch(memory, 3).expand(len(ids), -1, -1)
        with recorded(recording), rotary.afresh(self.stretching, self.lock):
            return self.base(**{self.base.main_input_name: ids}, **more).last_hidden_state

    def layer_record(self, call: Call, one: bool) -> LayerRecord:
        """What one layer did; without a batch axis if the text was `one`."""
        layer = self.layout[id(call.layer)]
        hidden, output = call.hidden, call.notes["output"]
        parts = [
            attention_record(call, number, attended, part, one)
            for number, (attended, part) in enumerate(zip(call.attended, layer.parts, strict=True))
        ]
        middle, mlp = between(call, layer, hidden, output)
        hidden, middle, mlp, output = ((x[0] if one else x) for x in (hidden, middle, mlp, output))
        if not parts:
            return LayerRecord(hidden, ConvolutionRecord(middle - hidden), middle, mlp, output)
        return LayerRecord(hidden, parts[0], middle, mlp, output, *parts[1:])

    def unembed(self, final: Tensor) -> Tensor:
        """Logits (..., T, V) of the normalised end of the stream (..., T, C)."""
        logits = self.head(final) * self.config.logit_scale
        cap = self.config.logit_cap
        return logits if cap is None else torch.tanh(logits / cap) * cap

    def norm(self, stream: Tensor) -> Tensor:
        """The normalised end of a stream (..., T, C)."""
        return stream if self.end is None else self.end(stream)

    def embed(self, ids: Tensor) -> Tensor:
        """The start of the stream, ids (..., T) -> (..., T, C), positions included where they are added."""
        recording = Recording(fuses=self.config.fuses, stops=True)
        with suppress(Stop):
            self.run(batch(ids, self.axes), recording)
        (call,) = recording.calls
        return call.hidden[0] if ids.ndim < self.axes else call.hidden

    def mask(self, T: int, first: int = 0) -> Tensor:
        """The model's own mask for T tokens after the `first` ones: (T, first + T), or, where layers differ,
        (L, H, T, first + T).
        """
        return self.masks(first + T)[..., first:, :]

    def masks(self, T: int) -> Tensor:
        """The model's own mask for T tokens, as a pass over any T tokens has it."""
        if T not in self.known:
            self.known = dict([*self.known.items(), (T, self.seen_masks(T))][-KEPT:])
        return self.known[T]

    def turnings(self, tokens: int) -> list[Turning | None]:
        """How each layer turns queries and keys; see model.hub.rotary."""
        return rotary.turnings(self, tokens)

    def seen_masks(self, T: int) -> Tensor:
        """The same, by a pass."""
        recording = Recording(fuses=self.config.fuses)
        blank = sample(self.base) if self.pictures else torch.zeros(1, T, dtype=torch.long)
        with torch.inference_mode():
            self.run(blank, recording)
        every = [call.attended[0].allowed for call in recording.calls if call.attended]
        if all(one is every[0] or torch.equal(one, every[0]) for one in every):
            return every[0]
        if all(one.ndim == 2 for one in every):
            return torch.stack(every)[:, None].expand(-1, self.config.heads, -1, -1)  # one for all heads
        return torch.stack([one.expand(self.config.heads, T, T) for one in every])


def batch(x: Tensor, axes: int) -> Tensor:
    """x with a batch axis in front, if it has none."""
    return x if x.ndim == axes else x[None]


def remembered(past: Cache | None) -> dict[str, Any]:
    """The library's cache that holds what ours does, as an argument."""
    if past is None:
        return {}
    from transformers import DynamicCache

    cache = DynamicCache()
    for number, (keys, values) in enumerate(past.layers):
        cache.update(batch(keys, 4), batch(values, 4), number)
    return {"cache": cache}


# ---- records ----


def attention_record(call: Call, number: int, attended: Attended, part: Part, one: bool) -> AttentionRecord:
    """What attention got and what the model made of it."""
    q, k, v, scale = attended.q, attended.k, attended.v, attended.scale
    T = q.shape[-2]
    heads = call.notes[f"heads{number}"].reshape(len(q), T, q.shape[1], -1).transpose(1, 2)  # (B, H, T, D)
    out = call.notes[f"out{number}"].reshape(len(q), T, -1)
    q_rot = k_rot = None
    if part.turned:
        q_rot, k_rot = q, k
        q, k = (straight(x, attended, part.turned) for x in (q, k))
    q, k, v, q_rot, k_rot, heads, out = (
        x[0] if one and x is not None else x for x in (q, k, v, q_rot, k_rot, heads, out)
    )
    bias = attended.bias
    bias = bias[0] if bias is not None and bias.ndim == 4 and len(bias) == 1 else bias
    sinks = None if attended.sinks is None else attended.sinks.reshape(-1)
    rest = attended.allowed, scale, heads, out, attended.softcap, sinks
    return AttentionRecord(q, k, v, q_rot, k_rot, bias, *rest)


def between(call: Call, layer: Layer, hidden: Tensor, output: Tensor) -> tuple[Tensor, Tensor]:
    """The stream between attention and MLP, and what joined it last, each (B, T, C)."""
    if not layer.parts:
        return output, torch.zeros_like(output)
    number = len(layer.parts) - 1
    if layer.sums == "after":
        middle = call.notes[f"norm{number}"].reshape(hidden.shape)
    else:
        middle = hidden
        for i in range(len(layer.parts)):
            middle = middle + call.notes[f"out{i}"].reshape(hidden.shape)
    mlp = output - middle if layer.mlp is None else call.notes["mlp"].reshape(hidden.shape)
    return middle, mlp
