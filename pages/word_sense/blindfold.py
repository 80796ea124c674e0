"""What the word may not look at: the words struck out by the reader, what that does to the meter, and the
same for every head.
"""

import numpy as np
import streamlit as st

from model.analysis import ranks, senses
from pages import _senses, _shell
from pages._choices import forget, put, refuse
from pages._control import Control
from pages._numbers import number, plural, signed
from pages._senses import NUMBERS
from viz import theme
from viz.component import heatmap
from viz.component.chips import chips
from viz.component.ranking import ranking

BEST = 8  # heads listed
HIDDEN = [Control(f"Hidden in the {NUMBERS[i]}", f"word_sense.hidden{i + 1}", None, "") for i in (0, 1)]


def hidden(target, side):
    """The words struck out in a sentence, those that it has; kept as text, so that they survive a change of
    the others.
    """
    struck = HIDDEN[side].value().split()
    there = {str(one) for one in senses.words(target.text) if one.start != target.start}
    known = [word for word in dict.fromkeys(struck) if word in there]
    if len(known) < len(struck):
        refuse(HIDDEN[side].key, " ".join(known))
    return known


def seen_through(targets, plain, hidden):
    """The word's vectors (2, S, C) in both sentences when it cannot look at the hidden words."""
    pairs = zip(targets, plain, hidden, strict=True)
    return np.stack(
        [
            _senses.blinded(one, [(_senses.tokens_of(one, names), None, None)])[0] if names else free
            for one, free, names in pairs
        ]
    )


def toggle(side, target, clicked):
    """Strike the clicked word out, or let it back in; but the word itself stays."""
    struck, name = HIDDEN[side].value().split(), str(clicked)
    if clicked.start != target.start:
        left = [one for one in struck if one != name] if name in struck else [*struck, name]
        put({HIDDEN[side].key: " ".join(left)})


def undo():
    for control in HIDDEN:
        forget(control.key)


def sentence(target, side, scale, moved, hidden):
    """The words of a sentence as chips, each with its move of the scale; a click strikes it out."""
    every = senses.words(target.text)
    own = next(i for i, one in enumerate(every) if one.start == target.start)
    largest = max(map(abs, moved.values()), default=0) or 1
    moves = [None if i == own else moved.get(str(one)) for i, one in enumerate(every)]
    chips(
        [target.text[one.start : one.end] for one in every],
        key=f"word_sense.words{side + 1}",
        notes=["" if move is None else signed(move, 2) for move in moves],
        values=[abs(move or 0) / largest for move in moves],
        selected=own,
        struck=[i for i, one in enumerate(every) if i != own and str(one) in hidden],
        label=f"words of the {NUMBERS[side]} sentence, and what {scale.name} does when the word cannot see "
        "them",
        revision=target.text,
        on_select=lambda place: toggle(side, target, every[place]),
    )


def heads(target, side, scale, plain, clue, stage):
    """Every head's attention from the word, and the heads that matter most for the clue: by what blinding
    them does, not by their weight.
    """
    trace = _shell.explain(target.text, _senses.MODEL)
    places, keys, config = target.tokens(trace.spans), _senses.tokens_of(target, clue), trace.config
    looks = senses.looks(trace, places)
    labels = [f"{layer + 1}.{head + 1}" for layer in range(config.layers) for head in range(config.heads)]
    cases = [(keys, layer, head) for layer in range(config.layers) for head in range(config.heads)]
    moved = scale.axis.project(_senses.blinded(target, cases))[:, stage] - scale.axis.project(plain)[stage]
    weight = looks[..., list(keys)].sum(-1).flatten()
    heatmap(
        looks.reshape(len(labels), -1),
        rows=labels,
        columns=trace.tokens,
        key=f"word_sense.strip{side + 1}",
        square=False,
        height=430,
        label="where the word looks, head by head",
        row_role="layer.head",
        column_role="token",
        reading="head {row} looks at {column}",
        revision=target.text,
    )
    named = ", ".join(map(_shell.plain, clue))
    order = np.argsort(-np.abs(moved), kind="stable")[:BEST]
    agree = ranks.correlation(np.abs(moved), weight)
    st.markdown(
        f"The clue is {named}; the {plural('head', len(order))} that move {scale.name} most. Over all "
        f"{len(labels)} heads, move and weight have a rank correlation of **{number(agree, 2)}**."
    )
    series = {
        f"{scale.name} moves by": (moved[order], theme.OUTPUT),
        "attention weight": (weight[order], theme.QUERY),
    }
    ranking(
        series,
        [labels[i] for i in order],
        key=f"word_sense.heads{side + 1}",
        shares=False,
        label=f"heads by what they do with {' '.join(clue)}",
    )
