"""RoPE: the angles by which queries and keys turn."""

from model import Bundle
from model.network.encodings.rope import rotate
from model.network.encodings.sinusoidal import sinusoidal
from pages._numbers import number
from pages.positions.pictures import SHOWN, WAVES, EncodingView, Picture, by_cosine, table, wavelengths, waves
from viz.order import Look


def view(bundle: Bundle, head: int) -> EncodingView:
    width, base = bundle.config.head_width, bundle.config.rope_base
    hands = sinusoidal(SHOWN, width, base).numpy()
    lengths = wavelengths(width, base)
    slow = int((lengths > bundle.config.context).sum())
    sentence = (
        f"Nothing is added: each of the {len(lengths)} pairs of dimensions of every query and key turns by "
        "position × frequency, here drawn as the sine and cosine of its angle. One turn takes "
        f"{number(lengths[0])} to {number(lengths[-1], 0)} tokens; {slow} of {len(lengths)} pairs turn less "
        f"than once in the training context of {bundle.config.context}. How alike two positions are is here "
        "the score, over its largest, of a query and a key whose pairs all have the same length and, at "
        "rest, the same direction, at these two positions: it depends on the distance alone."
    )
    drawn = table(
        hands, waves(width, base), "the angles of RoPE, as sine and cosine", "wave", "rope", limit=1
    )
    return by_cosine(drawn, hands, WAVES, sentence, rotate)


PICTURE = Picture(view, Look("#0072B2", "solid", "triangle-up"))
