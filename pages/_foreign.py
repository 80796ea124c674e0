"""What cannot be shown of a model that was opened, in a line, with what can."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import Trace, load
from model.hub.trace import MOST
from model.loading import is_opened
from model.trace import AttentionTrace, ConvolutionTrace, WeightsTrace
from pages._control import NothingToShow
from pages._numbers import tex
from pages._shell import escaped
from viz.component import heatmap


def weights_only(trace: Trace, choice: NamedTuple) -> None:
    """Of a model that does not tell what its attention is made of in all layers: show the weights, if the
    chosen layer has any, say what is missing, and end the page.
    """
    st.info(escaped(" ".join(trace.config.missing)))
    attention = trace.layers[choice.layer].attention
    if isinstance(attention, ConvolutionTrace):
        st.markdown(f"Layer {choice.layer + 1} is one of those. Choose another one in the sidebar.")
        raise NothingToShow
    heatmap(
        attention.weights(choice.head),
        rows=trace.tokens,
        columns=trace.tokens,
        key="models.weights",
        label=f"weights of layer {choice.layer + 1}, head {choice.head + 1}",
        revision=trace.text,
    )
    st.caption(f"Rows ask, columns answer; {row_sum(attention)}.")
    raise NothingToShow


def row_sum(attention: AttentionTrace | WeightsTrace) -> str:
    """What the weights of a row sum to, and where the rest went, as a part of a sentence."""
    if getattr(attention, "sinks", None) is None:
        return "each row of weights sums to 1"
    return "each row of weights sums to less than 1: the rest goes to its head’s sink, which is no token"


def by_layer(values: np.ndarray, write: Callable[[float], str], unit: str = "") -> str:
    """What uniform heads give in the layers, (L, 1), as one number where these are written alike, else as the
    least and the largest: in an opened model masks may differ from layer to layer.
    """
    least, most = write(values.min()), write(values.max())
    return least + unit if least == most else f"{least} to {most}{unit}, by its layer’s mask"


def sink_power(attention: AttentionTrace, head: int, top: float) -> float | None:
    """e^(z - top), z being the score of a head's sink: what it adds to the sum by which a softmax divides,
    once `top` is taken off all scores. None if the head has no sink.
    """
    return None if attention.sinks is None else float(np.exp(attention.sinks[head] - top))


def scaled_tex(attention: AttentionTrace, dot: float) -> str:
    """How a dot product becomes a score, before any bias, as LaTeX with its numbers."""
    product = rf"{tex(dot)} \times {tex(attention.scale)}"
    if attention.softcap is None:
        return product
    cap = tex(attention.softcap)
    return rf"{cap} \tanh\left(({product}) / {cap}\right)"


def runs_attention(name: str) -> None:
    """End the page, with what is missing, where a model does not tell what its attention is made of in all
    layers.
    """
    config = load(name).config
    if config.opaque:
        st.info(escaped(" ".join(config.missing)))
        raise NothingToShow


def hides(name: str) -> bool:
    """Whether words can be hidden from others in a model; where they cannot, say why in a line."""
    config = load(name).config
    if not is_opened(name):
        return True
    why = " ".join(config.missing) if config.opaque else ""
    if config.fault > MOST:
        why = "Its attention is not only weights times values, so that no head of it is shown."
    if why:
        st.info(escaped(f"{why} So no word can be hidden from another here."))
    return not why


def sizes_only(name: str) -> None:
    """Say of costs that they are those of our own design in the sizes of an opened model."""
    if is_opened(name):
        st.caption(
            "Formulas and measurements are those of Riverbank’s own transformer in the sizes of this model: "
            "what is special in its layers, such as a gate in the MLP, is not in them."
        )


def ours(name: str, what: str) -> None:
    """End the page with a line where it shows what is known of our own models only."""
    if is_opened(name):
        st.info(
            f"{what} is drawn for Riverbank’s own models, whose parts are known by name. Choose one of them "
            "in the sidebar, or another view for this model."
        )
        raise NothingToShow
