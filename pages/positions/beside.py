"""An opened model beside ours: how much of each of its heads is said by the distance alone."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import heads, order
from model.loading import HUB, is_opened
from model.trace import ConvolutionTrace
from pages import _models, _progress, _shell
from pages._cache import remembered
from pages._choices import wished
from pages._control import Menu
from pages._numbers import percent, signed
from viz.component import heatmap

ALONE = ""  # no other model
LONGEST = 256  # tokens of a text of which all heads are asked


def control():
    """The control of the model that is set beside ours: one that was opened, at first the one that the reader
    has chosen elsewhere or a link names.
    """
    st.session_state.models, st.session_state.opens = [], True
    known = [ALONE, *_models.opened(("encoder", "decoder"))]
    look = {"label_visibility": "collapsed", "width": 260, "format_func": named}
    return Menu("Beside it", "model", known, ALONE, look=look)


def named(model):
    """An option of the control in words."""
    return f"beside it: {model.removeprefix(HUB)}" if model else "no other model beside it"


def say_where():
    """Say where an opened model is to be seen, if one was chosen on another page."""
    chosen = wished("model", ALONE)
    if is_opened(chosen):
        st.caption(
            f"{_shell.escaped(chosen.removeprefix(HUB))} is set beside these models under “By distance”. The "
            "other views compare models that differ in their encoding only."
        )


@remembered()
def profile(text, name):
    """The mean weight by offset (N, 2T - 1) and the share of variance explained (N,) of the N heads, which
    are (layer, head) each; and the share of a uniform head. ValueError as of explain.
    """
    trace = _shell.explain(text, name)
    places, means, shares, flat = [], [], [], np.nan
    for number in _progress.watched(range(trace.config.layers), "Asking all heads"):
        attention = trace.layers[number].attention
        if isinstance(attention, ConvolutionTrace):
            continue
        for head in range(trace.config.heads):
            allowed = seen(attention, head)
            mean, share = order.by_offset(attention.weights(head), allowed)
            if not places:
                flat = order.by_offset(heads.uniform(allowed), allowed)[1]
            places.append((number, head))
            means.append(mean)
            shares.append(share)
    return places, np.array(means), np.array(shares), flat


def seen(attention, head):
    """Where a head may look, (T, T); everywhere in a model that does not tell."""
    allowed = getattr(attention, "allowed", None)
    if allowed is None:
        weights = attention.weights(head)
        return np.tril(np.ones_like(weights, bool)) if not np.triu(weights, 1).any() else weights >= 0
    return allowed[head] if allowed.ndim == 3 else allowed


def picture(text, name, ours, shares):
    """Draw the mean weight of every head of the opened model by offset, those that depend on it most on top;
    returns what is to be said of it beside the model with the encoding `ours`, whose heads have `shares`.
    """
    shown = _shell.escaped(load(name).name)
    try:
        tokens = load(name).read(text)
        if len(tokens) > LONGEST:
            raise ValueError(f"In {shown} this text has {len(tokens):,} tokens; at most {LONGEST} are asked.")
        places, means, other, flat = profile(text, name)
    except ValueError as reason:
        st.info(str(reason))
        return ""
    T, causal = len(tokens), load(name).config.causal
    ranked = np.argsort(-np.nan_to_num(other, nan=-1), kind="stable")
    offsets = range(0, -T, -1) if causal else range(1 - T, T)
    heatmap(
        means[ranked][:, [offset + T - 1 for offset in offsets]],
        rows=[f"{places[i][0] + 1}.{places[i][1] + 1} {percent(other[i])}" for i in ranked],
        columns=[str(-offset) if causal else signed(offset, 0) for offset in offsets],
        key="positions.beside",
        square=False,
        height=430,
        revision=f"{name}:{text}",
        label=f"{load(name).name}: mean weight by distance, heads sorted by the share",
        row_role="layer.head share",
        column_role="distance",
        reading="head {row}, {column} back" if causal else "head {row}, {column} tokens on",
    )
    uniform = f"that of a uniform head there {percent(flat)}"
    if np.isnan(flat):
        uniform = "and a uniform head has no variance there, since every token sees as many as any other"
    way = "how many tokens back it looks" if causal else "how many tokens on (+) or back (−) it looks"
    return (
        f" **{shown}** reads this text as {T} tokens, its marks included; a column is {way}. "
        f"Of its {len(other)} heads the mean share is **{percent(np.nanmean(other))}**, {uniform}; "
        f"of {ours} it is {percent(shares.mean())}. It was trained on other texts and at another size, so "
        "that not only the encoding differs."
    )
