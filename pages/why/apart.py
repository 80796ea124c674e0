"""A score taken apart, kept for all visitors; and the pair of tokens that it is of."""

from typing import NamedTuple

import numpy as np

from model import load
from model.analysis import why
from model.trace import frozen
from pages import _shell
from pages._cache import remembered
from pages._choices import put
from pages.why.view import head_name

LONG = 1000  # letters, from which on the keys of a whole row take long


class Pair(NamedTuple):
    """A score: of one head, from the token that asks to the one that answers, all counted from 0."""

    layer: int
    head: int
    query: int
    key: int

    @property
    def name(self):
        """The head as it stands in sentences."""
        return head_name(self.layer, self.head)

    def place(self, side):
        """The token that asks, or the one that answers."""
        return self.query if side == "query" else self.key


@remembered(heavy=LONG)
def apart(text, name, pair, lead):
    """The Ingredients of a score; ValueError, in a sentence, if there is none."""
    return why.ingredients(load(name), _shell.explain(text, name), *pair, lead=lead)


@remembered(heavy=LONG)
def opened(text, name, pair, part, side):
    """What each token has added to a score through an earlier head, (S, B): see model.analysis.why."""
    return frozen(why.opened(load(name), _shell.explain(text, name), *pair, part, side))


@remembered(heavy=LONG)
def walk(text, name, pair):
    """The Steps from a score down to the embeddings."""
    return tuple(why.walk(load(name), _shell.explain(text, name), *pair))


def source(text, name, pair, part, side, row=slice(None)):
    """The token from which an earlier head has brought most of what it adds to a score, to the parts of the
    other side in `row`: most in the direction of the whole, which may be below zero.
    """
    gains = opened(text, name, pair, part, side)[:, row]
    gains = gains if gains.ndim == 1 else gains.sum(1)
    return int(np.argmax(gains * np.sign(gains.sum())))


def choose(pair, trail=""):
    """Look at this score from now on, after those of the trail."""
    places = {"layer": pair.layer + 1, "head": pair.head + 1, "why.query": pair.query, "why.key": pair.key}
    put(places | {"why.trail": trail}, "why.cell")
