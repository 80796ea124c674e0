"""All heads of a model at once, ordered by what is measured of them, and the chosen one large beside them."""

import numpy as np
import streamlit as st

from model.analysis import heads
from pages import _fold, _progress, _shell, _words
from pages._cache import remembered
from pages._control import Menu, picture_first
from pages._foreign import row_sum
from pages._heads import open_head
from pages._numbers import number, percent
from pages.heads.names import (
    NAMED,
    ORDERS,
    PAIR,
    does,
    finding,
    pair_sentence,
    probes,
    rule,
    summary,
    without,
)
from pages.heads.pair import look_at, place, seen, short, window
from viz.component import heatmap
from viz.component.grid import grid

SHOWN = 128  # tokens of a long text that the thumbnails show
STEP = 32  # tokens by which that window moves, so that not every other token makes a new picture
OPENING = (
    "Every head looks at your text in its own way, and nobody told any of them how. **Click a head**; those "
    "that can be named come first."
)
ORDER = Menu(
    "Order by",
    "heads.order",
    ORDERS,
    NAMED,
    look={"label_visibility": "collapsed", "width": 250, "format_func": "order: {}".format},
)


@remembered(heavy=1500)
def scores(text, model, layer):
    trace = _shell.explain(text, model)
    return heads.scores(trace.layers[layer].attention, trace.tokens)


@remembered()
def windows(text, model, layer, start):
    """The weights of all heads of a layer, (H, S, S), for the S tokens from `start` on; NaN where one may not
    look.
    """
    attention, part = _shell.explain(text, model).layers[layer].attention, slice(start, start + SHOWN)
    weights = np.stack([seen(attention, head, part) for head in range(len(attention.q))])
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
    trace, T = view.trace, len(view.trace.tokens)
    order = ORDER.value()
    with picture_first(ORDER, row=view.row):
        left, right = st.columns([9, 8], gap="medium")
        measured = probes(view.choice.model)
        if T > 1:
            measured |= heads.measure(trace, layer_by_layer(scores, view))
        names = heads.names(measured, T) if T > 1 else without(trace.config)
        part = window(view.query, T, SHOWN, STEP)
        with left:
            value = thumbnails(view, part, measured, names, order)
        with right:
            large(view, finding(view, measured, names))
            st.markdown(does(view, measured, names))
    st.markdown(summary(measured, names, order, T) + pair_sentence(view, value, order))
    st.caption(
        "In every picture rows ask and columns answer; all are on one scale, and "
        f"{row_sum(view.trace.layers[view.choice.layer].attention)}."
        + f" The small ones show tokens {part.start + 1} to {part.stop} of {T:,}, around the token that "
        "asks; the numbers are of all." * (T > SHOWN)
    )
    _fold.fold("When does a head earn a name?", "heads.rule", rule, view.choice.model, measured)
    _fold.sources("heads.code", heads.entropy, heads.previous, heads.on, heads.induction, heads.names)


def thumbnails(view, part, measured, names, order):
    """All heads in that order, each with its number and its name; returns the number of each, (L H,)."""
    text, H = view.choice.text, view.trace.config.heads
    labels = _words.labels(view.trace, part)
    value, notes = numbered(view, measured, names, order)
    places = np.argsort(-value, kind="stable")
    if order not in measured and order != PAIR:
        places = np.arange(len(value))
    if order == NAMED and "entropy" in measured:
        places = heads.named_first(measured, len(view.trace.tokens))
    maps = np.concatenate(layer_by_layer(windows, view, part.start))
    grid(
        labels.matrix(maps[places]),
        rows=labels.names,
        columns=labels.names,
        names=[short(*divmod(int(i), H)) for i in places],
        notes=[f"{notes[i]}\n{names.ravel()[i]}" for i in places],
        selected=int(np.flatnonzero(places == view.choice.layer * H + view.choice.head)[0]),
        across=H,
        side=76,
        key="heads.grid",
        start=labels.start,
        revision=f"{text}\n{order}",
        measures={name: score.heads.ravel()[places] for name, score in measured.items()},
        on_select=take_head,
    )
    return value


def numbered(view, measured, names, order):
    """The number of each head, (L H,), and how it is written; where names are first, only they have one."""
    if order == PAIR:
        value = np.concatenate(layer_by_layer(pair_weights, view, view.query))[:, view.key]
    elif order == NAMED:
        value = np.array(
            [measured[name].heads[at] if name in measured else np.nan for at, name in np.ndenumerate(names)]
        )
        return value, ["" if np.isnan(one) else percent(one) for one in value]
    else:
        shown = "entropy" if order == "layer" else order
        value = measured[shown].heads.ravel() if shown in measured else np.full(names.size, np.nan)
    return value, [number(one, 2) for one in value]


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
        height=440,
        label=label,
        revision=view.choice.text,
        on_select=labels.chosen(look_at),
    )
    labels.draw(attention.weights(head))


def take_head(name):
    open_head(*place(name))
