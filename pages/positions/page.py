"""What does a transformer know about order? Models that differ in their positional encoding only,
compared on the reader's own text.
"""

import streamlit as st

from pages import _shell, _text
from pages._control import Buttons, row_above
from pages.positions import (
    beside,
    choosing,
    content_position,
    extrapolation,
    locality,
    shuffle,
    side_by_side,
    table,
)
from pages.positions.view import OrderView

SECTIONS = {
    "Which to choose": choosing,
    "Side by side": side_by_side,
    "Shuffle test": shuffle,
    "By distance": locality,
    "The encoding itself": table,
    "Beyond the training length": extrapolation,
    "Content and position": content_position,
}
OWN_TEXT = "The encoding itself", "Beyond the training length"  # these ask for none, or for a long one

HIDDEN = {"label_visibility": "collapsed"}
VIEW = Buttons("View", "positions.section", SECTIONS, "Which to choose", look=HIDDEN)

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
text = _text.TEXT.value() if section in OWN_TEXT else _text.place(_shell.FIRST)
row = row_above("views")
with row:
    VIEW.draw()
SECTIONS[section].show(OrderView(text, row))
if section != "By distance":
    beside.say_where()
