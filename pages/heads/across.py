"""Across layers: mean weights, rollout and gradient side by side, and how far they agree."""

from itertools import combinations

import numpy as np
import streamlit as st

from model import load
from model.analysis import flow, leak, ranks, sensitivity
from model.analysis.senses import parts
from pages import _fold, _progress, _shell, _words
from pages._control import Slider, pause
from pages._numbers import percent, signed, uncertain
from pages.heads.gradient import EXACT, LONGEST, WAYS, Gradient, along, overall, rows, weights
from pages.heads.pair import look_at
from viz.component.panels import panels

DEPTH = "heads.depth"
OPENING = (
    "Three answers to “which words is this word made of?”, which often disagree. **Move the slider through "
    "the layers**, and look where the three put the darkest cells of a row."
)


def show(view):
    """Show mean weights, rollout and gradient up to the chosen layer."""
    trace, T, L = view.trace, len(view.trace.tokens), view.trace.config.layers
    layers = Slider("Up to layer", DEPTH, range(1, L + 1), L, look={"width": 260})
    depth = layers.value()
    with view.row:
        layers.draw()
    means, rollouts = weights(view.choice.model, trace.text)
    maps = {f"mean of layer {depth}": flow.shares(means[depth - 1]), "rollout": rollouts[depth - 1]}
    gradient = by_gradient(view, depth)
    maps["gradient"] = gradient.shares
    allowed = leak.reachable(load(view.choice.model).network.mask(T).numpy(), depth)
    row = allowed[view.query]
    agree = agreement(maps["rollout"][view.query][row], maps["gradient"][view.query][row])
    draw(view, maps, allowed, gradient)
    st.markdown(
        f"For {_shell.plain(trace.tokens[view.query])} rollout and gradient have a rank correlation of "
        f"**{agree}**. {firsts(view, maps, row)}"
    )
    with st.container(horizontal=True):
        view.asks.draw()
        view.answers.draw()
    _fold.fold("What the three are", "heads.meaning", meaning, view, gradient)
    _fold.fold("How far they agree", "heads.agree", compare, view, maps, allowed, depth, gradient)
    _fold.sources("heads.code", flow.rollout, sensitivity.squares, sensitivity.along, ranks.correlation)


def by_gradient(view, depth):
    """The Gradient of the stream after `depth` layers, at last of the model's output; with a bar once it has
    taken half a second.
    """
    name, ids = view.choice.model, tuple(map(int, view.trace.ids))
    T, at, C = len(ids), None if depth == view.trace.config.layers else depth, view.trace.config.width
    exact = tuple(range(T)) if T <= EXACT else (view.query,)
    seeds = range(1, WAYS + 1) if EXACT < T <= LONGEST else ()
    dimensions = parts(range(C), sensitivity.together(T))
    jobs = [(rows, (name, ids, i, tuple(some), at)) for i in exact for some in dimensions]
    jobs += [(along, (name, ids, at, seed)) for seed in seeds]
    computed = {rows: [], along: []}
    for function, arguments in _progress.watched(jobs, "Asking how each word would move this one"):
        computed[function].append(function(*arguments))
    samples = np.stack(computed[along]) if seeds else None
    shares = flow.shares(sensitivity.norms(samples)[0]) if seeds else np.full((T, T), np.nan)
    squares = np.sum(np.split(np.stack(computed[rows]), len(exact)), axis=1)  # (rows, T)
    shares[list(exact)] = flow.shares(np.sqrt(squares))
    return Gradient(shares, exact, samples)


def precision(gradient):
    """How exact the gradient is, in words."""
    if gradient.samples is None:
        return "exact"
    error = sensitivity.norms(gradient.samples)[1]
    return (
        f"exact in the row of the token that asks, in the others estimated along {WAYS} random directions, "
        f"give or take {percent(error)} a cell"
    )


def window(T, query):
    """The tokens that are drawn: all, or LONGEST of them around the one that asks."""
    first = min(max(0, query - LONGEST // 2), max(0, T - LONGEST))
    return slice(first, min(T, first + LONGEST))


def draw(view, maps, allowed, gradient):
    """The three matrices side by side under one crosshair."""
    trace, T = view.trace, len(view.trace.tokens)
    seen = window(T, view.query)
    shown = {title: np.where(allowed, values, np.nan)[seen, seen] for title, values in maps.items()}
    labels = _words.labels(trace, seen)
    inside = view.key if seen.start <= view.key < seen.stop else view.query
    panels(
        {title: labels.matrix(values) for title, values in shown.items()},
        rows=labels.names,
        columns=labels.names,
        key="heads.flow",
        across=3,
        side=300,
        selected=labels.cell(view.query, inside),
        label="what each token’s content comes from; each row sums to 1",
        revision=trace.text,
        on_select=labels.chosen(look_at),
    )
    pause()
    labels.draw(next(iter(shown.values())))


def meaning(view, gradient):
    """How each of the three measures is made."""
    T, seen = len(view.trace.tokens), window(len(view.trace.tokens), view.query)
    cut = ""
    if T > LONGEST:
        cut = (
            f". Of {T:,} tokens, {seen.start + 1} to {seen.stop} are drawn, those around the one that asks; "
            f"for texts of more than {LONGEST} tokens the gradient is asked for that one’s row only"
        )
    st.markdown(
        "Rows ask, columns answer; all are on one scale, 0 to 1, and each row is divided by its sum. Mean: "
        "the weights of the layer’s heads, averaged: one layer’s looks. Rollout: the product over the layers "
        "so far, each half itself and half its mean. Gradient: |∂x / ∂e|, what a small change of each word "
        f"would really do, {precision(gradient)}; x the token after the layer chosen, after the last one the "
        f"model’s output, e each embedding{cut}."
    )


def compare(view, maps, allowed, depth, gradient):
    """Spearman's rank correlation of each pair of measures, for the chosen row and for all."""
    row = allowed[view.query]
    lines = ["| rank correlation of | this row | all rows, on average | all cells |", "|---|---|---|---|"]
    for (one, a), (other, b) in combinations(maps.items(), 2):
        cells = [agreement(a[view.query][row], b[view.query][row]), "–", "–"]
        if row.size <= LONGEST or "gradient" not in (one, other):
            asked = view.choice.model, view.trace.text, depth, view.query, (one, other), a, b, allowed
            correlations, errors = overall(*asked, gradient)
            cells[1:] = map(correlation_text, correlations, errors)
            if allowed.sum() < 3:
                cells[2] = "–"
        lines.append(f"| {one} and {other} | **{cells[0]}** | {cells[1]} | {cells[2]} |")
    st.markdown(
        "Attention says where a head looks, not what comes of it: values may be small, cancel out, or be "
        "undone by an MLP, and rollout knows of none of these. The gradient knows them all, but only for "
        "small changes. 1 would be the same order of tokens, 0 none in common."
    )
    st.markdown("\n".join(lines))
    st.caption(
        f"Spearman’s, over the cells that the mask allows: the {int(row.sum())} of this row; the mean over "
        f"the rows with three cells or more; all {int(allowed.sum()):,} together, where it counts as "
        "agreement that longer rows have smaller shares."
    )


def firsts(view, maps, row):
    """Which other token each measure puts first, and what it leaves to the token itself."""
    tokens, sentences = view.trace.tokens, []
    others = row & (np.arange(len(row)) != view.query)
    if not others.any():
        return ""
    for title, values in maps.items():
        shares = values[view.query]
        most = int(np.where(others, shares, -1).argmax())
        sentences.append(
            f"by {title} from {_words.named(tokens, most)} ({percent(shares[most], 1)}, itself "
            f"{percent(shares[view.query], 1)})"
        )
    asks = _shell.plain(tokens[view.query])
    return f"The largest share that {asks} takes from another token: {'; '.join(sentences)}. "


def correlation_text(value, error):
    """A rank correlation as text, with its standard error if it has one."""
    return uncertain(value, error, sign=True) if error > 0 else signed(value, 2)


def agreement(a, b):
    """A rank correlation as text; of fewer than three cells it says nothing."""
    return signed(ranks.correlation(a, b), 2) if len(a) > 2 else "–"
