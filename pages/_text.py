"""The reader's text: its box and the examples beside it, asked for before the picture and drawn after it."""

from contextlib import suppress
from dataclasses import replace

import streamlit as st

from pages import _signs
from pages._choices import put
from pages._control import Text, row_above
from pages._shell import explain

EXAMPLES = (
    "I swam across the river to get to the other bank",
    "I walked across the road to get cash from the other bank",
    "The cat sat on the mat because it was tired. The cat wanted to sleep.",
    "Lily gave Tom a red ball, and Tom said thank you to Lily.",
    "One day, a little girl found a big box under her bed. She opened the",
    "Once upon a time there was a",
)
FIRST = EXAMPLES[0]
TEXT = Text("Your text", "text", None, FIRST, look={"label_visibility": "collapsed"})


def place(reader: str, default: str = FIRST) -> str:
    """The reader's text, or the `default` of a page; its box will stand where the page stands now. `reader`
    is the name of the model that reads it.
    """
    st.session_state.reader = reader
    st.session_state.text_place = st.container()
    with st.session_state.text_place:
        st.session_state.text_row = row_above("text_row")
    return replace(TEXT, default=default).value()


def draw() -> None:
    """Draw the box where `place` was asked, the examples beside it, and below it what the signs of the text
    cost the model that reads it.
    """
    reader = st.session_state.reader
    with st.session_state.text_row:
        TEXT.draw(on_change=take, args=(reader,))
        st.selectbox(
            "or an example",
            EXAMPLES,
            index=None,
            key="example",
            on_change=take_example,
            placeholder="or an example",
            label_visibility="collapsed",
            width=150,
        )
    with st.session_state.text_place:
        _signs.note(TEXT.key, st.session_state.text, reader)


def take(reader: str) -> None:
    """Read the new text before anything of the page is sent, so that its head and its picture come in one
    piece and the browser draws once.
    """
    TEXT.take()
    with suppress(Exception):  # the page will say it
        explain(st.session_state.text, reader)


def take_example() -> None:
    """Take the example that was chosen as the text; the list then stands empty again."""
    put({"text": st.session_state.example})
    st.session_state.example = None
