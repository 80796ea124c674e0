"""Steps 6 to 8: from scores to weights, to the head's output, to the layer's."""

import numpy as np
import streamlit as st

from model import probabilities
from pages import _shell, _words
from pages._foreign import row_sum, sink_power
from pages._numbers import largest, number, signed_tex, tex
from pages.attention.cell import MOST, by_dimension, square, take_token
from viz.component.chips import chips

LEAST = 0.0005  # a smaller weight's term would only lengthen the written sum


def softmax(cell):
    """Step 6: from scores to weights."""
    allowed = cell.attention.head(cell.head).allowed
    weights = cell.attention.weights(cell.head)
    row = weights[cell.query]
    total = number(row.sum(), digits=6)
    left, right = st.columns(2, gap="medium")
    labels = _words.labels(cell.trace)
    with left:
        square(
            cell,
            weights,
            "Weights",
            kind="weights",
            allowed=allowed,
            note=row_sum(cell.attention) + f"; this one to {total}" * (total != "1"),
            labels=labels,
        )
    with right:
        asks, answers = cell.words
        order = np.argsort(-row)[: min(3, int(allowed[cell.query].sum()))]
        most = _shell.listing([f"{_words.named(cell.trace.tokens, j)} {number(row[j], 3)}" for j in order])
        scores = cell.attention.scores(cell.head)[cell.query]
        top = scores.max()
        less = signed_tex(-top)
        parts = probabilities.powers(scores)
        sunk = sink_power(cell.attention, cell.head, top)
        part, whole = parts[cell.key], parts.sum() + (sunk or 0)
        sink = "" if sunk is None else rf" + e^{{z {less}}}"
        _shell.say(
            rf"w = \frac{{e^{{s_j {less}}}}}{{\sum_i e^{{s_i {less}}}{sink}}} = "
            rf"\frac{{{tex(part)}}}{{{tex(whole)}}} = {tex(row[cell.key])}",
            f"{asks} looks most at {most}." + to_sink(row),
            f"This is the weight that {asks} gives {answers}. The row’s largest score, {number(top)}, is "
            "taken off everywhere: that changes no weight, and no power of e grows too large.",
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
    return left, right


def to_sink(row):
    """Where the rest of a row goes that sums to less than 1, as in models whose heads have a sink."""
    rest = 1 - float(row.sum())
    return f" The rest, {number(rest, 3)}, goes to this head’s sink, a score z that is no token’s." * (
        rest > 1e-4
    )


def mixture(cell):
    """Step 7: the values, weighed and added."""
    weights = cell.attention.weights(cell.head)[cell.query]
    values = cell.attention.head(cell.head).v
    parts = weights[:, None] * values
    head_output = cell.attention.heads[cell.head, cell.query]
    picture = np.vstack([parts, parts.sum(axis=0)])
    left, right = st.columns(2, gap="medium")
    with left:
        d = by_dimension(
            picture,
            [*cell.trace.tokens, "sum"],
            "Weight times value, and their sum",
            key="mixture",
            role="value",
            parts={f"weight {j}": (j, None) for j in range(min(len(parts), MOST))}
            | {"sum": (len(parts), None)},
        )
        difference = float(np.abs(picture[-1] - head_output).max())
        st.caption(
            "The last row is what this head puts out. Compared with the model’s own output: "
            f"{largest(difference, 'difference')}."
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
            f"+ {number(w)} × {number(v)}" for w, v in zip(weights, values[:, d], strict=True) if w >= LEAST
        )
        st.code(
            f"dimension {d}: {terms.removeprefix('+ ')}  =  {number(head_output[d])}",
            language=None,
            wrap_lines=True,
        )
        if ((weights > 0) & (weights < LEAST)).any():
            st.caption(f"Weights under {LEAST} are left out of this line, not of the sum.")
    return left, right


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
            parts={"sum": (cell.head, None)},
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
            reading="output, number {row} {column}",
            height=230,
        )
    with right:
        before, after = layer.resid_in[cell.query], layer.resid_mid[cell.query]
        _shell.say(
            r"\text{output} = W_O\,[\text{head}_1; \ldots; \text{head}_" + str(len(heads)) + "]",
            f"The {len(heads)} heads are joined to {heads.size} numbers and multiplied by one more "
            f"matrix. The result, of length {number(np.linalg.norm(out))}, is added to what {cell.words[0]} "
            f"was before, of length {number(np.linalg.norm(before))}; together"
            f"{', normalised,' * (config.residual == 'after')} they have length "
            f"{number(np.linalg.norm(after))}. The word now carries what it has seen.",
        )
    return left, right
