"""What is each head doing? All heads of a model at once, measured, compared, looked into and switched off, on
the reader's own text.
"""

import streamlit as st

from pages import _sidebar
from pages._control import Buttons, row_above, token
from pages.heads import across, contrast, grid, knockouts, lines, neuron
from pages.heads.pair import HeadView

SECTIONS = {
    "Grid": grid.show,
    "Lines": lines.show,
    "Two at once": contrast.show,
    "Neuron": neuron.show,
    "Across layers": across.show,
    "Knock-outs": knockouts.show,
}
OPENINGS = {
    "Grid": grid.OPENING,
    "Lines": lines.OPENING,
    "Two at once": contrast.OPENING,
    "Neuron": neuron.OPENING,
    "Across layers": across.OPENING,
    "Knock-outs": knockouts.OPENING,
}
VIEW = Buttons("Look at", "heads.section", SECTIONS, "Grid", look={"label_visibility": "collapsed"})

section = VIEW.value()
st.markdown(OPENINGS[section])
choice = _sidebar.choice(kinds=("encoder", "decoder"), toys=True, hub=True)
row = row_above("views")
with row:
    VIEW.draw()
trace = _sidebar.read(choice)
asks = token("Who asks", "heads.query", trace.tokens, len(trace.tokens) - 1)
query = asks.value()
strongest = int(trace.layers[choice.layer].attention.weights(choice.head)[query].argmax())
answers = token("Who answers", "heads.key", trace.tokens, strongest)
SECTIONS[section](HeadView(choice, trace, query, answers.value(), asks, answers, row))
