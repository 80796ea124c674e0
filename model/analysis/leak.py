"""Leaks: what a mask lets through from the future, measured by a changed token and by gradients, and what a
model that was trained without one makes of it.

Legend: T tokens, L layers, H heads, C model width, V vocabulary. A stage is the stream after the embedding,
after each layer, and at the normalised end.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.network import masks
from model.network.attention import attend
from model.network.transformer import Transformer
from model.trace import Trace

# ---- the leak test ----


@torch.inference_mode()
def stages(network: Transformer, ids: Sequence[int], allowed: np.ndarray | Tensor) -> Tensor:
    """The stream of one text at all L + 2 stages with the mask `allowed`, (T, T) or (L, H, T, T):
    (L + 2, T, C).
    """
    record = network(torch.tensor(ids), torch.as_tensor(allowed), predict=False)
    return torch.stack([record.embedded, *(layer.resid_out for layer in record.layers), record.final])


def moved(
    network: Transformer, ids: Sequence[int], place: int, token: int, allowed: np.ndarray | Tensor
) -> np.ndarray:
    """|x - x'| / |x| at every stage for every token,
    x' the stream once the token at `place` is another one: (L + 2, T).

    Both texts have the same shape, one pass each, so that the same operations run in the same order: what
    cannot change is equal, within the `rounding` of the network's config, and 0 here.
    """
    other = list(ids)
    other[place] = token
    before, after = stages(network, ids, allowed), stages(network, other, allowed)
    return relative(before, after, network.config.rounding)


def relative(before: Tensor, after: Tensor, rounding: float) -> np.ndarray:
    """|x - x'| / |x| of vectors (..., C): (...), 0 where it is no more than `rounding`; in float64, so that
    without rounding 0 means that not a bit differs: no small difference vanishes when it is squared.
    """
    before, after = before.double(), after.double()
    shares = ((after - before).norm(dim=-1) / before.norm(dim=-1)).numpy()
    return np.where(shares <= rounding, 0.0, shares)


@torch.inference_mode()
def moves(
    network: Transformer, ids: Sequence[int], places: Sequence[int], token: int, allowed: np.ndarray | Tensor
) -> np.ndarray:
    """|f - f'| / |f| for every final vector f, f' the same once the token at one of `places` is another one:
    (places, T).

    As many equal texts run as a pass of the same shape: rounding depends on the place in the pass, and
    compared place by place it is the same.
    """
    texts, allowed = torch.tensor(ids).repeat(len(places), 1), torch.as_tensor(allowed)  # (N, T)
    before = network(texts, allowed, predict=False).final  # (N, T, C)
    texts[torch.arange(len(places)), torch.tensor(places)] = token
    return relative(before, network(texts, allowed, predict=False).final, network.config.rounding)


def direction(width: int, seed: int) -> Tensor:
    """A random direction (C,) whose numbers are from N(0, 1)."""
    return torch.randn(width, generator=torch.Generator().manual_seed(seed))


def squares(
    network: Transformer,
    ids: Sequence[int],
    allowed: np.ndarray | Tensor,
    direction: Tensor,
    depth: int | None = None,
) -> np.ndarray:
    """The squared gradient of direction · f_i with respect to embedding e_j: (T, T), row i, column j; f the
    final vectors, or the stream after `depth` layers.

    Over random directions (C,) from N(0, 1) its mean is the squared Frobenius norm of the Jacobian
    d f_i / d e_j (Hutchinson 1989). It is 0 exactly where no path leads from j to i.
    """
    row = torch.tensor(ids)
    with torch.enable_grad():
        embedded = network.embed(row).requires_grad_()  # (T, C)
        record = network(row, torch.as_tensor(allowed), attend=attend, predict=False, embedded=embedded)
        outputs = record.final if depth is None else record.layers[depth - 1].resid_out  # (T, C)
        (gradient,) = torch.autograd.grad(
            outputs @ direction, embedded, torch.eye(len(ids)), is_grads_batched=True
        )  # (T, T, C)
    return gradient.double().square().sum(-1).numpy()


def reachable(allowed: np.ndarray | Tensor, layers: int) -> np.ndarray:
    """Which tokens can reach which output through `layers` layers of the mask, (T, T) or (L, H, T, T): bool
    (T, T), row i is True at j if a path leads from j to i.

    In every layer a token keeps itself, by the residual stream, and takes in what its row of the mask allows.
    """
    allowed = masks.checked(allowed)
    itself = np.eye(allowed.shape[-1], dtype=np.float32)
    each = [masks.joint(one) for one in allowed] if allowed.ndim == 4 else [masks.joint(allowed)] * layers
    reached = itself > 0
    for one in each[:layers]:
        reached = (one.float().numpy() + itself) @ reached > 0
    return reached


# ---- what another mask does to the outputs ----


def divergence(before: Trace, after: Trace) -> np.ndarray:
    """How far each token's belief about the next has moved, (T,): the `bits` of two Traces with logits."""
    return bits(torch.tensor(before.logits), torch.tensor(after.logits))


def bits(before: Tensor, after: Tensor) -> np.ndarray:
    """The Kullback-Leibler divergence of two distributions given as logits (..., V), in bits: the sum of
    p log2(p / q), (...), float64.
    """
    p, q = (F.log_softmax(logits.double(), dim=-1) for logits in (before, after))
    return ((p.exp() * (p - q)).sum(-1) / np.log(2)).clamp(min=0).numpy()


def change(before: Trace, after: Trace) -> np.ndarray:
    """|f - f'| / |f| of two Traces' final vectors, (T,)."""
    return np.linalg.norm(after.final - before.final, axis=-1) / np.linalg.norm(before.final, axis=-1)


# ---- the cheat ----


def believed(trace: Trace) -> np.ndarray:
    """The probability that the model gives to each next token of the text, (T - 1,)."""
    return np.exp(-trace.losses)


def guessed(trace: Trace) -> np.ndarray:
    """Whether the most likely token is the one that follows, bool (T - 1,)."""
    return trace.logits[:-1].argmax(-1) == trace.ids[1:]


def ahead(trace: Trace) -> np.ndarray:
    """The mean weight of token i on token i + 1 in every head, (L, H); NaN for a text of one token."""
    T = len(trace.tokens)
    asks = np.arange(T - 1)
    weights = [
        [layer.attention.weights(head)[asks, asks + 1] for head in range(len(layer.attention.q))]
        for layer in trace.layers
    ]
    return np.array(weights).mean(-1) if T > 1 else np.full((len(weights), len(weights[0])), np.nan)
