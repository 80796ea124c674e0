"""The switch for a projector: one picture fills the screen, in large type, on every page until it is off."""

import streamlit as st

from pages._choices import put
from pages._control import switch
from viz import theme
from viz.component.screen import screen

PROJECTOR = switch("Projector", "projector")
LARGER = 1.5  # times, as type is: 24 pixels in place of 16


def draw() -> None:
    """Draw the switch, beside the page's title."""
    screen(projector=PROJECTOR.value(), enlarged=enlarges(), on_turn=turn)


def turn(to):
    """What the browser says of the switch. That it is a phone's changes no choice, and so not the address."""
    st.session_state.phone = to == "phone"
    if to != "phone":
        put({PROJECTOR.key: to == "on"})


def enlarges():
    """Whether Plotly's figures are drawn for a projector."""
    return PROJECTOR.value() and not st.session_state.get("phone", False)


def enlarged(figure):
    """The Plotly figure as it is, or larger for a projector."""
    return theme.larger(figure, LARGER) if enlarges() else figure
