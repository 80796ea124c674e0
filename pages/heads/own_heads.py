"""The heads that the reader names to be knocked out: chosen in a list or by clicks, kept as text."""

import re

import streamlit as st

from model import load
from model.analysis import knockouts
from pages._choices import put
from pages._control import Buttons, Control
from pages._heads import open_head
from pages.heads.gauge import BEST
from pages.heads.pair import place, short

THESE, OTHERS = "these", "all but these"
SET = Control("Your heads", "heads.set", None, "")
WHICH = Buttons("Knock out", "heads.which", (THESE, OTHERS), THESE)


def chosen(config):
    """The heads that the reader has named, each (layer, head), and the names that this model has no heads
    for.
    """
    named = dict.fromkeys(re.findall(r"\b(\d{1,3})\.(\d{1,3})\b", SET.value()))
    heads = [(int(layer) - 1, int(head) - 1) for layer, head in named]
    fits = [(layer, head) for layer, head in heads if 0 <= layer < config.layers and 0 <= head < config.heads]
    return tuple(sorted(fits)), [short(*head) for head in heads if head not in fits]


def keep_set(heads):
    put({SET.key: " ".join(short(*head) for head in sorted(heads))})


def toggle(layer, head):
    """The clicked head goes into the set, or out of it, and is the sidebar's head from now on."""
    group, _ = chosen(load(st.session_state.reader).config)
    keep_set(set(group) ^ {(layer, head)})
    open_head(layer, head)


def take_list():
    keep_set(map(place, st.session_state["heads.list"]))


def own_set(view, group, strange):
    """Draw the controls of the set; return the heads that are knocked out."""
    config = view.trace.config
    which = WHICH.value()
    st.session_state["heads.list"] = [short(*head) for head in group]
    names = [short(*head) for (head,) in knockouts.singles(config)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Your heads, as layer.head",
            names,
            key="heads.list",
            on_change=take_list,
            width=330,
            placeholder="Click heads in the picture, or choose here",
        )
        WHICH.draw()
    if strange:
        st.caption(f"{', '.join(strange[:BEST])}: this model has no such head, it is left out.")
    if not group:
        return ()
    return group if which == THESE else knockouts.others(config, group)
