"""Inside one weight: the query and the key of two tokens, dimension by dimension, down to the number in the
picture of the head.
"""

from dataclasses import replace

import numpy as np
import streamlit as st

from model import AttentionTrace, probabilities
from pages import _fold, _shell
from pages._control import Menu, pause
from pages._findings import contribution
from pages._foreign import scaled_tex, sink_power
from pages._numbers import number, percent, plural, rounding, signed, signed_tex, tex
from pages.heads.pair import look_at
from viz import bars
from viz.component import heatmap

COUNTED, LARGEST = "as counted", "largest product first"
OPENING = (
    "A weight is made of products: one token asks with its query q, another answers with its key k. Where "
    "both have the same sign the product is positive; **choose who asks and who answers**."
)
ORDER = Menu(
    "Order of the dimensions",
    "heads.dimensions",
    (COUNTED, LARGEST),
    COUNTED,
    look={"label_visibility": "collapsed", "width": 220},
)
LONGEST = 512  # tokens whose products are drawn for every key


def show(view):
    """Show a weight as the product of its query and key, number by number, for the chosen pair of tokens."""
    attention = view.trace.layers[view.choice.layer].attention
    head, query, key = view.choice.head, view.query, view.key
    products = attention.products(head, query, key)
    order = ORDER.value()
    dimensions = np.arange(len(products)) if order == COUNTED else np.argsort(-products, kind="stable")
    asks, answers = (_shell.plain(view.trace.tokens[place]) for place in (query, key))
    with view.row:
        collapsed = {"label_visibility": "collapsed", "width": 190}
        replace(view.asks, dependents=(view.answers.key,)).draw(**collapsed)  # answered by its strongest
        view.answers.draw(**collapsed)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        vectors(view, attention, dimensions)
        _shell.show(
            bars.contributions(products, order=dimensions, height=200),
            key="heads.sum",
            finding=contribution(products),
            shows=f"{len(products)} products q times k, and their sum so far",
        )
        st.caption("Bars: q × k of each dimension. Line: their sum so far, from left to right.")
        ORDER.draw()
    with right:
        chain(view, attention, products, (asks, answers))
    strongest = int(np.abs(products[dimensions]).argmax())
    _fold.fold(
        "The same query with every key", "heads.every", every_key, view, attention, dimensions, strongest
    )
    _fold.sources("heads.code", AttentionTrace.products, AttentionTrace.scaled)


def vectors(view, attention, dimensions):
    """q and k, a row each, on one scale; where the encoding turns them, as they were before as well."""
    head, query, key = view.choice.head, view.query, view.key
    q, k, *_ = attention.head(head)
    rows, note = {"q": q[query], "k": k[key]}, ""
    if attention.turns:
        plain_q, plain_k = unturned(attention, head, query, key)
        rows = {"q before": plain_q, "q turned": q[query], "k before": plain_k, "k turned": k[key]}
        title = view.trace.config.encoding.title
        note = f"; “turned” is what {title} has made of a vector at its token’s place, and what is multiplied"
    heatmap(
        np.stack(list(rows.values()))[:, dimensions],
        rows=list(rows),
        columns=[f"d{d}" for d in dimensions],
        key="heads.vectors",
        kind="signed",
        square=False,
        height=64 + 30 * len(rows),
        row_role="vector",
        column_role="dimension",
        revision=view.trace.text,
        label=f"layer {view.choice.layer + 1}, head {head + 1}: the query of one token and the key of the "
        "other",
    )
    pause()
    st.caption(
        f"Each column is one of the head’s {q.shape[1]} dimensions; all rows are on one scale, blue below "
        f"zero, vermillion above{note}."
    )


def unturned(attention, head, query, key):
    """The query (D,) and the key (D,) before the encoding turned them."""
    q, k, *_ = attention.head(head, turned=False)
    return q[query], k[key]


def chain(view, attention, products, words):
    """From the sum of the products to the weight, with the numbers."""
    head, query, key = view.choice.head, view.query, view.key
    total, dot = products.astype(np.float64).sum(), attention.dots(head)[query, key]
    bias, allowed = attention.head(head).bias, attention.head(head).allowed[query]
    score = attention.scaled(head)[query, key]
    added = "" if bias is None else f" {signed_tex(float(bias[query, key]))}"
    up, down = int((products > 0).sum()), int((products < 0).sum())
    top = np.argsort(-np.abs(products), kind="stable")[:3]
    largest = ", ".join(f"{signed(products[d])} in dimension {d}" for d in top)
    _shell.say(
        rf"q \cdot k = \sum_{{d=0}}^{{{len(products) - 1}}} q_d\,k_d = {tex(total)}",
        f"{up} products are above zero and {down} below; the largest: {largest}. Summed here they give "
        f"**{number(total, 6)}**, the model’s own matrix product says **{number(dot, 6)}**: difference "
        f"{rounding(abs(total - dot))}.",
        turned(attention, view.trace.config.encoding.title, head, query, key, total),
        rf"$$\text{{score}} = {scaled_tex(attention, total)}{added} = {tex(score)}$$",
        ""
        if bias is None
        else "What is added is the bias of the positional encoding: it depends on the distance alone.",
        weighed(attention, head, query, key, allowed, words),
        shared(attention, head),
    )


def turned(attention, title, head, query, key, total):
    """What turning does to the sum; `title` is the encoding's."""
    if not attention.turns:
        return ""
    before = float(np.dot(*(part.astype(np.float64) for part in unturned(attention, head, query, key))))
    apart = abs(query - key)
    return (
        f"Before {title} turned them by their places the two vectors would have given {number(before)}: a "
        f"distance of {plural('token', apart)} makes **{signed(total - before)}**."
    )


def weighed(attention, head, query, key, allowed, words):
    """The softmax of the row, with the numbers of this cell."""
    scores, weights = attention.scores(head)[query].astype(np.float64), attention.weights(head)[query]
    asks, answers = words
    if not allowed[key]:
        return (
            f"{asks} may not look at {answers}: the mask puts −∞ in the place of this score, and the weight "
            "is **0**."
        )
    part = probabilities.powers(scores)
    less, rank = signed_tex(-float(scores.max())), 1 + int((weights > weights[key]).sum())
    sunk = sink_power(attention, head, scores.max())
    sink = "" if sunk is None else rf" + e^{{z {less}}}"
    return (
        rf"$$\text{{weight}} = \frac{{e^{{s_j {less}}}}}{{\sum_i e^{{s_i {less}}}{sink}}} = "
        rf"\frac{{{tex(part[key])}}}{{{tex(part.sum() + (sunk or 0))}}} = {tex(weights[key])}$$"
        f"\n\nOf the {plural('token', int(allowed.sum()))} that {asks} may look at, {answers} is **number "
        f"{rank}**, with {percent(weights[key], 1)} of its attention."
        + " What the score z of the head’s sink takes goes to no token."
        * (sunk is not None)
    )


def shared(attention, head):
    """Which key head answers, where several query heads share one."""
    H, G = len(attention.q), len(attention.k)
    if H == G:
        return ""
    return (
        f"{H} query heads share {G} key heads here: head {head + 1} is answered by key head "
        f"{attention.group(head) + 1}."
    )


def every_key(view, attention, dimensions, strongest):
    """The products of the query with every key, a row for each; `strongest` is the column to outline."""
    T = len(view.trace.tokens)
    if T > LONGEST:
        st.info(
            f"Drawn for texts of up to {LONGEST} tokens; yours has {T:,}. The pair above knows no such bound."
        )
        return
    q, k, _, allowed, _ = attention.head(view.choice.head)
    picture = (q[view.query] * k)[:, dimensions]  # (T, D)
    heatmap(
        picture,
        rows=view.trace.tokens,
        columns=[f"d{d}" for d in dimensions],
        key="heads.products",
        kind="signed",
        square=False,
        allowed=np.repeat(allowed[view.query][:, None], len(dimensions), axis=1),
        selected=(view.key, strongest),
        height=min(560, 64 + 26 * T),
        row_role="key",
        column_role="dimension",
        label="q × k for every token that may answer",
        revision=view.trace.text,
        on_select=lambda key, _: look_at(view.query, key),
    )
    st.caption(
        "Each row is a token that answers; its numbers, q × k of each dimension, add up to its dot product. "
        "A stripe is a dimension that many keys share. Click a row to see it above."
    )
