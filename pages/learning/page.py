"""How does attention learn? A small model learns a task on strings while you watch; and encodings race."""

import streamlit as st

from pages._control import Buttons, row_above
from pages.learning import race, watch

SECTIONS = {"Watch it learn": watch, "Race": race}
VIEW = Buttons("View", "learning.section", SECTIONS, "Watch it learn", look={"label_visibility": "collapsed"})

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
row = row_above("views")
with row:
    VIEW.draw()
SECTIONS[section].show(row)
