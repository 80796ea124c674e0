"""RoPE pair by pair: its laws in float64, the paper's bound by a second way, models reread without a change,
and the figures' numbers.
"""

import cmath
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from model.analysis import rotation
from model.network.encodings import rope, sinusoidal
from viz import rotation as figures

pytestmark = pytest.mark.usefixtures("doubles")

EXACT = {"rtol": 1e-12, "atol": 1e-12}
T, D, P = 11, 10, 5
FREQUENCY = rotation.frequencies(D)
OFFSETS = np.arange(-200, 201)
TEXT = "I swam across the river to get to the other bank"
place = st.integers(0, 10_000)
seeds = st.integers(0, 2**32 - 1)


def vectors(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def two(seed):
    return rotation.hands(vectors(2, D, seed=seed))


# ---- clocks ----


@pytest.mark.parametrize("base", [10_000.0, 500.0])
def test_turned_hands_are_the_vectors_that_the_model_rotates(base):
    x = vectors(3, T, D)
    rotated = rope.rotate(torch.tensor(x), sinusoidal.angles(torch.arange(T), D, base)).numpy()
    turned = rotation.turned(rotation.hands(x), np.arange(T), rotation.frequencies(D, base))
    np.testing.assert_allclose(turned, rotation.hands(rotated), **EXACT)


def test_a_quarter_turn_is_counter_clockwise_and_position_0_turns_nothing():
    quarter = np.array([math.pi / 2])
    np.testing.assert_allclose(
        rotation.turned(np.array([1 + 0j]), 1, quarter), [1j], **EXACT
    )  # from 3 o'clock to 12
    hands = rotation.hands(vectors(D))
    np.testing.assert_array_equal(rotation.turned(hands, 0, FREQUENCY), hands)


def test_wavelengths_by_hand():
    np.testing.assert_allclose(
        rotation.wavelengths(4, 100.0), [2 * math.pi, 20 * math.pi], **EXACT
    )  # width 4: speeds 1 and 1 / 10
    np.testing.assert_allclose(
        rotation.turned(np.ones(2), rotation.wavelengths(4, 100.0)[1], rotation.frequencies(4, 100.0))[1],
        1,
        **EXACT,
    )


@settings(deadline=None, max_examples=50)
@given(m=place, n=place, seed=seeds)
def test_contributions_add_up_to_the_scaled_dot_product_of_rotated_vectors(m, n, seed):
    q, k = vectors(2, D, seed=seed)
    rotated = [
        rope.rotate(torch.tensor(x), sinusoidal.angles(torch.tensor([at]), D)[0])
        for x, at in ((q, m), (k, n))
    ]
    expected = float(rotated[0] @ rotated[1]) / math.sqrt(D)
    hands = [rotation.turned(rotation.hands(x), at, FREQUENCY) for x, at in ((q, m), (k, n))]
    parts = rotation.contributions(*hands, 1 / math.sqrt(D))
    assert parts.shape == (P,)
    assert parts.sum() == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(m=place, n=place, shift=place, seed=seeds)
def test_every_single_contribution_stays_when_both_move(m, n, shift, seed):
    q, k = two(seed)

    def parts(m, n):
        return rotation.contributions(rotation.turned(q, m, FREQUENCY), rotation.turned(k, n, FREQUENCY), 0.3)

    np.testing.assert_allclose(parts(m + shift, n + shift), parts(m, n), rtol=0, atol=1e-9)


@settings(deadline=None, max_examples=50)
@given(m=place, offset=st.integers(-200, 200), seed=seeds)
def test_the_curve_is_the_score_wherever_the_two_stand(m, offset, seed):
    q, k = two(seed)
    here = rotation.contributions(
        rotation.turned(q, m, FREQUENCY), rotation.turned(k, m + offset, FREQUENCY), 0.3
    ).sum()
    assert rotation.curve(q, k, OFFSETS, FREQUENCY, 0.3)[offset + 200] == pytest.approx(here, abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(seed=seeds)
def test_no_score_exceeds_its_bounds(seed):
    q, k = two(seed)
    scores = abs(rotation.curve(q, k, OFFSETS, FREQUENCY, 0.3))
    for bound in (
        rotation.bound(q, k, 0.3),
        rotation.envelope(q, k, OFFSETS, FREQUENCY, 0.3),
        rotation.decay(q, k, OFFSETS, FREQUENCY, 0.3),
    ):
        assert (scores <= bound + 1e-12).all()
    assert rotation.curve(q, q, [0], FREQUENCY, 0.3)[0] == pytest.approx(
        rotation.bound(q, q, 0.3)
    )  # in step with itself: the bound is reached


def test_the_envelope_is_the_best_of_all_further_turns():
    q, k = two(4)
    turns = np.exp(1j * np.linspace(0, 2 * np.pi, 721))
    best = np.max([rotation.curve(q * turn, k, OFFSETS, FREQUENCY, 0.3) for turn in turns], axis=0)
    np.testing.assert_allclose(rotation.envelope(q, k, OFFSETS, FREQUENCY, 0.3), best, rtol=1e-4)


def test_the_decaying_bound_is_that_of_the_paper():
    """Su 2021, section 3.4.3, written with its own indices."""
    q, k = two(5)
    h = [q[i].conjugate() * k[i] for i in range(P)] + [0]
    steepest = max(abs(h[i + 1] - h[i]) for i in range(P))
    for n, offset in enumerate(OFFSETS[::40]):
        partial = [sum(cmath.exp(1j * offset * FREQUENCY[j]) for j in range(i)) for i in range(P + 1)]
        expected = 0.3 * steepest * sum(abs(partial[i + 1]) for i in range(P))
        assert rotation.decay(q, k, OFFSETS[::40], FREQUENCY, 0.3)[n] == pytest.approx(expected)


def test_without_content_only_the_distance_is_left():
    q, k = two(6)
    alike = rotation.without_content(q, k)
    curve = rotation.curve(alike, alike, OFFSETS, FREQUENCY, 0.3)
    assert (
        rotation.bound(alike, alike, 0.3)
        == pytest.approx(rotation.bound(q, k, 0.3))
        == pytest.approx(curve[200])
    )
    np.testing.assert_allclose(curve, curve[::-1], **EXACT)  # left and right are alike
    np.testing.assert_allclose(
        curve, rotation.bound(q, k, 0.3) * np.cos(np.outer(OFFSETS, FREQUENCY)).mean(1), **EXACT
    )


# ---- another base than that of the training ----


def beyond(base, pair, tokens, width=32, context=128, trained=10_000.0):
    """Whether a text turns this pair further than it ever was in training, by walking through the offsets;
    not if it came round there.
    """
    step, before = base ** (-2 * pair / width), trained ** (-2 * pair / width)
    if context * before >= 2 * math.pi:
        return False
    furthest = max(offset * before for offset in range(context))
    return any(offset * step > furthest + 1e-9 for offset in range(tokens))


@pytest.mark.parametrize("base", [200, 5_000, 10_000, 1_000_000])
@pytest.mark.parametrize("tokens", [1, 11, 128, 129, 716])
def test_which_pairs_are_turned_to_angles_never_met(base, tokens):
    found = rotation.unmet(rotation.frequencies(32, base), rotation.frequencies(32), 128, tokens)
    assert found.tolist() == [beyond(base, pair, tokens) for pair in range(16)]


@pytest.mark.parametrize(("base", "tokens"), [(200, 4), (10_000, 128), (1_000_000, 715)])
def test_how_long_a_text_stays_within_what_was_met(base, tokens):
    """At 1,000,000 pair 7 is the first to leave: it turns 100^(6/16) times slower, and 127 times that is
    714.2.
    """
    assert rotation.within(rotation.frequencies(32, base), rotation.frequencies(32), 128) == tokens
    assert not any(beyond(base, pair, tokens) for pair in range(16))
    assert any(beyond(base, pair, tokens + 1) for pair in range(16))


def test_pairs_that_came_round_meet_nothing_new():
    assert rotation.within(rotation.frequencies(4, 2.0), rotation.frequencies(4, 4.0), 128) == math.inf


# ---- the same parameters, read otherwise ----


@pytest.mark.parametrize("choices", [{}, {"key_heads": 2}, {"causal": False, "kind": "encoder"}], ids=str)
def test_reordered_rows_make_the_same_model_of_halves(make_bundle, choices):
    bundle = make_bundle("rope", **choices)
    before = {name: tensor.clone() for name, tensor in bundle.network.state_dict().items()}
    halves = rotation.to_halves(bundle)
    expected, found = bundle.explain(TEXT), halves.explain(TEXT)
    assert halves.config.rope_pairing == "halves"
    np.testing.assert_allclose(found.logits, expected.logits, rtol=0, atol=1e-10)
    assert (
        abs(rotation.reread(bundle, rope_pairing="halves").explain(TEXT).logits - expected.logits).max() > 0.1
    )  # without reordering it is another model
    order = rotation.halves(bundle.config.head_width)
    for old, new in zip(expected.layers, found.layers, strict=True):
        np.testing.assert_allclose(new.attention.k, old.attention.k[..., order], rtol=0, atol=1e-10)
        np.testing.assert_allclose(new.attention.v, old.attention.v, rtol=0, atol=1e-10)
    assert all(torch.equal(tensor, before[name]) for name, tensor in bundle.network.state_dict().items())


def test_halves_by_hand():
    assert rotation.halves(8).tolist() == [0, 2, 4, 6, 1, 3, 5, 7]
    for pair in range(4):  # the two of each adjacent pair end half a head apart
        assert rotation.halves(8).tolist().index(2 * pair) + 4 == rotation.halves(8).tolist().index(
            2 * pair + 1
        )


def test_another_base_reruns_the_real_model_on_the_same_parameters(make_bundle):
    bundle = make_bundle("rope")
    other, same = rotation.reread(bundle, rope_base=500.0), rotation.reread(bundle)
    assert (other.config.rope_base, bundle.config.rope_base, other.config.layers) == (
        500.0,
        10_000.0,
        bundle.config.layers,
    )
    np.testing.assert_array_equal(same.explain(TEXT).logits, bundle.explain(TEXT).logits)
    first, second = other.explain(TEXT).layers[0].attention, bundle.explain(TEXT).layers[0].attention
    np.testing.assert_array_equal(first.q, second.q)  # layer 1 asks the same, turned at other speeds
    turned = rotation.turned(
        rotation.hands(first.q),
        np.arange(first.q.shape[1]),
        rotation.frequencies(bundle.config.head_width, 500.0),
    )
    np.testing.assert_allclose(rotation.hands(first.q_rot), turned, **EXACT)
    assert other.network.embedding.weight.data_ptr() == bundle.network.embedding.weight.data_ptr()
    assert not any(parameter.requires_grad for parameter in other.network.parameters())
    assert not other.network.training
    with pytest.raises(TypeError):
        rotation.reread(bundle, no_such_choice=1)


def test_losses_are_those_of_torch(make_bundle):
    trace = make_bundle("rope").explain(TEXT)
    expected = F.cross_entropy(torch.tensor(trace.logits[:-1]), torch.tensor(trace.ids[1:]), reduction="none")
    np.testing.assert_allclose(trace.losses, expected.numpy(), **EXACT)
    assert not trace.losses.flags.writeable
    assert make_bundle("rope").explain("a").losses.shape == (0,)


# ---- figures ----


def by_name(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_the_figure_of_scores_shows_the_numbers_it_was_given():
    content, without, envelope = vectors(3, 7)
    envelope = abs(envelope)
    figure = figures.scores(
        np.arange(-3, 4),
        content,
        without,
        envelope,
        bound=2.5,
        marks={"in the text": (-2, 0.5), "moved": (1, 0.25)},
        limit=2,
    )
    shown = by_name(figure)
    np.testing.assert_array_equal(shown["these two tokens"].y, content)
    np.testing.assert_array_equal(shown["without content"].y, without)
    np.testing.assert_array_equal(shown["without content: envelope"].y, envelope)
    assert (
        shown["in the text"].x[0],
        shown["in the text"].y[0],
        shown["moved"].x[0],
        shown["moved"].y[0],
    ) == (-2, 0.5, 1, 0.25)
    assert [line.x0 for line in figure.layout.shapes] == [-2, 2]  # where training ended
    assert sorted(trace.y[0] for trace in figure.data if trace.legendgroup == "bound") == [-2.5, 2.5]
    with pytest.raises(ValueError, match="7 offsets, 6 scores"):
        figures.scores(np.arange(-3, 4), content[:-1], without, envelope, bound=1, marks={}, limit=9)


def test_a_pair_that_does_not_get_round_is_hollow():
    trained, chosen = np.array([6.0, 50, 700]), np.array([6.0, 20, 90])
    figure = figures.wavelengths(
        trained, chosen, lengths={"your text": 11, "training context": 64}, chosen_name="base 500"
    )
    shown = by_name(figure)
    np.testing.assert_array_equal(shown["as trained"].y, trained)
    np.testing.assert_array_equal(shown["base 500"].y, chosen)
    for name in ("as trained", "base 500"):  # what the model has met does not depend on how it is read now
        assert [colour.endswith(",0)") for colour in shown[name].marker.color] == [False, False, True]
    assert [line.y0 for line in figure.layout.shapes] == [11, 64]


def test_the_figure_of_bases_marks_the_trained_and_the_chosen_one():
    shown = by_name(figures.bases({100: 2.0, 10_000: 1.0, 1_000_000: 1.5}, trained=10_000, chosen=100))
    assert (
        shown["as trained"].x[0],
        shown["as trained"].y[0],
        shown["chosen"].x[0],
        shown["chosen"].y[0],
    ) == (10_000, 1.0, 100, 2.0)


@pytest.mark.parametrize("pair", range(4))
def test_lines_lead_each_row_to_its_new_place(pair):
    order = rotation.halves(8)
    figure = figures.reordering(order, chosen=(2 * pair, 2 * pair + 1), names=("a", "b"))
    moved = {}
    for trace in figure.data:
        if trace.mode == "lines":
            x = [value for value in trace.x if value is not None]
            moved |= dict(zip(x[0::2], x[1::2], strict=True))
    assert [order[moved[old]] for old in range(8)] == list(range(8))
    top, bottom = (trace for trace in figure.data if trace.mode == "text")
    assert f"{2 * pair}, {2 * pair + 1}" in top.text
    assert {str(2 * pair), str(2 * pair + 1)} <= set(bottom.text)


def test_the_figure_of_losses_has_a_label_per_token_and_inert_ones():
    figure = figures.losses({"one": [1.0, 2.0], "two": [3.0, 4.0]}, tokens=("a", "<b>", "a"))
    np.testing.assert_array_equal(by_name(figure)["two"].y, [3, 4])
    assert len(figure.layout.xaxis.ticktext) == 2 and "<b>" not in "".join(figure.layout.xaxis.ticktext)
    with pytest.raises(ValueError, match="'one' has 2 losses for 2 tokens"):
        figures.losses({"one": [1.0, 2.0]}, tokens=("a", "b"))
