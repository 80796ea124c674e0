"""What does a transformer know about order? Models that differ in their positional encoding only,
compared on the reader's own text.
"""

import streamlit as st

from pages import _shell, _text
from pages._control import Buttons, row_above
from pages.positions import choosing, content_position, extrapolation, locality, shuffle, side_by_side, table
from pages.positions.view import OrderView

SECTIONS = {
    "Which to choose": choosing.show,
    "Side by side": side_by_side.show,
    "Shuffle test": shuffle.show,
    "By distance": locality.show,
    "The encoding itself": table.show,
    "Beyond the training length": extrapolation.show,
    "Content and position": content_position.show,
}
OWN_TEXT = "The encoding itself", "Beyond the training length"  # these ask for none, or for a long one

HIDDEN = {"label_visibility": "collapsed"}
OPENINGS = {
    "Which to choose": choosing.OPENING,
    "Side by side": side_by_side.OPENING,
    "Shuffle test": shuffle.OPENING,
    "By distance": locality.OPENING,
    "The encoding itself": table.OPENING,
    "Beyond the training length": extrapolation.OPENING,
    "Content and position": content_position.OPENING,
}
VIEW = Buttons("View", "positions.section", SECTIONS, "Which to choose", look=HIDDEN)

section = VIEW.value()
st.markdown(OPENINGS[section])
if section in OWN_TEXT:
    text = _text.TEXT.value()
else:
    text, st.session_state.reader = _text.place(), _shell.FIRST
row = row_above("views")
with row:
    VIEW.draw()
SECTIONS[section](OrderView(text, row))
