"""Steps 3 to 5: from queries and keys to the scores that the softmax gets."""

import math

import streamlit as st

from pages import _shell
from pages._findings import contribution
from pages._foreign import scaled_tex
from pages._numbers import number, plural, signed, signed_tex, tex
from pages.attention.cell import square
from viz import bars


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
            finding=contribution(products),
            shows=f"{len(products)} products q times k",
        )
        st.code(
            " ".join(signed(product) for product in products) + f"  =  {number(dot)}",
            language=None,
            wrap_lines=True,
        )
    return left, right


def scaled(cell):
    """Step 4: divided by the square root of the head's width."""
    dot, score, _ = cell.numbers
    width, bias = cell.attention.q.shape[2], cell.attention.bias
    usual = math.isclose(cell.attention.scale, width**-0.5, rel_tol=1e-4)
    left, right = st.columns(2, gap="medium")
    with left:
        square(cell, cell.attention.scaled(cell.head), "Scores", kind="signed", note="not yet masked")
    with right:
        added = "" if bias is None else f" {signed_tex(float(bias[cell.head, cell.query, cell.key]))}"
        _shell.say(
            rf"\text{{score}} = {scaled_tex(cell.attention, dot)}{added} = {tex(score)}",
            f"The more products a sum has, the wider it spreads: {width} products of numbers of spread 1 "
            f"have spread √{width} = {number(math.sqrt(width), 2)}. Dividing by that, which is multiplying "
            f"by {number(1 / math.sqrt(width))}, keeps the scores in range, so that the softmax can still "
            "choose. Switch the division off below and watch the weights run to one word."
            + ("" if usual else f" Here they are multiplied by {number(cell.attention.scale)} instead."),
            ""
            if cell.attention.softcap is None
            else f"No scaled product goes beyond ±{number(cell.attention.softcap)} in this model.",
            ""
            if bias is None
            else "What is added is the bias of the positional encoding: it depends on the distance between "
            "the two words alone.",
        )
    return left, right


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
    return left, right
