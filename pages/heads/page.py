"""What is each head doing? All heads of a model at once, measured, compared, looked into and switched off, on
the reader's own text.
"""

import streamlit as st

from pages import _shell
from pages._control import kept
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

choice = _shell.choice(kinds=("encoder", "decoder"), toys=True)
trace = _shell.read(choice)
query = _shell.kept_token("heads.query", trace, default=len(trace.tokens) - 1)
weights = trace.layers[choice.layer].attention.weights(choice.head)
key = _shell.kept_token("heads.key", trace, default=int(weights[query].argmax()))
section = kept("heads.section", SECTIONS, "Grid")
st.markdown(
    f"{choice.model} looks at your text with {trace.config.layers} × {trace.config.heads} heads at once, and "
    "nobody told any of them what to do. "
    "The head and the two tokens that you choose in one view stay chosen in all."
)
_shell.pick("Look at", SECTIONS, key="heads.section", label_visibility="collapsed")
SECTIONS[section](View(choice, trace, query, key))
