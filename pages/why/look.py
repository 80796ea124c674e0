"""Why did it look there? The score of two tokens as a sum over pairs of parts, the strongest in words."""

import streamlit as st

from model.analysis import why
from pages import _fold, _shell, _words
from pages._choices import put
from pages._control import Buttons, picture_first, token
from pages._glossary import explained
from pages._numbers import largest, number, percent, plural, signed
from pages.why import path, story, table
from pages.why.apart import Pair, apart, source
from pages.why.view import narrow
from pages.why.words import ANSWERS, ASKS, because, carries
from viz.component.chips import chips
from viz.component.waterfall import Summand, waterfall

OPENING = (
    "A score is a sum over what both tokens carry. **Click a token to ask why it was looked at**, and a "
    "reason to see all of them."
)
SCORE, LEAD = "the score", "its lead"
MEANT = (
    "Its lead is what the score has over the mean of its row: what is the same for all keys moves no weight."
)
WHOLE = Buttons("Explain", "why.lead", (SCORE, LEAD), SCORE, look={"help": MEANT})
FEW = 5  # pairs in words


def show(view):
    """Show why the head of the sidebar looked from one token at another."""
    choice, trace = view.choice, view.trace
    attention = trace.layers[choice.layer].attention
    asks = narrow(token("Who asks", "why.query", trace.tokens, trace.last, "why.key"), 165)
    query = asks.value()
    weights = attention.weights(choice.head, slice(query, query + 1))[0]
    answers = narrow(token("Who answers", "why.key", trace.tokens, _words.strongest(trace, weights)), 165)
    pair = Pair(choice.layer, choice.head, query, answers.value())
    lead = WHOLE.value() == LEAD
    with picture_first(asks, answers, row=view.row):
        sentence(trace, pair, weights)
        try:
            parts = apart(choice.text, choice.model, pair, lead)
        except ValueError as reason:
            st.info(_shell.escaped(str(reason)))
            return
        reasons(choice, trace, pair, parts, table.cell(parts))
    with st.container(horizontal=True, vertical_alignment="center"):
        WHOLE.draw()
    name = "All parts of the query times all parts of the key"
    _fold.fold(name, "why.table", table.show, choice, trace, pair, parts, lead)
    tell(trace, pair, parts, weights, lead)
    path.tell(choice, trace, pair)
    story.tell(choice.model)
    _fold.fold("How a score becomes a sum", "why.formula", formula)
    _fold.sources("why.code", why.ingredients, why.stream)


def sentence(trace, pair, weights):
    """The sentence with the pair chosen; a click chooses who answers."""
    allowed = trace.layers[pair.layer].attention.head(pair.head).allowed[pair.query]
    notes = [number(weight, 2) if can else "masked" for weight, can in zip(weights, allowed, strict=True)]
    notes[pair.query] = f"asks · {notes[pair.query]}"
    chips(
        trace.tokens,
        key="why.sentence",
        notes=notes,
        values=weights,
        selected=pair.key,
        label="who answers, with the weight that each token gets",
        revision=trace.text,
        on_select=lambda place: put({"why.key": place}),
    )


def reasons(choice, trace, pair, parts, cell):
    """The strongest pairs of parts in words, the rest summed; a click opens the table there."""
    best = parts.strongest(FEW)
    summands = [Summand(in_words(choice, trace, pair, parts, a, b), parts.table[a, b]) for a, b in best]
    if rest := parts.table.size - len(best):
        left = parts.table.sum() - sum(one.value for one in summands)
        summands.append(Summand([f"all other {plural('pair', rest)} of parts together"], left, open=False))

    def open_table(place):
        if place < len(best):
            a, b = best[place]
            put({"why.cell": table.spelled(parts, a, b), "why.table": True})

    waterfall(
        summands,
        total="the score" if WHOLE.value() == SCORE else "the lead over the mean of its row",
        key="why.reasons",
        chosen=best.index(cell) if cell in best else None,
        label="the strongest reasons, each a part of the one that asks times a part of the one that answers",
        revision=f"{trace.text}\n{pair}",
        on_select=open_table,
    )


def in_words(choice, trace, pair, parts, a, b):
    """A pair of parts in words."""
    sides = []
    for part, side, other in ((parts.queries[a], ASKS, b), (parts.keys[b], ANSWERS, a)):
        known = part.kind == why.HEAD and WHOLE.value() == SCORE
        brought = source(choice.text, choice.model, pair, part, side, other) if known else None
        sides.append(carries(part, side, trace.tokens, pair.place(side), brought))
    return because(*sides, parts.table[a, b])


def tell(trace, pair, parts, weights, lead):
    """What the sum means, with its numbers."""
    asks, answers = (_words.named(trace.tokens, place) for place in (pair.query, pair.key))
    weight = weights[pair.key]
    rank = 1 + int((weights > weight).sum())
    where = "the largest" if rank == 1 else f"number {rank}"
    by = "a score that leads the mean of its row by" if lead else "a score of"
    biased = parts.bias is not None and not lead
    more = f", to which {trace.config.encoding.title} adds {signed(parts.bias)}" if biased else ""
    a, b = parts.strongest(1)[0]
    value = parts.table[a, b]
    st.markdown(
        f"In {pair.name}, {asks} gives {answers} a weight of **{number(weight, 2)}**, {where} of its row, by "
        f"{by} **{number(parts.score)}**{more}. Strongest is {parts.queries[a].name} × {parts.keys[b].name}, "
        f"{signed(value)}{of(value, parts.score)}. All {plural('pair', parts.table.size)} of parts add up to "
        f"what the model computed, {largest(parts.error, 'difference')}."
        + " A token that looks at itself: both sides are the same token’s." * (pair.query == pair.key)
        + " In the first layer there is only the embedding to tell of." * (pair.layer == 0),
        help=explained("score", "query", "key", "MLP"),
    )


def of(part, whole):
    """A part as a share of a whole, in brackets, if it is one: above zero, and no more than the whole."""
    return f" ({percent(part / whole)} of it)" if 0 < part <= whole else ""


def formula():
    """The sum, and what is held."""
    _shell.say(
        r"s_{ij} = \frac{q_i \cdot k_j}{\sqrt D} = \sum_a \sum_b \frac{q_{i,a} \cdot k_{j,b}}{\sqrt D} "
        r"\qquad "
        r"q_{i,a} = R_i\, W_Q\, \frac{x_{i,a} - \bar x_{i,a}}{\sigma_i} \odot g",
        "What goes into a head is the sum of what was written before: the token’s embedding, its position "
        "where that is added, each earlier head, each MLP, and the biases. The norm divides by the spread σ "
        "of the whole sum; held at what it was, it is linear, and so are $W_Q$, $W_K$ and the rotation $R$ "
        "(Elhage 2021; Kamath 2025 does the same with features in the place of parts). A part says what this "
        "score is made of, not what it would be without that part: then σ and all that follows would change "
        "as well. The **lead** takes off the mean of all scores in the row: what is the same for every key "
        "moves no weight.",
    )
