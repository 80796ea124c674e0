"""xPos: angles as in RoPE, and a score that decays."""

from model.network.encodings.xpos import decays, turn

from model import Bundle
from model.network.encodings.sinusoidal import sinusoidal
from pages.positions.pictures import SHOWN, WAVES, EncodingView, Picture, by_cosine, table, waves
from viz.order import Look


def view(bundle: Bundle, head: int) -> EncodingView:
    width = bundle.config.head_width
    hands = sinusoidal(SHOWN, width).numpy()
    slowest, fastest = decays(width)[[-1, 0]].tolist()
    sentence = f"Queries and keys turn as in RoPE and decay, by {fastest:.3f} to {slowest:.3f} in 512 tokens."
    drawn = table(hands, waves(width), "the angles of xPos, as sine and cosine", "wave", "xpos", limit=1)
    return by_cosine(drawn, hands, WAVES, sentence, turn)


PICTURE = Picture(view, Look("#CC79A7", "dot", "star"))
