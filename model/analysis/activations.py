"""What went through each box of anatomy.py on one text: kept by the pass, or computed again and checked
against what the pass produced.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.network.transformer import Transformer
from model.trace import AttentionTrace, Trace


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
