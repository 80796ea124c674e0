"""The switches of the attention page: what they ask of the model, what came of it, and the code that says the
same.
"""

import numpy as np
import streamlit as st

from model import Change, load, probabilities
from pages import _shell
from pages._control import Buttons, Slider, switch
from pages._glossary import explained
from pages._numbers import number, plural
from viz import theme
from viz.component.ranking import ranking

OWN, EVERYWHERE, HERE = "as trained", "every layer", "this layer"
MASKS = {OWN: None, "causal": "causal", "full": "full"}
SCALED = switch("Divide by √D", "attention.scaled", True)
AVERAGE = switch(
    "Plain average", "attention.average", help="Every score is set to 0: all allowed words weigh the same."
)
TEMPERATURES = [i / 10 for i in range(1, 51)]
TEMPERATURE = Slider(
    "Softmax temperature",
    "attention.temperature",
    TEMPERATURES,
    1.0,
    look={"width": 170, "help": explained("softmax", "temperature")},
)
MASK = Buttons("Mask", "attention.mask", MASKS, OWN)
WHERE = Buttons("Changed in", "attention.where", (EVERYWHERE, HERE), EVERYWHERE)
ATTENTION = "trace.layers[{layer}].attention"
PRINTED = {
    "1 Tokens": "trace.tokens[{query}], trace.ids[{query}]",
    "2 q, k, v": ATTENTION + ".head({head}).q[{query}]",
    "3 Dot products": ATTENTION + ".dots({head})[{query}, {key}]",
    "4 Divide by √D": ATTENTION + ".scaled({head})[{query}, {key}]",
    "5 Mask": ATTENTION + ".scores({head})[{query}, {key}]",
    "6 Softmax": ATTENTION + ".weights({head})[{query}, {key}]",
    "7 Weighted sum": ATTENTION + ".heads[{head}, {query}]",
    "8 Join heads": ATTENTION + ".out[{query}]",
}


def settings(choice):
    """What the switches say, as (change, layers, mask) for `explain`; all None where nothing is changed."""
    change = Change(SCALED.value(), TEMPERATURE.value(), AVERAGE.value())
    mask, where = MASKS[MASK.value()], WHERE.value()
    if change == Change():
        return None, None, mask
    return change, None if where == EVERYWHERE else (choice.layer,), mask


def show(choice, original, trace, query):
    """The switches in one row, and what came of them."""
    _shell.heading("What if?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for control in (SCALED, AVERAGE, TEMPERATURE, MASK, WHERE):
            control.draw()
    effect(choice, original, trace, query)


def effect(choice, original, trace, query):
    """What the change did to the model's answer at the token that asks."""
    word = _shell.plain(trace.tokens[query])
    if trace.logits is None:
        before, after = original.final[query], trace.final[query]
        cosine = float(before @ after / np.linalg.norm(before) / np.linalg.norm(after))
        st.markdown(
            f"The vector of {word} at the end of the model, with and without the change: cosine "
            f"{number(cosine, 3)}."
        )
        return
    before, after = original.probabilities[query], trace.probabilities[query]
    same = trace is original
    top = np.argsort(-np.maximum(before, after))[:8]
    pieces = [load(choice.model).tokenizer.piece(i) for i in top]
    series = {"as trained": (before[top], theme.PLAIN)} | (
        {} if same else {"with the change": (after[top], theme.OUTPUT)}
    )
    moved = probabilities.divergence(before, after)
    sentence = (
        "Move a switch and see how this changes."
        if same
        else f"The change moved it by **{plural('bit', moved)}** (Kullback-Leibler divergence)."
    )
    st.markdown(
        f"What the model expects after {word}: the eight most likely of {len(before):,} tokens. {sentence}"
    )
    ranking(series, pieces, key="attention.next", label="most likely next tokens")


def python(*arguments):
    """The snippet as the page shows it."""
    st.code(snippet(*arguments), language="python", wrap_lines=True)


def snippet(choice, cell, step, change, layers, mask):
    """Three lines of Python that print what the chosen cell shows at the chosen step."""
    options = (
        "" if change is None else f", change={change!r}" + ("" if layers is None else f", layers={layers!r}")
    )
    if mask is not None:
        options += f", allowed=masks.{mask}({len(cell.trace.tokens)})"
    value = PRINTED[step].format(head=choice.head, query=cell.query, key=cell.key, layer=choice.layer)
    lines = (
        "from model import Change, load, masks",
        f"trace = load({choice.model!r}).explain({choice.text!r}{options})",
        f"print({value})",
    )
    return "\n".join(lines) + "  # from the project’s folder: the same number"
