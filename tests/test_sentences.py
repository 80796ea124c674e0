"""What the pages and the README say in words, held against what the models do."""

import numpy as np
import pytest

from model import load
from model.analysis import senses, stream
from tests.session import LONG, opened

RIVER = "I swam across the river to get to the other bank"


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption, *at.info))


# ---- a word before the first layer ----


@pytest.mark.parametrize(
    ("text", "cosine"), [("I went to the bank", 1.0), ("I went to it (bank)", 0.914), ("bank holidays", None)]
)
def test_before_the_first_layer_a_word_is_its_tokens_and_these_may_differ(text, cosine):
    words = [senses.find(one, "bank")[0] for one in (RIVER, text)]
    start = senses.vectors(load("encoder"), words)[:, 0]
    found = float(stream.cosines(start[0], start[1]))
    assert cosine is None or found == pytest.approx(cosine, abs=5e-4)
    at = opened("word_sense", text=RIVER, **{"word_sense.other": text})
    assert "knows of no other word" in said(at) and "same vector in both" not in said(at)
    assert ("from the start" in said(at)) == (found < 0.9995)


def test_before_the_first_layer_no_other_word_matters():
    start = [
        senses.vectors(load("encoder"), [senses.find(text, "bank")[0]])[0, 0]
        for text in (RIVER, "The bank was closed, and nobody knew why")
    ]
    np.testing.assert_array_equal(*start)


# ---- the stream ----


def test_what_is_added_to_the_stream_takes_away_as_well():
    trace = load("decoder-rope").explain(RIVER)
    shares = [
        (part * before).sum(-1) / (before * before).sum(-1)  # how much of what is there an addition brings
        for layer in trace.layers
        for part, before in ((layer.attention.out, layer.resid_in), (layer.mlp_out, layer.resid_mid))
    ]
    assert np.min(shares) < -0.01
    at = opened("architecture", **{"architecture.section": "The stream"})
    assert "nothing is taken away" not in said(at) and "may point against what is there" in said(at)


# ---- RoPE by itself ----


def test_without_content_the_score_of_rope_needs_hands_of_one_length_and_one_direction():
    at = opened("positions", **{"positions.section": "The encoding itself", "positions.encoding": "rope"})
    assert "all have the same length and, at rest, the same direction" in said(at)
    speed = 10_000 ** (-np.arange(16) / 16)
    place = np.arange(128)[:, None, None] - np.arange(128)[None, :, None]
    expected = np.cos(place * speed).mean(-1)  # all hands alike, so that only the offset is left
    (shown,) = [data for key, data in sent_matrices(at).items() if key == "positions.alike"]
    np.testing.assert_allclose(shown, expected, atol=1e-4)


def sent_matrices(at):
    from tests.session import sent

    return {key: data[1] for key, data in sent(at).items() if isinstance(data, tuple)}


# ---- averaging ----


def test_nobody_says_what_a_model_would_do_that_nobody_has_trained():
    assert "would do better" not in said(opened("averaging", text=LONG + " bank"))
