"""Beam search as a tree: the beginnings that survive, step by step, and what greedy choice would have come
to.
"""

import math

import streamlit as st

from model import decoding, load
from model.probabilities import BIT
from pages import _fold, _shell
from pages._cache import remembered
from pages._control import Slider, pause
from pages._numbers import number, plural
from pages.decoding import growth, story
from viz.component.tree import Node, tree

OPENING = (
    "A beam search keeps several of the likeliest beginnings, continues each with every token, and "
    "keeps the best of all again. **Widen the beam**, or click a token to take it."
)

WIDTH = Slider("Beams", "decoding.width", range(1, 7), 3, look={"width": 200})
LENGTH = Slider("Tokens ahead", "decoding.length", range(1, 13), 6, look={"width": 200})


@remembered(heavy=100)
def searched(model, ids, width, length):
    """The levels of decoding.beams."""
    bundle = load(model)
    return list(decoding.beams(bundle.network, ids, width, length, [bundle.tokenizer.end]))


def show(view):
    """Show the beams as a tree, and what the search found."""
    width, length = WIDTH.value(), LENGTH.value()
    levels = searched(view.path.model, view.path.ids, width, length) if view.step else []
    if levels:
        draw(view, levels)
        pause()
    with st.container(horizontal=True):
        WIDTH.draw()
        LENGTH.draw()
    if not levels:
        st.info(story.ending(view.path))
        return
    st.caption(
        "Each column is a token further ahead; each row is a rank among the beginnings kept. Percent: the "
        "token’s probability after its beginning. Bits: what the whole beginning costs, −log₂ of its "
        "probability; fewer is likelier. Bold: the best at the end. Faint: given up on the way."
    )
    meaning(view, levels, width, len(levels))
    _fold.fold("What a whole text costs", "decoding.formula", formula)


def draw(view, levels):
    """The tree; a click on a token takes the beginning that ends with it."""
    piece, before = view.piece, [decoding.Beam((), 0.0, 0)]
    drawn = []
    for beams in levels:
        drawn.append([])
        for beam in beams:
            over = beam.ids == before[beam.parent].ids
            share = math.exp(beam.score - before[beam.parent].score)
            drawn[-1].append(
                Node(
                    "ended" if over else piece(beam.ids[-1]),
                    beam.parent,
                    None if over else share,
                    -beam.score / BIT,
                )
            )
        before = beams

    def clicked(level, place):
        growth.stop()
        growth.set_ids(view.path, (*view.path.ids, *levels[level][place].ids))

    tree(
        drawn,
        root=piece(view.path.ids[-1]),
        key="decoding.tree",
        label="beam search",
        revision=f"{len(view.path.ids)}",
        on_select=clicked,
    )


def meaning(view, levels, width, length):
    """What the search found, against greedy choice."""
    tokenizer = load(view.path.model).tokenizer
    best, greedy = levels[-1][0], searched(view.path.model, view.path.ids, 1, length)[-1][0]
    V = view.trace.config.vocabulary
    sentence = (
        f"The best of {width} beams is {_shell.plain(tokenizer.decode(best.ids).strip())}: "
        f"**{number(-best.score / BIT, 2)} bits**. Greedy choice comes to "
        f"{_shell.plain(tokenizer.decode(greedy.ids).strip())}: **{number(-greedy.score / BIT, 2)} bits**. "
    )
    if best.ids == greedy.ids:
        sentence += (
            "They are the same here: the likeliest token was each time on the likeliest path that the search "
            "saw. "
        )
    elif best.score >= greedy.score:
        sentence += (
            f"The search found a text {story.times_as_likely((best.score - greedy.score) / BIT)} as likely, "
            "by a start that looked worse. "
        )
    else:
        sentence += (
            "The greedy text is likelier: the search gave its beginning up too early. A beam is no proof. "
        )
    sentence += (
        f"All texts of {plural('token', length)} would be {V:,} to the power of {length}; the search looked "
        f"at {plural('beginning', (length - 1) * width * V + V)}."
    )
    st.markdown(sentence)


def formula():
    """The probability of a text, and why the likeliest is not the best."""
    _shell.say(
        r"\log p(x_1 \dots x_n) = \sum_{i=1}^{n} \log p(x_i \mid x_{<i})",
        "A longer text is never likelier than its beginning, and the likeliest text is often a dull one that "
        "repeats itself: this is why stories are sampled.",
    )
