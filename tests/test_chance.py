"""What chance may have done."""

import math
from statistics import stdev

import numpy as np
import pytest

from model.analysis import chance


def test_a_difference_and_its_standard_error_by_hand():
    one, other = [3.0, 5.0, 2.0, 7.0], [2.0, 6.0, 1.0, 3.0]  # apart by 1, -1, 1, 4
    found = chance.difference(one, other)
    assert found.mean == pytest.approx(1.25)
    assert found.error == pytest.approx(stdev([1, -1, 1, 4]) / 2)
    assert found.noise  # 1.25 is less than twice 1.03
    assert not chance.difference([3.0, 4.1, 2.9, 4.0], [2.0, 3.0, 2.0, 3.0]).noise


def test_the_error_is_how_far_the_mean_strays_when_it_is_all_done_again():
    random = np.random.default_rng(2)
    hard = random.normal(0, 3, size=(4_000, 25))  # what both find hard is no part of the difference
    found = [
        chance.difference(row + random.normal(0.1, 0.5, 25), row + random.normal(0, 0.5, 25)) for row in hard
    ]
    means, errors = np.array(found).T
    assert means.std() == pytest.approx(errors.mean(), rel=0.05)
    assert errors.mean() == pytest.approx(0.5 * math.sqrt(2 / 25), rel=0.05)


def test_of_one_thing_nobody_can_tell():
    found = chance.difference([2.0], [1.0])
    assert found.mean == 1 and math.isnan(found.error) and found.noise


@pytest.mark.parametrize(("one", "other"), [([], []), ([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]])])
def test_what_does_not_fit_is_refused(one, other):
    with pytest.raises(ValueError, match="both must be"):
        chance.difference(one, other)
