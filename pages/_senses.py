"""What the pages about the senses of a word share: the word, and what the encoder makes of it."""

import streamlit as st

from model import load
from model.analysis import senses
from model.trace import frozen
from pages import _shell, _signs, _text
from pages._cache import remembered
from pages._control import Text

MODEL = "encoder"
SENTENCES = ("text", "word_sense.other")  # session keys of the two sentences,
NUMBERS = ("first", "second")  # and how they are called


@remembered()
def vectors(targets, name=MODEL, mixture=None, layers=()):
    """senses.vectors of a tuple of Words, shared and read-only; `mixture` names a function of senses for the
    layers listed.
    """
    bundle = load(name)
    return frozen(
        senses.vectors(bundle, list(targets), mixture and getattr(senses, mixture)(bundle.config, layers))
    )


def stage_names(config):
    """The stages of the residual stream, S names."""
    return ["embedding", *(f"layer {i}" for i in range(1, config.layers + 1)), "end"]


def best_stage():
    """The stage at which the model tells senses best, as its card says of many sentences."""
    return load(MODEL).card["senses"]["usage"]["best_layer"]


# ---- the two sentences ----


def sentence_boxes():
    """The boxes of the two sentences; until somebody types, they hold the first two examples."""
    return [
        Text(f"The {which} sentence", key, None, example, look={"label_visibility": "collapsed"})
        for which, key, example in zip(NUMBERS, SENTENCES, _text.EXAMPLES, strict=False)
    ]


def draw_boxes(boxes, hints=("", "")):
    """Draw the boxes side by side, each with its hint while it is empty, and a note on signs in its text."""
    for column, box, hint in zip(st.columns(2), boxes, hints, strict=True):
        with column:
            box.draw(placeholder=hint)
            _signs.note(box.key, box.value(), MODEL)


# ---- the word ----


def shown(word, common):
    """A button's text: what no sentence holds is no word perhaps, but something that a link says."""
    return word[:24] if word in common else _shell.plain(word[:24])
