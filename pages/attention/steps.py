"""The steps of attention as the attention page shows them, for one head and one pair of tokens.

Each draws its picture, beside it the formula with its numbers, and returns the place where more may be said.
"""

import math
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import AttentionTrace, Trace, probabilities
from pages import _shell, _words
from pages._choices import put
from pages._control import pause
from pages._numbers import number, plural, rounding, signed, signed_tex, tex
from viz import bars
from viz.component import heatmap
from viz.component.chips import chips

HEIGHT = 470


class Cell(NamedTuple):
    """Where the learner looks: a trace, one head of one layer, a query and a key."""

    trace: Trace
    attention: AttentionTrace
    head: int
    query: int
    key: int

    @property
    def words(self):
        """The two tokens, safe inside a sentence."""
        return _shell.plain(self.trace.tokens[self.query]), _shell.plain(self.trace.tokens[self.key])

    @property
    def numbers(self):
        """The chosen cell at every stage: dot product, scaled, weight."""
        place = self.query, self.key
        return tuple(
            float(stage(self.head)[place])
            for stage in (self.attention.dots, self.attention.scaled, self.attention.weights)
        )


def square(cell, values, name, *, kind, allowed=None, note, labels=None):
    """The T x T matrix of one stage, or with its `labels` what the reader wants; a click chooses the pair."""
    labels = labels or _words.by_token(cell.trace)
    heatmap(
        labels.matrix(values),
        rows=labels.names,
        columns=labels.names,
        key="attention.matrix",
        kind=kind,
        allowed=None if allowed is None else labels.allowed(allowed),
        selected=labels.cell(cell.query, cell.key),
        height=HEIGHT,
        label=name,
        revision=cell.trace.text,
        on_select=labels.chosen(take_cell),
    )
    pause()
    st.caption(
        f"row asks, column answers; {note}; checked against the model’s own output, largest difference "
        f"{rounding(cell.attention.error())}"
    )


def by_dimension(values, rows, name, *, key, role, selected=None, height=HEIGHT):
    """Vectors of one head as a heatmap: row a token or a head, column a dimension; returns the dimension
    clicked last, at first 0.
    """
    columns = [str(i) for i in range(values.shape[1])]
    clicked = heatmap(
        values,
        rows=rows,
        columns=columns,
        key=f"attention.{key}",
        kind="signed",
        square=False,
        label=name,
        selected=selected,
        height=height,
        row_role=role,
        column_role="dimension",
    )
    return clicked[1] if clicked else 0


def take_cell(query, key):
    put({"attention.query": query, "attention.key": key})


def take_token(place):
    put({"attention.query": place}, "attention.key")


def tokens(cell):
    """Step 1: the text as the model reads it."""
    trace = cell.trace
    notes = [str(number) for number in trace.ids]
    chips(
        trace.tokens,
        key="attention.chips",
        notes=notes,
        selected=cell.query,
        label="tokens and their ids",
        revision=trace.text,
        on_select=take_token,
    )
    st.markdown(
        f"The tokenizer has cut {plural('character', len(trace.text))} into "
        f"**{plural('token', len(trace.tokens))}**; the number under each is its place in the vocabulary of "
        f"{trace.config.vocabulary:,}. Each number fetches a row of {trace.config.width} trained "
        "parameters, the token’s embedding. Click the token that shall ask."
    )
    return st.container()


def projections(cell):
    """Step 2: what each token asks, answers and passes on."""
    q, k, v, *_ = cell.attention.head(cell.head)
    pictures = (
        (q, "q", "query", "asks", cell.query),
        (k, "k", "key", "answers with", cell.key),
        (v, "v", "value", "passes on", cell.key),
    )
    for column, (values, letter, role, verb, place) in zip(st.columns(3), pictures, strict=True):
        with column:
            by_dimension(
                values,
                cell.trace.tokens,
                f"{letter}: what each token {verb}",
                key=letter,
                role=role,
                selected=(place, 0),
                height=360,
            )
    _shell.say(r"q = W_Q\,\mathrm{norm}(x) \qquad k = W_K\,\mathrm{norm}(x) \qquad v = W_V\,\mathrm{norm}(x)")
    title = cell.trace.config.encoding.title
    turned = f"q and k are shown after {title} has turned them; " if cell.attention.turns else ""
    st.caption(
        f"row is a token, column one of the head’s {q.shape[1]} dimensions; {turned}blue below zero, "
        "vermillion above"
    )
    return st.container()


def dots(cell):
    """Step 3: how well each query matches each key."""
    products = cell.attention.products(cell.head, cell.query, cell.key)
    dot, *_ = cell.numbers
    left, right = st.columns(2, gap="medium")
    with left:
        square(cell, cell.attention.dots(cell.head), "Dot products", kind="signed", note="any size, any sign")
    with right:
        asks, answers = cell.words
        _shell.say(
            rf"q \cdot k = \sum_{{d=0}}^{{{len(products) - 1}}} q_d\,k_d = {tex(dot)}",
            f"{asks} asks, {answers} answers: {len(products)} products, one per dimension, and their sum. "
            "The larger, the better the match.",
        )
        _shell.show(
            bars.contributions(products),
            key="attention.products",
            alt=f"{len(products)} products q times k, which add up to {number(dot)}",
        )
        st.code(
            " ".join(signed(product) for product in products) + f"  =  {number(dot)}",
            language=None,
            wrap_lines=True,
        )
    return right


def scaled(cell):
    """Step 4: divided by the square root of the head's width."""
    dot, score, _ = cell.numbers
    width, bias = cell.attention.q.shape[2], cell.attention.bias
    left, right = st.columns(2, gap="medium")
    with left:
        square(cell, cell.attention.scaled(cell.head), "Scores", kind="signed", note="not yet masked")
    with right:
        added = "" if bias is None else f" {signed_tex(float(bias[cell.head, cell.query, cell.key]))}"
        _shell.say(
            rf"\text{{score}} = {tex(dot)} \times {tex(cell.attention.scale)}{added} = {tex(score)}",
            f"The more products a sum has, the wider it spreads: {width} products of numbers of spread 1 "
            f"have spread √{width} = {number(math.sqrt(width), 2)}. Dividing by that, which is multiplying "
            f"by {number(1 / math.sqrt(width))}, keeps the scores in range, so that the softmax can still "
            "choose. Switch the division off below and watch the weights run to one word.",
            ""
            if bias is None
            else "What is added is the bias of the positional encoding: it depends on the distance between "
            "the two words alone.",
        )
    return right


def masked(cell):
    """Step 5: what may not be seen is taken out."""
    allowed = cell.attention.head(cell.head).allowed
    _, score, _ = cell.numbers
    asks, answers = cell.words
    left, right = st.columns(2, gap="medium")
    with left:
        square(
            cell,
            cell.attention.scaled(cell.head),
            "Scores",
            kind="signed",
            allowed=allowed,
            note="hatched cells are masked",
        )
    with right:
        if allowed[cell.query, cell.key]:
            formula, meaning = (
                rf"\text{{score}} = {tex(score)} \quad\text{{stays}}",
                f"{asks} may look at {answers}.",
            )
        else:
            formula, meaning = (
                rf"{tex(score)} \;\to\; -\infty",
                f"{asks} may not look at {answers}: the score becomes −∞, and e to the −∞ is 0.",
            )
        _shell.say(
            formula,
            meaning,
            f"Of {plural('pair', allowed.size)} {int(allowed.sum()):,} may be used. A decoder is trained to "
            "guess the next word, so no word may look at what comes after it: the causal mask. An encoder "
            "looks both ways.",
        )
    return right


def softmax(cell):
    """Step 6: from scores to weights."""
    allowed = cell.attention.head(cell.head).allowed
    weights = cell.attention.weights(cell.head)
    row = weights[cell.query]
    left, right = st.columns(2, gap="medium")
    labels = _words.labels(cell.trace)
    with left:
        square(
            cell,
            weights,
            "Weights",
            kind="weights",
            allowed=allowed,
            note=f"each row sums to {number(row.sum(), digits=6)}",
            labels=labels,
        )
        labels.draw()
    with right:
        asks, answers = cell.words
        order = np.argsort(-row)[: min(3, int(allowed[cell.query].sum()))]
        most = ", ".join(f"{_shell.plain(cell.trace.tokens[j])} {number(row[j], 3)}" for j in order)
        scores = cell.attention.scores(cell.head)[cell.query]
        top = scores.max()
        less = signed_tex(-top)
        parts = probabilities.powers(scores)
        part, whole = parts[cell.key], parts.sum()
        _shell.say(
            rf"w = \frac{{e^{{s_j {less}}}}}{{\sum_i e^{{s_i {less}}}}} = "
            rf"\frac{{{tex(part)}}}{{{tex(whole)}}} = {tex(row[cell.key])}",
            f"{asks} looks most at {most}.",
            f"This is the weight that {asks} gives {answers}. The row’s largest score, {number(top)}, is "
            "taken off everywhere: that changes no weight and keeps e to the score in range.",
        )
        notes = [number(weight, 3) for weight in row]
        label = "weight of each token for the one that asks"
        chips(
            cell.trace.tokens,
            key="attention.chips",
            notes=notes,
            values=row,
            selected=cell.query,
            label=label,
            revision=cell.trace.text,
            on_select=take_token,
        )
    return right


def mixture(cell):
    """Step 7: the values, weighed and added."""
    weights = cell.attention.weights(cell.head)[cell.query]
    values = cell.attention.head(cell.head).v
    parts = weights[:, None] * values
    made = cell.attention.heads[cell.head, cell.query]
    picture = np.vstack([parts, parts.sum(axis=0)])
    left, right = st.columns(2, gap="medium")
    with left:
        d = by_dimension(
            picture,
            [*cell.trace.tokens, "sum"],
            "Weight times value, and their sum",
            key="mixture",
            role="value",
        )
        difference = float(np.abs(picture[-1] - made).max())
        st.caption(
            "the last row is what this head puts out; it differs from the model’s own output by "
            f"{rounding(difference)} at most"
        )
    with right:
        asks, answers = cell.words
        _shell.say(
            r"\text{head} = \sum_j w_j\,v_j",
            f"Each token passes on its value, as much of it as {asks} gave it weight. {answers} adds "
            f"{number(weights[cell.key])} times its value. A row that is nearly empty was hardly looked at. "
            "Click a dimension to see its sum:",
        )
        terms = " ".join(
            f"+ {number(w)} × {number(v)}" for w, v in zip(weights, values[:, d], strict=True) if w >= 0.0005
        )
        st.code(
            f"dimension {d}: {terms.removeprefix('+ ')}  =  {number(made[d])}",
            language=None,
            wrap_lines=True,
        )
        st.caption("weights under 0.0005 are left out of this line, not of the sum")
    return right


def joined(cell):
    """Step 8: the heads side by side, and what the layer adds to the token."""
    attention, config = cell.attention, cell.trace.config
    heads, out = attention.heads[:, cell.query], attention.out[cell.query]
    layer = next(layer for layer in cell.trace.layers if layer.attention is attention)
    left, right = st.columns(2, gap="medium")
    with left:
        by_dimension(
            heads,
            [f"head {h + 1}" for h in range(len(heads))],
            "All heads of the token that asks",
            key="heads",
            role="head",
            height=230,
        )
        D = heads.shape[1]
        rows = -(-config.width // D)
        by_dimension(
            np.pad(out, (0, rows * D - len(out)), constant_values=np.nan).reshape(rows, D),
            [f"{i * D} +" for i in range(rows)],
            f"Output: {config.width} numbers, {D} to a row",
            key="out",
            role="start",
            height=230,
        )
    with right:
        before, after = layer.resid_in[cell.query], layer.resid_mid[cell.query]
        _shell.say(
            r"\text{output} = W_O\,[\text{head}_1; \ldots; \text{head}_" + str(len(heads)) + "]",
            f"The {len(heads)} heads are joined to {heads.size} numbers and multiplied by one more "
            f"matrix. The result, of length {number(np.linalg.norm(out))}, is added to what {cell.words[0]} "
            f"was before, of length {number(np.linalg.norm(before))}; together they have length "
            f"{number(np.linalg.norm(after))}. The word now carries what it has seen.",
        )
    return right


STEPS = {
    "1 Tokens": tokens,
    "2 q, k, v": projections,
    "3 Dot products": dots,
    "4 Divide by √D": scaled,
    "5 Mask": masked,
    "6 Softmax": softmax,
    "7 Weighted sum": mixture,
    "8 Join heads": joined,
}
