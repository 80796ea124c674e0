"""The story of induction, of a toy: told where it was measured, and the numbers where it is not so."""

import streamlit as st

from model import load
from model.analysis import heads, why
from pages import _models
from pages._cache import remembered
from pages._choices import put
from pages._glossary import explained
from pages._numbers import percent
from pages.why.apart import Pair, choose
from pages.why.view import head_name

SYMBOLS = "Kq7vTgXw"  # that the toys know; said twice, it can be copied


@remembered(heavy=1)
def induction(name):
    return why.induction(load(name))


def tell(name):
    """Whether a previous-token head feeds the keys of the toy's induction head; nothing of other models."""
    if not _models.is_toy(name):
        return
    story = induction(name)
    st.markdown(sentence(name, story), help=explained("induction head"))
    layer, head = story.head
    last = 2 * len(SYMBOLS) - 1
    there = Pair(layer, head, last, last - len(SYMBOLS) + 1)
    st.button(
        f"See {head_name(*story.head)} copy “{2 * SYMBOLS}”", key="why.copy", on_click=see, args=(there,)
    )


def see(pair):
    """Look at the induction head on a string that repeats."""
    choose(pair)
    put({"text": 2 * SYMBOLS})


def sentence(name, story):
    """What was measured on strings that repeat."""
    measured = (
        f"Measured on {heads.STRINGS} strings of {heads.PERIOD} symbols, each said twice: "
        f"{head_name(*story.head)} gives what came after the same symbol **{percent(story.score)}** of its "
        "weight"
    )
    if story.through is None:
        return f"{measured}; before it there is no head."
    through = (
        f"Of the lead of those scores over their rows, **{percent(story.share)}** comes to the key through "
        f"{head_name(*story.through)}, {percent(story.previous)} by what that brought from the symbol "
        f"before; it gives that symbol {percent(story.looks)} of its weight"
    )
    if story.holds:
        return (
            f"**An induction head, and how it knows.** {measured}. {through}. So a previous-token head tells "
            "each symbol which one stands before it, and the induction head looks for that (Olsson 2022)."
        )
    lacks = [
        "no head has earned the name induction" * (not story.named),
        "that head has not earned the name previous token" * (not story.back),
        "most of the lead comes another way" * (story.previous < why.MOST),
    ]
    return (
        f"**The story of induction is not told of {name}.** {measured}. {through}: "
        f"{'; '.join(filter(None, lacks))}."
    )
