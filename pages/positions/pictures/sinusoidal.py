"""Sinusoidal positions: the waves that are added."""

from model import Bundle
from model.network.encodings.sinusoidal import sinusoidal
from pages._numbers import number
from pages.positions.pictures import SHOWN, WAVES, EncodingView, Picture, by_cosine, table, wavelengths, waves
from viz.order import Look


def view(bundle: Bundle, head: int) -> EncodingView:
    width = bundle.config.width
    rows = sinusoidal(SHOWN, width).numpy()
    lengths = wavelengths(width)
    slow = int((lengths > bundle.config.context).sum())
    sentence = (
        "Pairs of sine and cosine, each slower than the one before: their wavelengths run from "
        f"{number(lengths[0])} to {number(lengths[-1], 0)} tokens, and {slow} of {len(lengths)} pairs turn "
        f"less than once in the training context of {bundle.config.context}. Nothing is learned. A step of "
        "$k$ tokens turns each pair by the same angle wherever it is taken, so the cosine of two positions "
        "depends on the distance alone."
    )
    drawn = table(rows, waves(width), "the waves, added to the embedding", "wave", "sinusoidal", limit=1)
    return by_cosine(drawn, rows, WAVES, sentence, sinusoidal)


PICTURE = Picture(view, Look("#56B4E9", "dashdot", "diamond"))
