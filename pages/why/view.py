"""What the views of the page get."""

from dataclasses import replace
from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from model import Trace
from model.analysis import why
from pages import _sidebar
from pages._choices import forget, refuse
from pages._control import Control


class WhyView(NamedTuple):
    """The sidebar's choice, its Trace, and the row above the picture for controls."""

    choice: _sidebar.Choice
    trace: Trace
    row: DeltaGenerator


def head_name(layer, head):
    """A head, counted from 0, as it stands in sentences."""
    return why.Part(why.HEAD, layer, head).name


def narrow(control, width):
    """A menu that leaves room for others in its row."""
    return replace(control, look={**control.look, "width": width})


def withdraw(control: Control, instead: str) -> None:
    """Drop a choice that fits nothing here any more; if a link asked for it, the page says what is shown
    `instead`.
    """
    refuse(control.key, instead)
    forget(control.key)
    control.value()
