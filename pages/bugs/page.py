"""Which bug is it? Mistakes that people have made in attention, put into the real model and found again."""

import streamlit as st

from model.network.attention import attend
from pages import _fold, _sidebar
from pages._control import Buttons, row_above
from pages.bugs import guess, look, pictures
from pages.bugs.view import BugView

SECTIONS = {
    "Look at a bug": look,
    "Guess the bug": guess,
}
VIEW = Buttons("View", "bugs.section", SECTIONS, "Look at a bug", look={"label_visibility": "collapsed"})

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
choice = _sidebar.choice(kinds=("decoder",))
row = row_above("views")
with row:
    VIEW.draw()
SECTIONS[section].show(BugView(choice, row))
_fold.fold("The formula, and what cannot hurt it", "bugs.formula", pictures.formula)
_fold.sources("bugs.code", attend, name="The attention that both models run, without the bug")
