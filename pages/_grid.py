"""All heads of a model at once, and the chosen one large beside them."""

import streamlit as st
from _view import look_at

from viz.component import heatmap


def section(view):
    """Draw all of it."""
    (_, _, layer, head), trace = view.choice, view.trace
    attention = trace.layers[layer].attention
    heatmap(
        attention.weights(head), rows=trace.tokens, columns=trace.tokens, allowed=attention.parts(head)[3], key="heads.map", height=430,
        selected=(view.query, view.key), label=f"layer {layer + 1}, head {head + 1}", revision=view.choice.text, on_select=take_cell,
    )  # fmt: skip


def take_cell():
    if cell := st.session_state["heads.map"].get("cell"):
        look_at(*cell[:2])
