"""What the pages about the senses of a word share: the word, and what the encoder makes of it."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses, words
from model.analysis.nearest import Likeness
from model.trace import frozen
from pages import _progress, _shell, _signs, _text
from pages._cache import remembered
from pages._control import Text

MODEL = "encoder"
NEAREST = 64  # words around the word whose influence is measured
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


@remembered()
def some_blinded(word, cases):
    return frozen(senses.blinded(load(MODEL), word, list(cases)))


def blinded(word, cases):
    """senses.blinded, pass by pass, with a bar that shows progress once it has taken half a second."""
    bundle = load(MODEL)
    some = senses.parts(cases, senses.fitting(bundle.config, len(bundle.read(word.text))))
    return np.concatenate(
        [
            some_blinded(word, tuple(part))
            for part in _progress.watched(some, f"Running the model on {len(cases)} masks")
        ]
    )


class Scale(NamedTuple):
    """What is read off a word's vectors, and is seen to move when the word loses sight of others."""

    axis: senses.Axis | Likeness
    name: str


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
        Text(f"The {which} sentence", key, None, example)
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


# ---- what a word may not look at ----


def tokens_of(target, names):
    """Places of all tokens of these words in the text of the Word."""
    bundle = load(MODEL)
    spans = bundle.tokenizer.spans(target.text, bundle.read(target.text))
    own = target.tokens(spans)
    return tuple(
        sorted(
            {
                place
                for name in names
                for word in words.spelling(target.text, name)
                for place in word.tokens(spans)
            }
            - set(own)
        )
    )


def moves(target, known, plain, stage):
    """{word: how far the meter goes, at a stage, when the word of the sentence cannot look at it}, for the
    nearest other words.
    """
    names = nearest(target)
    if not names:
        return {}
    alone = blinded(target, [(tokens_of(target, [name]), None, None) for name in names])  # (N, S, C)
    return dict(
        zip(names, known.axis.project(alone)[:, stage] - known.axis.project(plain)[stage], strict=True)
    )


def strongest(target, moved):
    """The word, of `moves`, that moves the meter most per occurrence in the text; None if there is none."""
    return max(
        moved, key=lambda name: abs(moved[name]) / len(words.spelling(target.text, name)), default=None
    )


def nearest(target):
    """The other words of the text, each once, those nearest to the word."""
    middle = target.start
    others = [one for one in senses.words(target.text) if one.start != middle]
    order = sorted(others, key=lambda one: abs(one.start - middle))
    return list(dict.fromkeys(map(str, order)))[:NEAREST]
