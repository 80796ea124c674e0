"""By distance: how much of each head is a convolution, a weight that depends on how far away a word is and on
nothing else.
"""

import numpy as np
import streamlit as st

from model.analysis import heads, order
from pages import _fold, _progress, _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import NothingToShow, picture_first
from pages._numbers import percent
from pages.positions import beside, encodings
from pages.positions.encodings import NAMES
from viz.component import heatmap
from viz.component.panels import panels

OPENING = (
    "A convolution gives each distance a fixed weight, whatever the words are. **Choose an encoding**, and "
    "look at the heads on top: the larger the share, the more of what the head does is said by the distance "
    "alone."
)
FEW = 256  # tokens up to which all models are asked at once
DRAWN = 64  # tokens of the head's own picture


@remembered(heavy=1000)
def profile(text, name):
    """The mean weight by distance (L, H, T) and the share of variance explained (L, H) of all heads."""
    layers = _shell.explain(text, f"decoder-{name}").layers
    config = encodings.bundle(name).config
    rows = [
        [order.by_distance(layer.attention.weights(head)) for head in range(config.heads)] for layer in layers
    ]
    return np.array([[mean for mean, _ in row] for row in rows]), np.array(
        [[share for _, share in row] for row in rows]
    )


def take_head(row, _):
    layer, head = st.session_state["positions.sorted"][row]
    put({"positions.layer": layer + 1, "positions.head": head + 1})


def show(view):
    """Show how much of each head depends on the distance alone."""
    text = view.text
    T = len(encodings.read(text))
    encoding = encodings.encoding_control("positions.model", "t5")
    name, other = encoding.value(), beside.control()
    opened, said = other.value(), ""
    with picture_first(encoding, other, row=view.row):
        encodings.fits_or_ends(name, T)
        if T == 1:
            st.warning(
                "This text is one token, which can look at nothing but itself: there is nothing to measure. "
                "Type a few words more."
            )
            raise NothingToShow
        means, shares = profile(text, name)
        ranked = sorted(np.ndindex(shares.shape), key=lambda one: -shares[one])
        st.session_state["positions.sorted"] = ranked
        most = encodings.layer_control(ranked[0][0] + 1), encodings.head_control(ranked[0][1] + 1)
        chosen = tuple(control.value() - 1 for control in most)
        trace = _shell.explain(text, f"decoder-{name}")
        _, flat = order.by_distance(heads.uniform(trace.layers[0].attention.allowed))
        left, right = st.columns([5, 5 if opened else 4], gap="medium")
        with left:
            draw_profiles(name, text, ranked, means, shares, chosen)
        with right:
            if opened:
                said = beside.picture(text, opened, name, shares)
            else:
                draw_chosen(name, trace, means[chosen], chosen)
        if opened:
            draw_chosen(name, trace, means[chosen], chosen)
    st.caption(
        "Mean weight by distance: each row is a head, each column how many tokens back it looks, 0 being "
        "itself; the number is the mean over all words that have a word there. The head: rows ask, columns "
        "answer. By distance alone: the same weights with every diagonal replaced by its mean, what a "
        "convolution could "
        f"do{f'; the first {DRAWN} tokens' * (T > DRAWN)}."
    )
    explain(name, text, shares, chosen, flat, said)
    _fold.fold("How the share is measured", "positions.how", how)
    _fold.sources("positions.code", order.by_distance)


def draw_profiles(name, text, ranked, means, shares, chosen):
    """The mean weight of every head by distance, means (L, H, T); those that depend on it most come first."""
    heatmap(
        np.stack([means[one] for one in ranked]),
        rows=[f"{layer + 1}.{head + 1} {percent(shares[layer, head])}" for layer, head in ranked],
        columns=[str(d) for d in range(means.shape[-1])],
        key="positions.heads",
        square=False,
        height=430,
        selected=(ranked.index(chosen), 0),
        revision=f"{name}:{text}",
        label=f"{name}: mean weight by distance, heads sorted by the share",
        row_role="layer.head share",
        column_role="distance",
        reading="head {row}, {column} back",
        on_select=take_head,
    )


def draw_chosen(name, trace, means, chosen):
    """The weights of the chosen head, and what would be left of them if only the distance counted."""
    part = slice(0, DRAWN)
    seen = encodings.seen(trace, *chosen)[part, part]
    alone = np.where(np.isnan(seen), np.nan, order.by_distance_alone(means)[part, part])
    tokens = trace.tokens[part]
    panels(
        {"the head": seen, "by distance alone": alone},
        rows=tokens,
        columns=tokens,
        key="positions.alone",
        across=1,
        side=140,
        selected=(len(tokens) - 1, 0),
        revision=f"{name}:{trace.text}",
        label=f"layer {chosen[0] + 1}, head {chosen[1] + 1}",
    )


def explain(name, text, shares, chosen, flat, said):
    """The chosen head's share of variance beside those of all heads, of a uniform one and of all models; then
    what is `said` of an opened model.
    """
    st.markdown(
        f"Of the variance of the weights of layer {chosen[0] + 1}, head {chosen[1] + 1} in {name}, "
        f"**{percent(shares[chosen])}** is explained by distance alone; the mean over all {shares.size} "
        f"heads is {percent(shares.mean())}. A **uniform head**, which gives all tokens that it may see the "
        f"same weight, already reaches **{percent(flat)}**: its weights are larger in short rows, where all "
        f"words are near; {int((shares > flat).sum())} of {shares.size} heads are above that."
        + others(text, len(encodings.read(text)))
        + said
    )


def how():
    """The correlation ratio."""
    _shell.say(
        r"\eta^2 = \frac{\sum_d n_d\,(\bar w_d - \bar w)^2}{\sum_{i \ge j} (w_{ij} - \bar w)^2}, \qquad \bar "
        r"w_d = \text{mean of the } n_d \text{ "
        r"weights with } i - j = d",
    )


def others(text, T):
    """The mean share of all models, where that is quick or with a bar that shows progress."""
    if T > FEW:
        return ""
    means = {}
    for name in _progress.watched(
        [name for name in NAMES if not encodings.beyond(name, T)], "Asking all heads of all models"
    ):
        shares = profile(text, name)[1]
        means[name] = percent(shares.mean())
    return (
        " The mean over the heads of each model, on this text: "
        f"{', '.join(f'{name} {share}' for name, share in means.items())}."
    )
