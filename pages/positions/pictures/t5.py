"""T5: the trained number of each bucket of distances."""

from model import Bundle
from model.network.encodings.t5 import t5_bias, t5_buckets
from pages.positions.pictures import SHOWN, EncodingView, Picture, by_head
from viz.order import Look


def view(bundle: Bundle, head: int) -> EncodingView:
    config = bundle.config
    bias = t5_bias(bundle.network.t5_table, SHOWN, SHOWN, config.t5_distance).numpy()
    tokens = config.t5_distance + 1
    buckets = t5_buckets(tokens, tokens, config.t5_buckets, config.t5_distance)[-1].flip(0).tolist()
    starts = [buckets.index(bucket) for bucket in sorted(set(buckets))]
    exact = config.t5_buckets // 2
    sentence = (
        f"{config.t5_buckets} learned numbers per head, one for each bucket of distances. Distances 0 to "
        f"{exact - 1} have a bucket each; the others begin at {', '.join(map(str, starts[exact:]))}, and all "
        f"from {starts[-1]} on share the last. All layers use the same table."
    )
    return by_head(bias, head, "t5", sentence, t5_buckets)


PICTURE = Picture(view, Look("#009E73", "solid", "x"))
