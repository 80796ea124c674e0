"""Steps 1 and 2: the text as tokens, and what each of them asks, answers and passes on."""

import streamlit as st

from pages import _shell
from pages._numbers import plural
from pages.attention.cell import by_dimension, take_token
from viz.component.chips import chips


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
        f"{trace.config.vocabulary:,}. Each number fetches a row of {trace.config.width} trained parameters, "
        "the token’s embedding."
    )
    return st.columns(2, gap="medium")


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
                reading=f"{{row}}, dimension {{column}} of its {role}",
                selected=(place, 0),
                parts={role: (place, None)},
                height=360,
            )
    # where a norm follows each sum, as in BERT, x is normalised already
    x = "x" if cell.trace.config.residual == "after" else r"\mathrm{norm}(x)"
    _shell.say(rf"q = W_Q\,{x} \qquad k = W_K\,{x} \qquad v = W_V\,{x}")
    title = cell.trace.config.encoding.title
    turned = f"q and k are shown after {title} has turned them; " if cell.attention.turns else ""
    st.caption(
        f"Each row is a token, each column one of the head’s {q.shape[1]} dimensions; {turned}blue is below "
        "zero, vermillion above."
    )
    return st.columns(2, gap="medium")
