"""The real model on the tokens that only the first merges make: its attention, T, T squared, a convolution's
reach in characters, and the cost in bits.
"""

import math
from dataclasses import replace

import numpy as np
import streamlit as st

from model import load
from model.analysis import order, reach
from model.loading import is_opened
from pages import _progress, _shell
from pages._cache import remembered
from pages._control import Slider
from pages._numbers import number
from viz import vocabulary
from viz.component import heatmap

START = 300  # merges that the slider shows first
CONVOLUTION = "decoder-cnn"


@st.cache_resource(max_entries=8, show_spinner=False)  # with the words that it knows, 12 MB each at most
def tokenizer(name, merges):
    return load(name).tokenizer.first(merges)


@remembered()
def explain(text, name, merges):
    """The Trace of the model, whose parameters stay as they are, on the tokens of its first merges.
    ValueError as in Bundle.explain.
    """
    return replace(load(name), tokenizer=tokenizer(name, merges)).explain(text)


@remembered(heavy=300)
def surprise(text, name, merges):
    """(T, bits per byte of the text), NaN for more tokens than the model takes. The token that begins the
    text is the full tokenizer's `end`.
    """
    ids = tokenizer(name, merges).encode(text)
    if len(ids) > load(name).config.max_tokens:
        return len(ids), float("nan")
    nats = order.losses(load(name).network, [load(name).tokenizer.end, *ids])
    size = sum(len(tokenizer(name, merges).bytes[id]) for id in ids)
    return len(ids), float(nats.sum()) / math.log(2) / size


def predicting(choice):
    """The chosen model if it predicts what it has not seen, else the one that visitors meet first; and the
    layer and head to look at.
    """
    config = load(choice.model).config
    usable = config.predicts and config.causal and not is_opened(choice.model)
    name = choice.model if usable else _shell.FIRST
    config = load(name).config
    return name, min(choice.layer, config.layers - 1), min(choice.head, config.heads - 1)


def field():
    """Reach in tokens of the bundled stack of causal convolutions, and its layers and kernel."""
    config = load(CONVOLUTION).config
    return reach.size(reach.stack(config.layers, config.kernel)), config.layers, config.kernel


def covered(trace, tokens):
    """The characters of the text that so many tokens cover, the last one among them, as (start, end)."""
    return trace.spans[max(0, len(trace.tokens) - tokens)][0], trace.spans[-1][1]


def experiment(choice):
    """Draw the slider and all that changes with it."""
    st.markdown(
        "The same parameters, the same text, but a tokenizer that stops early. **Drag the slider to the "
        "left**: the map grows, and the model loses its way."
    )
    name, layer, head = predicting(choice)
    every = len(load(name).tokenizer.merges)
    first = Slider("Use only the first n merges", "bpe.first", range(every + 1), min(START, every))
    first.draw()
    merges = first.value()
    if name != choice.model:
        st.caption(
            f"Only Riverbank’s own tokenizers can be stopped early: this is {name}."
            if is_opened(choice.model)
            else f"The model {choice.model} does not predict the next token from those before it; this is "
            f"{name}."
        )
    try:
        few, all_ = explain(choice.text, name, merges), explain(choice.text, name, every)
    except ValueError as reason:
        st.info(f"With the first {merges:,} merges: {reason} Or use more merges.")
        return
    for column, trace, key, used in zip(
        st.columns(2, gap="medium"), (few, all_), ("bpe.few", "bpe.all"), (merges, every), strict=True
    ):
        with column:
            attention = trace.layers[layer].attention
            heatmap(
                attention.weights(head),
                rows=trace.tokens,
                columns=trace.tokens,
                key=key,
                allowed=attention.allowed,
                height=400,
                label=f"{'all' if used == every else 'first'} {used:,} merges: T = {len(trace.tokens)}",
                revision=f"{used} {choice.text}",
            )
    st.caption(
        f"Attention weights of {name}, layer {layer + 1}, head {head + 1}: rows ask, columns answer; each "
        "row sums to 1."
    )
    compare(choice.text, name, few, all_, merges, every)
    sweep(choice.text, name, merges, every)


def compare(text, name, few, all_, merges, every):
    """Both tokenizations in numbers."""
    (tokens, layers, kernel), size = field(), len(text)
    spans = covered(few, tokens), covered(all_, tokens)
    costs = surprise(text, name, merges)[1], surprise(text, name, every)[1]
    T = len(few.tokens), len(all_.tokens)
    rows = {
        "Tokens T": [f"{t:,}" for t in T],
        "Cells of every attention map, T²": [f"{t * t:,}" for t in T],
        "Characters per token": [number(size / t, 2) for t in T],
        f"Characters within reach of {tokens} tokens, from the last one back": [
            f"{end - start:,}" for start, end in spans
        ],
        "The model’s surprise, bits per byte": [number(cost) for cost in costs],
    }
    head = [f"| quantity | first {merges:,} merges | all {every:,} merges |", "|---|---:|---:|"]
    st.markdown("\n".join(head + [f"| {label} | {a} | {b} |" for label, (a, b) in rows.items()]))
    seen = " against ".join(_shell.plain(shortened(text[start:end]).strip()) for start, end in spans)
    if merges == every:
        st.markdown(
            f"**The model was trained with all {every:,} merges**, and here it has them all: both maps are "
            "the same."
        )
        return
    st.markdown(
        f"**The model was trained with all {every:,} merges.** Fewer give it ids that it knows, in an order "
        f"that it has hardly ever met: its surprise is {number(costs[0])} bits per byte, with all merges "
        f"{number(costs[1])}. The text has {number(T[0] / T[1], 2)} times as many tokens as with "
        f"all merges, so every attention map has {number((T[0] / T[1]) ** 2, 2)} times the cells. A stack "
        f"of {layers} causal convolutions of kernel {kernel} (as in {CONVOLUTION}) reaches {tokens} tokens "
        f"whatever they hold: from the last token back, {seen}."
    )


def shortened(text, most=60):
    return text if len(text) <= most else f"…{text[-most:]}"


def sweep(text, name, merges, every):
    """Tokens and surprise over the number of merges used."""
    counts = sorted({0, 16, *(2**i for i in range(6, 20) if 2**i < every), every, merges})
    points = [
        surprise(text, name, some)
        for some in _progress.watched(counts, "Running the model on each tokenization")
    ]
    tokens, costs = np.array(points).T
    figure = vocabulary.cost(counts, tokens, costs, chosen=counts.index(merges))
    _shell.show(
        figure,
        key="bpe.cost",
        finding="; ".join(
            f"with {count:,} merges {int(tokens[i]):,} tokens, {number(costs[i])} bits per byte"
            for i, count in enumerate(counts)
            if count in (merges, every)
        ),
        shows="tokens of the text and the model's surprise in bits per byte, by merges used",
    )
    st.caption(
        "Tokens: those of your text. Bits per byte: how many bits a byte of it costs the model, −log₂ of the "
        "probability of each token after those before it, summed and divided by the text’s bytes. The large "
        "dot is your choice."
    )
