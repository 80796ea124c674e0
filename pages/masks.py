"""Why must the model not see the future? What a mask does, what leaks without it, and a model that was trained to cheat."""

import _cheat
import _leaks
import _paint
import _sight
import streamlit as st
from _link import choose, kept

SECTIONS = {
    "Can it cheat?": _cheat.section,
    "Paint a mask": _paint.section,
    "Leak test": _leaks.section,
    "Encoder and decoder": _sight.section,
}
KEY = "masks.section"

chosen = kept(KEY, SECTIONS, "Can it cheat?")
st.segmented_control("View", SECTIONS, key=KEY, required=True, on_change=choose, args=(KEY,), label_visibility="collapsed")
SECTIONS[chosen]()
