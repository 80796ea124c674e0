"""All heads of a model at once, ordered by what is measured of them, and the chosen one large beside them."""

from functools import partial

import numpy as np
import streamlit as st

from model import load
from model.analysis import heads
from pages import _shell, _words
from pages._cache import remembered
from pages._control import Buttons, picture_first
from pages._numbers import leaders, number, percent
from pages.heads.pair import look_at, open_head, place, short, window
from viz.component import heatmap
from viz.component.grid import grid

SHOWN = 128  # tokens of a long text that the thumbnails show
STEP = 32  # tokens by which that window moves, so that not every other token makes a new picture
PAIR = "chosen pair"
ORDERS = ("layer", "entropy", "distance", "first token", "previous token", "induction", PAIR)
ORDER = Buttons("Order by", "heads.order", ORDERS, "layer")
UNITS = {"entropy": " bits", "distance": " tokens"}
EXAMPLE = "toy-rope"  # a model of strings that repeat, which has what the others lack


@remembered()
def scores(text, model, layer):
    return heads.scores(_shell.explain(text, model).layers[layer].attention)


@remembered()
def windows(text, model, layer, start):
    """The weights of all heads of a layer, (H, S, S), for the S tokens from `start` on."""
    trace = _shell.explain(text, model)
    part = slice(start, start + SHOWN)
    found = np.stack(
        [trace.layers[layer].attention.weights(head, part)[:, part] for head in range(trace.config.heads)]
    )
    found.flags.writeable = False
    return found


@remembered()
def pair_weights(text, model, layer, query):
    """What one token gives all others in each head of a layer, (H, T)."""
    attention = _shell.explain(text, model).layers[layer].attention
    return np.concatenate([attention.weights(head, [query]) for head in range(len(attention.q))])


@remembered()
def repeat(model):
    return heads.repeat(load(model))


def layer_by_layer(function, view, *more):
    """What the function says of each layer, with a bar that shows progress once it has taken half a
    second.
    """
    layers = _shell.watched(range(view.trace.config.layers), "Asking all heads, layer by layer")
    return [function(view.choice.text, view.choice.model, layer, *more) for layer in layers]


def section(view):
    """Draw all of it."""
    trace, (text, model, layer, head) = view.trace, view.choice
    T, (L, H) = len(trace.tokens), (trace.config.layers, trace.config.heads)
    order = ORDER.value()
    with picture_first(ORDER):
        told = st.container()
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
                measures={name: found.heads.ravel()[places] for name, found in measured.items()},
                on_select=take_head,
            )
        with right:
            large(view, f"layer {layer + 1}, head {head + 1}: {names[layer, head]}")
    with told:
        st.markdown(summary(measured, names, order, shown, T) + pair_told(view, value, order))
    st.caption(
        "in every picture row asks, column answers; each row sums to 1, on one scale"
        + f". The small ones show tokens {part.start + 1} to {part.stop} of {T:,}, around the token that "
        "asks; the numbers are of all" * (T > SHOWN)
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


# ---- in words ----


def pair_told(view, value, order):
    """Which head gives most weight to the chosen pair, where the heads are ordered by it."""
    if order != PAIR:
        return ""
    asks, answers = (_shell.plain(view.trace.tokens[i]) for i in (view.query, view.key))
    best = leaders(value.reshape(-1, view.trace.config.heads), partial(number, places=2))
    return (
        f" Ordered by how much {asks} looks at {answers}: most in head {listed(best)}, "
        f"**{number(value.max(), 2)}**. Click another pair in the large picture."
    )


def summary(measured, names, order, shown, tokens):
    """What the numbers are, what a uniform head would get, and who has earned a name."""
    if shown not in measured:
        return (
            "A single token can look at nothing but itself: there is nothing to measure, and no head earns a "
            "name. Type a few words more."
        )
    unit, found = UNITS.get(shown, ""), measured[shown]
    most = leaders(found.heads, partial(number, places=2))
    ordered = (
        f"Its number is the **{shown}**" if order == "layer" else f"Ordered by **{shown}**, highest first"
    )
    earned = [
        f"{name} {', '.join(short(*place) for place in np.argwhere(names == name))}"
        for name in np.unique(names)
        if name != heads.NONE
    ]
    who = (
        f"Names earned by {int((names != heads.NONE).sum())} of {names.size} heads: {'; '.join(earned)}."
        if earned
        else "No head has earned a name here."
    )
    if tokens < heads.LEAST:
        who = f"On fewer than {heads.LEAST} tokens no head can earn a name."
    return (
        f"**Click a head**, and look for columns, diagonals and lone cells. {ordered}, {MEANT[shown]}: most "
        f"in {listed(most)}, {number(found.heads.max(), 2)}{unit}; a uniform head would have "
        f"**{number(found.uniform, 2)}**{unit}. {who}"
    )


def listed(places, at_most=4):
    """Heads by their short names: those that are alike in a tie."""
    return " and ".join(short(*place) for place in places[:at_most]) + " …" * (len(places) > at_most)


MEANT = {
    "entropy": "how widely it looks",
    "distance": "how far it looks",
    "first token": "the mean weight on the first token",
    "previous token": "the mean weight on the token before",
    "induction": "the mean weight on what came after the same token before",
}


def rule(model, measured):
    """How names are earned, and where induction is to be seen."""
    here, other = measured["induction"], ""
    best = leaders(here.heads, partial(number, places=2))
    has = "This model has such a head" if way(here) >= heads.HALF else "This model has no such head"
    if model != EXAMPLE and EXAMPLE in st.session_state.models:
        there = repeat(EXAMPLE)
        most = leaders(there.heads, partial(number, places=2))
        other = (
            f" In {EXAMPLE}, a small model of strings that repeat, the most is "
            f"**{number(there.heads.max(), 2)}**, by head {listed(most)}."
        )
    _shell.heading("When does a head earn a name?")
    st.markdown(
        "A **uniform head** gives all the tokens that it may see the same weight: whatever is no more than "
        "that is no habit. A score is the mean weight on one place. A head that has come at least half of "
        "the way from a uniform head’s score $u$ to 1 is called after that place: **previous token**, "
        "**first token**, **itself** or **induction**; if there are several, after the one where it has "
        f"come farthest. If not, it is **broad** when its entropy is at least {percent(heads.ALL)} of a "
        f"uniform head’s, and else **{heads.NONE}**. On fewer than {heads.LEAST} tokens, where these places "
        "are often the same token, nobody earns a name. A name says what the weights of this text are "
        "like, not what the head is for."
    )
    _shell.say(
        r"\frac{s - u}{1 - u} \ge \frac12 \qquad s_{\text{previous}} = \frac{1}{T-1} \sum_{i>1} w_{i,\,i-1} "
        r"\qquad "
        r"H = -\frac1T \sum_{i,j} w_{ij} \log_2 w_{ij}",
        f"**Induction** (Olsson 2022) is measured on {heads.STRINGS} strings of {heads.PERIOD} random "
        "tokens, each said twice, and not on your text: when the model reads a token again, how much does "
        f"a head look at what came after it the first time? {has}: the most is "
        f"**{number(here.heads.max(), 2)}**, by head {listed(best)}; a uniform head gives "
        f"{number(here.uniform, 3)}.{other}",
    )
    _shell.heading("The functions that measured this")
    _shell.show_source(heads.entropy, heads.previous, heads.induction, heads.names)


def way(found):
    """How much of the way from a uniform head's score to 1 the best head has come."""
    return (found.heads.max() - found.uniform) / (1 - found.uniform)
