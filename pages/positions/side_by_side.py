"""Side by side: what the encodings make of the same text in weights, in loss and in the next token; and the
difference of any two.
"""

import numpy as np
import streamlit as st

from model.analysis import chance
from model.network.attention import attend
from pages import _ending, _fold, _shell, _words
from pages._control import NothingToShow, Slider, picture_first
from pages._findings import extremes
from pages._numbers import compared, signed
from pages.positions import encodings
from pages.positions.pictures import LOOKS
from viz import order as figures
from viz.component import heatmap
from viz.component.beliefs import beliefs
from viz.component.panels import panels

OPENING = (
    "These models, trained on the same texts in the same order, differ in one thing: how they are told where "
    "a word stands. **Look for diagonals**: a weight that follows the distance runs along one, a weight that "
    "follows the word makes columns."
)
SHOWN = 128  # tokens of a long text that are drawn at once
BEST = 5  # next tokens listed


def show(view):
    """Show what each encoding makes of the text: weights, losses, the next token."""
    text = view.text
    T = len(encodings.read(text))
    several = encodings.several_control("positions.columns")
    layer, head = encodings.layer_control(1), encodings.head_control(6)
    first = Slider(
        f"First of {SHOWN} tokens shown", "positions.first", range(1, max(1, T - SHOWN + 1) + 1), 1
    )
    with picture_first(layer, head, first, row=view.row):
        traces = encodings.traces(text, T, several.value())
        any_trace = next((trace for trace in traces.values() if not isinstance(trace, str)), None)
        if any_trace is None:
            st.warning(
                f"This text has {T:,} tokens, and the encoding chosen has {next(iter(traces.values()))}. "
                "Choose another one as well, or shorten the text."
            )
            raise NothingToShow
        tokens = any_trace.tokens
        part = slice(first.value() - 1, first.value() - 1 + SHOWN)
        labels = _words.labels(any_trace, part)
        query, key = (control.value() for control in encodings.pair_controls(tokens))
        weights = {
            name: trace
            if isinstance(trace, str)
            else labels.matrix(encodings.seen(trace, layer.value() - 1, head.value() - 1)[part, part])
            for name, trace in traces.items()
        }
        panels(
            weights,
            rows=labels.names,
            columns=labels.names,
            key="positions.panels",
            side=150,
            selected=labels.cell(query, key),
            revision=text,
            on_select=labels.chosen(encodings.take_pair),
        )
    st.caption(
        "Rows ask, columns answer; each row sums to "
        f"1{f' over all {T:,} tokens, of which {SHOWN} are shown' * (T > SHOWN)}; all panels are on one "
        "scale, 0 to 1. Layer and head have the same number everywhere, but each model has found its own "
        "use for them: what head 6 does in one, another head may do in the next."
    )
    labels.draw()
    several.draw()
    _fold.fold("Which words did each model find hard?", "positions.hard", loss, traces, tokens)
    _fold.fold("What comes next?", "positions.comes", expected, traces, any_trace, query)
    _fold.fold("Where do two of them differ?", "positions.differ", difference, weights, labels.names, text)
    _fold.fold("Where an encoding enters", "positions.formula", formula)
    _fold.sources("positions.code", attend)


def formula():
    """The formula of a weight, with the three places where an encoding enters."""
    _shell.say(
        r"w_{ij} = \mathrm{softmax}_j\!\left(\frac{R_i q_i \cdot R_j k_j}{\sqrt D} + b_{ij}\right), \qquad "
        r"q_i, k_i \text{ from } x_i + p_i",
        "An encoding enters in one of three places: $p$ is added to the embedding "
        f"({encodings.entering('embedding')}), $R$ turns queries and keys "
        f"({encodings.entering('queries and keys')}), $b$ is added to the scores "
        f"({encodings.entering('scores')}).",
    )


def loss(traces, tokens):
    """What each model lost on each token."""
    if len(tokens) == 1:
        st.info("This text is one token, and there is none after it to be predicted. Type a few words more.")
        return
    losses = {name: trace if isinstance(trace, str) else trace.losses for name, trace in traces.items()}
    means = {
        name: nats.mean()
        for name, nats in sorted(
            losses.items(), key=lambda one: 0 if isinstance(one[1], str) else one[1].mean()
        )
        if not isinstance(nats, str)
    }
    _shell.show(
        figures.losses(losses, tokens, looks=LOOKS),
        key="positions.loss",
        finding=extremes(means, "mean loss"),
        shows="loss of each token but the first, a line for each encoding",
    )
    missing = "".join(f" {name}: {why}." for name, why in losses.items() if isinstance(why, str))
    st.markdown(
        "Nats lost on each token, given all before it, the first aside; lower is better. The mean on this "
        f"text: **{encodings.in_words(means)}**.{missing} {lead(losses, list(means))}One text is one text: "
        "the cards have the mean of many."
    )


def lead(losses, ranked):
    """By how much the best is ahead of the next, in words."""
    if len(ranked) == 1:
        return ""
    first, second = ranked[:2]
    ahead = compared(chance.difference(losses[first], losses[second]), len(losses[first]))
    return f"{first} and {second} differ by {ahead}. "


def expected(traces, any_trace, query):
    """The likeliest next tokens behind the token that asks."""
    best = {}
    for name, trace in traces.items():
        if isinstance(trace, str):
            best[name] = trace
            continue
        top = np.argsort(-trace.probabilities[query], kind="stable")[:BEST]
        best[name] = [encodings.bundle(name).tokenizer.piece(i) for i in top], trace.probabilities[query][top]
    st.markdown(
        f"The {BEST} likeliest tokens after {_shell.plain(any_trace.tokens[query])}, the token that asks: "
        "click another row above to ask there."
    )
    beliefs(best, key="positions.next", label="likeliest next tokens", revision=any_trace.text)
    if query == len(any_trace.tokens) - 1:
        _ending.note(
            any_trace.text, next(f"decoder-{name}" for name in best if not isinstance(best[name], str))
        )


def difference(weights, names, text):
    """The weights of one model minus those of another."""
    controls = (
        encodings.menu_control("A", "positions.a", "rope"),
        encodings.menu_control("B", "positions.b", "none"),
    )
    a, b = (control.value() for control in controls)
    with st.container(horizontal=True):
        for control in controls:
            control.draw()
    pair = {name: weights.get(name, "not among the encodings shown above") for name in (a, b)}
    wrong = {name: why for name, why in pair.items() if isinstance(why, str)}
    if wrong:
        st.info(
            "There is no difference to show. " + " ".join(f"{name}: {why}." for name, why in wrong.items())
        )
        return
    gap = pair[a] - pair[b]
    heatmap(
        gap,
        rows=names,
        columns=names,
        key="positions.difference",
        kind="signed",
        height=420,
        label=f"weights of {a} minus weights of {b}",
        revision=text,
    )
    row, column = np.unravel_index(np.nanargmax(np.abs(gap)), gap.shape)
    st.caption(
        f"Vermillion: {a} has more; blue: {b} has more; the page’s colour: no difference. The scale is "
        f"symmetric about 0. They differ most where {_shell.plain(names[row])} looks at "
        f"{_shell.plain(names[column])}, by {signed(gap[row, column], 3)}."
    )
