"""A drawing fits into an address, and comes out of it as it went in."""

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import views
from viz.component.drawing import packed, unpacked
from viz.component.mosaic import mosaic

pictures = st.binary(min_size=784, max_size=784).map(
    lambda data: np.frombuffer(data, np.uint8).reshape(28, 28)
)
EMPTY = "A" * 523


@settings(deadline=None, max_examples=60)
@given(pictures)
def test_what_is_unpacked_is_the_nearest_of_sixteen_levels_and_packs_to_the_same_text(picture):
    text = packed(picture)
    again = unpacked(text)
    assert len(text) == 523 and text.isascii()
    assert again.dtype == np.uint8 and again.shape == (28, 28)
    assert np.abs(again.astype(int) - picture).max() <= 8
    assert set(np.unique(again)) <= set(range(0, 256, 17))
    assert packed(again) == text
    np.testing.assert_array_equal(unpacked(packed(again)), again)


def test_rows_come_first_and_no_ink_is_no_ink():
    assert packed(np.zeros((28, 28))) == EMPTY
    picture = np.zeros((28, 28), np.uint8)
    picture[0, 1] = 255  # of the first byte the lower half
    assert base64.urlsafe_b64decode(packed(picture) + "=")[:2] == b"\x0f\x00"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=600) | st.text("AZaz09-_+/= ", min_size=520, max_size=526))
def test_any_other_text_is_no_drawing(text):
    found = unpacked(text)
    assert found is None or packed(found) == text


@pytest.mark.parametrize(
    "text", ["", "A", EMPTY + "A", EMPTY[1:], EMPTY + "=", "Ä" * 523, "+" * 523, "B" * 523]
)
def test_a_broken_text_is_no_drawing(text):
    assert unpacked(text) is None


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="28 x 28, but the picture has shape"):
        views.drawing.drawing(np.zeros((27, 28)), key="v")
    for maps, picture, how, reason in (
        ({"a": np.ones((5, 7))}, np.zeros((28, 28)), {}, "do not fit"),
        ({"a": np.ones(7)}, np.zeros((28, 28)), {}, "maps"),
        ({}, np.zeros((28, 28)), {}, "maps"),
        ({"a": np.ones((7, 7))}, np.zeros((28, 28, 3)), {}, "do not fit"),
        ({"a": np.ones((7, 7))}, np.zeros((28, 28)), {"kind": "odd"}, "kind is 'odd'"),
    ):
        with pytest.raises(ValueError, match=reason):
            mosaic(maps, picture, key="v", **how)
