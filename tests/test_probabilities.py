"""Softmax and divergence against torch's, and at their edges."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import probabilities


@pytest.mark.parametrize("shift", [0, 800, -800])
def test_a_softmax_is_torchs_however_large_the_scores(shift):
    scores = np.random.default_rng(1).normal(size=(3, 7)) * 5 + shift
    np.testing.assert_allclose(probabilities.softmax(scores), torch.tensor(scores).softmax(-1), rtol=1e-12)
    np.testing.assert_allclose(probabilities.powers(scores).max(axis=-1), 1)


def test_what_is_masked_gets_exactly_nothing():
    assert probabilities.softmax(np.array([0.0, -np.inf, 0.0])).tolist() == [0.5, 0, 0.5]


def test_a_divergence_is_torchs_in_bits():
    p, q = probabilities.softmax(np.random.default_rng(2).normal(size=(2, 4, 9)))
    expected = F.kl_div(torch.tensor(q).log(), torch.tensor(p), reduction="none").sum(-1) / np.log(2)
    np.testing.assert_allclose(probabilities.divergence(p, q), expected, rtol=1e-12)
    assert (probabilities.divergence(p, p) == 0).all()


def test_a_divergence_by_hand_and_where_nothing_is_left():
    assert probabilities.divergence(np.array([0.5, 0.5]), np.array([0.25, 0.75])) == pytest.approx(
        0.5 * np.log2(2) + 0.5 * np.log2(0.5 / 0.75)
    )
    assert probabilities.divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(126)
    assert probabilities.divergence(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == 1
