"""No encoding: nothing tells positions apart."""

import numpy as np

from model import Bundle
from pages.positions.pictures import SHOWN, EncodingView, Picture, table
from viz import theme
from viz.order import Look


def view(bundle: Bundle, head: int) -> EncodingView:
    nothing = table(np.zeros((SHOWN, 1)), ["—"], "nothing is added or turned", "dimension", "none", limit=1)
    caption = "Every position is exactly like every other: nothing tells them apart."
    sentence = (
        "Without an encoding the model is told nothing. A decoder can still learn something about order from "
        "its causal mask: the word at place $i$ looks at $i$ words, and how many can be learned from what "
        "their average looks like (Haviv 2022). See the shuffle test."
    )
    return EncodingView(
        nothing, np.ones((SHOWN, SHOWN)), 1.0, "how alike two positions are", caption, sentence, None
    )


PICTURE = Picture(view, Look(theme.PLAIN, "solid", "circle"))
