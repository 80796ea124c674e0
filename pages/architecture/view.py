"""What the sections of the page about the whole model look at."""

from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from model import Trace
from model.network.transformer import Transformer
from pages import _sidebar
from pages._control import Menu


class ModelView(NamedTuple):
    """What a section gets: the sidebar's choice, the Trace of its text, the Transformer that made it, the
    chosen token's place, counted from 0, the control that chooses it, and the row above the
    picture for controls.
    """

    choice: _sidebar.Choice
    trace: Trace
    network: Transformer
    token: int
    picker: Menu
    row: DeltaGenerator
