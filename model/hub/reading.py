"""How an opened model reads and writes its stream, as a Reader of model.analysis.why: its own modules are
asked for each part by itself, where its norms and its projections are plain.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from model.analysis.why.parts import CLOSE, POSITION, START, TOKEN, Held, NotPlain, Part
from model.hub.capture import Call, Recording, recorded
from model.network.attention import group_of

if TYPE_CHECKING:
    from model.hub.network import HubNetwork
    from model.hub.trace import HubTrace

WEIGHTS = (lambda weight: weight, lambda weight: 1 + weight)  # Gemma keeps what its norms add to 1


class HubReader:
    """The Reader of a model of the library in one pass. NotPlain, in a sentence, where it has none."""

    def __init__(self, network: "HubNetwork", trace: "HubTrace") -> None:
        self.network, self.trace, self.config = network, trace, network.config
        self.after = network.config.residual == "after"
        if network.config.residual == "other":
            raise NotPlain("How the parts of this model’s layers add up is not known, so no sum is shown.")
        self.call = lru_cache(maxsize=None)(trace.layers.rerun)  # of each layer, once for this reader

    def start(self, places: Sequence[int]) -> dict[Part, np.ndarray]:
        """The token's embedding and its position where the two are added; both as one where a norm has
        joined them.
        """
        embedded = self.trace.embedded.astype(np.float64)
        table, ids = self.network.base.get_input_embeddings().weight, torch.tensor(self.trace.ids)
        if table.shape[1] != embedded.shape[1]:
            return {Part(START): embedded[list(places)]}
        others = (ids + 1) % len(table)  # at the same places
        token = array(table[ids])
        factor = float((embedded * token).sum() / (token**2).sum())
        if close(factor * token, embedded):
            return {Part(TOKEN): factor * token[list(places)]}
        with torch.inference_mode():
            moved = array(self.network.embed(others)) - array(table[others])
        if close(embedded - token, moved):  # what is added does not depend on the token
            return {Part(TOKEN): token[list(places)], Part(POSITION): (embedded - token)[list(places)]}
        return {Part(START): embedded[list(places)]}

    @torch.inference_mode()
    def output(self, layer: int, head: int, values: np.ndarray) -> np.ndarray:
        """Through the projection, with all other heads at 0."""
        H, D = self.config.heads, values.shape[-1]
        joined = torch.zeros(len(values), H, D)
        joined[:, head] = torch.tensor(np.ascontiguousarray(values), dtype=torch.float32)
        return array(self.part(layer).projection(joined.flatten(1))) - self.constant(layer)

    @torch.inference_mode()
    def constant(self, layer: int) -> np.ndarray:
        """What the projection puts out where all heads put out 0."""
        heads = self.trace.layers[layer].attention.heads
        return array(self.part(layer).projection(torch.zeros(1, heads.shape[0] * heads.shape[2])))[0]

    def part(self, layer: int) -> Any:
        """The layer's attention, a layout.Part. NotPlain if there is not one."""
        parts = self.network.layout[id(self.call(layer).layer)].parts
        if len(parts) != 1 or parts[0].turned is None:
            raise NotPlain(f"Layer {layer + 1} of this model has no attention that is known part by part.")
        return parts[0]

    def sums(self, layer: int, places: Sequence[int]) -> tuple[Held, Held]:
        """The norms after attention and after the MLP, found by what they did."""
        one, module = self.trace.layers[layer], self.call(layer).layer
        first = held(one.resid_in + one.attention.out, one.resid_mid, module.modules())
        second = held(one.resid_mid + one.mlp_out, one.resid_out, module.modules())
        return at(first, places), at(second, places)

    @torch.inference_mode()
    def project(self, layer: int, head: int, side: str, parts: np.ndarray, place: int) -> np.ndarray:
        """Through the norm before attention, where there is one, and the model's own attention, asked for one
        token alone.
        """
        call, one = self.call(layer), self.trace.layers[layer]
        if one.attention.softcap is not None:
            raise NotPlain("This model bends its scores to keep them below a cap, so that they are no sums.")
        (module, args, kwargs), bias = call.asked[0], np.zeros(parts.shape[1])
        went_in = args[0] if args else kwargs["hidden_states"]
        if not self.after:
            norm = at(held(one.resid_in, array(went_in[0]), call.layer.modules()), [place])
            parts, bias = norm.of(parts[:, None])[:, 0], norm.bias
        rows = np.stack([*parts, bias, np.zeros_like(bias)])
        seen = self.attended(layer, module, args, kwargs, rows, place)
        number = head if side == "query" else group_of(head, self.config.heads, self.config.key_heads)
        vectors = array((seen.q if side == "query" else seen.k)[:, number, 0])  # (A + 2, D)
        vectors = np.concatenate([vectors[:-2] - vectors[-1], vectors[-2:-1]])
        whole = one.attention.head(head)
        if not close(vectors.sum(0), (whole.q if side == "query" else whole.k)[place]):
            raise NotPlain(
                "Between this model’s stream and its queries and keys stands more than a plain norm, a "
                "linear map and a rotation, such as a norm of the queries: they are no sums of parts."
            )
        return vectors

    def attended(
        self, layer: int, module: nn.Module, args: tuple, kwargs: dict, rows: np.ndarray, place: int
    ) -> Any:
        """What attention gets, a request.Attended, where each of the rows (A, C) is a text of one token that
        stands at this place.
        """
        inputs = torch.tensor(rows, dtype=torch.float32)[:, None]  # (A, 1, C)
        T = len(self.trace.tokens)
        alone = {name: cut(value, place, T) for name, value in kwargs.items()}
        given = (inputs, *(cut(value, place, T) for value in args[1:])) if args else ()
        recording = Recording(fuses=False, calls=[Call(self.call(layer).layer, inputs, (), {})])
        recording.calls[0].turn = alone.get("position_embeddings")
        with recorded(recording):
            module(*given, **alone if args else alone | {"hidden_states": inputs})
        return recording.calls[0].attended[0]

    @cached_property
    def last(self) -> Held:
        """The last norm at all places."""
        stream, final = self.trace.layers[-1].resid_out, self.trace.final
        if self.network.end is None:
            return Held(np.ones((len(stream), 1)), np.zeros(stream.shape[1]), centred=False)
        return held(stream, final, [self.network.end])

    def end(self, places: Sequence[int]) -> Held:
        """The last norm."""
        return at(self.last, places)

    def rows(self, ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the last linear map and its biases."""
        head, config = self.network.head, self.config
        if config.logit_cap is not None:
            raise NotPlain("This model bends its logits to keep them below a cap, so that they are no sums.")
        bias = getattr(head, "bias", None)
        ids = list(map(int, ids))
        biases = np.zeros(len(ids)) if bias is None else array(bias[ids])
        return array(head.weight[ids]) * config.logit_scale, biases * config.logit_scale


def held(before: np.ndarray, after: np.ndarray, modules: Iterable[nn.Module]) -> Held:
    """The norm among these modules that made `after` of `before`, both (T, C): a LayerNorm or an RMSNorm, by
    what it did and not by its name. NotPlain if none did.
    """
    x, y = before.astype(np.float64), np.asarray(after, np.float64)
    for module in modules:
        weight, bias = (getattr(module, name, None) for name in ("weight", "bias"))
        if not isinstance(weight, Tensor) or weight.shape != x.shape[-1:]:
            continue
        shift = np.zeros(x.shape[-1]) if bias is None else array(bias)
        for centred in (True, False):
            inner = x - x.mean(-1, keepdims=True) if centred else x
            for gain in map(array, (kind(weight) for kind in WEIGHTS)):
                length = ((y - shift) * inner * gain).sum(-1) / ((inner * gain) ** 2).sum(-1)  # (T,)
                scale = length[:, None] * gain
                if close(inner * scale + shift, y):
                    return Held(scale, shift, centred)
    raise NotPlain(
        "A norm of this model is neither a LayerNorm nor an RMSNorm, so that no sum goes through it."
    )


def at(norm: Held, places: Sequence[int]) -> Held:
    """A norm at some of its places."""
    return norm._replace(scale=norm.scale[list(places)])


def cut(value: Any, place: int, tokens: int) -> Any:
    """An argument for all tokens as one for the token at a place alone: a table of places, (1, T, D), or the
    places themselves, (..., T). What is between tokens, such as a mask (1, H, T, T), is left out.
    """
    if isinstance(value, tuple):
        return tuple(cut(one, place, tokens) for one in value)
    if isinstance(value, Tensor) and value.ndim == 4:
        return None
    if isinstance(value, Tensor) and value.ndim > 1 and value.is_floating_point():
        return value[..., place : place + 1, :] if value.shape[-2] == tokens else value
    if isinstance(value, Tensor) and value.ndim and value.shape[-1] == tokens:
        return value[..., place : place + 1]
    return value


def close(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays hold the same, up to what rounding in float32 leaves."""
    return bool(np.abs(one - other).max() <= CLOSE / 10 * max(1e-6, np.abs(other).max()))


def array(values: Tensor) -> np.ndarray:
    """A tensor in float64."""
    return values.detach().double().numpy()
