"""How the next token is chosen: the filters, their order, and their controls."""

from functools import partial
from itertools import permutations
from typing import NamedTuple

import streamlit as st

from model import decoding
from pages._control import Buttons, Menu, Number, Steps
from pages._glossary import explained

NAMED = {
    "t": ("temperature", decoding.temperature, "degree"),
    "k": ("top-k", decoding.top_k, "k"),
    "p": ("top-p", decoding.top_p, "p"),
    "m": ("min-p", decoding.min_p, "share"),
    "r": ("repetition penalty", decoding.repetition, "penalty"),
}
OFF = {"m": 0.0, "r": 1.0}  # values with which these change nothing; then they are not spoken of
METHODS = GREEDY, SAMPLING = "greedy", "sampling"
ORDERS = tuple(map("".join, permutations("tkpm")))  # the first is that of Hugging Face's transformers


def spoken(order):
    """An order of filters in words."""
    return " → ".join(NAMED[letter][0] for letter in order)


METHOD = Buttons("Choose by", "decoding.method", METHODS, SAMPLING)
TEMPERATURE = Steps(
    "Temperature",
    "decoding.temperature",
    [i / 10 for i in range(51)],
    0.8,
    look={"width": 150, "help": explained("logit", "temperature", "entropy", "bit")},
)
TOP_P = Steps("Top-p", "decoding.p", [i / 100 for i in range(1, 101)], 0.95, look={"width": 150})
MIN_P = Steps("Min-p", "decoding.min_p", [i / 100 for i in range(101)], OFF["m"], look={"width": 150})
PENALTY = Steps(
    "Repetition penalty",
    "decoding.penalty",
    [(20 + i) / 20 for i in range(21)],
    OFF["r"],
    look={"width": 150},
)
ORDER = Menu(
    "Order of the filters",
    "decoding.order",
    ORDERS,
    ORDERS[0],
    look={"format_func": spoken, "width": 320},
)
SEED = Number("Seed", "decoding.seed", range(1, 10_000), 1, look={"width": 130})


def top_k(vocabulary):
    """The control of k, which goes up to the whole vocabulary."""
    return Number("Top-k", "decoding.k", range(1, vocabulary + 1), min(40, vocabulary), look={"width": 130})


class Sampling(NamedTuple):
    """How a token is chosen: the filters in their order, as (letter, value), and the seed, None for
    greedy.
    """

    filters: tuple
    seed: int | None

    def after(self, ids):
        """The filters as functions of logits, for a text of these ids."""
        return [
            partial(NAMED[letter][1], **{NAMED[letter][2]: value}, **({"ids": ids} if letter == "r" else {}))
            for letter, value in self.filters
        ]

    @property
    def names(self):
        """The filters as a person may read them."""
        return [f"{NAMED[letter][0]} {value:,}" for letter, value in self.filters]

    @property
    def letters(self):
        return "".join(letter for letter, _ in self.filters)

    def reordered(self, letters):
        """The same filters, in another order."""
        return self._replace(filters=tuple(sorted(self.filters, key=lambda one: letters.index(one[0]))))


def settings(vocabulary):
    """The Sampling that the switches say, before they are drawn. The penalty comes before all that cuts."""
    values = {"r": PENALTY.value(), "t": TEMPERATURE.value(), "k": top_k(vocabulary).value()}
    values |= {"p": TOP_P.value(), "m": MIN_P.value()}
    order, seed = "r" + ORDER.value(), SEED.value()
    if METHOD.value() == GREEDY:
        order, seed, values["t"] = "rt", None, 0.0
    return Sampling(tuple((one, values[one]) for one in order if values[one] != OFF.get(one)), seed)


def controls(sampling, vocabulary):
    """Draw the switches."""
    off = sampling.seed is None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        METHOD.draw()
        for control in (TEMPERATURE, top_k(vocabulary), TOP_P, MIN_P):
            control.draw(disabled=off)
        PENALTY.draw()
        ORDER.draw(disabled=off)
        SEED.draw(disabled=off)
