"""Rank correlation: by hand, and whatever keeps the order changes nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.analysis import ranks


def test_correlation_by_hand():
    assert ranks.correlation([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert ranks.correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert ranks.correlation([1, 1, 3, 4], [2, 1, 3, 5]) == pytest.approx(
        0.9487, abs=1e-4
    )  # ranks 1.5 1.5 3 4 and 2 1 3 4
    assert ranks.correlation([1, 1, 1], [3, 2, 1]) == 0
    assert ranks.correlation([1], [2]) == 0


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 30), st.integers(0, 1000))
def test_only_the_order_counts(size, seed):
    a, b = np.random.default_rng(seed).integers(9, size=(2, size))
    found = ranks.correlation(a, b)
    assert (
        found
        == pytest.approx(ranks.correlation(np.exp(a), 3 * b - 7))
        == pytest.approx(-ranks.correlation(a, -b))
        == pytest.approx(ranks.correlation(b, a))
    )
    assert -1 - 1e-9 <= found <= 1 + 1e-9
