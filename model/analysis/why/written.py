"""What was written: each logit as a sum over the parts of the stream (direct logit attribution, Wang 2022,
arXiv:2211.00593, section 3), and what knocking the same heads out does.

With the statistics of the last norm held, a logit is the dot product of a row of the output matrix and the
end of the stream, which is a sum.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from model.analysis import knockouts
from model.analysis.why.parts import HEAD, Part, brought, stream
from model.analysis.why.reading import reader as reader_of
from model.bundle import Bundle
from model.trace import Trace


class Written(NamedTuple):
    """Logits of n tokens at one place, part by part: the table (A, n), float64, sums up to them."""

    names: tuple[Part, ...]
    table: np.ndarray
    logits: np.ndarray  # (n,) as the model computed them

    @property
    def error(self) -> float:
        """The largest difference between a sum and the logit that the model computed."""
        return float(np.abs(self.table.sum(0) - self.logits).max())


def written(bundle: Bundle, trace: Trace, place: int, ids: Sequence[int]) -> Written:
    """The logits of these tokens after the one at `place`, each a sum. NotPlain if the network is none."""
    reader, ids = reader_of(bundle, trace), list(ids)
    names, vectors = stream(reader, len(trace.layers), [place])
    rows, biases = reader.rows(ids)
    norm = reader.end([place])
    table = norm.of(vectors)[:, 0] @ rows.T  # (A, n)
    table[-1] += rows @ norm.bias + biases
    return Written(names, table, trace.logits[place, ids].astype(np.float64))


def by_head(trace: Trace, one: Written) -> np.ndarray:
    """What each head has written into each logit, (L, H, n)."""
    heads = [i for i, part in enumerate(one.names) if part.kind == HEAD]
    return one.table[heads].reshape(trace.config.layers, trace.config.heads, -1)


def by_source(bundle: Bundle, trace: Trace, place: int, ids: Sequence[int]) -> np.ndarray:
    """What each token has brought into each logit through each head, (L, H, S, n): the sum over S is
    `by_head`.
    """
    reader, config = reader_of(bundle, trace), trace.config
    rows, norm = reader.rows(list(ids))[0], reader.end([place])
    shares = np.zeros((config.layers, config.heads, len(trace.tokens), len(rows)))
    for layer in range(config.layers):
        for head in range(config.heads):
            values = brought(reader, Part(HEAD, layer, head), place)  # (S, D)
            shares[layer, head] = norm.of(reader.output(layer, head, values)[:, None])[:, 0] @ rows.T
    return shares


@torch.inference_mode()
def knocked_out(bundle: Bundle, trace: Trace, place: int, ids: Sequence[int]) -> np.ndarray:
    """By how much the logits of these tokens fall once each head by itself puts out nothing: (L, H, n),
    positive where the head has helped.
    """
    network, config, row = bundle.network, trace.config, trace.ids.tolist()
    singles, logits = knockouts.singles(config), []
    size = knockouts.fitting(config, len(row))
    for first in range(0, len(singles), size):
        out = knockouts.marked(config, singles[first : first + size])
        final = knockouts.run(network, row, knockouts.silence, out).final[:, place]
        logits.append(network.unembed(final)[:, list(ids)])
    without = torch.cat(logits).reshape(config.layers, config.heads, -1).numpy()
    return trace.logits[place, list(ids)] - without
