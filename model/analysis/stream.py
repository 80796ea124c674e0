"""The residual stream: what it is at each stage, and what attention and MLP add to it."""

import numpy as np
import torch

from model.network.config import ModelConfig
from model.network.transformer import Transformer
from model.trace import Trace


def names(config: ModelConfig) -> list[str]:
    """The stages of the stream, 2L + 1 short names: where it starts, then after each half of each layer."""
    return ["start", *(f"{part} {i}" for i in range(1, config.layers + 1) for part in ("attn", "MLP"))]


def stages(trace: Trace) -> np.ndarray:
    """The stream at each stage, (2L + 1, T, C)."""
    return np.stack(
        [trace.embedded, *(half for layer in trace.layers for half in (layer.resid_mid, layer.resid_out))]
    )


def norms(vectors: np.ndarray) -> np.ndarray:
    """Euclidean lengths, (..., C) -> (...), in float64."""
    return np.linalg.norm(vectors.astype(np.float64), axis=-1)


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Cosine of the angle between vectors, (..., C) and (..., C) -> (...), in float64;
    0 where one of them has no length.
    """
    one, other = one.astype(np.float64), other.astype(np.float64)
    lengths = norms(one) * norms(other)
    return np.divide((one * other).sum(axis=-1), lengths, out=np.zeros_like(lengths), where=lengths > 0)


def added(trace: Trace) -> np.ndarray:
    """The length of what attention and of what the MLP adds to each token's stream, layer by layer:
    (2, L, T).
    """
    return np.stack(
        [
            norms(np.stack([part(layer) for layer in trace.layers]))
            for part in (lambda one: one.attention.out, lambda one: one.mlp_out)
        ]
    )


def firing(after: np.ndarray, token: int, count: int) -> np.ndarray:
    """The `count` neurons that fire most for a token, by their output after the GELU, (T, M): their numbers,
    counted from 0, the strongest first.
    """
    return np.argsort(-after[token], kind="stable")[:count]


def gelu(values: np.ndarray) -> np.ndarray:
    """x Φ(x), Φ being the share of a normal distribution below x (Hendrycks 2016, arXiv:1606.08415): what an
    MLP does to each of its neurons.
    """
    return torch.nn.functional.gelu(torch.tensor(values)).numpy()


@torch.inference_mode()
def pushed(network: Transformer, layer: int, neuron: int) -> np.ndarray:
    """How a neuron's output direction moves the logits, (V,): its column of the MLP's second matrix through
    the last norm's factor and the output matrix.

    A LayerNorm takes the mean off and multiplies by its factor; it also divides by the spread of the stream,
    which depends on the text. So these numbers are a direction: their order and signs hold, their size does
    not, and later layers answer to it besides (Geva 2022, arXiv:2203.14680).
    """
    direction = network.blocks[layer].mlp[2].weight[:, neuron]
    return network.unembed((direction - direction.mean()) * network.norm.weight).numpy()
