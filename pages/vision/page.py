"""What does a patch look at? A small vision transformer and a small convolution look at the same picture: a
drawing, a test digit, or an upload.
"""

import streamlit as st

from pages._control import Buttons, row_above
from pages.vision import anything, chosen, learned, little, look, moved, near, row, training
from pages.vision.view import PictureView

SECTIONS = {
    "Look": look,
    "In a row": row,
    "Moved": moved,
    "Little data": little,
    "What it learned": learned,
    "Near-sighted": near,
    "Train it now": training,
    "Any picture": anything,
}
VIEW = Buttons("View", "vision.section", SECTIONS, "Look", look={"label_visibility": "collapsed"})

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
with row_above("views"):
    VIEW.draw()
SECTIONS[section].show(PictureView(chosen.digit(), chosen.TRANSFORMER.value()))
