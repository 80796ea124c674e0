"""What does a transformer know about order? Six models that differ in their positional encoding only, compared on the reader's own text."""

import _beside
import _beyond
import _locality
import _shell
import _shuffle
import _split
import _table
import streamlit as st
from _link import choose, kept

SECTIONS = {
    "Side by side": _beside.section,
    "Shuffle test": _shuffle.section,
    "By distance": _locality.section,
    "The encoding itself": _table.section,
    "Beyond the training length": _beyond.section,
    "Content and position": _split.section,
}
OWN_TEXT = "The encoding itself", "Beyond the training length"  # these ask for none, or for a long one

text = kept("text", None, _shell.EXAMPLES[0])
chosen = kept("positions.section", SECTIONS, "Side by side")
view = "positions.section"
_shell.pick("View", SECTIONS, key=view, label_visibility="collapsed")
if chosen not in OWN_TEXT:
    st.text_input("Your text", key="text", live="200ms", on_change=choose, args=("text",), label_visibility="collapsed")
SECTIONS[chosen](text)
