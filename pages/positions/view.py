"""What the views of the page about order get."""

from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator


class OrderView(NamedTuple):
    """The reader's text, and the row above the picture for controls."""

    text: str
    row: DeltaGenerator
