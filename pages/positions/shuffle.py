"""The shuffle test: put the words into another order, and see whether the model notices."""

import numpy as np
import streamlit as st

from model import masks
from model.analysis import order
from pages import _fold, _progress, _shell
from pages._cache import remembered
from pages._choices import forget, put, refuse
from pages._control import Control, Number, pause
from pages._findings import extremes
from pages._numbers import number
from pages.positions import encodings
from pages.positions.encodings import NAMES
from viz import order as figures
from viz.component.sequence import sequence

OPENING = (
    "Shuffle the words of the text: a model that knows nothing of order brings every word out as before, "
    "only in its new place. **Press Shuffle**, and look for the one dot far to the left."
)
MASKS = "full", "causal"
ROUNDING = 1e-4  # what float32 may add up to over all layers
ORDER = Control("Order of the words", "positions.order", None, "")  # places from 1, with hyphens between
SEED = Number("Seed", "positions.seed", range(1, 10_000), 1, dependents=(ORDER.key,), look={"width": 140})


@remembered(heavy=200)
def disorder(ids, name, places):
    """{mask: the largest relative difference of a final vector}."""
    allowed = np.stack([getattr(masks, mask)(len(ids)) for mask in MASKS])
    distances = order.disorder(encodings.bundle(name).network, ids, places, allowed)
    return dict(zip(MASKS, distances.max(axis=-1).tolist(), strict=True))


def measured(ids, places):
    """{encoding: {mask: largest difference} or a sentence}, with a bar that shows progress once it has taken
    half a second.
    """
    label = "Reading the text in both orders, model by model"
    return {
        name: encodings.beyond(name, len(ids)) or disorder(ids, name, places)
        for name in _progress.watched(NAMES, label)
    }


def kept_order(count):
    """The order of the words: the reader's own if there is one for as many words, else the seed's."""
    seed = SEED.value()
    parts = ORDER.value().split("-")
    own = [int(one) - 1 for one in parts if one.isdecimal() and len(one) <= len(str(count))]
    if sorted(own) == list(range(count)) and len(parts) == count and count > 1:
        return own, None
    forget(ORDER.key)
    places = order.shuffled(count, seed).tolist()
    if parts != [""]:
        refuse(ORDER.key, spelled(places))
    return places, seed


def spelled(places):
    """An order as a link's text, counted from 1."""
    return "-".join(str(i + 1) for i in places)


def take_order(places):
    put({ORDER.key: spelled(places)})


def next_seed():
    put({SEED.key: st.session_state[SEED.key] % 9_999 + 1}, ORDER.key)


def show(view):
    """Show how far a shuffle of the text's words moves the vectors of each model."""
    text = view.text
    ids = encodings.read(text)
    groups, words = order.words(encodings.bundle(encodings.usable()[0]).tokenizer, text)
    new, seed = kept_order(len(words))
    with view.row:
        st.button("Shuffle", key="positions.shuffle", on_click=next_seed, type="primary")
    sequence(
        words,
        new,
        key="positions.words",
        label="the words in the order that the model reads now",
        revision=text,
        on_order=take_order,
    )
    disorders = measured(tuple(ids), tuple(place for word in new for place in groups[word]))
    _shell.show(
        figures.differences(disorders),
        key="positions.disorder",
        finding=extremes(
            {
                f"{name} with the {mask} mask": moved
                for name, one in disorders.items()
                if not isinstance(one, str)
                for mask, moved in one.items()
            },
            "difference",
        ),
        shows="how far a shuffle moves the final vectors, for each encoding and mask",
    )
    pause()
    meaning(disorders, new, words)
    with st.container(horizontal=True, vertical_alignment="center"):
        SEED.draw(label_visibility="collapsed")
        own = "your own order" if seed is None else f"the order of seed {seed}"
        st.caption(f"The words are in {own}.", width="content")
    _fold.fold("How it is measured", "positions.how", how)
    _fold.sources("positions.code", order.disorder)


def how():
    """The law that is tested."""
    _shell.say(
        r"f(Px) = P f(x) \quad\text{for every order } P",
        r"$x$ are the embedded words, $P$ puts them into another order, $f$ is the whole network up to the "
        r"last vectors. The number is relative: the largest "
        r"$|f(Px)_i - (P f(x))_i| \,/\, |(P f(x))_i|$ over all tokens. Tokens are moved, not letters: a word "
        r"keeps its tokens, so it is read as it was.",
    )


def meaning(disorders, new, words):
    """The sentence that says what the dots mean."""
    if len(words) == 1:
        st.info("This text is one word, and one word has one order. Type a few words more.")
        return
    if new == list(range(len(words))):
        st.info(
            "The words stand in the order of your text, so nothing can differ. Shuffle them, or drag one to "
            "another place."
        )
        return
    numbers = {name: one for name, one in disorders.items() if not isinstance(one, str)}
    others = [one["full"] for name, one in numbers.items() if name != "none"]
    none = numbers.get("none")
    if none is None or not others:
        return
    verdict = (
        "rounding error, so it treats the text as a bag of words"
        if none["full"] < ROUNDING
        else "more than rounding explains"
    )
    st.markdown(
        f"Without an encoding and with the full mask the largest difference is **{number(none['full'])}**: "
        f"{verdict}. With the same mask and one of the encodings it is between **{number(min(others))}** "
        f"and **{number(max(others))}**. A causal mask tells order by itself, since a word that stands "
        f"later sees more: without any encoding it already is {number(none['causal'])}. A set of objects "
        "needs no order, and there this blindness is a virtue; in a text or an image order carries "
        "meaning."
    )
