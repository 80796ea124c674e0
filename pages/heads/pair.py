"""What the views of the page about heads share: the text that was read, the head in question, and the pair of
tokens that is looked at.
"""

from typing import NamedTuple

import numpy as np
from streamlit.delta_generator import DeltaGenerator

from model import Trace
from pages import _sidebar
from pages._choices import put
from pages._control import Menu


class HeadView(NamedTuple):
    """The sidebar's choice, with layer and head counted from 0; its Trace; the token that asks and the one
    that answers, from 0; the controls that choose the two; and the row above the picture for controls.
    """

    choice: _sidebar.Choice
    trace: Trace
    query: int
    key: int
    asks: Menu
    answers: Menu
    row: DeltaGenerator


def short(layer, head):
    """The name of a head, counted from 0, as it stands in small pictures: layer and head counted from 1, such
    as 3.4.
    """
    return f"{layer + 1}.{head + 1}"


def place(name):
    """Layer and head, counted from 0, of a short name."""
    layer, head = name.split(".")
    return int(layer) - 1, int(head) - 1


def window(query, tokens, size, step):
    """The part of a long text, at most `size` tokens around the one that asks, that a picture shows; it moves
    by `step`, not with every token.
    """
    start = round((query - size / 2) / step) * step
    start = max(0, min(start, tokens - size))
    return slice(start, min(tokens, start + size))


def seen(attention, head, part):
    """Weights (S, S) of one head among the tokens in this part of the text, NaN where one may not look."""
    weights = attention.weights(head, part)[:, part]
    return np.where(attention.head(head).allowed[part, part], weights, np.float32(np.nan))


def look_at(query=None, key=None):
    """Somebody has chosen this pair of tokens, or one of them, counted from 0."""
    put({name: place for name, place in (("heads.query", query), ("heads.key", key)) if place is not None})
