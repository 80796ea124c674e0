"""What else is in a transformer? The whole transformer, box by box, on the reader's own text: its MLP, its
stream, its end, its cost.
"""

import streamlit as st

from model import load
from model.analysis import anatomy, cost, pooling, stream
from model.loading import HUB
from model.network.transformer import MLP, Block
from pages import _fold, _sidebar
from pages._control import Buttons, row_above, token
from pages.architecture import checks, costs, diagram, ends, neurons, residual
from pages.architecture.view import ModelView

SECTIONS = {
    "The block": diagram.show,
    "The MLP": neurons.show,
    "The stream": residual.show,
    "The end": ends.show,
    "What it costs": costs.show,
}
TELLS = {
    "The block": "Attention is one part of a transformer. **Click a box** of the loaded model: beside it "
    "stands what really went through it on your text.",
    "The MLP": "Between two attentions each token thinks by itself, in the MLP. **Click a cell** and look "
    "for neurons that fire for few words only.",
    "The stream": "Every layer only adds to what runs through. **Click a token** and look where its vector "
    "grows, and where it turns.",
    "The end": "What comes out at the end depends on what the model is for. **Choose a decoder or an "
    "encoder** in the sidebar: each ends in something of use.",
    "What it costs": "Tokens look at tokens, so a part of the cost grows with the square of the text. **Move "
    "the length** and look where the curves part.",
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
st.markdown(TELLS[section])
choice = _sidebar.choice(kinds=("encoder", "decoder"), hub=True)
row = row_above("views")
with row:
    VIEW.draw()
trace = _sidebar.read(choice)
place = token("Token", "architecture.token", trace.tokens, len(trace.tokens) - 1)
view = ModelView(choice, trace, load(choice.model).network, place.value(), place, row)
SECTIONS[section](view)
if not choice.model.startswith(HUB):
    checks.folded(view)
_fold.sources("architecture.code", *SOURCES[section])
