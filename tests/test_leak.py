"""Leaks: nothing moves where no path through the mask leads, everything does where one does; and what the
bundled cheat is worth.
"""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load, masks
from model.analysis import leak
from model.network.attention import attend

SENTENCE = "I swam across the river to get to the other bank"
HONEST, CHEAT = "decoder-rope", "decoder-unmasked"
IDS = list(range(97, 104))  # T = 7


def random_mask(seed, tokens=7):
    """A mask in which every row may look at something."""
    allowed = np.random.default_rng(seed).random((tokens, tokens)) < 0.25
    allowed[np.arange(tokens), np.random.default_rng(seed + 1).integers(tokens, size=tokens)] = True
    return allowed


def walked(allowed, layers, output):
    """The tokens that a walk of up to `layers` steps back from the output finds, one step at a time."""
    found = {output}
    for _ in range(layers):
        found |= {j for i in found for j in range(len(allowed)) if allowed[i][j]}
    return found


# ---- the leak test ----


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 11), st.integers(0, 4), st.integers(0, 1000))
def test_what_can_be_reached_is_what_a_walk_finds(tokens, layers, seed):
    allowed = random_mask(seed, tokens)
    reached = leak.reachable(allowed, layers)
    assert [set(np.flatnonzero(row)) for row in reached] == [
        walked(allowed, layers, i) for i in range(tokens)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_changed_token_moves_what_a_path_leads_to_and_nothing_else(make_network, seed):
    network, allowed = make_network(), random_mask(seed)
    for place in range(7):
        found = leak.moved(network, IDS, place, 50, allowed)
        assert found.shape == (network.config.layers + 2, 7)
        for stage, row in enumerate(found):
            depth = min(stage, network.config.layers)  # the end is the last layer's stream, normalised
            assert (row > 0).tolist() == leak.reachable(allowed, depth)[:, place].tolist()


def test_what_moves_does_so_by_its_relative_change(make_network):
    network = make_network()
    one, other = (network(torch.tensor(ids)) for ids in (IDS, [*IDS[:3], 50, *IDS[4:]]))
    found = leak.moved(network, IDS, 3, 50, masks.causal(7))
    for row, stage in zip(found, ("embedded", 0, 1, 2, "final"), strict=True):
        before, after = (
            getattr(record, stage) if isinstance(stage, str) else record.layers[stage].resid_out
            for record in (one, other)
        )
        np.testing.assert_allclose(
            row, ((after - before).norm(dim=1) / before.norm(dim=1)).detach(), rtol=1e-5
        )


@pytest.mark.parametrize(
    "mask",
    [masks.causal(7), masks.window(7, 2), masks.prefix(7, 3), masks.full(7)],
    ids=["causal", "window", "prefix", "full"],
)
def test_all_places_in_one_pass_say_what_each_says_alone(make_network, mask):
    network = make_network()
    together = leak.moves(network, IDS, range(7), 50, mask)
    alone = [leak.moved(network, IDS, place, 50, mask)[-1] for place in range(7)]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-7)
    assert np.array_equal(together > 0, np.array(alone) > 0)


def test_a_difference_too_small_to_be_squared_is_seen_all_the_same():
    before = torch.tensor([[1.0, 1e-30], [1.0, 1e-30]])
    after = torch.tensor([[1.0, 1e-30], [1.0, 2e-30]])
    assert (leak.relative(before, after, 0.0) > 0).tolist() == [False, True]


def jacobian(network, ids, allowed):
    """d f / d e by torch.autograd.functional: (T, C, T, C)."""
    embedded = network.embed(torch.tensor(ids))
    return torch.autograd.functional.jacobian(
        lambda e: (
            network(torch.tensor(ids), torch.tensor(allowed), attend=attend, predict=False, embedded=e).final
        ),
        embedded,
    )


def test_squares_are_those_of_the_jacobian_along_a_direction(make_network):
    network, allowed = make_network(), random_mask(5)
    way = leak.direction(network.config.width, 2)
    expected = torch.einsum("icjd,c->ijd", jacobian(network, IDS, allowed), way).square().sum(-1)
    np.testing.assert_allclose(leak.squares(network, IDS, allowed, way), expected, rtol=1e-3, atol=1e-9)


def test_the_mean_over_all_axes_is_the_frobenius_norm(make_network):
    network, allowed = make_network(), random_mask(6)
    axes = torch.eye(network.config.width)
    found = sum(leak.squares(network, IDS, allowed, way) for way in axes)
    np.testing.assert_allclose(
        found, jacobian(network, IDS, allowed).square().sum((1, 3)), rtol=1e-3, atol=1e-9
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_gradient_is_exactly_0_where_no_path_leads(make_network, seed):
    network, allowed = make_network(), random_mask(seed)
    found = leak.squares(network, IDS, allowed, leak.direction(network.config.width, 1))
    assert np.array_equal(found > 0, leak.reachable(allowed, network.config.layers))


def test_directions_are_the_same_for_the_same_seed():
    assert torch.equal(leak.direction(5, 3), leak.direction(5, 3))
    assert not torch.equal(leak.direction(5, 3), leak.direction(5, 4))


# ---- what another mask does ----


def trace_of(logits, final=None):
    return SimpleNamespace(logits=np.asarray(logits, np.float32), final=final)


def test_divergence_by_hand():
    before, after = (
        trace_of(np.log([[0.5, 0.5], [0.25, 0.75]])),
        trace_of(np.log([[0.25, 0.75], [0.25, 0.75]])),
    )
    expected = 0.5 * np.log2(0.5 / 0.25) + 0.5 * np.log2(0.5 / 0.75)
    np.testing.assert_allclose(leak.divergence(before, after), [expected, 0], atol=1e-7)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000))
def test_divergence_is_never_below_0_and_knows_no_shift(seed):
    chance = np.random.default_rng(seed)
    p, q = (trace_of(chance.normal(scale=9, size=(3, 11))) for _ in range(2))
    found = leak.divergence(p, q)
    assert (found > 0).all()
    np.testing.assert_allclose(
        leak.divergence(trace_of(p.logits + 2), trace_of(q.logits - 3)), found, rtol=1e-4
    )
    assert (leak.divergence(p, p) == 0).all()


def test_change_is_relative():
    before, after = (
        SimpleNamespace(final=np.array(final))
        for final in ([[3.0, 4.0], [1.0, 0.0]], [[3.0, 9.0], [1.0, 0.0]])
    )
    assert leak.change(before, after).tolist() == [1, 0]


# ---- the bundled models ----


@pytest.fixture(scope="module")
def traces():
    honest, cheat = (load(name).explain(SENTENCE) for name in (HONEST, CHEAT))
    return honest, cheat, load(CHEAT).explain(SENTENCE, allowed=masks.causal(len(cheat.tokens)))


@pytest.mark.parametrize("name", [HONEST, "decoder-learned", "decoder-alibi"])
def test_no_bit_of_a_trained_decoder_comes_from_the_future(name):
    bundle = load(name)
    ids = bundle.read(SENTENCE)
    dog = bundle.tokenizer.encode(" dog")[0]
    for place in range(len(ids)):
        found = leak.moved(bundle.network, ids, place, dog, masks.causal(len(ids)))
        assert (found[:, :place] == 0).all()
        assert (found[-1, place:] > 0).all()
    assert (leak.moved(bundle.network, ids, 9, dog, masks.full(len(ids)))[-1] > 0).all()


def test_the_cheat_knows_all_and_without_the_future_less_than_the_honest_one(traces):
    honest, cheat, blinded = traces
    assert leak.guessed(cheat).all()
    assert leak.guessed(blinded).mean() <= leak.guessed(honest).mean() < 0.5
    assert leak.believed(cheat).mean() > 0.9
    assert (
        blinded.losses.mean() > np.log(honest.config.vocabulary) > honest.losses.mean() > cheat.losses.mean()
    )


def test_guesses_and_beliefs_token_by_token(traces):
    honest, *_ = traces
    for i, following in enumerate(honest.ids[1:]):
        assert leak.believed(honest)[i] == pytest.approx(honest.probabilities[i, following], rel=1e-3)
        assert leak.guessed(honest)[i] == (honest.probabilities[i].argmax() == following)


def test_the_cheat_looks_at_the_next_token_and_the_honest_one_cannot(traces):
    honest, cheat, _ = traces
    found = leak.ahead(cheat)
    layer, head = np.unravel_index(found.argmax(), found.shape)
    weights = cheat.layers[layer].attention.weights(head)
    assert found[layer, head] == pytest.approx(
        np.mean([weights[i, j] for i, j in pairwise(range(len(weights)))]), rel=1e-5
    )
    assert found.max() > 0.95
    assert (leak.ahead(honest) == 0).all()
    assert np.isnan(leak.ahead(load(CHEAT).explain("a"))).all()
