"""All heads of a model at once, ordered by what is measured of them, and the chosen one large beside them."""

import numpy as np
import streamlit as st

from model.analysis import heads
from pages import _progress, _shell, _words
from pages._cache import remembered
from pages._control import Buttons, picture_first
from pages._heads import open_head
from pages._numbers import number
from pages.heads.names import ORDERS, PAIR, pair_sentence, repeat, rule, summary
from pages.heads.pair import look_at, place, short, window
from viz.component import heatmap
from viz.component.grid import grid

SHOWN = 128  # tokens of a long text that the thumbnails show
STEP = 32  # tokens by which that window moves, so that not every other token makes a new picture
ORDER = Buttons("Order by", "heads.order", ORDERS, "layer")


@remembered()
def scores(text, model, layer):
    return heads.scores(_shell.explain(text, model).layers[layer].attention)


@remembered()
def windows(text, model, layer, start):
    """The weights of all heads of a layer, (H, S, S), for the S tokens from `start` on."""
    trace = _shell.explain(text, model)
    part = slice(start, start + SHOWN)
    weights = np.stack(
        [trace.layers[layer].attention.weights(head, part)[:, part] for head in range(trace.config.heads)]
    )
    weights.flags.writeable = False
    return weights


@remembered()
def pair_weights(text, model, layer, query):
    """What one token gives all others in each head of a layer, (H, T)."""
    attention = _shell.explain(text, model).layers[layer].attention
    return np.concatenate([attention.weights(head, [query]) for head in range(len(attention.q))])


def layer_by_layer(function, view, *more):
    """What the function says of each layer, with a bar that shows progress once it has taken half a
    second.
    """
    layers = _progress.watched(range(view.trace.config.layers), "Asking all heads, layer by layer")
    return [function(view.choice.text, view.choice.model, layer, *more) for layer in layers]


def show(view):
    """Show all heads at once in the chosen order, and the chosen head large beside them."""
    trace, (text, model) = view.trace, view.choice
    layer, head = view.choice.layer, view.choice.head
    T, (L, H) = len(trace.tokens), (trace.config.layers, trace.config.heads)
    order = ORDER.value()
    with picture_first(ORDER):
        above = st.container()
        left, right = st.columns([11, 8], gap="medium")
        part = window(view.query, T, SHOWN, STEP)
        labels = _words.labels(trace, part)
        with left:
            measured = {"induction": repeat(model)}
            if T > 1:
                measured |= heads.measure(trace, layer_by_layer(scores, view))
            maps = np.concatenate(layer_by_layer(windows, view, part.start))
            names = heads.names(measured, T) if T > 1 else np.full((L, H), heads.NONE)
            shown = "entropy" if order in ("layer", PAIR) else order
            value = measured[shown].heads.ravel() if shown in measured else np.full(L * H, np.nan)
            if order == PAIR:
                value = np.concatenate(layer_by_layer(pair_weights, view, view.query))[:, view.key]
            places = np.arange(L * H) if order == "layer" else np.argsort(-value, kind="stable")
            grid(
                labels.matrix(maps[places]),
                rows=labels.names,
                columns=labels.names,
                names=[short(*divmod(int(i), H)) for i in places],
                notes=[f"{number(value[i], 2)}\n{names.ravel()[i]}" for i in places],
                allowed=labels.allowed(trace.layers[0].attention.head(0).allowed[part, part]),
                selected=int(np.flatnonzero(places == layer * H + head)[0]),
                across=H,
                faint=heads.NONE,
                key="heads.grid",
                start=labels.start,
                revision=f"{text}\n{order}",
                measures={name: score.heads.ravel()[places] for name, score in measured.items()},
                on_select=take_head,
            )
        with right:
            large(view, f"layer {layer + 1}, head {head + 1}: {names[layer, head]}")
    with above:
        st.markdown(summary(measured, names, order, shown, T) + pair_sentence(view, value, order))
    st.caption(
        "In every picture rows ask and columns answer; each row sums to 1, and all are on one scale."
        + f" The small ones show tokens {part.start + 1} to {part.stop} of {T:,}, around the token that "
        "asks; the numbers are of all." * (T > SHOWN)
    )
    rule(model, measured)


def large(view, label):
    """The chosen head's weights."""
    attention, head = view.trace.layers[view.choice.layer].attention, view.choice.head
    labels = _words.labels(view.trace)
    heatmap(
        labels.matrix(attention.weights(head)),
        rows=labels.names,
        columns=labels.names,
        allowed=labels.allowed(attention.head(head).allowed),
        key="heads.map",
        selected=labels.cell(view.query, view.key),
        height=500,
        label=label,
        revision=view.choice.text,
        on_select=labels.chosen(look_at),
    )
    labels.draw()


def take_head(name):
    open_head(*place(name))
