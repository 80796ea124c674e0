"""What the views of the page about masks get."""

from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from pages import _sidebar


class MaskView(NamedTuple):
    """The sidebar's choice, and the row above the picture for controls."""

    choice: _sidebar.Choice
    row: DeltaGenerator
