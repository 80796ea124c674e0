"""Sensitivity: the exact Jacobian by another way, what no path reaches, and how sure estimates are."""

import numpy as np
import pytest
import torch

from model import load
from model.analysis import leak, sensitivity
from model.network.attention import attend

IDS = [116, 104, 101, 32, 114, 105, 118]
TEXT = "I swam across the river to get to the other bank"


def jacobian(network, ids, output, depth, allowed=None):
    """|d x / d e_j| by torch.autograd.functional, the whole of it at once: (T,)."""
    row = torch.tensor(ids)

    def x(embedded):
        record = network(row, allowed, attend=attend, predict=False, embedded=embedded)
        return (record.final if depth is None else record.layers[depth - 1].resid_out)[output]

    whole = torch.autograd.functional.jacobian(x, network.embed(row))  # (C, T, C)
    return whole.square().sum((0, 2)).sqrt().numpy()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("output", [0, 2, 6])
def test_all_rows_together_are_the_frobenius_norm_at_every_depth(make_network, causal, output):
    network = make_network(causal=causal)
    depths = 1, 3, None
    some = [sensitivity.squares(network, IDS, output, part, depths) for part in (range(7), range(7, 24))]
    for found, depth in zip(np.sqrt(sum(some)), depths, strict=True):
        np.testing.assert_allclose(found, jacobian(network, IDS, output, depth), rtol=1e-3, atol=1e-7)
    assert ((sum(some) > 0) == network.mask(7)[output].numpy()).all()


@pytest.mark.parametrize("causal", [True, False])
def test_several_directions_in_one_pass_are_each_as_of_all_outputs(make_network, causal):
    network = make_network(causal=causal)
    directions, depths = [leak.direction(24, seed) for seed in (1, 2, 3)], (1, 3, None)
    found = sensitivity.along(network, IDS, 4, directions, depths)
    alone = [
        [leak.squares(network, IDS, network.mask(7), way, depth)[4] for way in directions] for depth in depths
    ]
    np.testing.assert_allclose(found, alone, rtol=1e-4, atol=1e-9)
    assert np.array_equal(found > 0, np.array(alone) > 0)


def test_a_pass_over_a_long_text_takes_fewer_rows_for_the_sake_of_memory():
    assert [sensitivity.together(tokens) for tokens in (1, 100, 200, 1_000, 4_000)] == [64, 64, 25, 1, 1]


def test_another_mask_stands_in_for_the_networks_own(make_network):
    network, allowed = make_network(), torch.tensor(np.eye(7, k=-1) + np.eye(7)).bool()
    for depth in (1, 2):
        found = np.sqrt(sensitivity.squares(network, IDS, 5, range(24), (depth,), allowed.numpy())[0])
        np.testing.assert_allclose(found, jacobian(network, IDS, 5, depth, allowed), rtol=1e-3, atol=1e-7)
        assert np.array_equal(found > 0, leak.reachable(allowed, depth)[5])


def test_the_exact_norm_is_where_the_estimates_gather():
    network, ids = load("decoder-rope").network, load("decoder-rope").read(TEXT)
    T, C = len(ids), network.config.width
    exact = np.sqrt(sensitivity.squares(network, ids, T - 1, range(C))[0])
    directions = [leak.direction(C, seed) for seed in range(1, 201)]
    samples = sensitivity.along(network, ids, T - 1, directions)[0]
    many, error = sensitivity.norms(samples)
    assert np.abs(many / exact - 1).max() < 5 * error < 0.15
    few = np.stack([sensitivity.norms(part)[0] for part in samples.reshape(25, 8, T)])
    told = np.mean([sensitivity.norms(part)[1] for part in samples.reshape(25, 8, T)])
    strays = np.sqrt(np.mean((few / exact - 1) ** 2))
    assert told == pytest.approx(strays, rel=0.25)  # what is said of eight directions is what they do


def test_one_direction_says_nothing_of_its_error():
    with pytest.raises(ValueError, match="two or more"):
        sensitivity.norms(np.ones((1, 3)))
    found, error = sensitivity.norms(np.zeros((3, 2)))
    assert not found.any() and error == 0
