"""How does a word decide what to look at? One head, step by step, on the reader's own text."""

import streamlit as st

from model.network.attention import attend
from pages import _ending, _fold, _shell, _sidebar, _words
from pages._control import Buttons, token
from pages.attention import walk, whatif
from pages.attention.cell import Cell
from pages.attention.steps import STEPS

STEP = Buttons("Step", "attention.step", STEPS, "6 Softmax", look={"label_visibility": "collapsed"})

LOOK = {
    "1 Tokens": "**Click the token that asks**, and walk on: its weights come at step 6.",
    "2 q, k, v": "**Choose who asks and who answers**; look for dimensions in which both are strong.",
    "7 Weighted sum": "**Look for the strongest row**: that token gives most to the sum.",
    "8 Join heads": "**Choose who asks**; look for the head with the strongest colours.",
}
step = STEP.value()

# What the controls say is known before they are drawn, so the picture goes first: it is what the reader waits
# for.
st.markdown(
    "Every word asks all words it may see, **“are you what I need?”**, and takes from each as much as the "
    "answer was good. "
    + LOOK.get(step, "**Click a cell of the matrix**; look for the strongest one in its row.")
)
choice = _sidebar.choice(hub=True)
original = _sidebar.read(choice)
change, layers, mask = whatif.settings(choice)
trace = _shell.explain(choice.text, choice.model, change, layers, mask)
attention = trace.layers[choice.layer].attention
asks = token("Who asks", "attention.query", trace.tokens, trace.last, "attention.key")
query = asks.value()  # until somebody says who answers, the strongest does
strongest = _words.strongest(trace, attention.weights(choice.head)[query])
answers = token("Who answers", "attention.key", trace.tokens, strongest)
cell = Cell(trace, attention, choice.head, query, answers.value())
above = walk.row()
below, beside = STEPS[step](cell)

with above:
    walk.draw(STEP)
with below, st.container(horizontal=True):
    asks.draw(width="stretch")
    answers.draw(width="stretch")
with beside:
    whatif.show(choice, original, trace, query)
_ending.note_ahead(trace, query, mask)
if query == trace.last:
    _ending.note(choice.text, choice.model)

_fold.fold(
    "The same number in Python", "attention.python", whatif.python, choice, cell, step, change, layers, mask
)
_fold.sources("attention.code", attend, name="The function that computed the weights")
