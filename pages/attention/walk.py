"""The walk through the steps of attention: to any of them, or on and back, by hand or by keys."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._choices import put
from pages._control import Buttons, row_above


def row() -> DeltaGenerator:
    """The row for the steps, sent after their picture."""
    return row_above("attention.walk")


def draw(steps: Buttons) -> None:
    """Draw the steps with a button back and one on; the keys P and N press them."""
    steps.draw()
    names = list(steps.options)
    here = names.index(steps.value())
    with st.container(horizontal=True, gap="xsmall", width="content"):
        for sign, letter, way in (("‹", "P", -1), ("›", "N", 1)):
            there = min(max(here + way, 0), len(names) - 1)
            chosen = {steps.key: names[there]}
            key, end = f"attention.{letter}", there == here
            st.button(sign, key=key, shortcut=letter, disabled=end, on_click=put, args=(chosen,))
