"""The picture that the reader has chosen: a drawing, a sample or an upload; and the place in it and the head
that are looked at.
"""

from typing import NamedTuple

import numpy as np
import streamlit as st

from model.vision import NAMES, digits, load, window
from pages._cache import remembered
from pages._choices import forget, put, refuse, wished
from pages._control import Buttons, Control, Menu
from pages._glossary import explained
from viz.component.drawing import SIDE, unpacked

CNN = "cnn"
TRANSFORMERS = tuple(name for name in NAMES if name != CNN)
PATCHES = 7  # in a row and in a column
SIZE = SIDE // PATCHES  # pixels in a row and in a column of a patch
DRAWN, YOURS = "your drawing", "your picture"
NOTHING = "There is nothing to see yet. Draw a digit, or choose a sample."
UPLOAD = "vision.upload"  # among the session's choices: a digit's bytes, which no address holds
PATCH = Control("Patch", "vision.patch", range(PATCHES**2), 24, lambda place: str(place + 1))
TRANSFORMER = Menu("Transformer", "vision.transformer", TRANSFORMERS, TRANSFORMERS[0], look={"width": 110})


class Drawing(Control):
    """The packed drawing; what is none is refused."""

    def value(self):
        if (text := super().value()) and unpacked(text) is None:
            forget(self.key)
            refuse(self.key, "")
        return super().value()


DRAWING = Drawing("Drawing", "vision.drawing", None, "")


class Digit(NamedTuple):
    """A picture of a digit: its 784 pixels, 0 paper to 255 ink, row by row; where it comes from, in words;
    the digit that it is, where somebody knows.
    """

    pixels: bytes
    origin: str
    label: int | None = None

    @property
    def levels(self) -> np.ndarray:
        """(28, 28), uint8."""
        return np.frombuffer(self.pixels, np.uint8).reshape(SIDE, SIDE)

    @property
    def bright(self) -> np.ndarray:
        """(28, 28), float32 from 0 to 1, as the models take it."""
        return bright(self.pixels)

    @property
    def empty(self) -> bool:
        return not any(self.pixels)


def bright(pixels):
    """A digit's pixels as the models take them: (28, 28), float32 from 0 to 1."""
    return digits.bright(np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE))


def sample_control():
    """The control of the bundled samples; another sample takes the place of a drawing and of an upload."""
    _, labels = digits.test()
    wrong = mistakes()

    def named(sample):
        return f"Sample {sample + 1}: {labels[digits.SHOWN[sample]]}{wrong[sample]}"

    return Menu(
        "Sample",
        "vision.sample",
        range(len(digits.SHOWN)),
        0,
        lambda sample: str(sample + 1),
        (DRAWING.key, UPLOAD),
        {"format_func": named, "width": 230, "label_visibility": "collapsed"},
    )


@remembered()
def mistakes():
    """What is said of each sample: which of the two models reads it as what."""
    images, labels = (part[list(digits.SHOWN)] for part in digits.test())
    guesses = {name: load(name).predict(digits.bright(images)).argmax(-1) for name in (TRANSFORMERS[0], CNN)}
    return [
        "".join(f" ({name}: {guess[i]})" for name, guess in guesses.items() if guess[i] != label)
        for i, label in enumerate(labels)
    ]


def digit():
    """The Digit that is looked at: the drawing, else the upload, else the sample."""
    sample, drawn = sample_control().value(), DRAWING.value()
    uploaded = wished(UPLOAD, None)
    if drawn:
        return Digit(unpacked(drawn).tobytes(), DRAWN)
    if isinstance(uploaded, bytes):
        return Digit(uploaded, YOURS)
    images, labels = digits.test()
    place = digits.SHOWN[sample]
    return Digit(images[place].tobytes(), f"sample {sample + 1}", int(labels[place]))


def take_drawing(drawn):
    """Somebody draws."""
    put({DRAWING.key: drawn}, UPLOAD)


def take_upload(picture):
    """Somebody has uploaded a digit, (28, 28), uint8."""
    put({UPLOAD: picture.tobytes()}, DRAWING.key)


def samples(shown):
    """Draw the control of the samples, and the way back to it from a drawing or an upload."""
    sample_control().draw()
    back(shown)


def back(shown):
    """Draw the way back to the sample, where something else is shown."""
    if shown.label is None:
        st.button("Back to the sample", key="vision.back", on_click=put, args=({}, DRAWING.key, UPLOAD))


def place():
    """Row and column of the chosen patch, counted from 0."""
    return divmod(PATCH.value(), PATCHES)


def named(place):
    """A place in words, counted from 1."""
    return f"row {place[0] + 1}, column {place[1] + 1}"


def take_patch(row, column):
    put({PATCH.key: PATCHES * row + column})


def places(name):
    """The controls of layer and head of a transformer, counted from 1."""
    config = load(name).config
    look = {"label_visibility": "collapsed"}
    layer = {"format_func": "layer {}".format, "help": explained("layer")}
    head = {"format_func": "head {}".format, "help": explained("head")}
    return (
        Buttons("Layer", "vision.layer", range(1, config.layers + 1), 3, look=look | layer),
        Buttons("Head", "vision.head", range(1, config.heads + 1), 1, look=look | head),
    )


@remembered()
def trace(name, pixels, radius=None, order=None):
    """The PictureTrace of a digit's pixels in a model; radius: of the window that each patch sees; order: of
    the patches.
    """
    bundle = load(name)
    allowed = None if radius is None else window(radius)
    return bundle.explain(bright(pixels), allowed=allowed, order=order)
