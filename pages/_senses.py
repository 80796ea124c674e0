"""What the pages about the senses of a word share: the word, and what the encoder makes of it."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses
from model.trace import frozen
from pages import _models, _shell, _sidebar, _signs, _text
from pages._cache import remembered
from pages._control import Text

MODEL = "encoder"
SENTENCES = ("text", "word_sense.other")  # session keys of the two sentences,
NUMBERS = ("first", "second")  # and how they are called


@remembered(heavy=1000)
def vectors(targets, name=MODEL, mixture=None, layers=()):
    """senses.vectors of a tuple of Words, shared and read-only; `mixture` names a function of senses for the
    layers listed.
    """
    bundle = load(name)
    return frozen(
        senses.vectors(bundle, list(targets), mixture and getattr(senses, mixture)(bundle.config, layers))
    )


def vectors_of_each(targets, *arguments):
    """The same of Words that are asked for alone as well, such as those of two sentences of which one is
    typed anew.
    """
    return np.concatenate([vectors((target,), *arguments) for target in targets])


def stage_names(model=MODEL):
    """The stages of the residual stream, S names; without the end where that is the last layer."""
    bundle = load(model)
    names = ["embedding", *(f"layer {i}" for i in range(1, bundle.config.layers + 1)), "end"]
    return names if getattr(bundle.network, "end", True) is not None else names[:-1]


def best_stage(model=MODEL, known=None):
    """The stage at which the model tells senses best: as its card says of many sentences, or else by the
    examples of the word, the last of those that do it best.
    """
    if model == MODEL:
        return load(MODEL).card["senses"]["usage"]["best_layer"]
    accuracy = known.separation.accuracy[: len(stage_names(model))]
    return int(np.flatnonzero(accuracy == accuracy.max())[-1])


# ---- the model ----


def reader():
    """The model that reads the sentences: ours, or one that was opened."""
    return _sidebar.reader([MODEL, *_models.opened(("encoder", "decoder"))], hub=True)


# ---- the two sentences ----


def sentence_boxes():
    """The boxes of the two sentences; until somebody types, they hold the first two examples."""
    return [
        Text(f"The {which} sentence", key, None, example, look={"label_visibility": "collapsed"})
        for which, key, example in zip(NUMBERS, SENTENCES, _text.EXAMPLES, strict=False)
    ]


def draw_boxes(boxes, hints=("", ""), model=MODEL):
    """Draw the boxes side by side, each with its hint while it is empty, and a note on signs in its text."""
    for column, box, hint in zip(st.columns(2), boxes, hints, strict=True):
        with column:
            box.draw(placeholder=hint)
            _signs.note(box.key, box.value(), model)


# ---- the word ----


def shown(word, common):
    """A button's text: what no sentence holds is no word perhaps, but something that a link says."""
    return word[:24] if word in common else _shell.plain(word[:24])
