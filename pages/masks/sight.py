"""An encoder and a decoder on the same sentence: which words a word knows of, layer by layer."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import leak
from pages import _shell
from pages._cache import remembered
from pages._control import token
from pages._numbers import number, plural
from viz.component import heatmap

MODELS = "encoder", "decoder-rope"
WAYS = 8  # random directions for the gradients
LONGEST = 128  # tokens, as many as the models were trained on


@remembered()
def knows(name, ids, output):
    bundle = load(name)
    ways = np.stack([leak.direction(bundle.config.width, seed).numpy() for seed in range(1, WAYS + 1)])
    return leak.knows(bundle.network, ids, output, ways)


def section():
    """Draw all of it for the sidebar's text."""
    choice = _shell.choice(only=MODELS[1])
    traces = {name: _shell.read(choice._replace(model=name)) for name in MODELS}
    decoder = traces[MODELS[1]]
    st.markdown(
        "The same sentence, read with and without the future. **Choose a word** and see which words its "
        "vector knows of: in the encoder all of them, in the "
        "decoder only itself and what stands before it. The first word of a decoder never learns what the "
        "sentence is about."
    )
    word = token("Word", "masks.output", decoder.tokens, 0)
    place = word.value()
    word.draw()
    longest = max(len(trace.tokens) for trace in traces.values())
    if longest > LONGEST:
        st.warning(
            f"This is measured for texts of up to {LONGEST} tokens, as many as the models were trained on at "
            f"a time; yours has {longest:,}. Shorten it."
        )
        return
    columns = st.columns(2, gap="medium")
    told = [
        one(column, trace, name, place_of(trace, decoder.spans[place]), choice)
        for column, (name, trace) in zip(columns, traces.items(), strict=True)
    ]
    _shell.pause()
    st.caption(
        "row is a layer, column a token: |∂x / ∂e|, how far the word’s vector x moves with a small step of "
        f"each token’s embedding e, from {WAYS} random "
        "directions; each row is divided by its largest. Hatched: exactly 0, no path. “looks at”: weights of "
        "the layer and head chosen at the left"
    )
    st.markdown(" ".join(told))
    st.markdown(
        "That is why an encoder is asked for what words mean, and a decoder for what comes next: the "
        "encoder’s vectors hold the whole sentence, but there is "
        "no next word that it has not seen; the decoder’s hold only the past, so each can be asked for its "
        "next word, all at once."
    )
    _shell.show_source(leak.knows)


def place_of(trace, span):
    """The token of a trace that stands where another model's token has its first character that is no
    space.
    """
    start, end = span
    start += len(trace.text[start:end]) - len(trace.text[start:end].lstrip())
    return next((i for i, (_, after) in enumerate(trace.spans) if after > start), len(trace.tokens) - 1)


def one(column, trace, name, place, choice):
    """The picture of one model, and its sentence."""
    T, what = len(trace.tokens), _shell.plain(trace.tokens[place])
    found = knows(name, tuple(map(int, trace.ids)), place)  # (L + 1, T)
    weights = trace.layers[choice.layer].attention.weights(choice.head)[place]
    shares = np.vstack([found / found.max(1, keepdims=True), weights])
    rows = [*(f"layer {i}" for i in range(1, len(found))), "end", "looks at"]
    with column:
        heatmap(
            shares,
            rows=rows,
            columns=trace.tokens,
            allowed=shares > 0,
            key=f"masks.knows_{name.partition('-')[0]}",
            square=False,
            height=290,
            label=f"{name}: what token {place + 1} knows of",
            row_role="stage",
            column_role="token",
            hole="exactly 0",
            selected=(len(found) - 1, place),
            revision=trace.text,
        )
    seen = int((found[-1] > 0).sum())
    most = np.where(np.arange(T) == place, -1, found[-1]).argmax()
    beside = ": itself alone"
    if seen > 1:
        beside = (
            f", of the others most by {_shell.plain(trace.tokens[most])} ({number(found[-1][most])}; by "
            f"itself {number(found[-1][place])})"
        )
    return f"In {name} the final vector of {what} can be moved by **{seen} of {plural('token', T)}**{beside}."
