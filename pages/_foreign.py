"""What cannot be shown of a model that was opened, in a line, with what can."""

from typing import NamedTuple

import streamlit as st

from model import Trace, load
from model.hub.plain import PlainNetwork
from model.loading import HUB
from pages._control import NothingToShow
from pages._shell import escaped
from viz.component import heatmap


def weights_only(trace: Trace, choice: NamedTuple) -> None:
    """Of a model that tells its weights and nothing else of its attention: show them, say what is missing,
    and end the page.
    """
    st.info(escaped(" ".join(trace.config.missing)))
    heatmap(
        trace.layers[choice.layer].attention.weights(choice.head),
        rows=trace.tokens,
        columns=trace.tokens,
        key="models.weights",
        label=f"weights of layer {choice.layer + 1}, head {choice.head + 1}",
        revision=trace.text,
    )
    st.caption("Rows ask, columns answer; each row sums to 1.")
    raise NothingToShow


def runs_attention(name: str) -> None:
    """End the page, with what is missing, where a model tells its weights and nothing else of its
    attention.
    """
    network = load(name).network
    if isinstance(network, PlainNetwork):
        st.info(escaped(" ".join(network.config.missing)))
        raise NothingToShow


def ours(name: str, what: str) -> None:
    """End the page with a line where it shows what is known of our own models only."""
    if name.startswith(HUB):
        st.info(
            f"{what} is drawn for Riverbank’s own models, whose parts are known by name. Choose one of them "
            "in the sidebar, or another view for this model."
        )
        raise NothingToShow
