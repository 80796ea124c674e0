"""The models that differ in their positional encoding only, and what the parts of the page about them
share.
"""

import numpy as np
import streamlit as st

from model import Unavailable, load, names
from model.network.encodings import ENCODINGS
from pages import _shell
from pages._choices import put
from pages._control import Buttons, Menu, NothingToShow, Several, token
from pages._numbers import number

NAMES = [name for name in ENCODINGS if f"decoder-{name}" in names("decoder")]
COUNT = dict(
    enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])
).get(len(NAMES), str(len(NAMES)))


def entering(place):
    """The encodings that enter there, in a sentence."""
    return ", ".join(name for name in NAMES if ENCODINGS[name].enters == place)


def bundle(name):
    """The model with this encoding."""
    return load(f"decoder-{name}")


def read(text):
    """Token ids of the text, the same for all models; where there are none, the page says why and ends."""
    if not NAMES:
        st.error(
            "There is no decoder in model/checkpoints. Restore the folder, or train one with python -m "
            "model.train."
        )
        raise NothingToShow
    try:
        return max(map(bundle, usable()), key=lambda one: one.config.max_tokens).read(text)
    except ValueError as reason:
        st.warning(str(reason))
        raise NothingToShow from reason


def missing(name):
    """A sentence if the model with this encoding cannot be used, else None."""
    try:
        bundle(name)
    except Unavailable as reason:
        return str(reason)
    return None


def usable():
    """The encodings whose models can be used; all if none can, so that one of them says why."""
    return [name for name in NAMES if not missing(name)] or NAMES


def beyond(name, tokens):
    """A sentence if this encoding has no position for so many tokens, or no model, else None."""
    if why := missing(name):
        return why
    longest = bundle(name).config.max_tokens
    return f"no such position: the table ends at {longest}" if tokens > longest else None


def fits_or_ends(name, tokens):
    """Where this encoding has no position for so many tokens, the page says so, and ends."""
    if why := missing(name):
        st.warning(f"{why} Until then, choose another encoding.")
        raise NothingToShow
    if why := beyond(name, tokens):
        st.warning(
            f"This text has {tokens:,} tokens, and {name} has {why}. Choose another encoding, or shorten the "
            "text."
        )
        raise NothingToShow


def traces(text, tokens, chosen):
    """{encoding: the Trace of the text, or the sentence why there is none}, for the encodings chosen."""
    return {name: beyond(name, tokens) or _shell.explain(text, f"decoder-{name}") for name in chosen}


def seen(trace, layer, head):
    """The weights (T, T) of a head, NaN where it may not look."""
    attention = trace.layers[layer].attention
    return np.where(attention.head(head).allowed, attention.weights(head), np.nan)


def layer_control(default):
    """The control of the layer, counted from 1."""
    return numbered("layer", bundle(usable()[0]).config.layers, default)


def head_control(default):
    """The control of the head, counted from 1."""
    return numbered("head", bundle(usable()[0]).config.heads, default)


def numbered(name, count, default):
    """A list of layers or heads, counted from 1."""
    look = {"label_visibility": "collapsed", "width": 120, "format_func": f"{name} {{}}".format}
    return Menu(name.capitalize(), f"positions.{name}", range(1, count + 1), default, look=look)


def encoding_control(key, default):
    """The control of one encoding."""
    return Buttons("Encoding", key, NAMES, default, look={"label_visibility": "collapsed"})


def several_control(key):
    """The control of several encodings; until somebody chooses, all of them."""
    return Several("Encodings", key, NAMES, NAMES)


def menu_control(label, key, default):
    """The control of one encoding where a row of buttons has no room."""
    return Menu(label, key, NAMES, default, look={"width": 150})


def pair_controls(tokens):
    """The controls of the token that asks, at first the last, and the one that answers, the one before.

    Both are chosen by a click in the picture.
    """
    last = len(tokens) - 1
    asks = token("Who asks", "positions.query", tokens, last)
    return asks, token("Who answers", "positions.key", tokens, max(0, last - 1))


def take_pair(query, key):
    """Choose this pair of tokens, counted from 0."""
    put({"positions.query": query, "positions.key": key})


def in_words(values):
    """{name: number} in a sentence."""
    return ", ".join(f"{name} {number(value, 2)}" for name, value in values.items())
