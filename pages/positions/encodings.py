"""The six models that differ in their positional encoding only, and what the parts of the page about them
share.
"""

from itertools import combinations

import numpy as np
import streamlit as st

from model import load, names
from model.network.encodings import ENCODINGS
from pages import _shell
from pages._control import choose, kept

NAMES = [name for name in ENCODINGS if f"decoder-{name}" in names("decoder")]
SUBSETS = [list(some) for size in range(1, len(NAMES) + 1) for some in combinations(NAMES, size)]


def bundle(name):
    """The model with this encoding."""
    return load(f"decoder-{name}")


def read(text):
    """Token ids of the text, the same for all six; where there are none, the page says why and ends."""
    if not NAMES:
        st.error(
            "There is no decoder in model/checkpoints. Restore the folder, or train one with python -m "
            "model.train."
        )
        raise _shell.NothingToShow
    try:
        return max((load(f"decoder-{name}") for name in NAMES), key=lambda one: one.config.max_tokens).read(
            text
        )
    except ValueError as reason:
        st.warning(str(reason))
        raise _shell.NothingToShow from reason


def beyond(name, tokens):
    """A sentence if this encoding has no position for so many tokens, else None."""
    longest = bundle(name).config.max_tokens
    return f"no such position: the table ends at {longest}" if tokens > longest else None


def fits_or_ends(name, tokens, above, key):
    """Where this encoding has no position for so many tokens, the page says so, offers the others in the
    container `above`, and ends.
    """
    if why := beyond(name, tokens):
        with above:
            _shell.pick("Encoding", NAMES, key=key)
        st.warning(
            f"This text has {tokens:,} tokens, and {name} has {why}. Choose another encoding, or shorten the "
            "text."
        )
        raise _shell.NothingToShow


def traces(text, tokens, chosen):
    """{encoding: the Trace of the text, or the sentence why there is none}, for the encodings chosen."""
    return {
        name: beyond(name, tokens) or _shell.explain(text, f"decoder-{name}", None, None, None)
        for name in chosen
    }


def seen(trace, layer, head):
    """The weights (T, T) of a head, NaN where it may not look."""
    attention = trace.layers[layer].attention
    return np.where(attention.parts(head)[3], attention.weights(head), np.nan)


# ---- controls ----


def kept_layer(default):
    return kept("positions.layer", range(1, bundle(NAMES[0]).config.layers + 1), default) - 1


def kept_head(default):
    return kept("positions.head", range(1, bundle(NAMES[0]).config.heads + 1), default) - 1


def pick_layer():
    _shell.pick("Layer", range(1, bundle(NAMES[0]).config.layers + 1), key="positions.layer")


def pick_head():
    _shell.pick("Head", range(1, bundle(NAMES[0]).config.heads + 1), key="positions.head")


def kept_some(key, subsets, default):
    """A choice of several from a list, in the list's order; the link has them with commas between."""
    return kept(key, subsets, default, spell=",".join)


def pick_some(label, options, *, key):
    """A row of buttons, any number of them pressed; with none left the default comes back."""

    def take():
        st.session_state.chosen[key] = [one for one in options if one in st.session_state[key]]

    st.pills(label, options, selection_mode="multi", key=key, on_change=take)


def select(label, options, *, key, width=150, **how):
    st.selectbox(label, options, key=key, on_change=choose, args=(key,), width=width, **how)


def told(numbers):
    """{name: number} in a sentence."""
    return ", ".join(f"{name} {number:.2f}" for name, number in numbers.items())
