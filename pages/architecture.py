"""What is around the attention? The whole transformer, box by box, on the reader's own text: its MLP, its stream, its end, its cost."""

import _block
import _shell
import streamlit as st
from _link import kept

from model import anatomy, load
from model.transformer import Block

SECTIONS = {
    "The block": _block.section,
}
SOURCES = {
    "The block": (Block, anatomy.multiply_adds),
}

choice = _shell.choice(kinds=("encoder", "decoder"))
trace = _shell.read(choice)
token = _shell.kept_token("architecture.token", trace, default=len(trace.tokens) - 1)
section = kept("architecture.section", SECTIONS, "The block")
st.markdown(
    "Attention is a small part of a transformer. **Click a box** of the loaded model and see what really went through it on your text, one row for each token."
)
_shell.pick("Look at", SECTIONS, key="architecture.section")
SECTIONS[section](_block.View(choice, trace, load(choice.model).network, token))
st.subheader("The functions that did this")
for function in SOURCES[section]:
    _shell.show_source(function)
