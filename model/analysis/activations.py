"""What went through each box of anatomy.py on one text: kept by the pass, or computed again and checked
against what the pass produced.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.network.transformer import Transformer
from model.trace import AttentionTrace, LayerTrace, Trace


class Activation(NamedTuple):
    """What a box put out for each token: values (T, N), what the N columns are,
    and how far they can be trusted.

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
    """The Activation of the box of that name in the block `layer`, and, where the box puts out T x T numbers,
    of the head `head`; both are counted from 0.
    """
    if (values := kept(trace.layers[layer], name)) is not None:
        return values
    if name in ("scores", "weights", "bias"):
        return paired(trace.layers[layer].attention, name, head)
    if name in ("tokens", "embedding", "widen", "positions", "enter"):
        return entering(network, trace, name)
    if name in ("attention_norm", "mlp_norm", "mlp_in", "gelu"):
        return within(network, trace, name, layer)
    return ending(network, trace, name)


def kept(layer: LayerTrace, name: str) -> Activation | None:
    """The Activation of a box whose values the pass itself kept; None for the others."""
    attention = layer.attention
    by_head = {
        "query": (attention.q,),
        "key": (attention.k,),
        "value": (attention.v,),
        "turn": (attention.q_rot, attention.k_rot),
        "mix": (attention.heads,),
    }
    if name in by_head:
        return Activation(np.concatenate([joined(part) for part in by_head[name]], axis=-1), "head.number")
    whole = {
        "output": attention.out,
        "add_attention": layer.resid_mid,
        "mlp_out": layer.mlp_out,
        "add_mlp": layer.resid_out,
    }
    return Activation(whole[name], "number") if name in whole else None


def within(network: Transformer, trace: Trace, name: str, layer: int) -> Activation:
    """The Activation of a norm or of the MLP's neurons in a block, computed again."""
    if name == "attention_norm":
        attention = network.blocks[layer].attention
        normed = network.blocks[layer].attention_norm(torch.tensor(trace.layers[layer].resid_in))
        difference = apart(attention.split(attention.query(normed)), trace.layers[layer].attention.q)
        return Activation(normed.numpy(), "number", difference, "the queries")
    normed, before, after, difference = hidden(network, trace, layer)
    values = {"mlp_norm": normed, "mlp_in": before, "gelu": after}[name]
    return Activation(values, "number", difference, "the MLP’s output")


def paired(attention: AttentionTrace, name: str, head: int) -> Activation:
    """The Activation of a box that puts out T x T numbers for each head; scores are shown as they are before
    the mask, which hides some.
    """
    one = attention.head(head)
    if name == "bias":
        return Activation(one.bias, "token", allowed=one.allowed)
    weights = attention.weights(head)
    difference = float(np.abs(weights @ one.v - attention.heads[head]).max())
    values = weights if name == "weights" else attention.scaled(head)
    return Activation(values, "token", difference, "this head’s output", one.allowed)


def entering(network: Transformer, trace: Trace, name: str) -> Activation:
    """The Activation of a box before the first block."""
    ids = torch.tensor(trace.ids)
    rows = network.embedding(ids)
    wide = network.widen(rows) if network.config.factor else rows
    embedded = network.embed(ids)
    values = {
        "tokens": ids[:, None],
        "embedding": rows,
        "widen": wide,
        "positions": embedded - wide * network.config.width**0.5,
        "enter": embedded,
    }[name]
    difference = apart(embedded, trace.embedded)
    return Activation(values.numpy(), "number", difference, "the start of the stream")


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
    """Inside one layer's MLP, which a Trace does not keep.

    Returns its normalised input (T, C), its neurons before and after the GELU, (T, M) each, and the largest
    difference between what the MLP makes of them and what the pass produced.
    """
    block = network.blocks[layer]
    widen, gelu, narrow = block.mlp
    normed = block.mlp_norm(torch.tensor(trace.layers[layer].resid_mid))
    before = widen(normed)
    after = gelu(before)
    difference = apart(narrow(after), trace.layers[layer].mlp_out)
    return normed.numpy(), before.numpy(), after.numpy(), difference


def apart(tensor: Tensor, array: np.ndarray) -> float:
    """The largest difference between two arrays of one shape."""
    return float(np.abs(tensor.numpy() - array).max())


def joined(heads: np.ndarray) -> np.ndarray:
    """The numbers of all heads side by side: (H, T, D) -> (T, H D)."""
    return heads.transpose(1, 0, 2).reshape(heads.shape[1], -1)
