"""What is each head doing? All heads of a model at once, measured, compared, looked into and switched off, on
the reader's own text.
"""

import streamlit as st

from pages import _shell
from pages._control import Buttons, token
from pages.heads import across, contrast, grid, knockouts, lines, neuron
from pages.heads.pair import View

SECTIONS = {
    "Grid": grid.section,
    "Lines": lines.section,
    "Two at once": contrast.section,
    "Neuron": neuron.section,
    "Across layers": across.section,
    "Knock-outs": knockouts.section,
}
VIEW = Buttons("Look at", "heads.section", SECTIONS, "Grid", look={"label_visibility": "collapsed"})

choice = _shell.choice(kinds=("encoder", "decoder"), toys=True)
trace = _shell.read(choice)
asks = token("Who asks", "heads.query", trace.tokens, len(trace.tokens) - 1)
query = asks.value()
strongest = int(trace.layers[choice.layer].attention.weights(choice.head)[query].argmax())
answers = token("Who answers", "heads.key", trace.tokens, strongest)
section = VIEW.value()
st.markdown(
    f"{choice.model} looks at your text with {trace.config.layers} × {trace.config.heads} heads at once, and "
    "nobody told any of them what to do. "
    "The head and the two tokens that you choose in one view stay chosen in all."
)
VIEW.draw()
SECTIONS[section](View(choice, trace, query, answers.value(), asks, answers))
