"""Content and position: a score taken apart into maps that add up to it."""

import numpy as np
import streamlit as st

from model.analysis import order
from model.network.encodings import ENCODINGS
from pages import _fold, _shell
from pages._control import picture_first
from pages._numbers import number, percent, plural
from pages.positions import encodings
from viz.component.panels import panels

OPENING = (
    "Does a head look at a word for what it is, or for where it stands? **Choose an encoding**, and click a "
    "cell: its score is the sum of the numbers over the panels."
)
SHOWN = 64  # tokens of a long text that are drawn
FORMULAS = {  # by where the encoding enters
    "nowhere": r"s_{ij} = \frac{q_i \cdot k_j}{\sqrt D}",
    "queries and keys": r"s_{ij} = \frac{q_i \cdot k_j}{\sqrt D} "
    r"+ \frac{R_i q_i \cdot R_j k_j - q_i \cdot k_j}{\sqrt D}",
    "scores": r"s_{ij} = \frac{q_i \cdot k_j}{\sqrt D} + b_{ij}",
    "embedding": r"s_{ij} = \tfrac{1}{\sqrt D}\,W_q(\hat c_i + \hat p_i) \cdot W_k(\hat c_j + \hat p_j), "
    r"\qquad \hat c = \gamma\,\frac{c - \bar c}{\sigma(c + p)} + \beta, \qquad "
    r"\hat p = \gamma\,\frac{p - \bar p}{\sigma(c + p)}",
}
MEANINGS = {
    "nowhere": (
        "There is no encoding, so the content is all there is. Behind the first layer that content may "
        "hold something of the order, by way of the causal mask."
    ),
    "queries and keys": (
        "Turning multiplies, it does not add: no part of the score belongs to position alone. What can "
        "be shown is the score without turning, and what turning changes about it. Queries and keys "
        "behind the first layer already hold something of the positions."
    ),
    "scores": (
        "The bias is added to the score as it is, in every layer, and knows nothing of the words: this "
        "split is exact everywhere. But behind the first layer the content has itself been mixed by "
        "weights that followed the bias."
    ),
    "embedding": (
        "What goes into the first layer is a word’s embedding plus its position. Between them and the "
        "scores stands LayerNorm, which is no sum: it divides by the standard deviation of both "
        "together. Once that number is fixed to the real one, it is linear, and the two can be followed "
        "on: four products. Its learned offset β, the same for every token, is counted with the content. "
        "Behind the first layer the MLPs have mixed the two, and no split is defined."
    ),
}


def show(view):
    """Show the parts that the scores of a head are the sum of."""
    text = view.text
    T = len(encodings.read(text))
    encoding = encodings.encoding_control("positions.split", "sinusoidal")
    layers, heads = encodings.layer_control(1), encodings.head_control(6)
    name, head = encoding.value(), heads.value() - 1
    enters = ENCODINGS[name].enters
    layer = 0 if enters == "embedding" else layers.value() - 1
    controls = (encoding, heads) if enters == "embedding" else (encoding, layers, heads)
    with picture_first(*controls, row=view.row):
        encodings.fits_or_ends(name, T)
        trace = _shell.explain(text, f"decoder-{name}")
        attention = trace.layers[layer].attention
        real, allowed = attention.scaled(head), attention.head(head).allowed
        parts = order.score_parts(encodings.bundle(name).network, trace, layer, head)
        error = float(np.abs(sum(parts.values()) - real).max())
        query, key = (control.value() for control in encodings.pair_controls(trace.tokens))
        start = max(0, min(query - SHOWN // 2, T - SHOWN))
        part = slice(start, start + SHOWN)
        maps = {
            title: np.where(allowed, values, np.nan)[part, part]
            for title, values in (parts | {"the score": real}).items()
        }
        tokens = trace.tokens[part]
        panels(
            maps,
            rows=tokens,
            columns=tokens,
            key="positions.parts",
            kind="signed",
            across=3,
            side=150 if len(maps) > 3 else 300,
            revision=f"{name}:{text}",
            selected=(query - start, key - start),
            on_select=lambda row, column: encodings.take_pair(start + row, start + column),
            label=f"{name}, layer {layer + 1}, head {head + 1}: the parts of its scores",
        )
    about(parts, real, error, allowed, trace.tokens, query, key)
    _fold.fold("What the parts are", "positions.parts_are", meaning, enters)
    _fold.sources("positions.code", order.normalised if enters == "embedding" else order.score_parts)


def about(parts, real, error, allowed, tokens, query, key):
    """The sum in the chosen cell, and over all cells."""
    numbers = " + ".join(f"{title} {number(values[query, key], 3)}" for title, values in parts.items())
    st.caption(
        "Rows ask, columns answer; all panels are on one scale, symmetric about 0: vermillion above, blue "
        "below. Masked: the causal mask."
    )
    st.markdown(
        f"{_shell.plain(tokens[query])} asks, {_shell.plain(tokens[key])} answers: {numbers} = "
        f"**{number(real[query, key], 3)}**. Over {plural('cell', real.size)} the sum differs from the "
        f"score that the model computed by at most **{number(error, digits=2)}**. {brought(parts, allowed)}"
    )


def meaning(enters):
    """What the parts of a score are where an encoding enters there."""
    _shell.say(
        FORMULAS[enters],
        MEANINGS[enters],
        "Adding the same number to a whole row changes nothing: the softmax looks only at differences within "
        "a row.",
    )


def brought(parts, allowed):
    """Which part makes the scores of a row differ."""
    shares = order.credit(parts, allowed)
    if len(parts) == 1 or any(map(np.isnan, shares.values())):
        return ""
    credits = ", ".join(f"{title} {percent(share)}" for title, share in shares.items())
    return f"Of what varies within the rows, the parts bring: {credits}."
