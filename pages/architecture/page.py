"""What else is in a transformer? The whole transformer, box by box, on the reader's own text: its MLP, its
stream, its end, its cost.
"""

import streamlit as st

from model import load
from model.analysis import anatomy, cost, pooling, stream
from model.loading import is_opened
from model.network.transformer import MLP, Block
from pages import _fold, _sidebar
from pages._control import Buttons, row_above, token
from pages.architecture import checks, costs, diagram, ends, neurons, residual
from pages.architecture.view import ModelView

SECTIONS = {
    "The block": diagram,
    "The MLP": neurons,
    "The stream": residual,
    "The end": ends,
    "What it costs": costs,
}
SOURCES = {
    "The block": (Block, anatomy.multiply_adds),
    "The MLP": (MLP, stream.firing, stream.pushed),
    "The stream": (stream.stages, stream.cosines),
    "The end": (pooling.received, pooling.pooled, pooling.left_out),
    "What it costs": (
        cost.attention_parameters,
        cost.mixing,
        cost.multiply_adds,
        cost.cache_bytes,
        cost.windowed,
    ),
}

VIEW = Buttons(
    "Look at", "architecture.section", SECTIONS, "The block", look={"label_visibility": "collapsed"}
)

section = VIEW.value()
opening = st.empty()
opening.markdown(SECTIONS[section].OPENING)
choice = _sidebar.choice(kinds=("encoder", "decoder"), hub=True)
if is_opened(choice.model) and section == "The block":
    opening.markdown(diagram.OPENED)
row = row_above("views")
with row:
    VIEW.draw()
trace = _sidebar.read(choice)
place = token("Token", "architecture.token", trace.tokens, trace.last)
view = ModelView(choice, trace, load(choice.model).network, place.value(), place, row)
SECTIONS[section].show(view)
if not is_opened(choice.model):
    checks.folded(view)
_fold.sources("architecture.code", *SOURCES[section])
