"""An opened model beside ours by distance: its heads' weights by offset are those of its own trace."""

import numpy as np
import pytest

from model import load
from model.analysis import order
from tests.session import address, control, pictures, said, visit

TEXT = "I swam across the river to get to the other bank"
FAMILIES = "llama", "bert", "mistral", "lfm2", "bloom"
LINK = {"positions.section": "By distance", "text": TEXT}


def seen(**link):
    at = visit("positions", LINK | link).run()
    assert not at.exception and not at.error and not at.warning
    return at


def test_by_offset_is_by_distance_of_a_causal_head():
    weights = np.tril(np.random.default_rng(1).random((7, 7)))
    mean, share = order.by_offset(weights, np.tri(7, dtype=bool))
    expected, same = order.by_distance(weights)
    np.testing.assert_allclose(mean[:7][::-1], expected)
    assert np.isnan(mean[7:]).all() and abs(share - same) < 1e-12


def test_by_offset_by_hand():
    weights = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.0, 0.3, 0.7]])
    window = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
    mean, _ = order.by_offset(weights, window)
    np.testing.assert_allclose(mean, [np.nan, 0.35, 1.6 / 3, 0.25, np.nan])
    toeplitz = np.array([[0.6, 0.4, 0], [0.1, 0.6, 0.4], [0, 0.1, 0.6]])
    assert order.by_offset(toeplitz, window)[1] == pytest.approx(1)  # a convolution


@pytest.mark.parametrize("family", FAMILIES)
def test_its_heads_are_drawn_beside_ours(name, family):
    at = seen(model=name(family))
    header, shown = pictures(at)["positions.beside"]
    bundle = load(name(family))
    trace = bundle.explain(TEXT)
    T, causal = len(trace.tokens), bundle.config.causal
    assert header["columns"][0] == ("0" if causal else f"−{T - 1}")
    row = header["rows"][0].split()[0]
    layer, head = (int(one) - 1 for one in row.split("."))
    weights = trace.layers[layer].attention.weights(head)
    offset = 0 if causal else 1 - T
    for column in range(len(header["columns"])):
        diagonal = np.diagonal(weights, offset)
        if not np.isnan(shown[0, column]):
            np.testing.assert_allclose(shown[0, column], diagonal.mean(), atol=1e-6)
        offset += -1 if causal else 1
    shares = [float(one.split()[1]) for one in header["rows"]]
    assert shares == sorted(shares, reverse=True)
    assert "positions.heads" in pictures(at) and "positions.alone" in pictures(at)
    assert "of t5 it is" in said(at) and address(at)["model"] == name(family)


def test_it_is_chosen_in_the_view_and_said_in_the_others(name):
    at = seen()
    assert "positions.beside" not in pictures(at) and "model" not in address(at)
    at = control(at, "model").set_value(name("bert")).run()
    assert "positions.beside" in pictures(at)
    at = control(at, "positions.section").set_value("Shuffle test").run()
    assert "is set beside these models under “By distance”" in said(at)
    assert "positions.beside" not in pictures(at)


def test_a_text_that_is_too_long_for_it_says_so(name):
    at = seen(model=name("bert"), text=" ".join([TEXT] * 7))
    assert "bert takes at most 64" in said(at)
    assert "positions.heads" in pictures(at)
