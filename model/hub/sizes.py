"""Sizes and names of an opened model, read from a pass that was watched."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from model.hub.capture import Call
from model.hub.config import HubConfig
from model.hub.layout import Layer, equal
from model.hub.watching import Event

TOKENS = 24  # of the text that a model is studied with
PIXELS = "pixel_values"  # what the library calls the numbers of pictures
LONGEST = 4_096  # tokens that are accepted, whatever the model allows


class Seen(NamedTuple):
    """One pass as it was watched."""

    ids: Tensor  # (1, T), or a picture (1, 3, height, width)
    calls: list[Call]
    layout: list[Layer]
    final: Tensor  # (1, T, C)
    end: nn.Module | None  # the last norm
    ended: bool  # whether the stream ends in that, or as the last layer left it
    table: tuple[int, int] | None  # rows of a learned table of positions, and the first that is used
    capped: bool  # whether attention does what torch's fused kernel does not


def table_of(outside: Sequence[Event]) -> tuple[int, int] | None:
    """The rows of a table that gave one row after another to the tokens, and the first of these; None if
    there is no such table.
    """
    for event in outside:
        if isinstance(event.module, nn.Embedding) and event.output is not None:
            table, given = event.module.weight, event.output.reshape(-1, event.output.shape[-1])
            (same,) = (table == given[0]).all(-1).nonzero(as_tuple=True)
            for first in same.tolist():
                if len(given) > 1 and equal(table[first : first + len(given)], given):
                    return len(table), first
    return None


def room(base: nn.Module, seen: Seen) -> tuple[int, str]:
    """How many tokens a text may have, and the name of the positional encoding."""
    attended = [one for call in seen.calls for one in call.attended]
    if seen.table is not None:
        rows, first = seen.table
        return rows - first, "learned"
    T, C = seen.final.shape[-2:]
    if seen.ids.is_floating_point():  # a picture: as many tokens as it has patches
        added = any(parameter.shape[-2:] == (T, C) for parameter in base.parameters())
        return T, "learned" if added else "rope" if any(one.turn is not None for one in attended) else "none"
    stated = stated_room(base.config)
    if any(one.turn is not None for one in attended):
        return stated, "rope"
    return (LONGEST, "t5") if any(one.bias is not None for one in attended) else (stated, "none")


def stated_room(config: Any) -> int:
    """How many tokens a text may have by a config; as many as are accepted if it sets no end, and more than
    in the training where the rotation stretches with the text.
    """
    text = config.get_text_config()
    stated = getattr(text, "max_position_embeddings", None)
    if not isinstance(stated, int) or stated <= 0:
        return LONGEST
    rotation = getattr(text, "rope_parameters", None) or {}
    dynamic = rotation.get("rope_type") == "dynamic"
    return int(stated * rotation.get("factor", 1)) if dynamic else stated


def hidden(layer: Layer) -> int:
    """Numbers per token inside the MLP: the widest of a layer's maps outside of attention."""
    inside = {id(one) for part in layer.parts for one in (*part.attention.modules(), part.projection)}
    maps = [
        one.weight
        for one in layer.module.modules()
        if id(one) not in inside and getattr(getattr(one, "weight", None), "ndim", 0) == 2
    ]
    return max((max(weight.shape) for weight in maps), default=0)


def rope_base(config: Any) -> float:
    """The base that a config states for the rotation, of the first kind of layers where they differ; ours
    where it states none.
    """
    stated = getattr(config.get_text_config(), "rope_parameters", None) or {}
    while stated and all(isinstance(value, dict) for value in stated.values()):
        stated = next(iter(stated.values()))
    return float(stated.get("rope_theta", HubConfig.rope_base))


def missing(seen: Seen, fits: bool) -> tuple[str, ...]:
    """What cannot be shown of a model, a sentence each."""
    sentences = []
    if any(part.turned is None for layer in seen.layout for part in layer.parts):
        sentences.append(
            "Its queries and keys are turned in a way that is not known here: they are shown as they are "
            "compared, not as they were before."
        )
    if any(layer.sums == "other" and layer.parts for layer in seen.layout):
        sentences.append(
            "How attention and MLP add up in its layers is not known here: what is shown as the MLP's is all "
            "that a layer adds beside the projected heads."
        )
    if not all(layer.parts for layer in seen.layout):
        sentences.append(
            "Some of its layers mix tokens without attention weights: they have none to show, and what takes "
            "the attention of all layers is left out."
        )
    if not seen.ended:
        sentences.append("What its last layer puts out is changed in a way that is not known here.")
    if not fits:
        sentences.append(
            "How it makes logits of the end of its stream is not known here: it has no next token."
        )
    return tuple(sentences)


# ---- what a model is studied with ----


def sample(base: nn.Module) -> Tensor:
    """A text (1, T) or a picture (1, 3, height, width) of no meaning, the same for every model of that
    size.
    """
    random = torch.Generator().manual_seed(1)
    if base.main_input_name == PIXELS:
        height, width = sides(base.config.image_size)
        return torch.randn(1, base.config.num_channels, height, width, generator=random)
    table = base.get_input_embeddings()
    V, padding = table.num_embeddings, -1 if table.padding_idx is None else table.padding_idx
    tokens = min(TOKENS, max(2, stated_room(base.config) // 2))
    some = torch.randint(V, (tokens,), generator=random)
    return torch.where(some == padding, (some + 1) % V, some)[None]


def sides(size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width, of which a config says one if they are equal."""
    return (size, size) if isinstance(size, int) else tuple(size)
