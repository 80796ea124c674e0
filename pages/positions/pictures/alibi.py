"""ALiBi: what the distance takes off the score."""

from model import Bundle
from model.network.encodings.alibi import alibi, alibi_slopes
from pages._numbers import number
from pages.positions.pictures import SHOWN, EncodingView, Picture, by_head
from viz.order import Look


def view(bundle: Bundle, head: int) -> EncodingView:
    heads = bundle.config.heads
    bias = alibi(SHOWN, SHOWN, heads).numpy()
    slopes = ", ".join(number(slope, digits=4) for slope in alibi_slopes(heads).tolist())
    power = 1 << heads.bit_length() - 1
    odd = (
        ""
        if power == heads
        else f" {heads} is no power of two: these are the slopes of {power} heads, then every other one of "
        f"those of {2 * power}."
    )
    sentence = (
        f"Each head subtracts its slope times the distance: the slopes of the {heads} heads are "
        f"{slopes}.{odd} Nothing is learned; far words are never forbidden, only dearer, and that goes on "
        "past any length."
    )
    return by_head(bias, head, "alibi", sentence, alibi_slopes)


PICTURE = Picture(view, Look("#D55E00", "solid", "cross"))
