"""What the views of the page about bugs get."""

from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from pages import _sidebar


class BugView(NamedTuple):
    """The sidebar's choice, and the row above the picture for controls."""

    choice: _sidebar.Choice
    row: DeltaGenerator
