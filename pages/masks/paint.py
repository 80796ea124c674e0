"""The mask beside scores and weights: chosen or painted by hand, the model run with it, and what that does to
each token.
"""

import numpy as np
import streamlit as st

from model import masks
from model.analysis import chance
from pages import _fold, _foreign, _shell, _sidebar
from pages._control import pause
from pages._findings import quoted
from pages._numbers import compared, number, plural, tex
from pages.masks import chosen
from viz import masks as figures
from viz.component import heatmap

OPENING = (
    "The mask says who may look at whom; the softmax shares its weights out among what is left. **Choose a "
    "mask, or click and drag over cells of the first picture**: the model runs again with it."
)
HEIGHT = 275


def show(view):
    """Show the mask beside the scores and the weights, and what the model does under it."""
    choice = view.choice
    original = _sidebar.read(choice)
    T = len(original.tokens)
    mask = chosen.chosen(choice.model, T)
    # before the pictures, which must not move under the pointer that paints
    with view.row:
        chosen.controls(choice.model, mask)
    own = chosen.own(choice.model, T)
    allowed = mask.allowed(own)
    trace = None if chosen.empty_rows(allowed) else chosen.explain(choice.text, choice.model, mask)
    pictures(choice, trace, original.tokens, chosen.of_head(allowed, choice.layer, choice.head))
    pause()
    if trace is None:
        return
    attention, title = trace.layers[choice.layer].attention, trace.config.encoding.title
    holds = (
        "the model’s own mask differs from layer to layer, and this is that of this layer; what you paint "
        "holds in all"
        if allowed.ndim == 4
        else "the mask is the same in all layers and heads"
    )
    st.caption(
        f"Layer {choice.layer + 1}, head {choice.head + 1}; {holds}. Rows ask, columns answer; "
        f"{_foreign.row_sum(attention)}."
        + f" Painting is for up to {chosen.LONGEST} tokens; this text has {T:,}."
        * (T > chosen.LONGEST)
    )
    effect(choice.model, original, trace, mask, own)
    _fold.fold("How a mask comes into the softmax", "masks.formula", formula, attention, title)
    _fold.sources("masks.code", masks.causal, masks.window, masks.prefix)


def pictures(choice, trace, tokens, allowed):
    """Mask, scores and weights in a row; without a trace the mask alone."""
    where, paint = st.columns(3), {"on_paint": chosen.take_paint} if len(tokens) <= chosen.LONGEST else {}
    labels = {"rows": tokens, "columns": tokens, "height": HEIGHT, "revision": choice.text}
    with where[0]:
        heatmap(allowed, key="masks.painter", kind="mask", label="1 mask", **labels, **paint)
    if trace is None:
        with where[1]:
            chosen.refuse(chosen.empty_rows(allowed), tokens)
        return
    attention = trace.layers[choice.layer].attention
    with where[1]:
        heatmap(
            attention.scores(choice.head),
            key="masks.scores",
            kind="signed",
            label="2 scores, before the softmax",
            **labels,
        )
    with where[2]:
        heatmap(
            attention.weights(choice.head),
            key="masks.weights",
            allowed=allowed,
            label="3 weights, after the softmax",
            **labels,
        )


def effect(name, original, trace, mask, own):
    """How far each output has moved from what the model's own mask gives."""
    predicts = trace.logits is not None
    moved = chosen.moved(trace.text, name, mask)
    unit = "bits" if predicts else "relative change"
    _shell.show(
        figures.moved(moved, trace.tokens, unit=unit),
        key="masks.moved",
        finding=f"{quoted(trace.tokens[moved.argmax()])} moves most, by {number(moved.max())}"
        if moved.max() > 0
        else "nothing has moved: all bars are 0",
        shows=f"how far the output of each token has moved, {unit}",
    )
    measure = (
        "Kullback-Leibler divergence of the belief about the next token, in bits, from the belief under the "
        "model’s own mask"
        if predicts
        else "|f − f′| / |f| of the final vector f, from that under the model’s own mask"
    )
    trained = chosen.trained(original.config, own)
    if chosen.same(mask.allowed(own), own):
        st.markdown(
            f"This is the mask that {name} was trained with, {trained}, so nothing has moved: all bars are "
            f"**0**. Each bar is the {measure}."
        )
        return
    most = int(moved.argmax())
    still = int((moved == 0).sum())
    by = (
        f"**{plural('bit', moved[most])}**" if predicts else f"a relative change of **{number(moved[most])}**"
    )
    st.markdown(
        f"{name} was trained with {trained}. With this one, {_shell.plain(trace.tokens[most])} moves most, "
        f"by {by}; of {plural('output', len(moved))} {still} did not move at all. Each bar is the {measure}. "
        f"{loss(original, trace, mask.allowed(own))}"
    )


def loss(original, trace, allowed):
    """What the mask does to the loss on the text, and whether that is honest."""
    if trace.logits is None or len(trace.tokens) == 1:
        return ""
    ahead = int(np.triu(allowed.reshape(-1, *allowed.shape[-2:]).any(0), 1).sum())
    change = (
        f"The mean loss on this text goes from {number(original.losses.mean())} to "
        f"**{plural('nat', trace.losses.mean())}** per token, a difference of "
        f"{compared(chance.difference(trace.losses, original.losses), len(trace.losses))}. "
    )
    if ahead:
        return (
            f"{change}It is no honest loss: {plural('cell', ahead)} right of the diagonal "
            f"{'lets' if ahead == 1 else 'let'} tokens see what comes after them."
        )
    return f"{change}No token sees what it is to predict."


def formula(attention, title):
    """The softmax with a mask, and the scores as this model makes them, with what its encoding, called
    `title`, does to them.
    """
    turned, biased = attention.turns, attention.bias is not None
    q, k = (r"R_i q_i", r"R_j k_j") if turned else ("q_i", "k_j")
    bias = " + b_{ij}" if biased else ""
    sunk, cap = attention.sinks is not None, attention.softcap
    sink = " + e^{z}" if sunk else ""
    scaled = rf"\frac{{{q} \cdot {k}}}{{\sqrt D}}"
    if not np.isclose(attention.scale, attention.q.shape[-1] ** -0.5):
        scaled = rf"{tex(attention.scale)}\, {q} \cdot {k}"
    if cap is not None:
        scaled = rf"c \tanh\left({scaled} / c\right)"
    _shell.say(
        rf"w_{{ij}} = \frac{{m_{{ij}}\, e^{{s_{{ij}}}}}}{{\sum_k m_{{ik}}\, e^{{s_{{ik}}}}{sink}}}, \qquad "
        rf"s_{{ij}} = {scaled}{bias}",
        "$m_{ij}$ is 1 where token $i$ may look at token $j$, else 0. The code writes $-\\infty$ into the "
        "score instead, and $e^{-\\infty} = 0$."
        + f" $R_i$ turns a query or a key by the angles of place $i$ ({title})." * turned
        + f" $b_{{ij}}$ is what {title} adds for the places of the two." * biased
        + " $z$ is the score of the head’s sink, which no token gets." * sunk
        + (f" No scaled product goes beyond ±$c$, here {number(cap)}." if cap is not None else ""),
    )
