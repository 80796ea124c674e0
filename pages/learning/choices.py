"""What the reader chooses of a training."""

import streamlit as st

from model.analysis.learning import MASKS, TASKS, Settings, partners
from model.network.encodings import ENCODINGS
from pages._control import Buttons, Line, Menu, NothingToShow, Number
from pages._glossary import explained

OWN = "your own"
DEFAULT = Settings()
DEPENDENTS = "learning.step", "learning.head"
WIDE = {"width": 130}
TASK = Menu("Task", "learning.task", list(TASKS), DEFAULT.task, dependents=DEPENDENTS, look=WIDE)
RULE = Line("Your pairs", "learning.rule", None, "ax by cz de ed", dependents=DEPENDENTS, look={"width": 220})
POSITIONS = Menu(
    "Encoding", "learning.positions", list(ENCODINGS), DEFAULT.positions, dependents=DEPENDENTS, look=WIDE
)
MASK = Menu("Mask", "learning.mask", list(MASKS), DEFAULT.mask, dependents=DEPENDENTS, look={"width": 150})
LAYERS = Buttons("Layers", "learning.layers", (1, 2, 3), DEFAULT.layers, dependents=DEPENDENTS)
HEADS = Buttons("Heads a layer", "learning.heads", (1, 2, 4, 8), DEFAULT.heads, dependents=DEPENDENTS)
WIDTH = Buttons("Width", "learning.width", (32, 64, 128), DEFAULT.width, dependents=DEPENDENTS)
RATE = Menu(
    "Learning rate",
    "learning.rate",
    (0.001, 0.003, 0.01, 0.03, 0.1),
    DEFAULT.rate,
    dependents=DEPENDENTS,
    look={"width": 130, "help": explained("learning rate")},
)
SEED = Number(
    "Seed",
    "learning.seed",
    range(1, 1001),
    DEFAULT.seed,
    dependents=DEPENDENTS,
    look={"width": 130, "help": explained("seed")},
)
MODEL = MASK, LAYERS, HEADS, WIDTH, RATE, SEED


def settings(row, *first) -> Settings:
    """The training that is chosen; where the reader's own rule is none, the page says why and ends, with the
    `first` controls in the row as a way on.
    """
    task, rule = TASK.value(), RULE.value().strip()
    chosen = Settings(task, rule if task == OWN else "", POSITIONS.value(), *(one.value() for one in MODEL))
    if task == OWN:
        try:
            partners(rule)
        except ValueError as reason:
            with row:
                draw_first(*first)
            st.warning(str(reason))
            raise NothingToShow from reason
    return chosen


def draw_first(*first):
    """The controls that stand above the picture: the `first`, and the rule where it is the reader's own."""
    for one in first:
        one.draw()
    if TASK.value() == OWN:
        RULE.draw()


def draw_others(*others):
    """The controls below the picture."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="learning.model"):
        for one in others:
            one.draw()
