"""The path from a score down to the embeddings in sentences: where the reader has walked, and from there
through the head that adds most.
"""

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import streamlit as st

from model.analysis import why
from pages import _words
from pages._control import Control
from pages._numbers import largest, number, percent, signed
from pages._shell import escaped
from pages.why.apart import Pair, apart, choose, opened, walk
from pages.why.view import withdraw
from pages.why.words import ANSWERS, ASKS

TRAIL = Control("Path", "why.trail", None, "")
STEP = re.compile(r"(\d{1,4})\.(\d{1,4}):(\d{1,6})>(\d{1,6})([qk])")
SIDES = {"q": ASKS, "k": ANSWERS}


# ---- where the reader has walked ----


def trail(trace, pair):
    """The scores from which the reader has walked to this one, each with the side that was walked on from;
    empty where the way does not lead here, since something else was chosen meanwhile.
    """
    asked = TRAIL.value()
    if not asked:
        return []
    steps = [STEP.fullmatch(step) for step in asked.split(",")]
    if all(steps):
        way = [(Pair(*(int(part) - 1 for part in step.groups()[:4])), SIDES[step[5]]) for step in steps]
        if all(leads(trace, *step, after) for step, after in zip(way, after_each(way, pair), strict=True)):
            return way
    withdraw(TRAIL, "")
    return []


def leads(trace, step, side, after):
    """Whether one can walk from a score of this text to another."""
    config, T = trace.config, len(trace.tokens)
    limits = config.layers, config.heads, T, T
    if not all(0 <= place < limit for place, limit in zip(step, limits, strict=True)):
        return False
    allowed = trace.layers[step.layer].attention.head(step.head).allowed[step.query, step.key]
    return bool(allowed) and after.layer < step.layer and after.query == step.place(side)


def spelled(way):
    """How an address writes a way."""
    letters = {name: letter for letter, name in SIDES.items()}
    return ",".join(
        f"{one.layer + 1}.{one.head + 1}:{one.query + 1}>{one.key + 1}{letters[side]}" for one, side in way
    )


def after_each(way, pair):
    """The score to which each step of a way leads, the last one to this pair."""
    return [*(step for step, _ in way), pair][1:]


# ---- told ----


class Hop(NamedTuple):
    """A score on the path, its Ingredients, and through which earlier head it goes on, as in why.walk."""

    pair: Pair
    parts: NamedTuple
    part: why.Part | None = None
    side: str = ""
    source: int | None = None
    through: float = 0.0
    brought: float = 0.0


def tell(choice, trace, pair):
    """The path as a list of sentences, and buttons to walk on and back."""
    way = trail(trace, pair)
    try:
        ahead = walk(choice.text, choice.model, pair)
    except why.NotPlain as reason:  # of an earlier layer of an opened model
        st.info(escaped(str(reason)))
        return
    hops = [
        hop(choice, step, side, after) for (step, side), after in zip(way, after_each(way, pair), strict=True)
    ]
    hops += [Hop(Pair(*step[:4]), *step[4:]) for step in ahead]
    st.markdown("**The path down to the embeddings**, through the head that adds most to each score:")
    lines = [f"{i}. {told(trace, one)}" for i, one in enumerate(hops, 1)]
    st.markdown("\n".join([*lines, "", conclusion(trace, hops[0])]))
    off = max(step.ingredients.error for step in ahead)
    st.caption(
        f"Each share is of the score in its own line; {largest(off, 'difference')} between these sums and "
        "the scores that the model computed."
    )
    if not way and len(ahead) == 1:
        return
    with st.container(horizontal=True):
        if way:
            before = way[-1][0]
            st.button(
                f"Back to {before.name}", key="why.back", on_click=choose, args=(before, spelled(way[:-1]))
            )
        for step, after in list(pairwise(ahead))[:1]:
            there = Pair(after.layer, after.head, after.query, after.key)
            args = there, spelled([*way, (pair, step.side)])
            st.button(f"Walk on to {there.name}", key="why.on", on_click=choose, args=args)


def hop(choice, step, side, after):
    """The Hop from a score that the reader has left to the score `after` of an earlier head."""
    part = why.Part(why.HEAD, after.layer, after.head)
    gains = opened(choice.text, choice.model, step, part, side).sum(1)
    parts = apart(choice.text, choice.model, step, False)
    return Hop(step, parts, part, side, after.key, float(gains.sum()), float(gains[after.key]))


def told(trace, one):
    """A score, and how much of it came through an earlier head, or what it ends with."""
    parts, looking = one.parts, looks(trace, one.pair, one.parts)
    if one.part is not None:
        at, there = (_words.named(trace.tokens, place) for place in (one.pair.place(one.side), one.source))
        return (
            f"{looking}: {share(one.through, parts.score)} comes through what {one.part.name} brought to "
            f"{at}, {share(one.brought, parts.score)} from {there} alone."
        )
    a, b = np.unravel_index(parts.table.argmax(), parts.table.shape)
    most = f"{parts.queries[a].name} × {parts.keys[b].name}, {share(parts.table[a, b], parts.score)}"
    end = "no earlier head adds to it" if one.pair.layer else "it has only the embedding to tell of"
    return f"{looking}: {end}; {most}, adds most."


def conclusion(trace, first):
    """How much of the score that it starts from the path explains."""
    if first.part is None:
        return "Nothing was brought to this score by an earlier head, so the path ends where it begins."
    score, there = first.parts.score, _words.named(trace.tokens, first.source)
    rest = f", the other {percent(1 - first.brought / score)} come otherwise" * (0 < first.brought < score)
    return (
        f"So of the score that it starts from, {number(score)}, the path explains "
        f"{share(first.brought, score)}, by what {first.part.name} brought from {there}{rest}."
    )


def looks(trace, pair, parts):
    """Who looks at whom, and by what score."""
    asks, answers = (_words.named(trace.tokens, place) for place in (pair.query, pair.key))
    return (
        f"**{pair.name[0].upper()}{pair.name[1:]}**: {asks} looks at {answers}, score {number(parts.score)}"
    )


def share(part, whole):
    """A part as a share of a whole, if it is above zero and no more than the whole; else the part itself."""
    return f"**{percent(part / whole)}**" if 0 < part <= whole else f"**{signed(part)}**"
