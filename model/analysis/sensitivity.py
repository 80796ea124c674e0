"""How far a token's vector moves with a small step of each embedding: exactly, a few rows of the Jacobian at
a time, or estimated along random directions.

Legend: T tokens, C model width. x is one token's vector at some depth, e_j the embedding of token j. The
block d x / d e_j has C x C numbers; its Frobenius norm |d x / d e_j| says how much x depends on j. All its
rows take C passes backwards, which torch runs side by side.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike

from model.network.attention import attend

TOGETHER = 64  # rows in one pass
CELLS = 1_000_000  # of the matrices T x T of all rows of a pass: half a gigabyte, about a second


def along(
    network: torch.nn.Module,
    ids: Sequence[int],
    output: int,
    directions: Sequence[torch.Tensor],
    depths: Sequence[int | None] = (None,),
    allowed: ArrayLike | None = None,
) -> np.ndarray:
    """The squared gradients of each direction · x with respect to e_j, x the vector of the token `output`:
    (depths, N, T), float64.

    directions: N of (C,). depths: after how many layers x is taken, None for the final vector. allowed (T, T)
    stands in for the network's own mask. A gradient is 0 exactly where no path leads from j.
    """
    row, ask = torch.tensor(ids), torch.stack(list(directions))  # (T,), (N, C)
    mask = None if allowed is None else torch.as_tensor(allowed)
    with torch.enable_grad():
        embedded = network.embed(row).requires_grad_()  # (T, C)
        record = network(row, mask, attend=attend, predict=False, embedded=embedded)
        found = []
        for depth in depths:
            x = (record.final if depth is None else record.layers[depth - 1].resid_out)[output]  # (C,)
            (gradients,) = torch.autograd.grad(x, embedded, ask, is_grads_batched=True, retain_graph=True)
            found.append(gradients.double().square().sum(-1))  # (N, T, C) -> (N, T)
    return torch.stack(found).numpy()


def squares(
    network: torch.nn.Module,
    ids: Sequence[int],
    output: int,
    dimensions: Sequence[int],
    depths: Sequence[int | None] = (None,),
    allowed: ArrayLike | None = None,
) -> np.ndarray:
    """The sum of the squares of some rows of d x / d e_j: (depths, T), float64.

    dimensions: which rows, of C; the others as in `along`. Over all C rows the sum is the squared Frobenius
    norm.
    """
    axes = torch.eye(network.config.width)
    return along(network, ids, output, [axes[i] for i in dimensions], depths, allowed).sum(1)


def together(tokens: int) -> int:
    """How many rows go into one pass over so many tokens, at least 1."""
    return max(1, min(TOGETHER, CELLS // tokens**2))


def norms(samples: ArrayLike) -> tuple[np.ndarray, float]:
    """The Frobenius norms that N squared gradients along random directions (N, ...) give, (...), and the
    relative standard error of one of them: the root mean square over those above 0.

    The mean of the squares estimates the squared norm (Hutchinson 1989); the relative error of a root is half
    of that. ValueError for fewer than two samples, which say nothing of an error.
    """
    samples = np.asarray(samples, np.float64)
    if len(samples) < 2:
        raise ValueError(f"{len(samples)} random directions say nothing of an error; take two or more")
    mean = samples.mean(0)
    error = samples.std(0, ddof=1) / np.sqrt(len(samples))
    moved = mean > 0
    relative = error[moved] / (2 * mean[moved])
    return np.sqrt(mean), float(np.sqrt(np.mean(relative**2))) if moved.any() else 0.0
