"""The two tokens of the page about RoPE, in one head of one layer, and where the reader has moved them."""

from dataclasses import replace
from typing import NamedTuple

from model import AttentionTrace, Trace
from model.analysis import rotation
from pages import _sidebar
from pages._control import Control, Menu, token

MOVED = BOTH, ALONE = "rope.both", "rope.alone"  # away from where the text has the two tokens


class Pair(NamedTuple):
    """Two tokens in one head of one layer, and where the reader has moved them."""

    trace: Trace
    choice: _sidebar.Choice
    query: int  # places in the text
    key: int
    at: tuple[int, int]  # positions after the move, the query's first
    pickers: tuple[Menu, Menu]  # the controls that choose the two tokens

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
        return tuple(map(rotation.hands, self.vectors))

    @property
    def frequency(self):
        return rotation.frequencies(self.trace.config.head_width, self.trace.config.rope_base)

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
    """The Pair of this run; asked before the controls are drawn."""
    T, attention = len(trace.tokens), trace.layers[choice.layer].attention
    asks = token("Who asks (query)", "rope.query", trace.tokens, T - 1, "rope.key", *MOVED)
    query = asks.value()  # until somebody says who answers, the strongest does
    strongest = int(attention.weights(choice.head)[query].argmax())
    answers = token("Who answers (key)", "rope.key", trace.tokens, strongest, *MOVED)
    key, last = answers.value(), max(trace.config.context, T) - 1
    both = Control("Both moved by", BOTH, range(-query, last - query + 1), 0).value()
    alone = Control("The key moved by", ALONE, range(-key - both, last - key - both + 1), 0).value()
    pickers = with_role(asks, "query"), with_role(answers, "key")
    return Pair(trace, choice, query, key, (query + both, key + both + alone), pickers)


def with_role(menu, role):
    """The menu with the token's role before each of its options, in place of a label above them."""
    name = menu.look["format_func"]
    look = {"format_func": lambda i: f"{role} {name(i)}", "label_visibility": "collapsed", "width": "stretch"}
    return replace(menu, look=menu.look | look)
