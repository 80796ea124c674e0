"""Does a trace tell what the model did? Identities that must hold in every pass, each with its largest error.

Legend: T tokens, C model width.
"""

from typing import NamedTuple

import numpy as np
import torch

from model.analysis import leak
from model.bundle import Bundle
from model.trace import AttentionTrace, Trace

ROUNDING = 1e-4  # of numbers of about 1 in float32, through all layers
SUMS = "before", "parallel"  # places of the norms where what a part puts out is added as it is


class Check(NamedTuple):
    """An identity, and by how much it fails at most."""

    claim: str
    error: float
    bound: float = ROUNDING

    @property
    def held(self) -> bool:
        """Whether the error is within the bound."""
        return self.error <= self.bound


def checks(bundle: Bundle, trace: Trace) -> list[Check]:
    """The Checks of a trace of the model as trained, without those that its architecture does not have."""
    attentions = [one for layer in trace.layers for one in layer.attentions]
    found = []
    if attentions:
        found += [
            rows(attentions),
            Check("What may not be seen weighs exactly 0", max(map(forbidden, attentions)), 0.0),
            Check("Weights times values are what the heads put out", trace.error()),
        ]
    if trace.config.residual in SUMS and attentions:
        found += residual(trace)
    if trace.config.causal and len(trace.ids) > 1:
        moved = leaked(bundle, trace)
        found.append(Check("No token knows of a later one", moved, trace.config.rounding))
    return found


def rows(attentions: list[AttentionTrace]) -> Check:
    """Whether the weights of a row sum to 1, or to less where a sink takes a share."""
    heads = [(one, head) for one in attentions for head in range(len(one.q))]
    over = np.concatenate([one.weights(head).sum(-1) - 1 for one, head in heads])
    if any(one.sinks is not None for one in attentions):
        return Check("Each row of weights sums to at most 1, its sink aside", max(0.0, float(over.max())))
    return Check("Each row of weights sums to 1", float(np.abs(over).max()))


def forbidden(attention: AttentionTrace) -> float:
    """The largest weight on what a token may not see."""
    parts = [
        attention.weights(head)[~attention.head(head).allowed].max(initial=0.0)
        for head in range(len(attention.q))
    ]
    return float(max(parts))


def residual(trace: Trace) -> list[Check]:
    """Whether each layer adds to the stream what its attention and its MLP put out."""
    mid = max(relative(one.resid_in + one.attention.out, one.resid_mid) for one in trace.layers)
    out = max(relative(one.resid_mid + one.mlp_out, one.resid_out) for one in trace.layers)
    return [
        Check("The stream after attention is the stream before, plus what attention puts out", mid),
        Check("The stream after the MLP is the stream before, plus what the MLP puts out", out),
    ]


def relative(sum_of_parts: np.ndarray, whole: np.ndarray) -> float:
    """The largest difference of two streams (T, C), as a share of the largest number."""
    return float(np.abs(sum_of_parts - whole).max() / np.abs(whole).max())


def leaked(bundle: Bundle, trace: Trace) -> float:
    """How far the end of the stream moves before the last token once that is another one, at most, as a share
    of a token's length.
    """
    ids = trace.ids.tolist()
    other = [*ids[:-1], (ids[-1] + 1) % trace.config.vocabulary]
    before, after = (torch.tensor(bundle.reread(one).final[:-1]) for one in (ids, other))
    return float(leak.relative(before, after, 0.0).max())
