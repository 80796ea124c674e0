"""What the views of the page about pictures get."""

from typing import NamedTuple

from pages.vision.chosen import Digit


class PictureView(NamedTuple):
    """The picture that the reader has chosen, and the name of the transformer that looks at it."""

    digit: Digit
    name: str
