"""How the layers of an opened model turn queries and keys: their speeds, pairs and scaling, read from the
tables that its own module makes for a text, and from what its family's rotation does with them.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from model.analysis.rotation import PAIRS, Turning
from model.hub.capture import Recording
from model.hub.request import Attended

if TYPE_CHECKING:
    from model.hub.network import HubNetwork

CLOSE = 1e-5  # what a rotation may leave outside of its pairs


def stretching(base: nn.Module) -> list[nn.Module]:
    """The modules whose tables depend on how long a text is."""
    kinds = ((one, str(getattr(one, "rope_type", ""))) for one in base.modules())
    return [one for one, kind in kinds if "dynamic" in kind or "longrope" in kind]


@contextmanager
def afresh(modules: Sequence[nn.Module], lock: threading.Lock) -> Iterator[None]:
    """Within it such modules make their tables for this text alone: by themselves they would go on from the
    longest text that they have seen. One pass at a time, if there are any.
    """
    if not modules:
        yield
        return
    with lock:
        for module in modules:
            for name in list(vars(module)):
                if name.endswith("max_seq_len_cached"):
                    setattr(module, name, 0)
        yield


@torch.inference_mode()
def turnings(network: "HubNetwork", tokens: int) -> list[Turning | None]:
    """How each layer turns the queries and keys of a text of so many tokens: a table may depend on how long
    the text is. None for a layer that does not turn them, or in a way that is not known here.
    """
    recording = Recording(fuses=network.config.fuses)
    network.run(torch.zeros(1, max(2, tokens), dtype=torch.long), recording)
    config = network.base.config.get_text_config()
    found: list[Turning | None] = []
    for number, call in enumerate(recording.calls):
        parts = network.layout[id(call.layer)].parts
        known = parts and parts[0].turned and call.attended[0].turn is not None
        one = read(call.attended[0], parts[0].turned, stated(config, number)) if known else None
        found.append(one and exactly(one, network.base))
    return found


def exactly(turning: Turning, base: nn.Module) -> Turning:
    """The same with the speeds and the scaling as a module of the model holds them, where one has these: what
    is read from a table is rounded once more.
    """
    for module in base.modules():
        for name, speeds in module.named_buffers(recurse=False):
            if not name.endswith("inv_freq") or speeds.shape != turning.frequency.shape:
                continue
            exact = speeds.double().numpy()
            scaling = getattr(module, name.removesuffix("inv_freq") + "attention_scaling", 1.0)
            if np.allclose(exact, turning.frequency, rtol=1e-5, atol=0):
                close = np.isclose(scaling, turning.scaling, rtol=1e-5)
                return turning._replace(frequency=exact, scaling=float(scaling) if close else turning.scaling)
    return turning


def read(attended: Attended, width: int, stated: dict[str, Any]) -> Turning | None:
    """The Turning of a layer, by what its rotation makes of each of the first `width` dimensions at position
    1; None if they are not turned in pairs.
    """
    rotation = sys.modules[type(attended.module).__module__].apply_rotary_pos_emb
    cos, sin = (table[:1] for table in attended.turn)
    each = torch.eye(width)[None, :, None].expand(1, width, cos.shape[-2], width).contiguous()
    turned: Tensor = rotation(each, each, cos, sin)[0]
    rows = turned[0, :, 1].double().numpy()  # a row is what one dimension became
    for pairing, pairs in PAIRS.items():
        first, second = pairs(width)
        along, across = rows[first, first], rows[first, second]
        rest = rows.copy()
        for one in (first, second):
            rest[one, first] = rest[one, second] = 0
        lengths = np.hypot(along, across)
        if max(abs(rest).max(), np.ptp(lengths)) <= CLOSE:
            return Turning(
                np.arctan2(across, along),
                pairing,
                width,
                scaling=float(lengths.mean()),
                base=float(stated.get("rope_theta", 10_000.0)),
                kind=str(stated.get("rope_type", "default")),
                factor=float(stated.get("factor") or 1.0),
            )
    return None


def stated(config: Any, layer: int) -> dict[str, Any]:
    """What a config states of the rotation in a layer."""
    every = getattr(config, "rope_parameters", None) or {}
    if every and all(isinstance(one, dict) for one in every.values()):
        kinds = getattr(config, "layer_types", None) or list(every)
        every = every.get(kinds[min(layer, len(kinds) - 1)], {})
    return every
