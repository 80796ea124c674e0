"""What is each head doing? All heads of a model at once, measured, compared, looked into and switched off, on
the reader's own text.
"""

import streamlit as st

from pages import _sidebar, _words
from pages._control import Buttons, row_above, token
from pages.heads import across, contrast, grid, knockouts, lines, neuron
from pages.heads.pair import HeadView

SECTIONS = {
    "Grid": grid,
    "Lines": lines,
    "Two at once": contrast,
    "Neuron": neuron,
    "Across layers": across,
    "Knock-outs": knockouts,
}
VIEW = Buttons("Look at", "heads.section", SECTIONS, "Grid", look={"label_visibility": "collapsed"})

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
choice = _sidebar.choice(kinds=("encoder", "decoder"), toys=True, hub=True)
row = row_above("views")
with row:
    VIEW.draw()
trace = _sidebar.read(choice)
asks = token("Who asks", "heads.query", trace.tokens, trace.last)
query = asks.value()
strongest = _words.strongest(trace, trace.layers[choice.layer].attention.weights(choice.head)[query])
answers = token("Who answers", "heads.key", trace.tokens, strongest)
SECTIONS[section].show(HeadView(choice, trace, query, answers.value(), asks, answers, row))
