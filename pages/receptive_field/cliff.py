"""Where the convolutional twin loses a clue: the clue that shows it best, and the mean of many sentences."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses
from pages import _clues, _senses, _shell
from pages._cache import remembered
from pages._findings import extremes
from pages._numbers import plural, signed
from pages.receptive_field.influence import ATTENTION, CONVOLUTION, NAMES
from viz import curves

ASKED = 12  # words around the word that may be the clue


def edge():
    """The fewest words between two of one token that are out of the twin's sight."""
    return (load(CONVOLUTION).network.field - 1) // 2


@remembered(heavy=150)
def moved_away(name, pairs, distances):
    return senses.moved_away(load(name), pairs, distances)


def steepest(word, known):
    """The word of the sentence whose loss changes the twin's mind most, and by how much: how much farther on
    the encoder's side the twin's meter stands at every distance at which it sees the clue than where it does
    not.
    """
    clues = _clues.nearest(word)[:ASKED]
    pairs, last = tuple((word, clue) for clue in clues), edge()
    side = np.sign(known[ATTENTION].axis.project(_senses.vectors((word,)))[0, -1])
    end = senses.Axis(*(part[-1] for part in known[CONVOLUTION].axis))
    values = side * end.project(moved_away(CONVOLUTION, pairs, range(last + 1)))  # (N, last + 1)
    heights = values[:, :last].min(1) - values[:, last]
    return clues[int(heights.argmax())], heights.max()


def draw_average():
    """The curve of many sentences from the models' cards, and what it shows in numbers."""
    cards = {name: load(name).card["moved_away"] for name in NAMES}
    rows = {name: (np.array(card["mean"]), np.array(card["standard_error"])) for name, card in cards.items()}
    near, far = ({name: mean[part].mean() for name, (mean, _) in rows.items()} for part in sides())
    count = cards[CONVOLUTION]["sentences"]
    _shell.show(
        curves.distances(rows, leaves=edge()),
        key="receptive_field.average",
        finding=extremes(
            {name: mean[edge()] for name, (mean, _) in rows.items()},
            f"mean with {plural('word', edge())} before the clue",
            2,
        ),
        shows=f"how far towards its own sense a word falls in both models, mean of {count} sentences",
    )
    st.markdown(
        f"**The mean of {count} sentences** (from the models’ cards): the convolution loses the clue at the "
        f"edge of its cone, from {signed(near[CONVOLUTION], 2)} to {signed(far[CONVOLUTION], 2)}; attention "
        f"finds it wherever it is, from {signed(near[ATTENTION], 2)} to {signed(far[ATTENTION], 2)}.",
        help="+1 is the mean of the word’s own sense. The clue of each sentence is the word without which "
        "the encoder falls farthest from that sense. Thin lines: one standard error.",
    )


def sides():
    """The distances at which the twin sees the clue, and those at which it does not."""
    return slice(0, edge()), slice(edge(), None)
