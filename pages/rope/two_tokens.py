"""The two tokens of the page about RoPE, in one head of one layer, and where the reader has moved them."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import AttentionTrace, Trace, load
from model.analysis import rotation
from model.loading import is_opened
from pages import _sidebar
from pages._control import Control, Menu, NothingToShow, token
from pages._shell import escaped

ORDER = {  # what tells a model of the library about order, if it does not turn anything
    "learned": "A learned vector for each position is added to its embedding.",
    "t5": "A learned number for each distance is added to its scores.",
    "none": "Nothing that is known here tells it where a token stands.",
}
MOVED = BOTH, ALONE = "rope.both", "rope.alone"  # away from where the text has the two tokens


class Pair(NamedTuple):
    """Two tokens in one head of one layer, and where the reader has moved them."""

    trace: Trace
    choice: _sidebar.Choice
    query: int  # places in the text
    key: int
    at: tuple[int, int]  # positions after the move, the query's first
    pickers: tuple[Menu, Menu]  # the controls that choose the two tokens
    turning: rotation.Turning  # how this layer turns queries and keys

    @property
    def attention(self) -> AttentionTrace:
        return self.trace.layers[self.choice.layer].attention

    @property
    def vectors(self):
        """q and k (D,) of the two tokens before they are turned."""
        q, k, *_ = self.attention.head(self.choice.head, turned=False)
        return q[self.query], k[self.key]

    @property
    def hands(self):
        """The same as hands at rest, (P,) each."""
        return tuple(map(self.turning.hands, self.vectors))

    @property
    def rest(self):
        """What the dimensions that are not turned add to the score, at every distance."""
        q, k = (one[self.turning.width :].astype(np.float64) for one in self.vectors)
        return float(self.attention.scale * (q @ k))

    def places(self, i):
        """The two dimensions of pair i, counted from 0."""
        first, second = rotation.PAIRS[self.turning.pairing](self.turning.width)
        return int(first[i]), int(second[i])

    @property
    def ours(self):
        """Whether the model is one of Riverbank's own."""
        return not is_opened(self.choice.model)

    @property
    def frequency(self):
        return self.turning.frequency

    @property
    def last(self):
        """The last position that the sliders offer: that of the training context, or of a longer text."""
        return max(self.trace.config.context, len(self.trace.tokens)) - 1

    @property
    def contributions(self):
        """What each pair of dimensions adds to the score where the tokens now stand, (P,)."""
        q, k = (
            rotation.turned(hand, place, self.frequency)
            for hand, place in zip(self.hands, self.at, strict=True)
        )
        return rotation.contributions(q, k, self.attention.scale)

    @property
    def words(self):
        return self.trace.tokens[self.query], self.trace.tokens[self.key]


def pair(trace, choice):
    """The Pair of this run; asked before the controls are drawn. Where the layer turns nothing, the page says
    why and ends.
    """
    turning = rotation.turning(load(choice.model), choice.layer, len(trace.tokens))
    if turning is None:
        st.info(without(trace.config, choice))
        raise NothingToShow
    T, attention = len(trace.tokens), trace.layers[choice.layer].attention
    asks = token("Who asks (query)", "rope.query", trace.tokens, trace.last, "rope.key", *MOVED)
    query = asks.value()  # until somebody says who answers, the strongest does
    strongest = int(attention.weights(choice.head)[query].argmax())
    answers = token("Who answers (key)", "rope.key", trace.tokens, strongest, *MOVED)
    key, last = answers.value(), max(trace.config.context, T) - 1
    both = Control("Both moved by", BOTH, range(-query, last - query + 1), 0).value()
    alone = Control("The key moved by", ALONE, range(-key - both, last - key - both + 1), 0).value()
    pickers = with_role(asks, "query"), with_role(answers, "key")
    return Pair(trace, choice, query, key, (query + both, key + both + alone), pickers, turning)


def without(config, choice):
    """Why there are no hands to turn, in a sentence."""
    if config.positions != "rope":
        name = escaped(load(choice.model).name)
        told = f"{name} has no RoPE: its layers turn no queries and keys. {ORDER[config.positions]}"
        return f"{told} Choose decoder-rope in the sidebar to see hands turn."
    unknown = next((one for one in config.missing if "turned in a way" in one), None)
    return unknown or f"Layer {choice.layer + 1} turns nothing. Choose another layer in the sidebar."


def with_role(menu, role):
    """The menu with the token's role before each of its options, in place of a label above them."""
    name = menu.look["format_func"]
    look = {"format_func": lambda i: f"{role} {name(i)}", "label_visibility": "collapsed", "width": "stretch"}
    return replace(menu, look=menu.look | look)
