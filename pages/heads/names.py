"""What is measured of the heads, in words, and how a head earns a name."""

from functools import partial

import numpy as np
import streamlit as st

from model import load
from model.analysis import heads
from pages import _shell
from pages._cache import remembered
from pages._numbers import leaders, number, percent
from pages.heads.pair import short

PAIR = "chosen pair"
ORDERS = ("layer", "entropy", "distance", "first token", "previous token", "induction", PAIR)
UNITS = {"entropy": " bits", "distance": " tokens"}
EXAMPLE = "toy-rope"  # a model of strings that repeat, which has what the others lack


@remembered()
def repeat(model):
    return heads.repeat(load(model))


def pair_sentence(view, value, order):
    """Which head gives most weight to the chosen pair, where the heads are ordered by it."""
    if order != PAIR:
        return ""
    asks, answers = (_shell.plain(view.trace.tokens[i]) for i in (view.query, view.key))
    best = leaders(value.reshape(-1, view.trace.config.heads), partial(number, places=2))
    return (
        f" Ordered by how much {asks} looks at {answers}: most in head {listed(best)}, "
        f"**{number(value.max(), 2)}**. Click another pair in the large picture."
    )


def summary(measured, names, order, shown, tokens):
    """What the numbers are, what a uniform head would get, and who has earned a name."""
    if shown not in measured:
        return (
            "A single token can look at nothing but itself: there is nothing to measure, and no head earns a "
            "name. Type a few words more."
        )
    unit, score = UNITS.get(shown, ""), measured[shown]
    most = leaders(score.heads, partial(number, places=2))
    ordered = (
        f"Its number is the **{shown}**" if order == "layer" else f"Ordered by **{shown}**, highest first"
    )
    earned = [
        f"{name} {', '.join(short(*place) for place in np.argwhere(names == name))}"
        for name in np.unique(names)
        if name != heads.NONE
    ]
    who = (
        f"Names earned by {int((names != heads.NONE).sum())} of {names.size} heads: {'; '.join(earned)}."
        if earned
        else "No head has earned a name here."
    )
    if tokens < heads.LEAST:
        who = f"On fewer than {heads.LEAST} tokens no head can earn a name."
    return (
        f"**Click a head**, and look for columns, diagonals and lone cells. {ordered}, {MEANT[shown]}: most "
        f"in {listed(most)}, {number(score.heads.max(), 2)}{unit}; a uniform head would have "
        f"**{number(score.uniform, 2)}**{unit}. {who}"
    )


def listed(places, at_most=4):
    """Heads by their short names: those that are alike in a tie."""
    return " and ".join(short(*place) for place in places[:at_most]) + " …" * (len(places) > at_most)


MEANT = {
    "entropy": "how widely it looks",
    "distance": "how far it looks",
    "first token": "the mean weight on the first token",
    "previous token": "the mean weight on the token before",
    "induction": "the mean weight on what came after the same token before",
}


def rule(model, measured):
    """How names are earned, and where induction is to be seen."""
    here, other = measured["induction"], ""
    best = leaders(here.heads, partial(number, places=2))
    has = (
        "This model has such a head"
        if share_of_the_way(here) >= heads.HALF
        else "This model has no such head"
    )
    if model != EXAMPLE and EXAMPLE in st.session_state.models:
        there = repeat(EXAMPLE)
        most = leaders(there.heads, partial(number, places=2))
        other = (
            f" In {EXAMPLE}, a small model of strings that repeat, the most is "
            f"**{number(there.heads.max(), 2)}**, by head {listed(most)}."
        )
    _shell.heading("When does a head earn a name?")
    st.markdown(
        "A **uniform head** gives all the tokens that it may see the same weight: whatever is no more than "
        "that is no habit. A score is the mean weight on one place. A head that has come at least half of "
        "the way from a uniform head’s score $u$ to 1 is called after that place: **previous token**, "
        "**first token**, **itself** or **induction**; if there are several, after the one where it has "
        f"come farthest. If not, it is **broad** when its entropy is at least {percent(heads.ALL)} of a "
        f"uniform head’s, and else **{heads.NONE}**. On fewer than {heads.LEAST} tokens, where these places "
        "are often the same token, nobody earns a name. A name says what the weights of this text are "
        "like, not what the head is for."
    )
    _shell.say(
        r"\frac{s - u}{1 - u} \ge \frac12 \qquad s_{\text{previous}} = \frac{1}{T-1} \sum_{i>1} w_{i,\,i-1} "
        r"\qquad "
        r"H = -\frac1T \sum_{i,j} w_{ij} \log_2 w_{ij}",
        f"**Induction** (Olsson 2022) is measured on {heads.STRINGS} strings of {heads.PERIOD} random "
        "tokens, each said twice, and not on your text: when the model reads a token again, how much does "
        f"a head look at what came after it the first time? {has}: the most is "
        f"**{number(here.heads.max(), 2)}**, by head {listed(best)}; a uniform head gives "
        f"{number(here.uniform, 3)}.{other}",
    )
    _shell.heading("The functions that measured this")
    _shell.show_source(heads.entropy, heads.previous, heads.induction, heads.names)


def share_of_the_way(score):
    """How much of the way from a uniform head's score to 1 the best head has come."""
    return (score.heads.max() - score.uniform) / (1 - score.uniform)
