"""What each head does with a text, in numbers, beside the same numbers of a uniform head, which gives all
tokens that it may see the same weight.

A head earns a name by a rule with two thresholds. The names of PLACES each stand for something to look at;
"induction" are the tokens after the earlier copies of the one that is read (Olsson 2022, arXiv:2209.11895).
The score of each is the mean weight on that place; a head earns the name if its score has come HALF of the
distance from the uniform head's score to 1, and of several names the one whose score has come furthest. Else
it is "broad" if its rows have nearly ALL the bits of a uniform head's, and otherwise it has no name. On texts
under LEAST tokens the places are too often the same token, and no head earns a name.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from torch import Tensor

from model.analysis import sink
from model.analysis import strings as repeats
from model.bundle import Bundle
from model.network import masks
from model.trace import AttentionTrace, Trace

HALF, ALL, LEAST = 0.5, 0.9, 8
NONE = ""
PLACES = (
    "previous token",
    "first token",
    "itself",
    "same word before",
    "punctuation",
    "subject of the verb",
    "induction",
)
# The strings for the induction score: tokens before they repeat themselves, and how many strings there are.
PERIOD, STRINGS = 32, 8
SEED = 7

# ---- what is measured of one head's weights (T, S) ----


def uniform(allowed: np.ndarray | Tensor) -> np.ndarray:
    """The weights (T, S) of a head that gives all tokens it may see the same weight."""
    allowed = masks.checked(allowed).numpy()
    return allowed / allowed.sum(axis=-1, keepdims=True)


def uniforms(trace: Trace) -> list[np.ndarray]:
    """The weights (T, S) of a uniform head of each layer, L of them."""
    return [uniform(layer.attention.head(0).allowed) for layer in trace.layers]


def entropy(weights: np.ndarray) -> float:
    """Mean entropy of the rows in bits: 0 where every token looks at one other, at most log2 S."""
    w = weights.astype(np.float64)
    return -(w * np.log2(np.where(w > 0, w, 1))).sum(axis=-1).mean() + 0.0


def distance(weights: np.ndarray) -> float:
    """Mean distance |i - j| that is looked across, in tokens: from 0 to S - 1."""
    i, j = np.indices(weights.shape, sparse=True)
    return (weights * np.abs(i - j)).sum(axis=-1, dtype=np.float64).mean()


def previous(weights: np.ndarray) -> float:
    """Mean weight on the token before, i - 1, in [0, 1]; the first token has none."""
    return np.diagonal(weights, -1).mean(dtype=np.float64)


def itself(weights: np.ndarray) -> float:
    """Mean weight of the tokens on themselves, in [0, 1]."""
    return np.diagonal(weights).mean(dtype=np.float64)


def on(weights: np.ndarray, targets: np.ndarray) -> float:
    """The weight on the targets, (T, S) of bool, of each row together: the mean over the rows that have any;
    NaN if there is none.
    """
    rows = targets.any(axis=-1)
    return (weights * targets)[rows].sum(axis=-1, dtype=np.float64).mean() if rows.any() else np.nan


def copies(tokens: Sequence[str]) -> np.ndarray:
    """The same word before: (T, T), True where an earlier token has the same letters, in any case."""
    words = np.array([token.strip().casefold() for token in tokens])
    spoken = [any(map(str.isalnum, word)) for word in words]
    return np.tril(words[:, None] == words, -1) & np.array(spoken)[:, None]


def marks(tokens: Sequence[str]) -> np.ndarray:
    """Punctuation: (T, T), True where a token with letters or digits can look back at one without."""
    spoken = np.array([any(map(str.isalnum, token)) for token in tokens])
    seen = np.array([bool(token.strip()) for token in tokens])
    return np.tril(spoken[:, None] & ~spoken & seen, -1)


def induction(weights: np.ndarray, period: int) -> float:
    """The weight on all tokens that came after an earlier copy of the one that is read, on i - k period + 1
    for k = 1, 2, ... together: the mean over all tokens that have such a copy, in [0, 1].

    The prefix matching score (Olsson 2022), which counts all earlier copies: a head may look at any of them.
    """
    copies = [np.diagonal(weights, 1 - back)[1:] for back in range(period, len(weights), period)]
    return sum(copy.sum(dtype=np.float64) for copy in copies) / (len(weights) - period)


MEASURES = {
    "entropy": entropy,
    "distance": distance,
    "first token": sink.share,
    "previous token": previous,
    "itself": itself,
}
TARGETS = {"same word before": copies, "punctuation": marks}  # of these, those that a text has are measured

# ---- of all heads ----


class Measured(NamedTuple):
    """One measure of all heads, (L, H), and of a uniform head under the mask of each layer, (L, 1)."""

    heads: np.ndarray
    uniform: np.ndarray


def measure(trace: Trace, known: Sequence[np.ndarray] | None = None) -> dict[str, Measured]:
    """{name: Measured} of all MEASURES on this text, and of those TARGETS that it has; `known`, if given, is
    what `scores` made of each layer.

    ValueError if the text is a single token, which looks at nothing but itself.
    """
    if len(trace.tokens) < 2:
        raise ValueError(
            "A single token can look at nothing but itself, so there is nothing to measure. "
            "Type a few words more."
        )
    found = np.stack(known or [scores(layer.attention, trace.tokens) for layer in trace.layers])
    names = (*MEASURES, *TARGETS)  # found (L, H + 1, measures)
    every = {name: Measured(found[:, :-1, i], found[:, -1:, i]) for i, name in enumerate(names)}
    return {name: one for name, one in every.items() if not np.isnan(one.uniform).any()}


def scores(attention: AttentionTrace, tokens: Sequence[str]) -> np.ndarray:
    """What `score` says of each head of one layer, and last of a uniform one, (H + 1, measures)."""
    heads = [attention.weights(head) for head in range(len(attention.q))]
    return score([*heads, uniform(attention.head(0).allowed)], tokens)


def score(heads: Sequence[np.ndarray], tokens: Sequence[str]) -> np.ndarray:
    """All MEASURES of heads with these weights (T, T), then all TARGETS, NaN where the text has none:
    (heads, measures).
    """
    rules = [*MEASURES.values(), *(partial(on, targets=find(tokens)) for find in TARGETS.values())]
    return np.array([[rule(weights) for rule in rules] for weights in heads], dtype=np.float64)


def strings(bundle: Bundle) -> Tensor:
    """Strings of random token ids that are said twice, (STRINGS, 2 PERIOD): of the whole vocabulary but what
    stands for no text, or of the symbols that a toy knows.
    """
    symbols = repeats.SYMBOLS
    if bundle.tokenizer.knows_words:
        symbols = np.setdiff1d(np.arange(bundle.config.vocabulary), list(bundle.tokenizer.specials))
    return repeats.strings(STRINGS, 2 * PERIOD, seed=SEED, periods=(PERIOD, PERIOD), symbols=symbols)[0]


def repeat(bundle: Bundle) -> Measured:
    """The induction score of all heads, Measured on strings that repeat."""
    traces = [bundle.reread(ids) for ids in strings(bundle).tolist()]
    heads = range(bundle.config.heads)
    scores = [
        [[induction(layer.attention.weights(head), PERIOD) for head in heads] for layer in trace.layers]
        for trace in traces
    ]
    flat = [[induction(one, PERIOD)] for one in uniforms(traces[0])]
    return Measured(np.mean(scores, axis=0), np.array(flat))


def way(measured: Mapping[str, Measured]) -> dict[str, np.ndarray]:
    """How far each head has come towards each of the PLACES that were measured, {name: (L, H)}: 0 for a
    uniform head, 1 for one that looks there and nowhere else.
    """
    known = {name: measured[name] for name in PLACES if name in measured}
    return {name: (one.heads - one.uniform) / (1 - one.uniform) for name, one in known.items()}


def on_text(measured: Mapping[str, Measured]) -> list[str]:
    """Those of the PLACES measured that lie in the text, not in strings or sentences of our own."""
    return [name for name in PLACES if name in measured and name in (*MEASURES, *TARGETS)]


def names(measured: Mapping[str, Measured], tokens: int) -> np.ndarray:
    """The name that each head has earned, (L, H) of str, NONE for most, from {measure: Measured}; `tokens` is
    the length of the text.
    """
    shares = way(measured)
    places, share = np.array(list(shares)), np.stack(list(shares.values()))  # (places, L, H)
    broad = measured["entropy"].heads >= ALL * measured["entropy"].uniform
    earned = np.where(broad, "broad", NONE)
    earned = np.where(share.max(axis=0) >= HALF, places[share.argmax(axis=0)], earned)
    return earned if tokens >= LEAST else np.full_like(earned, NONE)


def named_first(measured: Mapping[str, Measured], tokens: int) -> np.ndarray:
    """The heads, counted layer by layer, (L H,): by name in the order of PLACES, within a name those first
    that have come furthest, then the broad ones, and last those without a name.
    """
    earned = names(measured, tokens).ravel()
    ranks = {name: i for i, name in enumerate((*PLACES, "broad", NONE))}
    furthest = np.max(list(way(measured).values()), axis=0).ravel()
    return np.lexsort((-furthest, [ranks[name] for name in earned]))
