"""What an opened model is: read from passes over a few tokens, and from no list of families."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from model.hub.capture import Recording, recorded
from model.hub.config import HubConfig
from model.hub.hooks import hook_attention, hook_layer, hook_parts
from model.hub.layout import Layer, equal, layers_of, read_layer
from model.hub.network import HubNetwork
from model.hub.sizes import LONGEST, PIXELS, Seen, hidden, missing, room, rope_base, sample, table_of
from model.hub.watching import around, watched
from model.trace import layer_trace


class Head(NamedTuple):
    """What makes logits: the last linear map, what the whole model makes of ids (1, T), and the cap that its
    config states for them.
    """

    module: nn.Module
    logits: Callable[[Tensor], Tensor]
    cap: float | None


@torch.inference_mode()
def studied(base: nn.Module, head: Head | None = None, memory: Tensor | None = None) -> HubNetwork:
    """The network of a stack of layers, which is hooked from now on, with what makes logits of its end.
    `memory` (1, S, C) is what a decoder's encoder has made of some text. ValueError if its weights are
    incomplete, or if it never asks for attention.
    """
    more = {} if memory is None else {"encoder_hidden_states": memory}
    ids = sample(base)
    seen = watch(base, ids, more)
    first = next(call.attended[0] for call in seen.calls if call.attended)
    causal = looks_back(base, ids, seen.final, more)
    context, positions = room(base, seen)
    scale, cap, fits = (1.0, None, True) if head is None else read_head(head, seen)
    sums = {layer.sums for layer in seen.layout if layer.parts}
    config = HubConfig(
        kind="decoder" if causal else "encoder",
        vocabulary=getattr(base.get_input_embeddings(), "num_embeddings", 0),
        width=seen.final.shape[-1],
        layers=len(seen.calls),
        heads=first.q.shape[1],
        head_width=first.q.shape[-1],
        key_heads=first.k.shape[1],
        hidden=hidden(seen.layout[0]),
        positions=positions,
        rope_base=rope_base(base.config),
        rope_pairing="halves",
        causal=causal,
        predicts=causal and head is not None and fits,
        context=context,
        max_tokens=min(context, LONGEST),
        family=base.config.model_type,
        residual=sums.pop() if len(sums) == 1 else "other",
        fuses=base._supports_sdpa and not seen.capped,
        logit_scale=scale,
        logit_cap=cap,
        opaque=not all(layer.parts for layer in seen.layout),
        missing=missing(seen, fits),
    )
    network = HubNetwork(base, None if head is None else head.module, seen.end, config, seen.layout)
    network.config = replace(config, fault=fault(network, ids, memory))
    return network


def whole(final: Tensor) -> None:
    """ValueError if what a model puts out holds NaN, which stands for parameters that its file lacks."""
    if not final.isfinite().all():
        raise ValueError("its weights are incomplete: some that take part are missing, or are no numbers")


def fault(network: HubNetwork, ids: Tensor, memory: Tensor | None) -> float:
    """The largest |weights @ v - heads| of a pass."""
    record = network(ids[0], predict=False, memory=memory)
    return max(one.error() for layer in record.layers for one in layer_trace(layer).attentions)


def read_head(head: Head, seen: Seen) -> tuple[float, float | None, bool]:
    """By what the head's products are multiplied, the cap within which they are kept, and whether that gives
    the model's logits.
    """
    true, made = head.logits(seen.ids), head.module(seen.final)
    close = partial(torch.allclose, true, rtol=1e-4, atol=1e-4 * float(true.abs().max()))
    cap = head.cap
    if cap is not None:
        return 1.0, cap, close(cap * torch.tanh(made / cap))
    scale = float((true * made).sum() / made.square().sum())
    scale = 1.0 if close(made) else scale
    return scale, None, close(made * scale)


# ---- passes ----


def watch(base: nn.Module, ids: Tensor, more: dict[str, Any]) -> Seen:
    """Hook a stack of layers and watch it at work."""
    first = Recording(fuses=False)
    with recorded(first):
        base(**{base.main_input_name: ids}, **more)
    if not first.callers:
        raise ValueError("it never asks for attention by the library's interface")
    callers = list({id(one): one for one in first.callers}.values())
    layers = layers_of(base, callers)
    for layer in layers:
        hook_layer(layer)
    for caller in callers:
        hook_attention(caller)
    recording = Recording(fuses=False)
    with watched(layers, callers) as events, around(base, layers) as outside, recorded(recording):
        final = base(**{base.main_input_name: ids}, **more).last_hidden_state
    whole(final)
    calls = recording.calls
    layout = {
        id(call.layer): read_layer(call, call.notes["output"], events.get(id(call), ())) for call in calls
    }
    if not any(call.straight for call in calls) and any(call.turn is not None for call in calls):
        layout = {key: turned_somehow(layer) for key, layer in layout.items()}
    for layer in layout.values():
        hook_parts(layer)
    end = next((one.module for one in outside if equal(one.output, final)), None)
    stream = calls[-1].notes["output"]
    if end is not None and not any(equal(one.input, stream) for one in outside if one.module is end):
        end = None
    attended = [one for call in calls for one in call.attended]
    capped = any(one.softcap is not None or one.sinks is not None for one in attended)
    ended = end is not None or equal(stream, final)
    return Seen(ids, calls, list(layout.values()), final, end, ended, table_of(outside), capped)


def turned_somehow(layer: Layer) -> Layer:
    """The layer of a model that turns queries and keys, but not by a function that is known here."""
    return layer._replace(parts=tuple(part._replace(turned=None) for part in layer.parts))


def looks_back(base: nn.Module, ids: Tensor, final: Tensor, more: dict[str, Any]) -> bool:
    """Whether no token's vector depends on what comes after it: whether all others stay once the last token
    is another one.
    """
    others = ids.clone()
    if base.main_input_name == PIXELS:
        others[..., -1, -1] += 1  # of the last patch
    else:
        others[0, -1] = others[0, 0] if others[0, -1] != others[0, 0] else others[0, 1]
    with recorded(Recording(fuses=False)):
        moved = base(**{base.main_input_name: others}, **more).last_hidden_state - final
    return float(moved[:, :-1].abs().max()) <= HubConfig.rounding * float(final.abs().max())
