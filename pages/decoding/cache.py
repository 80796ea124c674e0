"""Attention and cache: the map that grows a row with each token, the keys and values that are kept, and the
time that this saves.
"""

import numpy as np
import streamlit as st

from model import decoding, load
from model.trace import attention_trace
from pages import _fold, _progress, _shell, _words
from pages._cache import remembered
from pages._control import pause
from pages._findings import quoted
from pages._foreign import row_sum
from pages._numbers import largest, number, plural
from pages.decoding import story
from viz import cache as figures
from viz.component import heatmap

OPENING = (
    "What a token gives others to read never changes, so a model keeps it. **Press One token**: the "
    "map grows by a row, and only the new column is computed."
)

LENGTHS = 10  # at which the time is measured


@remembered(heavy=200)
def seconds(model, ids):
    """How long the last of the ids takes without a cache and with one, in seconds."""
    return decoding.durations(load(model).network, ids)


def show(view):
    """Show the attention that grows by a row with each token, the cache, and the time that it saves."""
    trace, layer, head = view.trace, view.choice.layer, view.choice.head
    attention = trace.layers[layer].attention
    weights = attention.weights(head)
    labels = _words.labels(trace)
    left, right = st.columns(2, gap="medium")
    with left:
        heatmap(
            labels.matrix(weights),
            rows=labels.names,
            columns=labels.names,
            key="decoding.grown",
            allowed=labels.allowed(attention.head(head).allowed),
            height=370,
            selected=labels.cell(len(weights) - 1, int(weights[-1].argmax())),
            label=f"layer {layer + 1}, head {head + 1}: a row for each token read",
            revision=str(len(weights)),
        )
        pause()
        st.caption(f"Rows ask, columns answer; {row_sum(attention)}. {appended(view, weights)}")
        labels.draw(weights)
    with right:
        if view.step is None or view.step.cache is None:
            st.info(
                story.ending(view.path)
                if trace.config.causal
                else "This model keeps no cache: a later token changes all before it."
            )
        else:
            draw_cache(view)
    if trace.config.causal:
        _fold.fold("What does the cache save?", "decoding.saved", timed, view)


def appended(view, weights):
    """What the row that the generating pass made has to do with that of a pass over the whole text."""
    if view.step is None:
        return ""
    row = attention_trace(view.step.record.layers[view.choice.layer].attention).weights(view.choice.head)[-1]
    return (
        "The last row as the pass with the cache made it and as a pass over the whole text makes it: "
        f"{largest(np.abs(row - weights[-1]).max(), 'difference')}."
    )


def draw_cache(view):
    """The cache as a picture, and its bytes."""
    cache, config, T = view.step.cache, view.trace.config, len(view.path.ids)
    # (T,) keys and values of each layer
    norms = [tuple(np.linalg.norm(part.numpy(), axis=(0, 2)) for part in layer) for layer in cache.layers]
    fresh = view.step.record.embedded.shape[0]
    _shell.show(
        figures.kept(norms, view.trace.tokens, fresh=fresh),
        key="decoding.cache",
        finding=longest(norms, view.trace.tokens),
        shows="length of the keys and values that are kept, for every layer and token",
    )
    each = decoding.bytes_per_token(config)
    again = T - fresh
    st.caption(
        "Each column is a token; the rows are the lengths of its keys and values in each layer. What is "
        "framed was computed by the last pass; all else was only looked up."
    )
    st.markdown(
        f"A token costs 2 × {config.layers} layers × {config.key_heads} key heads × {config.head_width} "
        f"numbers × 4 bytes = **{each:,} bytes**; {plural('token', T)} {'keeps' if T == 1 else 'keep'} "
        f"**{cache.bytes:,} bytes**. The last pass read {plural('token', fresh)} and "
        + (
            f"looked up {again}: without the cache, {again * each:,} bytes of keys and values would have "
            "been computed again."
            if again
            else "kept all of them."
        )
    )


def longest(norms, tokens):
    """The token with the longest key in the cache, and its layer, in words."""
    keys = np.array([of_keys for of_keys, _ in norms])  # (L, T)
    layer, token = np.unravel_index(keys.argmax(), keys.shape)
    return f"{quoted(tokens[token])} has the longest key, {number(keys[layer, token])} in layer {layer + 1}"


def timed(view):
    """The time a token takes, with and without the cache, measured here and now; not while the text grows."""
    if "decoding.playing" in st.session_state or len(view.path.ids) < 2:
        st.caption("The time is measured when the text rests and has two tokens or more.")
        return
    ids = view.path.ids
    lengths = np.unique(np.linspace(2, len(ids), min(LENGTHS, len(ids) - 1)).astype(int)).tolist()
    watched = _progress.watched(lengths, "Measuring the time of a token with and without the cache")
    measured = [seconds(view.path.model, ids[:length]) for length in watched]
    whole, cached = (np.array(part) for part in zip(*measured, strict=True))
    _shell.show(
        figures.durations(lengths, whole, cached),
        key="decoding.durations",
        finding=f"token {lengths[-1]} takes {number(1000 * whole[-1], 2)} ms without the cache, "
        f"{number(1000 * cached[-1], 2)} ms with it",
        shows="milliseconds for one more token, with and without the cache",
    )
    written = len(ids) - view.path.own
    without = sum(range(view.path.own, len(ids)))
    since = (
        f" Since your text {plural('token', written)} {'was' if written == 1 else 'were'} written: without "
        f"the cache that reads {plural('token', without)}, with it {view.path.own + written - 1:,}."
        if written
        else ""
    )
    st.markdown(
        f"Measured on this machine for token {lengths[-1]}: {number(1000 * whole[-1], 2)} ms without the "
        f"cache, {number(1000 * cached[-1], 2)} ms with it, **{number(whole[-1] / cached[-1], 1)} times** "
        f"as fast.{since}"
    )
    _shell.say(
        r"\text{without: } \sum_{n=1}^{N} n = \tfrac{N(N+1)}{2} \text{ tokens read} \qquad \text{with: } N",
        "Under a causal mask nothing that comes later can change an earlier token’s keys and values. So they "
        "are computed once.",
    )
