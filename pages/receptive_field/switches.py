"""The switches of the page about receptive fields: layers of convolution, layers of attention, masks."""

from typing import NamedTuple

import streamlit as st

from model import masks
from model.analysis import reach
from pages import _shell
from pages._control import Buttons, Line, Slider

DILATIONS = 1, 2, reach.EXPONENTIAL
LOOKS = "causal", "centred"
MASKS = "full", "causal", "window"
KEY = "receptive_field."
LAYERS = Slider("Layers of convolution", f"{KEY}layers", range(1, reach.MOST + 1), 4, look={"width": 150})
KERNEL = Slider("Kernel", f"{KEY}kernel", range(1, 8), 3, look={"width": 150})
DILATION = Buttons("Dilation", f"{KEY}dilation", DILATIONS, 1)
STRIDE = Buttons("Stride", f"{KEY}stride", (1, 2), 1)
LOOK = Buttons("Looks", f"{KEY}looks", LOOKS, LOOKS[0])
STACK = Line(
    "or layer by layer",
    f"{KEY}stack",
    None,
    "",
    look={
        "placeholder": "k3, k3 s2, pool 2/2, k3 d2",
        "help": "k kernel, s stride, d dilation, pool size/stride; the first layer reads the tokens",
        "width": 320,
    },
)
ATTENTION = Slider("Layers of attention", f"{KEY}attention", range(1, 9), 1, look={"width": 150})
WINDOW = Slider("Window", f"{KEY}window", range(1, 33), 4, look={"width": 150})
MASK = Buttons("Mask", f"{KEY}mask", MASKS, MASKS[0])


class Settings(NamedTuple):
    """What the switches say."""

    layers: int
    kernel: int
    dilation: int | str
    stride: int
    stack: tuple[reach.Layer, ...]  # the layers one by one; empty where they are all equal
    causal: bool
    mask: str
    window: int
    attention: int  # its layers

    @property
    def convolutions(self):
        return list(self.stack) or reach.stack(self.layers, self.kernel, self.dilation, self.stride)


def settings():
    """The Settings of this run; asked before the switches are drawn. A list of layers that cannot be read is
    said so, and equal layers stand in for it.
    """
    equal = LAYERS.value(), KERNEL.value(), DILATION.value(), STRIDE.value()
    try:
        stack = tuple(reach.parsed(STACK.value()))
    except reach.NoLayer as wrong:
        st.info(f"{_shell.plain(wrong.part)} {wrong.reason} Until then the layers are equal.")
        stack = ()
    except ValueError as reason:
        st.info(f"{reason} Until then the layers are equal.")
        stack = ()
    return Settings(*equal, stack, LOOK.value() == "causal", MASK.value(), WINDOW.value(), ATTENTION.value())


def draw(settings):
    """Draw the switches in a row, and those that fewer readers need folded below it. Those of equal layers
    rest where the layers are listed.
    """
    rest = bool(settings.stack)
    with st.container(horizontal=True):
        LAYERS.draw(disabled=rest)
        KERNEL.draw(disabled=rest)
        ATTENTION.draw()
        MASK.draw()
    moved = any(control.value() != control.default for control in (DILATION, STRIDE, LOOK, STACK))
    with (
        st.expander("Dilation, stride, layer by layer, window", expanded=moved or settings.mask == "window"),
        st.container(horizontal=True),
    ):
        DILATION.draw(disabled=rest)
        STRIDE.draw(disabled=rest)
        LOOK.draw()
        STACK.draw()
        WINDOW.draw()


def allowed(mask, tokens, window):
    """The mask of that name, as an array (T, T)."""
    return (masks.window(tokens, window) if mask == "window" else getattr(masks, mask)(tokens)).numpy()
