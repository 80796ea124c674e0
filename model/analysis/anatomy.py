"""The parts of a transformer as boxes: what each one puts out, owns, and computes;
read off the loaded network.
"""

from collections.abc import Sequence
from typing import NamedTuple

from model.network.config import ModelConfig
from model.network.transformer import Transformer


class Box(NamedTuple):
    """One step of the forward pass on a text of T tokens."""

    name: str
    title: str
    axes: str  # what the numbers of `shape` count, such as "T × C"; the letters are those of trace.py
    shape: tuple[int, ...]
    reads: tuple[str, ...] = ()  # names of the boxes that it computes from
    owns: tuple[str, ...] = ()  # names of its parameters in the network; # stands for the number of the layer
    parameters: int = 0
    multiply_adds: int = 0  # of matrix products; see cost.py
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
    boxes = [
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
        boxes.append(
            Box("widen", "widen", "T × C", (T, C), ("embedding",), ("widen.weight",), E * C, T * E * C)
        )
    summed = [boxes[-1].name]
    encoding = config.encoding
    if encoding.enters == "embedding":
        owns = tuple(encoding.parameters(config))
        boxes.append(Box("positions", "positions", "T × C", (T, C), (), owns, encoding.size(config)))
        summed.append("positions")
    return [*boxes, Box("enter", "into the stream", "T × C", (T, C), tuple(summed))]


def attention(network: Transformer, T: int) -> list[Box]:
    """From the stream through one layer's attention and back to it."""
    config = network.config
    L, C, H, G, D = config.layers, config.width, config.heads, config.key_heads, config.head_width
    grouped = "G" if G < H else "H"
    boxes = [
        norm("attention_norm", "enter", config, T),
        projection("query", "T × HD", "attention_norm", (C, H * D), config, T),
        projection("key", f"T × {grouped}D", "attention_norm", (C, G * D), config, T),
        projection("value", f"T × {grouped}D", "attention_norm", (C, G * D), config, T),
    ]
    asks, encoding = ("query", "key"), config.encoding
    own = tuple(encoding.parameters(config)), encoding.size(config)
    all_layers = {"times": L, "shared": bool(own[0])}
    if encoding.enters == "queries and keys":
        shape = (T, H * D + G * D)
        boxes.append(Box("turn", f"turn ({encoding.title})", "T × HD + GD", shape, asks, *own, **all_layers))
        asks = ("turn",)
    if encoding.enters == "scores":
        boxes.append(Box("bias", f"bias ({encoding.title})", "H × T × T", (H, T, T), (), *own, **all_layers))
        asks = (*asks, "bias")
    sources = "weights", "value"
    return [
        *boxes,
        Box("scores", "scores", "H × T × T", (H, T, T), asks, multiply_adds=H * T * T * D, times=L),
        Box("weights", "weights", "H × T × T", (H, T, T), ("scores",), times=L),
        Box("mix", "weights × v", "T × HD", (T, H * D), sources, multiply_adds=H * T * T * D, times=L),
        projection("output", "T × C", "mix", (H * D, C), config, T),
        Box("add_attention", "plus the stream", "T × C", (T, C), ("enter", "output"), times=L),
    ]


def projection(name: str, axes: str, source: str, sizes: tuple[int, int], config: ModelConfig, T: int) -> Box:
    """One of attention's matrices, from `sizes[0]` numbers a token to `sizes[1]`."""
    rows, columns = sizes
    owns = (f"blocks.#.attention.{name}.weight",)
    work = T * rows * columns
    return Box(name, name, axes, (T, columns), (source,), owns, rows * columns, work, config.layers)


def norm(name: str, source: str, config: ModelConfig, T: int) -> Box:
    """The norm at the beginning of either half of a block."""
    owns = f"blocks.#.{name}.weight", f"blocks.#.{name}.bias"
    C = config.width
    return Box(name, "norm", "T × C", (T, C), (source,), owns, 2 * C, times=config.layers)


def mlp(network: Transformer, T: int) -> list[Box]:
    """From the stream through one layer's MLP and back to it."""
    config = network.config
    L, C, M = config.layers, config.width, config.hidden
    return [
        norm("mlp_norm", "add_attention", config, T),
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
    """From the end of the stream to what the network puts out:
    vectors, or logits by the embedding table used once more.
    """
    config = network.config
    C, E, V = config.width, config.factor or config.width, config.vocabulary
    boxes = [Box("norm", "final norm", "T × C", (T, C), ("add_mlp",), ("norm.weight", "norm.bias"), 2 * C)]
    if config.predicts and config.factor:
        boxes.append(
            Box("narrow", "widen, the other way", "T × E", (T, E), ("norm",), multiply_adds=T * C * E)
        )
    if config.predicts:
        boxes.append(
            Box("logits", "output, tied", "T × V", (T, V), (boxes[-1].name,), multiply_adds=T * E * V)
        )
    return boxes


def parameters(boxes: Sequence[Box]) -> int:
    """How many parameters the boxes have together, each one counted once."""
    return sum(box.parameters * (1 if box.shared else box.times) for box in boxes)


def multiply_adds(boxes: Sequence[Box]) -> int:
    """How many multiply-adds the boxes take together."""
    return sum(box.multiply_adds * box.times for box in boxes)
