"""Positional encodings: their laws in float64, hand-worked values, and references written anew."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.analysis import rotation
from model.network.encodings import alibi, learned, rope, sinusoidal, t5

pytestmark = pytest.mark.usefixtures("doubles")

EXACT = {"rtol": 1e-12, "atol": 1e-12}
T, D = 11, 6
pairings = pytest.mark.parametrize("pairing", ["adjacent", "halves"])
place = st.integers(0, 100_000)


def vectors(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def at(place, width=D):
    """The angles (1, width/2) of one position."""
    return sinusoidal.angles(torch.tensor([place]), width)


# ---- odd widths ----


@pytest.mark.parametrize(
    "encoding",
    [
        lambda width: sinusoidal.sinusoidal(4, width),
        sinusoidal.frequencies,
        lambda width: sinusoidal.angles(torch.arange(4), width),
        lambda width: rope.interpolated(width, 10_000.0, 2),
        lambda width: rope.ntk_aware(width, 10_000.0, 2),
        lambda width: rope.yarn(width, 10_000.0, 2, 128),
        lambda width: rope.rotate(vectors(4, width), torch.zeros(4, 3)),
        lambda width: rope.rotate(vectors(4, width), torch.zeros(4, 3), "halves"),
        lambda width: rotation.hands(vectors(4, width)),
        rotation.wavelengths,
        rotation.halves,
    ],
)
@pytest.mark.parametrize("width", [5, 7])
def test_an_odd_width_is_an_error_in_a_sentence(encoding, width):
    with pytest.raises(ValueError, match=f"the width is {width}; .* must be even"):
        encoding(width)


# ---- RoPE ----


def test_rope_turns_counter_clockwise():
    turned = rope.rotate(torch.tensor([[1.0, 0.0]]), at(1, width=2))  # frequency 1 at position 1: one radian
    torch.testing.assert_close(turned, torch.tensor([[math.cos(1), math.sin(1)]]), **EXACT)


@pytest.mark.parametrize(
    ("pairing", "x", "expected"),
    [
        # width 4: pair 0 turns by t, pair 1 by t / 100
        ("adjacent", [1.0, 0, 1, 0], [math.cos(3), math.sin(3), math.cos(0.03), math.sin(0.03)]),
        ("halves", [1.0, 1, 0, 0], [math.cos(3), math.cos(0.03), math.sin(3), math.sin(0.03)]),
    ],
)
def test_rope_at_position_3_by_hand(pairing, x, expected):
    torch.testing.assert_close(
        rope.rotate(torch.tensor([x]), at(3, width=4), pairing), torch.tensor([expected]), **EXACT
    )


@pytest.mark.parametrize("base", [10_000.0, 500.0])
def test_rope_equals_multiplication_by_complex_numbers(base):
    x = vectors(2, 3, T, D)
    turns = torch.tensor(
        [
            [
                complex(math.cos(t * base ** (-2 * i / D)), math.sin(t * base ** (-2 * i / D)))
                for i in range(D // 2)
            ]
            for t in range(T)
        ]
    )
    expected = torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2))) * turns).flatten(-2)
    torch.testing.assert_close(rope.rotate(x, sinusoidal.angles(torch.arange(T), D, base)), expected, **EXACT)


def test_rope_in_halves_is_rope_of_adjacent_pairs_with_the_dimensions_reordered():
    x, angle, order = (
        vectors(2, T, D),
        sinusoidal.angles(torch.arange(T), D),
        torch.tensor([0, 3, 1, 4, 2, 5]),
    )
    assert torch.equal(
        rope.rotate(x, angle, "halves")[..., order], rope.rotate(x[..., order], angle, "adjacent")
    )


@pairings
def test_rope_leaves_position_0_as_it_is(pairing):
    x = vectors(3, 1, D)
    assert torch.equal(rope.rotate(x, at(0), pairing), x)


@pairings
@settings(deadline=None, max_examples=50)
@given(t=place)
def test_rope_keeps_the_length(pairing, t):
    x = vectors(1, D, seed=t)
    torch.testing.assert_close(rope.rotate(x, at(t), pairing).norm(), x.norm(), **EXACT)


@pairings
@settings(deadline=None, max_examples=50)
@given(a=place, b=place)
def test_turning_by_a_and_then_by_b_is_turning_by_both(pairing, a, b):
    x = vectors(1, D)
    twice = rope.rotate(rope.rotate(x, at(a), pairing), at(b), pairing)
    torch.testing.assert_close(
        twice, rope.rotate(x, at(a + b), pairing), rtol=0, atol=1e-9
    )  # 1e5 radians have 1.5e-11 between float64 neighbours


@pairings
@settings(deadline=None, max_examples=50)
@given(m=place, n=place, shift=place)
def test_dot_products_under_rope_depend_on_the_distance_only(pairing, m, n, shift):
    q, k = vectors(1, D, seed=1), vectors(1, D, seed=2)
    here = rope.rotate(q, at(m), pairing) @ rope.rotate(k, at(n), pairing).mT
    there = rope.rotate(q, at(m + shift), pairing) @ rope.rotate(k, at(n + shift), pairing).mT
    torch.testing.assert_close(here, there, rtol=0, atol=1e-9)


def test_an_unknown_pairing_is_an_error():
    with pytest.raises(ValueError, match="'neighbours'; known: adjacent, halves"):
        rope.rotate(vectors(T, D), sinusoidal.angles(torch.arange(T), D), "neighbours")


# ---- ALiBi ----


def test_alibi_slopes_by_hand():
    eight = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]
    torch.testing.assert_close(alibi.alibi_slopes(8), torch.tensor(eight), **EXACT)
    between = [
        2**-0.5,
        2**-1.5,
        2**-2.5,
        2**-3.5,
    ]  # every other slope of 16 heads, as the authors' get_slopes gives them
    torch.testing.assert_close(alibi.alibi_slopes(12), torch.tensor(eight + between), **EXACT)
    torch.testing.assert_close(alibi.alibi_slopes(1), torch.tensor([2.0**-8]), **EXACT)


def test_alibi_of_three_queries_and_five_keys_by_hand():
    expected = -torch.tensor([[0.0, 1, 2, 3, 4], [1, 0, 1, 2, 3], [2, 1, 0, 1, 2]])
    torch.testing.assert_close(alibi.alibi(3, 5, 2), torch.stack([expected / 16, expected / 256]), **EXACT)


def test_alibi_depends_on_the_distance_only():
    bias = alibi.alibi(T, T, 3)
    assert torch.equal(bias[:, 1:, 1:], bias[:, :-1, :-1])
    assert (bias[:, 0].diff() < 0).all()


# ---- T5 ----


@pytest.mark.parametrize(
    ("both_ways", "expected"),
    [
        # 32 buckets: 16 exact ones, then 16 + floor(16 ln(d / 16) / ln 8), all further ones and all keys
        # ahead aside
        (
            False,
            {
                0: 0,
                -1: 1,
                -15: 15,
                -16: 16,
                -20: 17,
                -32: 21,
                -64: 26,
                -127: 31,
                -128: 31,
                -300: 31,
                1: 0,
                300: 0,
            },
        ),
        # 16 to the left and 16 to the right: 8 exact ones, then 8 + floor(8 ln(d / 8) / ln 16)
        (
            True,
            {
                0: 0,
                -1: 1,
                -7: 7,
                -8: 8,
                -16: 10,
                -32: 12,
                -64: 14,
                -128: 15,
                -300: 15,
                1: 17,
                7: 23,
                8: 24,
                16: 26,
                32: 28,
                64: 30,
                128: 31,
                300: 31,
            },
        ),
    ],
)
def test_t5_buckets_by_hand(both_ways, expected):
    buckets = t5.t5_buckets(301, 301, both_ways=both_ways)
    assert {d: buckets[max(0, -d), max(0, d)].item() for d in expected} == expected


def mesh_bucket(relative, bidirectional, num_buckets, max_distance):
    """relative_position_bucket of mesh-tensorflow (transformer_layers.py), for one number."""
    ret, n = 0, -relative
    if bidirectional:
        num_buckets //= 2
        ret += num_buckets if n < 0 else 0
        n = abs(n)
    else:
        n = max(n, 0)
    max_exact = num_buckets // 2
    if n < max_exact:
        return ret + n
    return ret + min(
        max_exact
        + int(math.log(n / max_exact) / math.log(max_distance / max_exact) * (num_buckets - max_exact)),
        num_buckets - 1,
    )


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize(("buckets", "furthest"), [(32, 128), (16, 50)])
def test_t5_buckets_equal_the_published_code(both_ways, buckets, furthest):
    expected = [[mesh_bucket(j - i, both_ways, buckets, furthest) for j in (0, 150, 300)] for i in range(301)]
    assert t5.t5_buckets(301, 301, buckets, furthest, both_ways)[:, [0, 150, 300]].tolist() == expected


def test_t5_bias_is_the_tables_row_of_the_distance():
    table = vectors(8, 3)
    bias, buckets = t5.t5_bias(table, 5, 7, furthest=6), t5.t5_buckets(5, 7, 8, 6)
    assert bias.shape == (3, 5, 7)
    assert all(torch.equal(bias[:, i, j], table[buckets[i, j]]) for i in range(5) for j in range(7))


# ---- added to the embedding ----


def test_sinusoids_by_hand():
    expected = [
        [0.0, 1, 0, 1],
        [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)],
        [math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)],
    ]
    torch.testing.assert_close(sinusoidal.sinusoidal(3, 4), torch.tensor(expected), **EXACT)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_a_shift_turns_every_sinusoid_by_the_same_angle(shift):
    waves = sinusoidal.sinusoidal(T + shift, D)
    hands = torch.complex(waves[:, 1::2], waves[:, 0::2])  # cos + i sin
    turn = torch.tensor(
        [
            complex(math.cos(shift * 10_000 ** (-2 * i / D)), math.sin(shift * 10_000 ** (-2 * i / D)))
            for i in range(D // 2)
        ]
    )
    torch.testing.assert_close(hands[shift:], hands[:T] * turn, **EXACT)


def test_learned_positions_are_rows_of_the_table_and_end_with_it():
    table = vectors(7, D)
    assert torch.equal(learned.learned(table, 5), table[:5])
    assert torch.equal(learned.learned(table, 7), table)
    with pytest.raises(ValueError, match="the learned table ends at 7, the text has 8 tokens"):
        learned.learned(table, 8)
