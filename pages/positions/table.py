"""The encoding itself: what a model is told about each position before it has read a word."""

import streamlit as st

from model.network.encodings import ENCODINGS
from pages import _fold, _shell
from pages._control import picture_first
from pages.positions import encodings
from pages.positions.pictures import PICTURES, PLACES
from viz.component import heatmap

OPENING = (
    "This is what a model is told about positions, before it has read a word. **Choose an encoding**, and "
    "look at the matrix of positions by positions: a band along the diagonal means that near and far can be "
    "told apart."
)


def show(view):
    """Show what an encoding says of each position, and how alike it makes two; no text plays a part."""
    encoding, heads = (
        encodings.encoding_control("positions.encoding", "sinusoidal"),
        encodings.head_control(1),
    )
    name, head = encoding.value(), heads.value() - 1
    controls = (encoding, heads) if ENCODINGS[name].enters == "scores" else (encoding,)
    with picture_first(*controls, row=view.row):
        picture = PICTURES[name].view(encodings.bundle(name), head)
        left, right = st.columns(2, gap="small")
        with left:
            picture.draw()
        with right:
            heatmap(
                picture.alike,
                rows=PLACES,
                columns=PLACES,
                key="positions.alike",
                kind="signed",
                height=460,
                limit=picture.limit,
                label=picture.label,
                row_role="i",
                column_role="j",
                reading="positions {row} and {column}",
                revision=f"{name}:{head}",
            )
    st.caption(picture.caption)
    st.markdown(picture.meaning)
    _fold.fold("The formula", "positions.formula", _shell.say, ENCODINGS[name].formula)
    if picture.source:
        _fold.sources("positions.code", picture.source)
