"""Three measures of what a token is made of: mean weights, rollout, gradient; and how far they agree."""

from typing import NamedTuple

import numpy as np

from model import load
from model.analysis import flow, leak, ranks, sensitivity
from model.trace import frozen
from pages import _shell
from pages._cache import remembered

# tokens of a text for which the gradient of every output is exact; of a longer one the chosen row is, and the
EXACT = 12
WAYS = 8  # others are estimated along so many random directions
# tokens of a text for which the gradient of every output is taken; of a longer one that many are drawn, and
# the chosen row is asked
LONGEST = 48


@remembered(heavy=1000)
def weights(name, text):
    """The mean over heads and the rollout after each layer, both (L, T, T) and read-only."""
    means = flow.means(_shell.explain(text, name))
    return frozen(means), frozen(flow.rollout(means))


@remembered(heavy=8)
def rows(name, ids, output, dimensions, depth):
    """The squares of some rows of the Jacobian of one output, summed, (T,); depth None is the model's
    output.
    """
    network = load(name).network
    read = ids[: output + 1] if network.config.causal else ids  # what comes later has no way into this one
    squares = sensitivity.squares(network, read, output, dimensions, (depth,))[0]
    return frozen(np.pad(squares, (0, len(ids) - len(read))))


@remembered(heavy=8)
def along(name, ids, depth, seed):
    """The squared gradients of all outputs along one random direction, (T, T)."""
    network = load(name).network
    direction = leak.direction(network.config.width, seed)
    return frozen(leak.squares(network, ids, network.mask(len(ids)), direction, depth))


class Gradient(NamedTuple):
    """|d x_i / d e_j| as shares of each row, (T, T), NaN in rows that were not asked; which rows are exact;
    and the squares along each direction that the others come from, (WAYS, T, T), None without.
    """

    shares: np.ndarray
    exact: tuple[int, ...]
    samples: np.ndarray | None = None

    def without(self, i):
        """The shares if the direction i had not been asked."""
        shares = flow.shares(np.sqrt(np.delete(self.samples, i, axis=0).mean(0)))
        shares[list(self.exact)] = self.shares[list(self.exact)]
        return shares


def correlations(a, b, allowed):
    """The rank correlation of two measures (T, T): the mean over the rows of three cells or more, NaN if
    there are none, and of all cells.
    """
    some = [
        ranks.correlation(one[may], other[may])
        for one, other, may in zip(a, b, allowed, strict=True)
        if may.sum() > 2
    ]
    return np.array([np.mean(some) if some else np.nan, ranks.correlation(a[allowed], b[allowed])])


@remembered()
def overall(name, text, depth, query, pair, _a, _b, _allowed, _gradient):
    """`correlations` of the measures named by `pair`, and their standard errors by leaving out one random
    direction after the other (Quenouille 1956, the jackknife); 0 where nothing is estimated.
    """
    together = correlations(_a, _b, _allowed)
    if "gradient" not in pair or _gradient.samples is None:
        return together, np.zeros(2)
    other = _a if pair[1] == "gradient" else _b
    left_out = np.array([correlations(other, _gradient.without(i), _allowed) for i in range(WAYS)])
    return together, np.sqrt((WAYS - 1) * left_out.var(0))
