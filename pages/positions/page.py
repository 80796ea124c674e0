"""What does a transformer know about order? Models that differ in their positional encoding only,
compared on the reader's own text.
"""

import streamlit as st

from pages import _shell, _text
from pages._control import Buttons
from pages.positions import choosing, content_position, extrapolation, locality, shuffle, side_by_side, table

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
VIEW = Buttons("View", "positions.section", SECTIONS, "Which to choose", look=HIDDEN)

section = VIEW.value()
VIEW.draw()
if section in OWN_TEXT:
    text = _text.TEXT.value()
else:
    text, st.session_state.reader = _text.place(), _shell.FIRST
SECTIONS[section](text)
