"""What the views of the page get."""

from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from model import Trace
from pages import _sidebar
from pages._choices import forget, refuse
from pages._control import Control


class WhyView(NamedTuple):
    """The sidebar's choice, its Trace, and the row above the picture for controls."""

    choice: _sidebar.Choice
    trace: Trace
    row: DeltaGenerator


def head_name(place):
    """A head by its layer and its number, counted from 0, as it stands in sentences."""
    layer, head = place
    return f"head {layer + 1}.{head + 1}"


def withdraw(control: Control, instead: str) -> None:
    """Drop a choice that fits nothing here any more; if a link asked for it, the page says what is shown
    `instead`.
    """
    refuse(control.key, instead)
    forget(control.key)
    control.value()
