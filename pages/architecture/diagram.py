"""The block: the loaded network as a diagram, and what really went through each of its boxes."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from model import Trace, load
from model.analysis import activations, anatomy, cost
from model.network.transformer import Transformer
from pages import _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import Control, Menu, pause
from pages._numbers import number, percent, plural
from viz import cost as figures
from viz.component import heatmap
from viz.component.chips import chips
from viz.component.diagram import Part, diagram

BOX = "architecture.box"
LISTED = 40  # tokens of the vocabulary for which logits are drawn
ROWS = (  # what stands beside what; a row of one is a sum on the stream itself
    ("tokens", "embedding", "widen", "positions"),
    ("enter",),
    ("attention_norm", "query", "key", "value"),
    ("turn", "bias", "scores", "weights", "mix", "output"),
    ("add_attention",),
    ("mlp_norm", "mlp_in", "gelu", "mlp_out"),
    ("add_mlp",),
    ("norm", "narrow", "logits"),
)
BLOCK = 2, 6  # the rows of one layer
ACROSS = 5  # boxes beside the stream
ROLES = {"query": "query", "key": "key", "value": "value", "mix": "value", "output": "output"}
GROUPS = {  # what the boxes are summed up as
    "embedding, output": ("tokens", "embedding", "widen", "narrow", "logits"),
    "projections": ("query", "key", "value", "output"),
    "pairs of tokens": ("scores", "weights", "mix"),
    "MLP": ("mlp_in", "gelu", "mlp_out"),
}
REST = "norms, positions"
NORM = (
    "Each token by itself: mean 0 and spread 1 over its numbers, then a factor and a shift for each of them."
)
DOES = {
    "tokens": "The text as the tokenizer cuts it; below each token its number in the vocabulary.",
    "embedding": "The row of the table that belongs to each token. Nothing is computed, it is looked up.",
    "widen": "The table holds fewer numbers a token than the stream; one matrix widens them (Lan 2020, "
    "ALBERT).",
    "positions": "What is added so that the model can tell places apart, the same for every text: the rows "
    "of a "
    "learned table, or waves (sinusoidal).",
    "enter": r"The embedding times $\sqrt{C}$, with the positions where they are added: the stream begins.",
    "attention_norm": f"{NORM} Attention reads this; the stream stays as it is.",
    "mlp_norm": f"{NORM} The MLP reads this; the stream stays as it is.",
    "norm": "The end of the stream, normalised once more: what comes out of the model is read from here.",
    "query": "What each token asks for, all heads side by side.",
    "key": "What each token answers to, all heads side by side.",
    "value": "What each token passes on, all heads side by side.",
    "turn": "Queries, then keys, turned pair by pair by an angle that grows with the place: only the "
    "distance "
    "of two tokens is left in their product.",
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
    "the "
    "output matrix.",
}


class View(NamedTuple):
    """What a section gets: the sidebar's choice, the Trace of its text, the Transformer that made it, the
    chosen token's place, counted from 0, and the control that chooses it.
    """

    choice: _shell.Choice
    trace: Trace
    network: Transformer
    token: int
    picker: Menu


@remembered("Counting while the network runs once more")
def counted(name, ids):
    return cost.counted(load(name).network, ids)


@remembered()
def activation(text, model, name, layer, head):
    return activations.activation(load(model).network, _shell.explain(text, model), name, layer, head)


def section(view):
    """Draw all of it."""
    T, layer = len(view.trace.tokens), view.choice.layer
    made = anatomy.boxes(view.network, T)
    named = {one.name: one for one in made}
    box = named[Control("Box", BOX, named, "weights").value()]
    left, right = st.columns([7, 5], gap="medium")
    with left:
        diagram(
            parts(made),
            selected=box.name,
            frame=BLOCK,
            caption=f"layer {layer + 1}, one of {view.trace.config.layers} alike",
            key="architecture.diagram",
            label=f"the parts of {view.choice.model} on {plural('token', T)}",
            revision=f"{view.choice.model} {T}",
            on_select=take_box,
        )
    with right:
        through(view, box)
    pause()
    told(view, made)


def take_box(name):
    put({BOX: name})


def parts(made):
    """The boxes as the diagram takes them, each with its place and its share of the whole model."""
    wholes = anatomy.parameters(made) or 1, anatomy.multiply_adds(made) or 1
    at = places([box.name for box in made])
    return [
        Part(
            box.name,
            box.title,
            *at[box.name],
            box.axes,
            box.shape,
            box.reads,
            box.parameters,
            box.multiply_adds,
            (anatomy.parameters([box]) / wholes[0], anatomy.multiply_adds([box]) / wholes[1]),
            box.times,
            ROLES.get(box.name, ""),
        )
        for box in made
    ]


def places(names):
    """{name: (row, column)}: sums stand in column 0, on the stream; the row of the scores ends under the
    values, all others begin at the stream.
    """
    found = {}
    for i, row in enumerate(ROWS):
        there = [name for name in row if name in names]
        first = 0 if len(row) == 1 else ACROSS + 1 - len(there) if "scores" in row else 1
        found |= {name: (i, first + j) for j, name in enumerate(there)}
    return found


# ---- what went through a box ----


def through(view, box):
    """The activation of the box on the reader's text, what it is, and how far a recomputed one is from what
    the pass produced.
    """
    trace, (_, _, layer, head) = view.trace, view.choice
    where = f"layer {layer + 1}" * (box.times > 1) + f", head {head + 1}" * (len(box.shape) == 3)
    of = f" ({trace.config.positions})" * (box.name == "positions")
    st.markdown(f"**{box.title}**{of}{', ' * bool(where)}{where}. {DOES[box.name]}")
    found = activation(*view.choice[:2], box.name, layer, head)
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
        picture(view, box, found)
    st.caption(axis_words(box) + proof(found))
    if box.name == "logits":
        view.picker.draw()


def picture(view, box, found):
    """The numbers as a heatmap, a row for each token."""
    trace = view.trace
    values, columns = found.values, labels(view, found)
    if found.columns == "vocabulary":
        best = np.argsort(-values[view.token], kind="stable")[:LISTED]
        values, columns = values[:, best], [columns(int(i)) for i in best]
    square = found.columns == "token"
    heatmap(
        values,
        rows=trace.tokens,
        columns=columns,
        key="architecture.activation",
        kind="weights" if box.name == "weights" else "signed",
        allowed=found.allowed,
        label=f"{box.title}: {' × '.join(f'{n:,}' for n in box.shape)}",
        row_role="query" if square else "token",
        column_role="key" if square else "number",
        height=470,
        square=square,
        revision=f"{box.name} {view.choice.layer} {view.choice.head}",
    )


def labels(view, found):
    """Names of the columns; of the vocabulary, a function from the number of a token to its text."""
    if found.columns == "token":
        return view.trace.tokens
    if found.columns == "vocabulary":
        return load(view.choice.model).tokenizer.piece
    D = view.trace.config.head_width
    return [
        f"{i // D + 1}.{i % D + 1}" if found.columns == "head.number" else str(i + 1)
        for i in range(found.values.shape[1])
    ]


def axis_words(box):
    """Which axis is which."""
    if box.name == "tokens":
        return ""
    if len(box.shape) == 3:
        return f"one of {box.shape[0]} heads; choose layer and head in the sidebar. "
    heads = ", head and number within it" * (
        box.name in ("query", "key", "value", "turn", "mix")
    ) + "; queries first, then keys" * (box.name == "turn")
    shown = (
        f"the {LISTED} tokens of the vocabulary that are likeliest after the token chosen below"
        if box.name == "logits"
        else ""
    )
    return f"row: token; column: {shown or f'one of its {box.shape[1]:,} numbers{heads}'}. "


def proof(found):
    """Where the numbers come from."""
    if found.difference is None:
        return "Kept from the pass itself."
    again = "Computed again by the model’s own parts; "
    if found.difference == 0:
        return f"{again}{found.against} of the pass follow from it bit for bit."
    return (
        f"{again}what follows from it and {found.against} of the pass differ by at most "
        f"**{number(found.difference, digits=2)}**."
    )


# ---- all boxes together ----


def told(view, made):
    """Parameters and multiply-adds of all boxes, beside those counted in the network and while it ran."""
    choice, T = view.choice, len(view.trace.tokens)
    own, takes = anatomy.parameters(made), anatomy.multiply_adds(made)
    held = sum(parameter.numel() for parameter in view.network.parameters())
    ran = counted(choice.model, tuple(map(int, view.trace.ids)))
    if (own, takes) != (held, ran):
        st.error(
            f"The boxes have {own:,} parameters and take {takes:,} multiply-adds, but counted are {held:,} "
            f"and {ran:,}."
        )
        return
    _shell.show(
        figures.shares(grouped(made)),
        key="architecture.shares",
        alt="shares of the parts in parameters and multiply-adds",
    )
    table = next(box.parameters for box in made if box.name == "embedding") / own
    tied = next((box for box in made if box.name == "logits"), None)
    st.markdown(
        f"All boxes together, those of the block {view.trace.config.layers} times, own **{own:,} "
        f"parameters**, as many as the loaded network holds when each is counted once ({held:,}), and take "
        f"**{takes:,} multiply-adds** for your {plural('token', T)}, as many as torch counted while the "
        f"same pass ran ({ran:,}). "
        + (
            "The output matrix is the embedding table once more: no parameter of its own, but "
            f"{tied.multiply_adds:,} multiply-adds."
            if tied
            else "This encoder ends in vectors: its table is looked up once and multiplied by nothing, "
            f"{percent(table)} of the parameters and none of the work."
        )
    )
    _shell.say(
        r"x \leftarrow x + \mathrm{Attention}(\mathrm{norm}(x)) \qquad x \leftarrow x + "
        r"\mathrm{MLP}(\mathrm{norm}(x))",
        "Both halves read the stream through a norm and add to it (pre-norm, Xiong 2020). Only the products "
        "of matrices are counted as multiply-adds, masked "
        "pairs included; norms, softmax, GELU and additions take a few steps for each number they touch.",
    )


def grouped(made):
    """{whole: {group of boxes: how much}} of parameters and multiply-adds."""
    wholes = {"parameters": {}, "multiply-adds": {}}
    for group in (*GROUPS, REST):
        some = [
            box
            for box in made
            if next((name for name, names in GROUPS.items() if box.name in names), REST) == group
        ]
        wholes["parameters"][group], wholes["multiply-adds"][group] = (
            anatomy.parameters(some),
            anatomy.multiply_adds(some),
        )
    return wholes
