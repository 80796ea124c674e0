"""What went through a box of the diagram on the reader's text, and what the box does."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import activations
from pages import _shell
from pages._cache import remembered
from pages._numbers import number
from viz.component import heatmap
from viz.component.chips import chips

LISTED = 40  # tokens of the vocabulary for which logits are drawn
NORM = (
    "Each token by itself: mean 0 and spread 1 over its numbers, then a factor and a shift for each of them."
)
DOES = {
    "tokens": "The text as the tokenizer cuts it; below each token its number in the vocabulary.",
    "embedding": "The row of the table that belongs to each token. Nothing is computed, it is looked up.",
    "widen": "The table holds fewer numbers a token than the stream; one matrix widens them (Lan 2020, "
    "ALBERT).",
    "positions": "What is added so that the model can tell places apart, the same for every text: the rows "
    "of a learned table, or waves (sinusoidal).",
    "enter": r"The embedding times $\sqrt{C}$, with the positions where they are added: the stream begins.",
    "attention_norm": f"{NORM} Attention reads this; the stream stays as it is.",
    "mlp_norm": f"{NORM} The MLP reads this; the stream stays as it is.",
    "norm": "The end of the stream, normalised once more: what comes out of the model is read from here.",
    "query": "What each token asks for, all heads side by side.",
    "key": "What each token answers to, all heads side by side.",
    "value": "What each token passes on, all heads side by side.",
    "turn": "Queries, then keys, turned pair by pair by an angle that grows with the place: only the "
    "distance of two tokens is left in their product.",
    "bias": "What is added to each score for the distance of the two tokens.",
    "scores": r"Query times key, divided by $\sqrt{D}$, plus the bias where there is one, of one head: row "
    r"asks, column answers. Hatched: not allowed.",
    "weights": "The scores of one head after mask and softmax: row asks, column answers; each row sums to 1.",
    "mix": "The values, weighted and summed: what each head has found for each token.",
    "output": "All heads joined and led back to the width of the stream: what attention adds.",
    "add_attention": "The stream plus what attention adds, and not that in its place: this is the residual "
    "connection.",
    "mlp_in": "Each token by itself, to more neurons than the stream has numbers.",
    "gelu": "The neurons after the GELU: what is below zero is almost shut off.",
    "mlp_out": "The neurons led back to the width of the stream: what the MLP adds.",
    "add_mlp": "The stream plus what the MLP adds. The next layer reads this.",
    "narrow": "The widening matrix, used the other way round.",
    "logits": "How well each token of the vocabulary fits next: the embedding table is used once more, as "
    "the output matrix.",
}


@remembered()
def activation(text, model, name, layer, head):
    return activations.activation(load(model).network, _shell.explain(text, model), name, layer, head)


def draw_activation(view, box):
    """The activation of the box on the reader's text, what it is, and how far a recomputed one is from what
    the pass produced.
    """
    trace, layer, head = view.trace, view.choice.layer, view.choice.head
    where = f"layer {layer + 1}" * (box.times > 1) + f", head {head + 1}" * (len(box.shape) == 3)
    of = f" ({trace.config.positions})" * (box.name == "positions")
    st.markdown(f"**{box.title}**{of}{', ' * bool(where)}{where}. {DOES[box.name]}")
    activated = activation(*view.choice, box.name, layer, head)
    if box.name == "tokens":
        chips(
            trace.tokens,
            notes=[str(int(i)) for i in trace.ids],
            selected=view.token,
            key="architecture.tokens",
            label="tokens with their numbers",
            revision=trace.text,
        )
    else:
        draw_values(view, box, activated)
    st.caption(axis_words(box) + proof(activated))
    if box.name == "logits":
        view.picker.draw()


def draw_values(view, box, activated):
    """The numbers as a heatmap, a row for each token."""
    trace = view.trace
    values, columns = activated.values, labels(view, activated)
    if activated.columns == "vocabulary":
        best = np.argsort(-values[view.token], kind="stable")[:LISTED]
        values, columns = values[:, best], [columns(int(i)) for i in best]
    square = activated.columns == "token"
    heatmap(
        values,
        rows=trace.tokens,
        columns=columns,
        key="architecture.activation",
        kind="weights" if box.name == "weights" else "signed",
        allowed=activated.allowed,
        label=f"{box.title}: {' × '.join(f'{n:,}' for n in box.shape)}",
        row_role="query" if square else "token",
        column_role="key" if square else "number",
        height=470,
        square=square,
        revision=f"{box.name} {view.choice.layer} {view.choice.head}",
    )


def labels(view, activated):
    """Names of the columns; of the vocabulary, a function from the number of a token to its text."""
    if activated.columns == "token":
        return view.trace.tokens
    if activated.columns == "vocabulary":
        return load(view.choice.model).tokenizer.piece
    D = view.trace.config.head_width
    return [
        f"{i // D + 1}.{i % D + 1}" if activated.columns == "head.number" else str(i + 1)
        for i in range(activated.values.shape[1])
    ]


def axis_words(box):
    """Which axis is which."""
    if box.name == "tokens":
        return ""
    if len(box.shape) == 3:
        return f"This is one of {box.shape[0]} heads; choose layer and head in the sidebar. "
    heads = ", head and number within it" * (
        box.name in ("query", "key", "value", "turn", "mix")
    ) + "; queries first, then keys" * (box.name == "turn")
    shown = (
        f"one of the {LISTED} tokens of the vocabulary that are likeliest after the token chosen below"
        if box.name == "logits"
        else ""
    )
    return f"Each row is a token, each column {shown or f'one of its {box.shape[1]:,} numbers{heads}'}. "


def proof(activated):
    """Where the numbers come from."""
    if activated.difference is None:
        return "Kept from the pass itself."
    again = "Computed again by the model’s own parts; "
    if activated.difference == 0:
        return f"{again}{activated.against} of the pass follow from it bit for bit."
    return (
        f"{again}what follows from it and {activated.against} of the pass differ by at most "
        f"**{number(activated.difference, digits=2)}**."
    )
