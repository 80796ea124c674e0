"""What the word may not look at: the words struck out by the reader, what that does to the meter, and which
of them stand in for one another.
"""

from collections import Counter

import numpy as np
import streamlit as st

from model.analysis import words
from pages import _clues, _shell
from pages._choices import forget, put, refuse
from pages._clues import Hidden, Scale
from pages._control import Control, Toggle, switch
from pages._numbers import number, signed
from pages._senses import NUMBERS
from pages.word_sense import neighbours
from viz.component.chips import chips

HIDDEN = [Control(f"Hidden in the {NUMBERS[i]}", f"word_sense.hidden{i + 1}", None, "") for i in (0, 1)]
EIGHTH = 0.25  # of the way between two senses on the meter, which is 2 long: the least that is told,
TENTH = 0.1  # and of a cosine
EVERYBODY: Toggle = switch("Hide from every word", "word_sense.everybody")


# ---- which words are hidden ----


def spellings(target: words.Word) -> dict[words.Word, str]:
    """How each other word of the text is written in an address: as it is spelled, and where it stands several
    times with the number of its place, such as to.2.
    """
    every = words.words(target.text)
    count, seen, written = Counter(map(str, every)), Counter(), {}
    for one in every:
        name = str(one)
        seen[name] += 1
        written[one] = f"{name}.{seen[name]}" if count[name] > 1 else name
    return {one: name for one, name in written.items() if one.start != target.start}


def hidden(target: words.Word, side: int) -> Hidden:
    """The words struck out in a sentence, those that it has; kept as text, so that they survive a change of
    the others. A name without a number is all places of that word.
    """
    struck, written = HIDDEN[side].value().split(), spellings(target)
    known = {name for one, name in written.items() for name in (name, str(one))}
    there = [name for name in map(words.spelled, struck) if name in known]
    if len(there) < len(struck):
        refuse(HIDDEN[side].key, " ".join(there))
    places = tuple(one for one, name in written.items() if name in there or str(one) in there)
    return Hidden(places, EVERYBODY.value())


def hide(side: int, target: words.Word, names: tuple[words.Word, ...]) -> None:
    """Strike exactly these words out; what the text does not have stays in the address."""
    written = spellings(target)
    known = {name for one, name in written.items() for name in (name, str(one))}
    absent = [name for name in HIDDEN[side].value().split() if words.spelled(name) not in known]
    put({HIDDEN[side].key: " ".join([*absent, *(written[one] for one in names)])})


def toggle(side: int, target: words.Word, hidden: Hidden, clicked: words.Word) -> None:
    """Strike the clicked word out, or let it back in; but the word itself stays."""
    if clicked.start != target.start:
        hide(side, target, hidden.without(clicked).words)


def undo() -> None:
    for control in (*HIDDEN, EVERYBODY):
        forget(control.key)


# ---- what that does ----


def sentence(target, side, scale, moved, hidden):
    """The words of a sentence as chips, each with what a click on it moves the scale by now."""
    every = words.words(target.text)
    own = next(i for i, one in enumerate(every) if one.start == target.start)
    largest = max(map(abs, moved.values()), default=0) or 1
    moves = [None if i == own else moved.get(one) for i, one in enumerate(every)]
    chips(
        [target.text[one.start : one.end] for one in every],
        key=f"word_sense.words{side + 1}",
        notes=["" if move is None else signed(move, 2) for move in moves],
        values=[abs(move or 0) / largest for move in moves],
        selected=own,
        struck=[i for i, one in enumerate(every) if one in hidden.words],
        label=f"words of the {NUMBERS[side]} sentence, and how far {scale.name} moves when one is clicked",
        revision=target.text,
        on_select=lambda place: toggle(side, target, hidden, every[place]),
    )


def backing(target, side, scale, moved, hidden, stage):
    """Which two words of a sentence back each other up, with a button that hides both."""
    pair = _clues.backing(target, scale, stage, hidden, moved)
    if pair is None:
        st.markdown(
            f"Of the nearest words of the {NUMBERS[side]} sentence that say something, no two move "
            f"{scale.name} by {number(scale.least)} more together than one by one."
        )
        return
    first, second = (_shell.plain(str(one)) for one in pair.words)
    st.markdown(
        f"{first} and {second} **back each other up**: alone they move {scale.name} by "
        f"{signed(pair.alone[0], 2)} and {signed(pair.alone[1], 2)}, both together by "
        f"**{signed(pair.both, 2)}**."
    )
    both = hidden.without(pair.words[0]).without(pair.words[1]).words
    st.button("Hide both", key=f"word_sense.both{side + 1}", on_click=hide, args=(side, target, both))


def through_others(target, side, scale, hidden, stage):
    """Say so where the word still knows what it cannot see: other words have seen it before."""
    free, now = scale.axis.project(_clues.seen(target, [_clues.NOTHING, hidden], scale.model))[:, stage]
    (unseen,) = scale.axis.project(_clues.seen(target, [hidden._replace(everybody=True)], scale.model))[
        :, stage
    ]
    if abs(unseen - free) < abs(now - free) + scale.least:
        return
    struck = _shell.listing([_shell.plain(str(one)) for one in hidden.words])
    st.markdown(
        f"{_shell.plain(str(target))} cannot look at {struck}, and yet {scale.name} is at "
        f"**{signed(now, 2)}**: **other words have read {'it' if len(hidden.words) == 1 else 'them'} "
        f"before**, and it looks at those. Hidden from every word, it would be at {signed(unseen, 2)}."
    )
    st.button(
        "Hide from every word",
        key=f"word_sense.hide_from_all{side + 1}",
        on_click=put,
        args=({EVERYBODY.key: True},),
    )


# ---- on the page ----


def seen_through(targets, plain, hidden, model):
    """The word's vectors (2, S, C) in both sentences when it cannot look at the hidden words."""
    pairs = zip(targets, plain, hidden, strict=True)
    return np.stack([_clues.seen(one, [gone], model)[0] if gone.words else free for one, free, gone in pairs])


def scale(known, now, side, model):
    """What is seen to move: the meter of the known senses, or the cosine to the other sentence's word."""
    if known:
        return Scale(known.axis, "the meter", EIGHTH, model)
    return Scale(neighbours.likeness(now, side, model), "the cosine", TENTH, model)


def draw(targets, scales, moved, hidden, stage):
    """The words of both sentences, and what hiding them has shown of others."""
    nobody = "no other word" if hidden[0].everybody else "the word no longer"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**Which words did it?** Click one: then {nobody} looks at it, and {scales[0].name} moves "
            "by the number that stands there. Click it again, and it comes back."
        )
        EVERYBODY.draw()
        struck = any(one.words for one in hidden)
        st.button("Let it look again", key="word_sense.undo", on_click=undo, disabled=not struck)
    for i, column in enumerate(st.columns(2)):
        with column:
            sentence(targets[i], i, scales[i], moved[i], hidden[i])
            if hidden[i].words and not hidden[i].everybody:
                through_others(targets[i], i, scales[i], hidden[i], stage)


def backings(targets, scales, moved, hidden, stage):
    """Which two words of each sentence back each other up, side by side."""
    for i, column in enumerate(st.columns(2)):
        with column:
            backing(targets[i], i, scales[i], moved[i], hidden[i], stage)
