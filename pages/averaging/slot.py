"""The same slot filled in three ways: what the word takes from each token of its sentence."""

import numpy as np
import streamlit as st

from model import load
from pages import _senses, _shell, _words
from pages._control import Buttons
from viz.component import heatmap


def show(word, texts, targets, layers):
    """What the word takes from each token of both sentences, with attention, with the average, by itself."""
    config = load(_senses.MODEL).config
    places = (
        Buttons("Layer", "averaging.layer", range(1, config.layers + 1), layers[0] + 1),
        Buttons("Head", "averaging.head", range(1, config.heads + 1), 1),
    )
    layer, head = (control.value() for control in places)
    with st.container(horizontal=True):
        for control in places:
            control.draw()
    traces = [_shell.explain(text, _senses.MODEL) for text in texts]
    sides = [_words.labels(trace) for trace in traces]
    for i, column in enumerate(st.columns(2, gap="medium")):
        rows = mixtures(traces[i], targets[i], layer - 1, head - 1)
        with column:
            heatmap(
                sides[i].columns(rows),
                rows=("attend", "average", "itself"),
                columns=sides[i].names,
                key=f"averaging.weights{i + 1}",
                square=False,
                height=190,
                label=f"what “{word[:24]}” in the {_senses.NUMBERS[i]} sentence takes from each token",
                row_role="mixture",
                column_role="token",
                revision=texts[i],
            )
    st.caption(
        "Each row is a mixture, each column a token that is taken in; a row sums to 1. The first row is the "
        "chosen head of the model as trained."
    )
    max(sides, key=lambda labels: (labels.merged, labels.divided)).draw()


def mixtures(trace, target, layer, head):
    """The share of each token in the word: by the head, by the average, by itself, (3, T)."""
    tokens, T = target.tokens(trace.spans), len(trace.tokens)
    attended = trace.layers[layer].attention.weights(head)[tokens].mean(0)
    own = np.isin(np.arange(T), tokens) / len(tokens)
    return np.stack([attended, np.full(T, 1 / T), own])


def formulas():
    """What the three mixtures add up."""
    _shell.say(
        r"\underbrace{\textstyle\sum_j w_j\,v_j}_{\text{attention}} \qquad \underbrace{\textstyle\sum_j "
        r"\tfrac{1}{T}\,v_j}_{\text{plain average}}"
        r" \qquad \underbrace{v_i}_{\text{only itself}}",
        "All three add up values. Only the first asks what they say before it decides how much of each to "
        "take.",
    )
