"""Why must the model not see the future? What a mask does, what leaks without it, and a model that was
trained to cheat.
"""

import streamlit as st

from pages import _sidebar
from pages._control import Buttons, row_above
from pages.masks import cheat, leaks, paint, sight
from pages.masks.view import MaskView

SECTIONS = {
    "Can it cheat?": cheat,
    "Paint a mask": paint,
    "Leak test": leaks,
    "Encoder and decoder": sight,
}
ONLY = {"Can it cheat?": cheat.HONEST, "Encoder and decoder": sight.DECODER}  # models that these are about
VIEW = Buttons("View", "masks.section", SECTIONS, "Can it cheat?", look={"label_visibility": "collapsed"})

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
choice = _sidebar.choice(only=ONLY.get(section), hub=True)
row = row_above("views")
with row:
    VIEW.draw()
SECTIONS[section].show(MaskView(choice, row))
