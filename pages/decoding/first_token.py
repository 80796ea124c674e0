"""The first token: how much each head looks at it, and what a head looks at besides."""

import numpy as np
import streamlit as st

from model.analysis import heads, sink
from model.trace import frozen
from pages import _fold, _shell, _words
from pages._cache import remembered
from pages._control import pause, switch
from pages._foreign import by_layer, row_sum
from pages._heads import heads_in_words, map_heads
from pages._numbers import leaders, percent
from pages.decoding import story
from viz.component import heatmap

OPENING = (
    "A head that finds nothing to say often parks its weight on the first token, whatever that is. "
    "**Click a head** to see what it looks at."
)

WITHOUT = switch("Leave the first token out, and let each row sum to 1 again", "decoding.without")


@remembered(heavy=200)
def shares_of(model, ids):
    """The mean weight on the first token of every head, (L, H)."""
    return frozen(sink.shares(story.read(model, ids)))


def show(view):
    """Show how much each head looks at the first token, and the chosen head with or without it."""
    trace, layer, head = view.trace, view.choice.layer, view.choice.head
    without = WITHOUT.value()
    if len(trace.tokens) < 2:
        st.info("This text is one token, and it has nothing to look at but itself. Let it grow.")
        return
    shares = shares_of(view.path.model, view.path.ids)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        map_heads(
            shares,
            key="decoding.shares",
            selected=(layer, head),
            height=86 + 34 * len(shares),
            label="mean weight on the first token",
            revision=str(len(trace.tokens)),
        )
        meaning(view, shares)
    with right:
        weights = trace.layers[layer].attention.weights(head)
        allowed = trace.layers[layer].attention.head(head).allowed
        shown = sink.without(weights) if without else weights
        last, labels = shown[-1], _words.labels(trace)
        heatmap(
            labels.matrix(shown),
            rows=labels.names,
            columns=labels.names,
            key="decoding.map",
            allowed=labels.allowed(allowed),
            height=380,
            selected=labels.cell(len(last) - 1, int(np.nan_to_num(last).argmax())),
            label=f"layer {layer + 1}, head {head + 1}" + (", without the first token" * without),
            revision=str(without),
        )
        pause()
        WITHOUT.draw()
        labels.draw(shown)
        sums = "each row sums to 1" if without else row_sum(trace.layers[layer].attention)
        st.caption(f"Rows ask, columns answer; {sums}." + " The first row has nothing left." * without)


def meaning(view, shares):
    """The sentences beside the picture."""
    trace, (layer, head) = view.trace, (view.choice.layer, view.choice.head)
    first = _shell.plain(trace.tokens[0])
    flat = np.array([[sink.share(one)] for one in heads.uniforms(trace)])  # (L, 1)
    most = heads_in_words(leaders(shares, percent))
    weights = trace.layers[layer].attention.weights(head)[-1]
    rest = sink.without(weights[None])[0]
    strongest = int(np.nan_to_num(rest).argmax())
    sentence = "nothing else is left"
    if np.isfinite(rest).any():
        sentence = (
            f"of the rest most goes to {_shell.plain(trace.tokens[strongest])}, {percent(rest[strongest])}"
        )
    st.markdown(
        f"Most on the first token, here {first}, by {most}: **{percent(shares.max())}**; a head that gave "
        f"all it sees the same weight would give {by_layer(flat, percent)}; {int((shares > flat).sum())} of "
        f"{shares.size} heads give more than that. In layer {layer + 1}, head {head + 1} the last token "
        f"gives it {percent(weights[0])}; {sentence}."
    )
    name = "How the first token is left out"
    _fold.fold(name, "decoding.formula", formula, opened=WITHOUT.value())


def formula():
    """The weights that are left without the first token."""
    _shell.say(
        r"w'_{ij} = \frac{w_{ij}}{\sum_{k > 1} w_{ik}} \quad (j > 1)",
        "Left out and divided by what remains, the picture shows what a head looks at besides.",
    )
