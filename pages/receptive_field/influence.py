"""How much each token matters to an output in two trained twins, one of attention and one of convolutions."""

from collections import defaultdict

import numpy as np
import streamlit as st

from model import load
from model.analysis import reach, sensitivity
from model.analysis.senses import parts
from pages import _progress, _shell
from pages._cache import remembered
from pages._numbers import number
from viz.component import heatmap

ATTENTION, CONVOLUTION = "encoder", "encoder-cnn"
NAMES = {ATTENTION: "encoder, with attention", CONVOLUTION: "encoder-cnn, with convolutions"}


@remembered(heavy=8)
def squares(name, ids, output, dimensions):
    return sensitivity.squares(load(name).network, ids, output, dimensions)[0]


@remembered(heavy=8)
def unchanged(name, ids, places):
    return reach.unchanged(load(name), ids, places)


@remembered(heavy=8)
def occlusion(name, ids, places):
    """reach.occlusion: for all outputs, so that another one costs nothing more."""
    return reach.occlusion(load(name), ids, places, unchanged(name, ids, len(places)))


def influence(ids, output):
    """{twin: (gradient (T,), occlusion (T,))}, pass by pass, with a bar that shows progress once it has taken
    half a second.
    """
    T = len(ids)
    jobs = [
        (name, squares, (name, ids, output, tuple(some)))
        for name in NAMES
        for some in parts(range(load(name).config.width), sensitivity.together(T))
    ]
    jobs += [
        (name, occlusion, (name, ids, tuple(some)))
        for name in NAMES
        for some in parts(range(T), reach.PASS // (reach.PUT * T))
    ]
    computed = defaultdict(list)
    for name, function, arguments in _progress.watched(jobs, "Asking the two models, token by token"):
        computed[name, function].append(function(*arguments))
    return {
        name: (np.sqrt(sum(computed[name, squares])), np.concatenate(computed[name, occlusion])[:, output])
        for name in NAMES
    }


def too_long(tokens, context):
    """Whether a text is longer than those that the models were trained on; then the page says so."""
    if tokens > context:
        st.info(
            f"This is measured for texts of up to {context} tokens, as many as the models were trained on at "
            f"a time; yours has {tokens:,}."
        )
    return tokens > context


def show(trace, output, word):
    """Both measures in both twins, with what they are; only for texts as long as those in training."""
    st.markdown(
        "A cone shows what could matter. What does the model really use? Two models were trained alike, one "
        f"with attention, one with convolutions. Gradient: how far the final vector of {word} moves with a "
        "small step of each token’s embedding. Occlusion: how far when the token is replaced, the mean over "
        f"{reach.PUT} small words."
    )
    if not too_long(len(trace.tokens), trace.config.context):
        strips(trace, output, influence(tuple(map(int, trace.ids)), output))


def strips(trace, output, measures):
    """Draw the influence of each token on the output in both twins, and say what to see."""
    for name, rows in measures.items():
        shares = np.array([row / (row.max() or 1) for row in rows])
        heatmap(
            shares,
            rows=["gradient", "occlusion"],
            columns=trace.tokens,
            key=f"receptive_field.{name.replace('-', '_')}",
            square=False,
            height=170,
            label=NAMES[name],
            row_role="measure",
            column_role="token",
            reading="{row} at {column}",
            revision=trace.text,
        )
    st.caption("Each row is divided by its largest number, so that 1 is the token that matters most.")
    st.markdown(farthest(trace, output, measures) + outside(output, *measures[CONVOLUTION]))


def farthest(trace, output, measures):
    """Which other token matters most to the output."""
    if len(trace.tokens) == 1:
        return ""
    sentences = []
    for name, (gradient, change) in measures.items():
        j = int(np.where(np.arange(len(change)) == output, -1, change).argmax())
        sentences.append(
            f"in {name} {_shell.plain(trace.tokens[j])}, {abs(j - output)} away (relative change "
            f"{number(change[j])}, gradient {number(gradient[j])})"
        )
    return (
        f"The other token whose replacement moves {_shell.plain(trace.tokens[output])} most is "
        f"{' and '.join(sentences)}. "
    )


def outside(output, gradient, change):
    """What the convolutional twin makes of the tokens that it cannot see."""
    field = load(CONVOLUTION).network.field
    far = np.abs(np.arange(len(gradient)) - output) > (field - 1) // 2
    largest = max(gradient[far].max(initial=0), change[far].max(initial=0))
    value = (
        "both measures are **exactly 0**"
        if largest == 0
        else f"the largest measure is {number(largest, digits=2)}, though it should be 0"
    )
    return (
        f"{CONVOLUTION} sees {field} tokens, {(field - 1) // 2} to each side: in the {int(far.sum())} "
        f"outside {value}."
    )
