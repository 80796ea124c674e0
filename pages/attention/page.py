"""How does a word decide what to look at? One head, step by step, on the reader's own text."""

import streamlit as st

from model.network.attention import attend
from pages import _ending, _shell, _sidebar
from pages._control import Buttons, token
from pages.attention import whatif
from pages.attention.cell import Cell
from pages.attention.steps import STEPS

STEP = Buttons("Step", "attention.step", STEPS, "6 Softmax")

# What the controls say is known before they are drawn, so the picture goes first: it is what the reader waits
# for.
choice = _sidebar.choice()
original = _sidebar.read(choice)
change, layers, mask = whatif.settings(choice.layer)
trace = _shell.explain(choice.text, choice.model, change, layers, mask)
attention = trace.layers[choice.layer].attention
asks = token("Who asks", "attention.query", trace.tokens, len(trace.tokens) - 1, "attention.key")
query = asks.value()  # until somebody says who answers, the strongest does
strongest = int(attention.weights(choice.head)[query].argmax())
answers = token("Who answers", "attention.key", trace.tokens, strongest)
cell = Cell(trace, attention, choice.head, query, answers.value())
step = STEP.value()
head = st.container()
beside = STEPS[step](cell)

with head:
    st.markdown(
        "Every word asks all words it may see, **“are you what I need?”**, and takes from each as much as "
        "the answer was good. Choose the word that asks; look for the strongest cell in its row."
    )
    with st.container(horizontal=True):
        asks.draw()
        answers.draw()
    STEP.draw()
with beside:
    st.code(whatif.snippet(choice, cell, step, change, layers, mask), language="python", wrap_lines=True)

_shell.heading("What if?")
whatif.controls()
whatif.effect(choice, original, trace, query)
_ending.note_ahead(trace, query, mask)
if query == len(trace.tokens) - 1:
    _ending.note(choice.text, choice.model)

_shell.heading("The function that computed the weights")
_shell.show_source(attend)
