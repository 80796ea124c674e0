"""What does a transformer know about order? Six models that differ in their positional encoding only,
compared on the reader's own text.
"""

import streamlit as st

from pages import _shell
from pages._control import choose, kept
from pages.positions import content_position, extrapolation, locality, shuffle, side_by_side, table

SECTIONS = {
    "Side by side": side_by_side.section,
    "Shuffle test": shuffle.section,
    "By distance": locality.section,
    "The encoding itself": table.section,
    "Beyond the training length": extrapolation.section,
    "Content and position": content_position.section,
}
OWN_TEXT = "The encoding itself", "Beyond the training length"  # these ask for none, or for a long one

text = kept("text", None, _shell.EXAMPLES[0])
chosen = kept("positions.section", SECTIONS, "Side by side")
view = "positions.section"
_shell.pick("View", SECTIONS, key=view, label_visibility="collapsed")
if chosen not in OWN_TEXT:
    st.text_input(
        "Your text", key="text", live="200ms", on_change=choose, args=("text",), label_visibility="collapsed"
    )
SECTIONS[chosen](text)
