"""The clocks of the page about RoPE: a hand for each pair of dimensions of the two tokens."""

import numpy as np

from pages._choices import put
from pages._control import Buttons, Control
from pages.rope.two_tokens import ALONE, BOTH
from viz.component.clocks import clocks

ORDERS = FREQUENCY, CONTRIBUTION = "by frequency", "by contribution"
ORDER = Buttons("Sort the clocks", "rope.order", ORDERS, FREQUENCY, look={"label_visibility": "collapsed"})


def take_pair(pair):
    put({"rope.pair": pair + 1})


def draw(pair, order):
    """The clocks; returns the chosen pair of dimensions, at first the one that adds most to the score."""
    parts = pair.contributions
    chosen = Control("Pair", "rope.pair", range(1, len(parts) + 1), int(parts.argmax()) + 1).value() - 1
    q, k = (np.stack([hand.real, hand.imag], axis=-1).ravel() for hand in pair.hands)

    def take_places(query, key):
        both = query - pair.query
        put({BOTH: both, ALONE: key - pair.key - both})

    clocks(
        q,
        k,
        pair.frequency,
        scale=pair.attention.scale,
        home=(pair.query, pair.key),
        places=pair.at,
        last=pair.last,
        chosen=chosen,
        order=np.arange(len(parts)) if order == FREQUENCY else np.argsort(-parts, kind="stable"),
        words=pair.words,
        key="rope.clocks",
        label="a clock for each pair of dimensions, with the hand of the query and the hand of the key",
        revision=pair.trace.text,
        on_move=take_places,
        on_select=take_pair,
    )
    return chosen
