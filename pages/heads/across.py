"""Across layers: the mean over the heads of a layer, attention rollout, and influence by gradient, on one
scale, and how far they agree.
"""

from itertools import combinations

import numpy as np
import streamlit as st

from model import load
from model.analysis import flow, leak, ranks
from model.trace import frozen
from pages import _shell
from pages._cache import remembered
from pages._control import Slider
from pages._numbers import percent, signed
from pages.heads.pair import look_at
from viz.component.panels import panels

DEPTH = "heads.depth"
WAYS = 8  # random directions for the gradients
# tokens of a text for which the gradient of every output is taken; of a longer one that many are drawn, and
# the chosen row is asked
LONGEST = 48


@remembered()
def weights(name, text):
    """The mean over heads and the rollout after each layer, both (L, T, T) and read-only."""
    means = flow.means(_shell.explain(text, name))
    return frozen(means), frozen(flow.rollout(means))


@remembered()
def squares(name, ids, depth, seed, row=None):
    """leak.squares for one random direction, of all outputs (T, T) or of one (1, T); depth None is the
    model's output.
    """
    network = load(name).network
    end = (
        len(ids) if row is None or not network.config.causal else row + 1
    )  # what comes later has no way into this one
    way, rows = leak.direction(network.config.width, seed), slice(None) if row is None else [row]
    found = leak.squares(network, ids[:end], network.mask(end), way, depth, rows)
    return frozen(np.pad(found, ((0, 0), (0, len(ids) - end))))


@remembered()
def overall(name, text, depth, pair, _a, _b, _allowed):
    """The rank correlation of two measures (T, T), named by `pair`: the mean over the rows of three cells or
    more, NaN if there are none, and of all cells.
    """
    rows = [
        ranks.correlation(a[may], b[may]) for a, b, may in zip(_a, _b, _allowed, strict=True) if may.sum() > 2
    ]
    return np.mean(rows) if rows else np.nan, ranks.correlation(_a[_allowed], _b[_allowed])


def section(view):
    """Draw all of it up to the chosen layer."""
    trace, T, L = view.trace, len(view.trace.tokens), view.trace.config.layers
    layers = Slider("Up to layer", DEPTH, range(1, L + 1), L, look={"width": 260})
    depth = layers.value()
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for control in (layers, view.asks, view.answers):
            control.draw()
    means, rollouts = weights(view.choice.model, trace.text)
    maps = {f"mean of layer {depth}": means[depth - 1], "rollout": rollouts[depth - 1]}
    maps["gradient"], unsure = gradient(view, depth)
    allowed = load(view.choice.model).network.mask(T).numpy()
    row = allowed[view.query]
    agree = agreement(maps["rollout"][view.query][row], maps["gradient"][view.query][row])
    head.markdown(
        "Three answers to “which words is this word made of?”, which often disagree. **Move the slider "
        "through the layers**: the mean shows one layer’s looks, "
        "rollout multiplies the looks of all layers so far, and the gradient says what a small change of "
        "each word would really do. "
        f"For {_shell.plain(trace.tokens[view.query])} rollout and gradient have a rank correlation of "
        f"**{agree}**."
    )
    draw(view, maps, allowed, unsure)
    compare(view, maps, allowed, depth)
    _shell.heading("The functions that computed this")
    _shell.show_source(flow.rollout, leak.squares, ranks.correlation)


def gradient(view, depth):
    """|d x_i / d e_j| as shares of each row, (T, T), x the stream after `depth` layers, at last the model's
    output; and a sentence on how sure that is.

    Direction by direction, with a bar once it has taken half a second. A text too long for all has the chosen
    row only, the others are NaN.
    """
    name, ids = view.choice.model, tuple(map(int, view.trace.ids))
    T, L = len(ids), view.trace.config.layers
    row = view.query if T > LONGEST else None
    seeds = _shell.watched(range(1, WAYS + 1), f"Asking for gradients along {WAYS} random directions")
    made = [squares(name, ids, None if depth == L else depth, seed, row) for seed in seeds]
    mean = np.mean(made, axis=0)
    seen = mean > 0
    unsure = (
        np.std(made, axis=0, ddof=1)[seen] / np.sqrt(WAYS) / (2 * mean[seen])
    )  # the standard error of a root is that of the mean over twice the root
    found = np.full((T, T), np.nan)
    found[slice(None) if row is None else row] = flow.shares(np.sqrt(mean))
    return found, f", give or take {percent(np.sqrt(np.mean(unsure**2)))} a cell"


def window(T, query):
    """The tokens that are drawn: all, or LONGEST of them around the one that asks."""
    first = min(max(0, query - LONGEST // 2), max(0, T - LONGEST))
    return slice(first, min(T, first + LONGEST))


def draw(view, maps, allowed, unsure):
    """The three matrices side by side under one crosshair."""
    trace, T = view.trace, len(view.trace.tokens)
    seen = window(T, view.query)
    shown = {title: np.where(allowed, values, np.nan)[seen, seen] for title, values in maps.items()}
    tokens, first = trace.tokens[seen], seen.start
    inside = view.key if seen.start <= view.key < seen.stop else view.query
    panels(
        shown,
        rows=tokens,
        columns=tokens,
        key="heads.flow",
        across=3,
        side=330,
        selected=(view.query - first, inside - first),
        label="what each token’s content comes from; each row sums to 1",
        revision=trace.text,
        on_select=lambda: take(first),
    )
    _shell.pause()
    cut = ""
    if T > LONGEST:
        cut = (
            f". Of {T:,} tokens, {first + 1} to {seen.stop} are drawn, those around the one that asks; for "
            f"texts of more than {LONGEST} tokens "
            "the gradient is asked for that one’s row only"
        )
    st.caption(
        "row asks, column answers; one scale, 0 to 1, and each row is divided by its sum. Mean: the weights "
        "of the layer’s heads, averaged. Rollout: the "
        "product over the layers so far, each half itself and half its mean. Gradient: |∂x / ∂e|, from "
        f"{WAYS} random directions{unsure}, x the token after "
        f"the layer chosen, after the last one the model’s output, e each embedding{cut}"
    )


def take(first):
    if cell := st.session_state["heads.flow"].get("cell"):
        look_at(cell[0] + first, cell[1] + first)


def compare(view, maps, allowed, depth):
    """Spearman's rank correlation of each pair of measures, for the chosen row and for all."""
    row = allowed[view.query]
    lines = ["| rank correlation of | this row | all rows, on average | all cells |", "|---|---|---|---|"]
    for (one, a), (other, b) in combinations(maps.items(), 2):
        cells = [agreement(a[view.query][row], b[view.query][row]), "–", "–"]
        if row.size <= LONGEST or "gradient" not in (one, other):
            average, whole = overall(view.choice.model, view.trace.text, depth, (one, other), a, b, allowed)
            cells[1:] = (
                "–" if np.isnan(average) else signed(average, 2),
                signed(whole, 2) if allowed.sum() > 2 else "–",
            )
        lines.append(f"| {one} and {other} | **{cells[0]}** | {cells[1]} | {cells[2]} |")
    _shell.heading("How far they agree")
    st.markdown(
        firsts(view, maps, row)
        + "Attention says where a head looks, not what comes of it: values may be small, cancel out, or "
        "be undone by an MLP, and "
        "rollout knows of none of these. The gradient knows them all, but only for small changes. 1 would be "
        "the same order of tokens, 0 none in common."
    )
    st.markdown("\n".join(lines))
    st.caption(
        f"Spearman’s, over the cells that the mask allows: the {int(row.sum())} of this row; the mean over "
        "the rows with three cells or more; "
        f"all {int(allowed.sum()):,} together, where that longer rows have smaller shares counts as agreement"
    )


def firsts(view, maps, row):
    """Which other token each measure puts first, and what it leaves to the token itself."""
    tokens, told = view.trace.tokens, []
    others = row & (np.arange(len(row)) != view.query)
    if not others.any():
        return ""
    for title, values in maps.items():
        shares = values[view.query]
        most = int(np.where(others, shares, -1).argmax())
        told.append(
            f"by {title} {_shell.plain(tokens[most])} ({percent(shares[most], 1)}, itself "
            f"{percent(shares[view.query], 1)})"
        )
    return f"Of the other tokens {_shell.plain(tokens[view.query])} is made most of, {'; '.join(told)}. "


def agreement(a, b):
    """A rank correlation as text; of fewer than three cells it says nothing."""
    return signed(ranks.correlation(a, b), 2) if len(a) > 2 else "–"
