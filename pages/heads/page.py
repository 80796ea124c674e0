"""What is each head doing? All heads of a model at once, measured, compared, looked into and switched off, on
the reader's own text.
"""

import streamlit as st

from pages import _sidebar
from pages._control import Buttons, token
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
VIEW = Buttons("Look at", "heads.section", SECTIONS, "Grid", look={"label_visibility": "collapsed"})

choice = _sidebar.choice(kinds=("encoder", "decoder"), toys=True, hub=True)
trace = _sidebar.read(choice)
asks = token("Who asks", "heads.query", trace.tokens, len(trace.tokens) - 1)
query = asks.value()
strongest = int(trace.layers[choice.layer].attention.weights(choice.head)[query].argmax())
answers = token("Who answers", "heads.key", trace.tokens, strongest)
section = VIEW.value()
st.markdown(
    f"{choice.model} looks at your text with {trace.config.layers} × {trace.config.heads} heads at once, and "
    "nobody told any of them what to do."
)
VIEW.draw()
SECTIONS[section](HeadView(choice, trace, query, answers.value(), asks, answers))
