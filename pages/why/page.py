"""Why did it look there? A score, a logit and the meter of a sense as sums over what each part of the model
has written, on the reader's own text.
"""

import streamlit as st

from pages import _sidebar
from pages._control import Buttons, row_above
from pages.why import look, wrote
from pages.why.view import WhyView

SECTIONS = {"Why did it look there?": look, "What did it write?": wrote}
VIEW = Buttons(
    "View", "why.section", SECTIONS, "Why did it look there?", look={"label_visibility": "collapsed"}
)

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
choice = _sidebar.choice(toys=True, hub=True)
row = row_above("views")
with row:
    VIEW.draw()
SECTIONS[section].show(WhyView(choice, _sidebar.read(choice), row))
