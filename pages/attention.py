"""How does a word decide what to look at? One head, step by step, on the reader's own text."""

import _shell
import _whatif
import streamlit as st
from _link import kept
from _steps import STEPS, Cell, forget_key

from model.attention import attend

choice = _shell.sidebar()
st.title(_shell.PAGES["attention"])
st.markdown(
    "Every word asks all words it may see, **“are you what I need?”**, and takes from each as much as the answer was good. "
    "Choose the word that asks; look for the strongest cell in its row."
)
original = _shell.read(choice)
controls, picture = st.container(), st.container()

# What the controls say is known before they are drawn, so the picture goes first: it is what the reader waits for.
change, layers, mask = _whatif.settings(choice.layer)
trace = _shell.explain(choice.text, choice.model, change, layers, mask)
attention = trace.layers[choice.layer].attention
query = _shell.kept_token("attention.query", trace, default=len(trace.tokens) - 1)
key = _shell.kept_token("attention.key", trace, default=int(attention.weights(choice.head)[query].argmax()))
step = kept("attention.step", STEPS, "6 Softmax")
cell = Cell(trace, attention, choice.head, query, key)
with picture:
    beside = STEPS[step](cell)

with controls:
    asking, answering, _ = st.columns([1, 1, 2])
    _shell.pick("Step", STEPS, key="attention.step", default="6 Softmax")
with asking:
    _shell.pick_token("Who asks", trace, key="attention.query", on_change=forget_key)
with answering:
    _shell.pick_token("Who answers", trace, key="attention.key")
with beside:
    st.caption("Print it yourself, in Python, from the project’s folder:")
    st.code(_whatif.snippet(choice, cell, step, change, layers, mask), language="python", wrap_lines=True)
st.subheader("What if?")
_whatif.controls()
_whatif.effect(choice, original, trace, query)

st.subheader("The code")
st.markdown("The function that computed the weights above, from the `q`, `k` and `v` of the model:")
_shell.show_source(attend)
