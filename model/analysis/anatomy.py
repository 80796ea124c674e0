"""The parts of a transformer as boxes: what each one puts out, owns, and computes; read off the loaded
network, not drawn from memory.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.network.transformer import Transformer
from model.trace import AttentionTrace, Trace


class Box(NamedTuple):
    """One step of the forward pass on a text of T tokens."""

    name: str
    title: str
    axes: str  # what the numbers of `shape` count, such as "T × C"; the letters are those of trace.py
    shape: tuple[int, ...]
    reads: tuple[str, ...] = ()  # names of the boxes that it computes from
    owns: tuple[str, ...] = ()  # names of its parameters in the network; # stands for the number of the layer
    parameters: int = 0
    multiply_adds: int = 0  # of matrix products; see model/cost.py
    times: int = 1  # how many such boxes the network has: L for those in a block
    shared: bool = False  # True: all of them use the same parameters


def boxes(network: Transformer, tokens: int) -> list[Box]:
    """The Boxes of a Transformer for a text of so many tokens, in the order of the forward pass; those of a
    block stand there once, `times` L.

    ValueError for a convolutional twin, which has other parts.
    """
    if type(network) is not Transformer:
        raise ValueError(f"the parts are those of a Transformer, but this is a {type(network).__name__}")
    return [
        *start(network, tokens),
        *attention(network, tokens),
        *mlp(network, tokens),
        *end(network, tokens),
    ]


def start(network: Transformer, T: int) -> list[Box]:
    """From the text to the residual stream."""
    config = network.config
    C, E, V = config.width, config.factor or config.width, config.vocabulary
    made = [
        Box("tokens", "tokens", "T", (T,)),
        Box(
            "embedding",
            "embedding",
            "T × E" if config.factor else "T × C",
            (T, E),
            ("tokens",),
            ("embedding.weight",),
            V * E,
        ),
    ]
    if hasattr(network, "widen"):
        made.append(
            Box("widen", "widen", "T × C", (T, C), ("embedding",), ("widen.weight",), E * C, T * E * C)
        )
    added = [made[-1].name]
    encoding = config.encoding
    if encoding.enters == "embedding":
        owns = tuple(encoding.parameters(config))
        made.append(Box("positions", "positions", "T × C", (T, C), (), owns, encoding.size(config)))
        added.append("positions")
    return [*made, Box("enter", "into the stream", "T × C", (T, C), tuple(added))]


def attention(network: Transformer, T: int) -> list[Box]:
    """From the stream through one layer's attention and back to it."""
    config = network.config
    L, C, H, G, D = config.layers, config.width, config.heads, config.key_heads, config.head_width

    def matrix(name, title, heads, source, owns, rows, columns):
        return Box(
            name,
            title,
            "T × C" if columns == C and not heads else f"T × {heads}D",
            (T, columns),
            (source,),
            (owns,),
            rows * columns,
            T * rows * columns,
            L,
        )

    grouped = "G" if G < H else "H"
    made = [
        Box(
            "attention_norm",
            "norm",
            "T × C",
            (T, C),
            ("enter",),
            ("blocks.#.attention_norm.weight", "blocks.#.attention_norm.bias"),
            2 * C,
            times=L,
        ),
        matrix("query", "query", "H", "attention_norm", "blocks.#.attention.query.weight", C, H * D),
        matrix("key", "key", grouped, "attention_norm", "blocks.#.attention.key.weight", C, G * D),
        matrix("value", "value", grouped, "attention_norm", "blocks.#.attention.value.weight", C, G * D),
    ]
    asks, encoding = ("query", "key"), config.encoding
    own = tuple(encoding.parameters(config)), encoding.size(config)
    all_layers = {"times": L, "shared": bool(own[0])}
    if encoding.enters == "queries and keys":
        shape = (T, H * D + G * D)
        made.append(Box("turn", f"turn ({encoding.title})", "T × HD + GD", shape, asks, *own, **all_layers))
        asks = ("turn",)
    if encoding.enters == "scores":
        made.append(Box("bias", f"bias ({encoding.title})", "H × T × T", (H, T, T), (), *own, **all_layers))
        asks = (*asks, "bias")
    return [
        *made,
        Box("scores", "scores", "H × T × T", (H, T, T), asks, multiply_adds=H * T * T * D, times=L),
        Box("weights", "weights", "H × T × T", (H, T, T), ("scores",), times=L),
        Box(
            "mix",
            "weights × v",
            "T × HD",
            (T, H * D),
            ("weights", "value"),
            multiply_adds=H * T * T * D,
            times=L,
        ),
        matrix("output", "output", "", "mix", "blocks.#.attention.output.weight", H * D, C),
        Box("add_attention", "plus the stream", "T × C", (T, C), ("enter", "output"), times=L),
    ]


def mlp(network: Transformer, T: int) -> list[Box]:
    """From the stream through one layer's MLP and back to it."""
    config = network.config
    L, C, M = config.layers, config.width, config.hidden
    return [
        Box(
            "mlp_norm",
            "norm",
            "T × C",
            (T, C),
            ("add_attention",),
            ("blocks.#.mlp_norm.weight", "blocks.#.mlp_norm.bias"),
            2 * C,
            times=L,
        ),
        Box(
            "mlp_in",
            "MLP in",
            "T × M",
            (T, M),
            ("mlp_norm",),
            ("blocks.#.mlp.0.weight", "blocks.#.mlp.0.bias"),
            C * M + M,
            T * C * M,
            L,
        ),
        Box("gelu", "GELU", "T × M", (T, M), ("mlp_in",), times=L),
        Box(
            "mlp_out",
            "MLP out",
            "T × C",
            (T, C),
            ("gelu",),
            ("blocks.#.mlp.2.weight", "blocks.#.mlp.2.bias"),
            M * C + C,
            T * M * C,
            L,
        ),
        Box("add_mlp", "plus the stream", "T × C", (T, C), ("add_attention", "mlp_out"), times=L),
    ]


def end(network: Transformer, T: int) -> list[Box]:
    """From the end of the stream to what the network puts out: vectors, or logits by the embedding table used
    once more.
    """
    config = network.config
    C, E, V = config.width, config.factor or config.width, config.vocabulary
    made = [Box("norm", "final norm", "T × C", (T, C), ("add_mlp",), ("norm.weight", "norm.bias"), 2 * C)]
    if config.predicts and config.factor:
        made.append(
            Box("narrow", "widen, the other way", "T × E", (T, E), ("norm",), multiply_adds=T * C * E)
        )
    if config.predicts:
        made.append(Box("logits", "output, tied", "T × V", (T, V), (made[-1].name,), multiply_adds=T * E * V))
    return made


def parameters(made: Sequence[Box]) -> int:
    """How many parameters the boxes have together, each one counted once."""
    return sum(box.parameters * (1 if box.shared else box.times) for box in made)


def multiply_adds(made: Sequence[Box]) -> int:
    """How many multiply-adds the boxes take together."""
    return sum(box.multiply_adds * box.times for box in made)


def owned(network: Transformer, box: Box) -> dict[str, int]:
    """The box's parameters as the network holds them, in all layers: {name: how many numbers}."""
    known = {name: parameter.numel() for name, parameter in network.named_parameters()}
    names = {name.replace("#", str(layer)) for name in box.owns for layer in range(network.config.layers)}
    return {name: known[name] for name in sorted(names)}


# ---- what went through a box ----


class Activation(NamedTuple):
    """What a box put out for each token: values (T, N), what the N columns are, and a proof.

    difference: None where the pass itself kept the values; else how far what follows from the recomputed ones
    is from what the pass produced, `against`.
    """

    values: np.ndarray
    columns: str  # "number", "head.number", "token" or "vocabulary"
    difference: float | None = None
    against: str = ""
    allowed: np.ndarray | None = None


@torch.inference_mode()
def activation(network: Transformer, trace: Trace, name: str, layer: int = 0, head: int = 0) -> Activation:
    """The Activation of the box of that name; `layer` and `head`, counted from 0, say of which block, and of
    which head where a box puts out T x T numbers.
    """
    one, block = trace.layers[layer], network.blocks[layer]
    seen = one.attention
    kept = {
        "query": (seen.q,),
        "key": (seen.k,),
        "value": (seen.v,),
        "turn": (seen.q_rot, seen.k_rot),
        "mix": (seen.heads,),
    }
    if name in kept:
        return Activation(np.concatenate([joined(part) for part in kept[name]], axis=-1), "head.number")
    plain = {
        "output": seen.out,
        "add_attention": one.resid_mid,
        "mlp_out": one.mlp_out,
        "add_mlp": one.resid_out,
    }
    if name in plain:
        return Activation(plain[name], "number")
    if name in ("scores", "weights", "bias"):
        return paired(seen, name, head)
    if name in ("tokens", "embedding", "widen", "positions", "enter"):
        return entering(network, trace, name)
    if name == "attention_norm":
        normed = block.attention_norm(torch.tensor(one.resid_in))
        return Activation(
            normed.numpy(),
            "number",
            apart(block.attention.split(block.attention.query(normed)), seen.q),
            "the queries",
        )
    if name in ("mlp_norm", "mlp_in", "gelu"):
        normed, before, after, difference = hidden(network, trace, layer)
        return Activation(
            {"mlp_norm": normed, "mlp_in": before, "gelu": after}[name],
            "number",
            difference,
            "the MLP’s output",
        )
    return ending(network, trace, name)


def paired(seen: AttentionTrace, name: str, head: int) -> Activation:
    """The Activation of a box that puts out T x T numbers for each head; scores stand there before the mask,
    which hides some.
    """
    one = seen.head(head)
    if name == "bias":
        return Activation(one.bias, "token", allowed=one.allowed)
    weights = seen.weights(head)
    difference = float(np.abs(weights @ one.v - seen.heads[head]).max())
    return Activation(
        weights if name == "weights" else seen.scaled(head),
        "token",
        difference,
        "this head’s output",
        one.allowed,
    )


def entering(network: Transformer, trace: Trace, name: str) -> Activation:
    """The Activation of a box before the first block."""
    ids = torch.tensor(trace.ids)
    found = network.embedding(ids)
    wide = network.widen(found) if network.config.factor else found
    embedded = network.embed(ids)
    made = {
        "tokens": ids[:, None],
        "embedding": found,
        "widen": wide,
        "positions": embedded - wide * network.config.width**0.5,
        "enter": embedded,
    }
    return Activation(
        made[name].numpy(), "number", apart(embedded, trace.embedded), "the start of the stream"
    )


def ending(network: Transformer, trace: Trace, name: str) -> Activation:
    """The Activation of a box after the last block."""
    final = network.norm(torch.tensor(trace.layers[-1].resid_out))
    if name == "norm":
        return Activation(final.numpy(), "number", apart(final, trace.final), "the end of the pass")
    logits = network.unembed(final)
    shown = logits if name == "logits" else final @ network.widen.weight
    return Activation(
        shown.numpy(),
        "vocabulary" if name == "logits" else "number",
        apart(logits, trace.logits),
        "the logits",
    )


@torch.inference_mode()
def hidden(
    network: Transformer, trace: Trace, layer: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Inside one layer's MLP, which a Trace does not keep: its normalised input (T, C), its neurons before
    and after the GELU (T, M) each,

    and the largest difference between what the MLP makes of them and what the pass produced.
    """
    one, block = trace.layers[layer], network.blocks[layer]
    widen, gelu, narrow = block.mlp
    normed = block.mlp_norm(torch.tensor(one.resid_mid))
    before = widen(normed)
    after = gelu(before)
    return normed.numpy(), before.numpy(), after.numpy(), apart(narrow(after), one.mlp_out)


def apart(tensor: Tensor, array: np.ndarray) -> float:
    return float(np.abs(tensor.numpy() - array).max())


def joined(heads: np.ndarray) -> np.ndarray:
    """The numbers of all heads side by side: (H, T, D) -> (T, H D)."""
    return heads.transpose(1, 0, 2).reshape(heads.shape[1], -1)
