"""Laws of decoding: filters, the choice, the cache, generation, beam search, the lens, the sink; in float64
where they are exact.
"""

import itertools
import math
from functools import partial
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import decoding, load
from model.analysis import sink
from model.network.encodings import ENCODINGS
from viz import cache as cache_figures
from viz import ranks, surprise
from viz.component.story import story
from viz.component.tree import Node, tree

INF = math.inf
lists = st.lists(st.floats(-12, 12, width=32), min_size=1, max_size=23).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)
coarse = st.lists(st.integers(-3, 3), min_size=1, max_size=23).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)  # many ties
either = st.one_of(lists, coarse)
DECODERS = [f"decoder-{name}" for name in ENCODINGS]
IDS = load("decoder-rope").read("I swam across the river to get to the other bank")


def chances(logits):
    return logits.double().softmax(-1)


def kept(logits):
    return set(logits.isfinite().nonzero().flatten().tolist())


# ---- filters ----


@given(either, st.integers(0, 40))
@settings(deadline=None)
def test_filters_that_cut_nothing_are_identities(logits, more):
    assert torch.equal(decoding.temperature(logits, 1), logits)
    assert torch.equal(decoding.top_k(logits, len(logits) + more), logits)
    assert torch.equal(decoding.top_p(logits, 1), logits)
    assert torch.equal(decoding.top_p(logits, 1.0), logits)


@given(either, st.floats(0, 9), st.integers(1, 30), st.floats(0, 1, exclude_min=True))
@settings(deadline=None)
def test_after_every_filter_probabilities_sum_to_one_and_what_is_cut_has_none(logits, degree, k, p):
    for left in decoding.stages(
        logits,
        [
            partial(decoding.temperature, degree=degree),
            partial(decoding.top_k, k=k),
            partial(decoding.top_p, p=p),
        ],
    ):
        assert float(chances(left).sum()) == pytest.approx(1, abs=1e-12)
        assert kept(left) and not left.isnan().any()
        assert (chances(left)[left == -INF] == 0).all()


@given(either)
@settings(deadline=None)
def test_temperature_to_zero_is_argmax(logits):
    best = int(logits.argmax())
    assert kept(decoding.temperature(logits, 0)) == {best}
    for degree in (1e-12, 1e-7):
        assert int(decoding.temperature(logits, degree).argmax()) == best


@given(lists, st.floats(0.1, 5), st.floats(0.1, 5))
@settings(deadline=None)
def test_temperatures_multiply(logits, one, other):
    torch.testing.assert_close(
        decoding.temperature(decoding.temperature(logits, one), other),
        decoding.temperature(logits, one * other),
    )


def test_a_small_temperature_of_float32_does_not_overflow():
    logits = torch.tensor([30.0, -30.0, 29.0])
    for degree in (0.0, 1e-45, 1e-30, 1e-7):
        assert chances(decoding.temperature(logits, degree)).tolist() == [1, 0, 0]


@given(either, st.integers(1, 30))
@settings(deadline=None)
def test_top_k_keeps_the_k_largest_and_the_smaller_ids_of_equals(logits, k):
    expected = sorted(range(len(logits)), key=lambda i: (-float(logits[i]), i))[:k]
    left = decoding.top_k(logits, k)
    assert kept(left) == set(expected)
    assert torch.equal(left[expected], logits[expected])


@given(either, st.floats(0.01, 0.999))
@settings(deadline=None)
def test_top_p_keeps_the_smallest_set_with_the_mass(logits, p):
    p += 1e-9  # no sum of these lists falls within rounding of it; exact sums have a test of their own
    order = sorted(range(len(logits)), key=lambda i: (-float(logits[i]), i))
    p_of, left = chances(logits), kept(decoding.top_p(logits, p))
    assert left == set(order[: len(left)])
    masses = list(
        itertools.accumulate(float(p_of[i]) for i in order)
    )  # in the order in which the nucleus is filled
    assert len(left) == next((count for count, mass in enumerate(masses, 1) if mass >= p), len(order))
    if len(left) > 1:
        without_least = sum(float(p_of[i]) for i in order[: len(left) - 1])
        assert without_least < p


def test_top_p_by_hand():
    logits = torch.tensor([0.1, 0.5, 0.15, 0.25]).log()
    assert kept(decoding.top_p(logits, 0.4)) == {1}
    assert kept(decoding.top_p(logits, 0.51)) == {1, 3}
    assert kept(decoding.top_p(logits, 0.76)) == {1, 3, 2}
    assert kept(decoding.top_p(logits, 0.95)) == {0, 1, 2, 3}
    assert kept(decoding.top_p(torch.zeros(8, dtype=torch.float64), 0.5)) == {0, 1, 2, 3}


@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.data())
@settings(deadline=None)
def test_top_p_at_a_sum_that_is_p_exactly_keeps_no_token_more(kind, counts, data):
    """Probabilities that are fractions n / N, and p any of their sums m / N: all worked out in whole
    numbers.
    """
    counts = sorted(counts, reverse=True)
    m = data.draw(st.sampled_from(list(itertools.accumulate(counts))))
    left = decoding.top_p(torch.tensor(counts, dtype=torch.float64).log().to(kind), m / sum(counts))
    expected = next(i for i, total in enumerate(itertools.accumulate(counts), 1) if total >= m)
    assert kept(left) == set(range(expected))


@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    ("p_of", "p", "count"),
    [([0.5, 0.3, 0.2], 0.8, 2), ([0.4, 0.3, 0.2, 0.1], 0.9, 3), ([0.1] * 10, 0.9, 9), ([0.25] * 4, 0.5, 2)],
)
def test_top_p_at_exact_sums_by_hand(kind, p_of, p, count):
    assert len(kept(decoding.top_p(torch.tensor(p_of, dtype=kind).log(), p))) == count


@given(either, st.floats(0, 1))
@settings(deadline=None)
def test_min_p_keeps_what_is_near_the_likeliest(logits, share):
    share = min(1.0, share + 1e-9)
    p_of = chances(logits)
    expected = {i for i, p in enumerate(p_of) if p >= share * p_of.max() * (1 - 1e-11)}
    left = decoding.min_p(logits, share)
    assert kept(left) == expected
    assert torch.equal(left[list(expected)], logits[list(expected)])
    assert torch.equal(decoding.min_p(logits, 0), logits)


def test_min_p_by_hand():
    logits = torch.tensor([0.1, 0.5, 0.15, 0.25], dtype=torch.float64).log()
    assert kept(decoding.min_p(logits, 0.5)) == {1, 3}  # 0.25 is half of 0.5, exactly
    assert kept(decoding.min_p(logits, 0.51)) == {1}
    assert kept(decoding.min_p(logits, 0.3)) == {1, 2, 3}
    assert kept(decoding.min_p(logits.float(), 0.5)) == {1, 3}
    assert kept(decoding.min_p(torch.zeros(7), 1)) == set(range(7))


@given(either, st.floats(1, 3), st.data())
@settings(deadline=None)
def test_a_repetition_penalty_makes_the_texts_own_tokens_less_likely_and_moves_no_other(
    logits, penalty, data
):
    ids = data.draw(st.lists(st.integers(0, len(logits) - 1), max_size=30))
    expected = [
        (z / penalty if z > 0 else z * penalty) if i in ids else z for i, z in enumerate(logits.tolist())
    ]
    before = logits.clone()
    assert decoding.repetition(logits, penalty, ids).tolist() == expected
    assert torch.equal(logits, before)
    assert torch.equal(decoding.repetition(logits, 1, ids), logits)


def test_a_repetition_penalty_by_hand():
    # logits 2 and -1 with a penalty of 1.25 are 1.6 and -1.25
    logits = torch.tensor([2.0, -1.0, 0.5, 0.0], dtype=torch.float64)
    assert decoding.repetition(logits, 1.25, [0, 1, 1, 3]).tolist() == [1.6, -1.25, 0.5, 0]


@pytest.mark.parametrize(
    ("function", "value", "reason"),
    [
        (decoding.min_p, -0.1, "the share is -0.1"),
        (decoding.min_p, 1.1, "the share is 1.1"),
        (partial(decoding.repetition, ids=[0]), 0.9, "the penalty is 0.9"),
        (partial(decoding.repetition, ids=[0]), INF, "the penalty is inf"),
    ],
)
def test_other_values_out_of_range_are_errors(function, value, reason):
    with pytest.raises(ValueError, match=reason):
        function(torch.zeros(3), value)


# ---- the order of the filters ----


@given(either, st.floats(0.1, 5), st.integers(1, 30), st.floats(1, 2))
@settings(deadline=None)
def test_a_temperature_changes_neither_ranks_nor_a_penalty(logits, degree, k, penalty):
    heat = partial(decoding.temperature, degree=degree)
    for other in (partial(decoding.top_k, k=k), partial(decoding.repetition, penalty=penalty, ids=[0])):
        torch.testing.assert_close(other(heat(logits)), heat(other(logits)))


def test_the_order_of_temperature_top_p_and_min_p_matters():
    # p = 1/2, 1/4, 1/8, 1/8; at temperature 1/2 they are squared and divided by 22/64: 16/22, 4/22, two 1/22
    logits = torch.tensor([4.0, 2.0, 1.0, 1.0], dtype=torch.float64).log()
    cold = partial(decoding.temperature, degree=0.5)
    for cut, first, last in (
        (partial(decoding.top_p, p=0.75), 2, 2),  # 16/22 < 3/4 <= 20/22; and 1/2 + 1/4 is 3/4
        (partial(decoding.top_p, p=0.7), 1, 2),
        (partial(decoding.top_p, p=0.9), 2, 4),
        (partial(decoding.min_p, share=0.25), 2, 4),  # ratios 1/4, 1/16, 1/16 against 1/2, 1/4, 1/4
    ):
        assert len(kept(cut(cold(logits)))) == first
        assert len(kept(cold(cut(logits)))) == last
    # top-k first leaves 2/3 and 1/3, so that top-p 0.6 keeps one of them; alone it keeps two
    assert kept(decoding.top_p(decoding.top_k(logits, 2), 0.6)) == {0}
    assert kept(decoding.top_k(decoding.top_p(logits, 0.6), 2)) == {0, 1}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_temperature_0_is_greedy_wherever_it_stands(order):
    filters = [
        partial(decoding.temperature, degree=0),
        partial(decoding.top_k, k=7),
        partial(decoding.top_p, p=0.8),
        partial(decoding.min_p, share=0.1),
    ]
    logits = torch.randn(50, generator=torch.Generator().manual_seed(4))
    assert kept(decoding.stages(logits, [filters[i] for i in order])[-1]) == {int(logits.argmax())}


def test_filters_that_need_the_text_are_asked_at_every_step():
    network, texts = load("decoder-rope").network, []

    def filters(ids):
        texts.append(ids)
        return [partial(decoding.repetition, penalty=1.5, ids=ids)]

    steps = list(islice(decoding.generate(network, IDS, filters), 6))
    assert texts == [[*IDS, *(step.id for step in steps[:i])] for i in range(6)]
    for i, step in enumerate(steps):
        known = set(IDS) | {one.id for one in steps[:i]}
        own, after = step.stages
        assert {j for j in range(len(own)) if own[j] != after[j]} <= known
        assert step.id == int(after.argmax())


@given(st.integers(0, 2**31))
@settings(deadline=None, max_examples=20)
def test_filters_work_row_by_row(seed):
    rows = torch.randn(3, 2, 11, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    for function in (
        partial(decoding.top_k, k=4),
        partial(decoding.top_p, p=0.7),
        partial(decoding.min_p, share=0.2),
        partial(decoding.repetition, penalty=1.3, ids=[1, 4]),
        partial(decoding.temperature, degree=0),
        partial(decoding.temperature, degree=0.3),
    ):
        assert torch.equal(
            function(rows), torch.stack([torch.stack([function(row) for row in pair]) for pair in rows])
        )


def test_filters_leave_their_input_alone():
    logits = torch.randn(13)
    before = logits.clone()
    decoding.stages(
        logits,
        [
            partial(decoding.temperature, degree=0.5),
            partial(decoding.top_k, k=3),
            partial(decoding.top_p, p=0.5),
        ],
    )
    assert torch.equal(logits, before)


@pytest.mark.parametrize(
    ("function", "number"),
    [
        *((decoding.temperature, number) for number in (-0.1, INF, math.nan)),
        *((decoding.top_k, number) for number in (0, -3)),
        *((decoding.top_p, number) for number in (0, -0.2, 1.01, math.nan)),
    ],
)
def test_numbers_that_mean_nothing_are_refused(function, number):
    with pytest.raises(ValueError, match="must be"):
        function(torch.zeros(5), number)


def test_entropy_is_in_bits():
    assert float(decoding.entropy(torch.zeros(8))) == pytest.approx(3)
    assert float(decoding.entropy(decoding.top_k(torch.zeros(8), 1))) == 0
    assert float(decoding.entropy(torch.tensor([0.5, 0.25, 0.25]).log())) == pytest.approx(1.5)
    assert decoding.entropy(torch.zeros(3, 2, 4)).shape == (3, 2)


# ---- the choice ----


@given(either, st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_sampling_finds_the_token_under_the_roll(logits, roll):
    id, order, p = decoding.sample(logits, roll), decoding.ranked(logits).tolist(), chances(logits)
    before = float(p[order[: order.index(id)]].sum())
    assert before - 1e-9 <= roll <= before + float(p[id]) + 1e-9


@given(either, st.integers(1, 5), st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_what_was_cut_is_never_drawn(logits, k, roll):
    left = decoding.top_k(logits, k)
    for number in (roll, 0.0, math.nextafter(1, 0)):
        assert decoding.sample(left, number) in kept(left)


def test_rolls_are_even_and_each_place_has_its_own():
    rolls = np.array([decoding.roll(7, place) for place in range(4_000)])
    assert ((rolls >= 0) & (rolls < 1)).all() and len(set(rolls)) == 4_000
    counts = np.histogram(rolls, 10, (0, 1))[0]
    assert (
        (counts - 400) ** 2 / 400
    ).sum() < 27.9  # chi square with 9 degrees of freedom, exceeded by chance once in a thousand
    assert decoding.roll(7, 3) == rolls[3] != decoding.roll(8, 3)


def test_many_draws_follow_the_distribution():
    logits = torch.tensor([0.5, 0.1, 0.4]).log()
    drawn = (
        np.bincount([decoding.sample(logits, decoding.roll(3, place)) for place in range(4_000)], minlength=3)
        / 4_000
    )
    np.testing.assert_allclose(drawn, [0.5, 0.1, 0.4], atol=0.03)


# ---- the cache ----


@pytest.mark.parametrize("positions", ENCODINGS)
@pytest.mark.parametrize(("key_heads", "pairing"), [(4, "adjacent"), (2, "halves")])
def test_a_pass_after_a_cache_equals_a_pass_over_all_in_float64(make_network, positions, key_heads, pairing):
    network = make_network(positions, key_heads=key_heads, rope_pairing=pairing).double()
    ids = torch.randint(0, network.config.vocabulary, (29,), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        whole = network(ids)
        for first in (1, 11, 28):
            cache = decoding.Cache.of(network(ids[:first]))
            after = network(ids[first:], past=cache)
            torch.testing.assert_close(after.logits, whole.logits[first:], rtol=0, atol=1e-12)
            torch.testing.assert_close(after.embedded, whole.embedded[first:], rtol=0, atol=1e-14)
            for one, other in zip(
                decoding.Cache.of(after).layers, decoding.Cache.of(whole).layers, strict=True
            ):
                torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", DECODERS)
def test_cached_logits_equal_uncached_ones_in_float32(name):
    network = load(name).network
    steps = [islice(decoding.generate(network, IDS, cached=cached), 30) for cached in (True, False)]
    for one, other in zip(*steps, strict=True):
        torch.testing.assert_close(
            one.stages[0], other.stages[0], rtol=0, atol=1e-5 * float(other.stages[0].abs().max())
        )
        p, q = one.stages[0].softmax(-1), other.stages[0].softmax(-1)
        torch.testing.assert_close(p, q, rtol=0, atol=1e-5)
        assert one.id == other.id
        assert one.record.embedded.shape[0] == (1 if one.cache.tokens > len(IDS) else len(IDS))
        assert other.cache is None


def test_a_cache_is_never_written_to_and_can_be_shortened(make_network):
    network = make_network("rope")
    with torch.inference_mode():
        cache = decoding.Cache.of(network(torch.arange(17)))
        before = [part.clone() for layer in cache.layers for part in layer]
        longer = decoding.Cache.of(network(torch.tensor([5, 6]), past=cache))
    assert (cache.tokens, longer.tokens, longer.first(9).tokens) == (17, 19, 9)
    assert all(
        torch.equal(one, other)
        for one, other in zip(before, (part for layer in cache.layers for part in layer), strict=True)
    )
    for short, full in zip(longer.first(17).layers, cache.layers, strict=True):
        assert torch.equal(short[0], full[0]) and torch.equal(short[1], full[1])


@pytest.mark.parametrize("key_heads", [4, 2, 1])
def test_the_bytes_of_a_cache_are_those_of_the_formula(make_network, key_heads):
    network = make_network("rope", key_heads=key_heads)
    with torch.inference_mode():
        cache = decoding.Cache.of(network(torch.arange(13)))
    assert cache.bytes == 13 * decoding.bytes_per_token(network.config)
    assert decoding.bytes_per_token(load("decoder-rope").config) == 2 * 4 * 6 * 32 * 4 == 6_144


def test_without_a_cache_the_forward_pass_is_what_it_was(make_network):
    network = make_network("t5")
    with torch.inference_mode():
        record = network(torch.arange(7))
        again = network(torch.arange(7), past=None)
    assert torch.equal(record.logits, again.logits)
    assert record.layers[0].attention.k.shape == record.layers[0].attention.v.shape == (4, 7, 6)


# ---- generation ----


def written(network, ids, count, **how):
    return [step.id for step in islice(decoding.generate(network, ids, **how), count)]


def test_greedy_is_temperature_zero_and_takes_the_argmax():
    network = load("decoder-rope").network
    greedy = written(network, IDS, 12)
    assert greedy == written(network, IDS, 12, filters=[partial(decoding.temperature, degree=0)], seed=5)
    read = list(IDS)
    with torch.inference_mode():
        for id in greedy:
            assert id == int(network(torch.tensor(read)).logits[-1].argmax())
            read.append(id)


def test_the_same_seed_writes_the_same_text_wherever_it_starts_again():
    network = load("decoder-alibi").network
    how = {"filters": [partial(decoding.temperature, degree=0.9), partial(decoding.top_p, p=0.9)], "seed": 11}
    text = written(network, IDS, 15, **how)
    assert text == written(network, IDS, 15, **how) == written(network, IDS, 15, cached=False, **how)
    assert written(network, [*IDS, *text[:6]], 9, **how) == text[6:]
    assert text != written(network, IDS, 15, **how | {"seed": 12})


def test_a_cache_with_the_beginning_may_be_brought_along():
    network = load("decoder-t5").network
    first = next(decoding.generate(network, IDS))
    step = next(decoding.generate(network, [*IDS, 300], cache=first.cache))
    assert step.record.embedded.shape[0] == 1
    torch.testing.assert_close(
        step.stages[0], next(decoding.generate(network, [*IDS, 300])).stages[0], rtol=0, atol=1e-4
    )


def test_another_token_can_be_sent_in_place_of_the_chosen_one():
    network = load("decoder-rope").network
    play = decoding.generate(network, IDS)
    chosen = next(play).id
    after = play.send(chosen + 1)
    expected = next(decoding.generate(network, [*IDS, chosen + 1]))
    torch.testing.assert_close(after.stages[0], expected.stages[0], rtol=0, atol=1e-4)


def test_it_ends_with_an_end_token_and_where_there_is_no_room():
    learned = load("decoder-learned")
    assert len(written(learned.network, IDS, 999)) == 128 - len(IDS)
    greedy = written(learned.network, IDS, 8)
    assert written(learned.network, IDS, 999, ends=[greedy[4]]) == greedy[: greedy.index(greedy[4]) + 1]
    assert written(learned.network, [300] * 128, 5) == []
    assert decoding.room(load("decoder-rope").config) == 1024


def test_to_go_on_from_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to go on from"):
        next(decoding.generate(load("decoder-rope").network, []))


def test_a_network_that_looks_ahead_keeps_no_cache(make_network):
    network = make_network("rope", causal=False)
    steps = list(islice(decoding.generate(network, [1, 2, 3]), 3))
    assert [len(step.record.embedded) for step in steps] == [3, 4, 5]
    assert all(step.cache is None for step in steps)


def test_the_stages_of_a_step_are_those_of_its_filters():
    filters = [partial(decoding.temperature, degree=0.7), partial(decoding.top_k, k=9)]
    step = next(decoding.generate(load("decoder-rope").network, IDS, filters, seed=2))
    expected = decoding.stages(step.stages[0], filters)
    assert all(torch.equal(one, other) for one, other in zip(step.stages, expected, strict=True))
    assert step.stages[0].shape == (4096,) and len(kept(step.stages[2])) == 9
    assert step.roll == decoding.roll(2, len(IDS))
    assert step.id == decoding.sample(step.stages[-1], step.roll)


# ---- beam search ----


def scored(network, start, ids):
    with torch.inference_mode():
        logits = network(torch.tensor([*start, *ids])).logits.log_softmax(-1)
    return sum(float(logits[len(start) + i - 1, id]) for i, id in enumerate(ids))


@pytest.mark.parametrize("causal", [True, False])
def test_a_beam_as_wide_as_the_vocabulary_is_exhaustive_search(make_network, causal):
    network = make_network("rope", vocabulary=11, layers=1, causal=causal).double()
    start = [3, 1]
    with torch.inference_mode():
        one = network(torch.tensor(start)).logits[-1].log_softmax(-1)
        two = torch.stack(
            [network(torch.tensor([*start, id])).logits[-1].log_softmax(-1) for id in range(11)]
        )
    expected = {(i, j): float(one[i] + two[i, j]) for i, j in itertools.product(range(11), repeat=2)}
    best = sorted(expected, key=lambda pair: -expected[pair])[:11]
    levels = list(decoding.beams(network, start, 11, 2))
    assert [beam.ids for beam in levels[-1]] == best
    np.testing.assert_allclose(
        [beam.score for beam in levels[-1]], [expected[pair] for pair in best], atol=1e-12
    )


def test_beams_are_scored_sorted_and_grow_from_their_parents():
    network = load("decoder-rope").network
    before = [decoding.Beam((), 0.0, 0)]
    for level in decoding.beams(network, IDS, 4, 5):
        assert [beam.score for beam in level] == sorted((beam.score for beam in level), reverse=True)
        for beam in level:
            assert beam.ids[:-1] == before[beam.parent].ids
            assert beam.score == pytest.approx(scored(network, IDS, beam.ids), abs=1e-3)
        before = level


def test_a_beam_of_one_is_greedy():
    network = load("decoder-sinusoidal").network
    assert list([*decoding.beams(network, IDS, 1, 7)][-1][0].ids) == written(network, IDS, 7)


@pytest.mark.parametrize("causal", [True, False])
def test_a_beam_that_has_ended_stays_as_it_is(make_network, causal):
    network = make_network("rope", vocabulary=5, causal=causal)
    levels = list(decoding.beams(network, [1], 5, 6, ends=[2]))
    for level in levels:
        for beam in level:
            assert 2 not in beam.ids[:-1]
    assert any(beam.ids == (2,) for beam in levels[0])
    level = [beam for beam in levels[1] if beam.ids == (2,)]
    assert all(beam.score == pytest.approx(scored(network, [1], (2,)), abs=1e-4) for beam in level)
    assert len(list(decoding.beams(network, [1], 5, 6, ends=range(5)))) == 1


def test_a_search_ends_where_there_is_no_room():
    network = load("decoder-learned").network
    assert len(list(decoding.beams(network, [300] * 126, 2, 9))) == 2
    assert list(decoding.beams(network, [300] * 128, 2, 9)) == []


# ---- the lens, the sink, the clock ----


@pytest.mark.parametrize("name", ["decoder-rope", "decoder-learned"])
def test_the_lens_at_the_end_of_the_stream_is_the_model(name):
    bundle = load(name)
    trace = bundle.reread(IDS)
    np.testing.assert_allclose(
        decoding.lens(bundle.network, trace.layers[-1].resid_out), trace.logits, atol=1e-4
    )
    assert decoding.lens(bundle.network, trace.layers[0].resid_in[2:5]).shape == (3, 4096)


def test_ids_are_reread_as_their_text_is():
    bundle = load("decoder-rope")
    text = "I swam across the river"
    one, other = bundle.explain(text), bundle.reread(bundle.read(text))
    assert (one.tokens, one.text) == (other.tokens, other.text)
    np.testing.assert_array_equal(one.logits, other.logits)
    assert bundle.reread([0xF0, 0x9F]).tokens == (
        "⟨F0⟩",
        "⟨9F⟩",
    )  # the half of an emoji, as a model may write it


def test_the_share_of_the_first_token_is_the_mean_of_the_first_column():
    trace = load("decoder-rope").reread(IDS)
    found = sink.shares(trace)
    assert found.shape == (4, 6)
    for layer, head in itertools.product(range(4), range(6)):
        assert found[layer, head] == pytest.approx(
            trace.layers[layer].attention.weights(head)[1:, 0].mean(), abs=1e-6
        )
    with pytest.raises(ValueError, match="nobody after it"):
        sink.shares(load("decoder-rope").reread(IDS[:1]))


def test_without_the_first_token_rows_sum_to_one_again():
    weights = load("decoder-rope").reread(IDS).layers[2].attention.weights(3)
    left = sink.without(weights)
    assert np.isnan(left[0]).all() and (left[1:, 0] == 0).all()
    np.testing.assert_allclose(left[1:].sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(left[5, 1:], weights[5, 1:] / (1 - weights[5, 0]), rtol=1e-4)


def test_durations_are_two_times():
    without, cached = decoding.durations(load("decoder-rope").network, IDS, turns=1)
    assert without > 0 and cached > 0


# ---- figures ----


def test_the_ranks_are_the_probabilities_and_cuts_are_drawn_where_they_cut():
    own = np.array([0.5, 0.3, 0.2, 0.0001])
    figure = ranks.ranks(
        {"own": own, "final": np.array([0.7, 0.3, 0, 0])},
        cuts={"top-k 3": 3, "top-p 0.5": 2, "none": 4},
        chosen=1,
    )
    np.testing.assert_allclose(figure.data[0].y, own, rtol=1e-6)
    np.testing.assert_array_equal(np.isnan(figure.data[1].y), [False, False, True, True])
    assert (figure.data[2].x[0], figure.data[2].y[0]) == (2, np.float32(0.3))
    assert [shape.x0 for shape in figure.layout.shapes] == [3.5, 2.5]
    assert [note.text for note in figure.layout.annotations] == ["top-k 3: 3 left", "top-p 0.5: 2 left"]


def test_each_cut_is_named_at_its_own_line_and_no_line_runs_through_a_name():
    cuts = {"top-k": 40, "top-p": 4, "min-p": 900}
    figure = ranks.ranks({"own": np.full(1000, 0.001)}, cuts=cuts, chosen=0)
    lines, notes = figure.layout.shapes, figure.layout.annotations
    assert {note.text: round(10**note.x, 6) for note in notes} == {
        f"{name}: {left} left": left + 0.5 for name, left in cuts.items()
    }
    for line, note in zip(lines, notes, strict=True):
        side = 1 if note.xanchor == "left" else -1
        reached = [other for other in lines if side * (other.x0 - line.x0) > 0]
        towards = [other for other in reached if abs(np.log10(other.x0 / line.x0)) < 1]
        assert line.y1 == note.y and all(other.y1 < line.y1 for other in towards)
    assert [note.xanchor for note in notes] == ["right", "left", "left"]


def test_the_cache_is_drawn_with_its_lengths_and_a_frame_round_what_is_new():
    norms = [(np.arange(1, 6), np.arange(11, 16)), (np.arange(2, 7), np.arange(3, 8))]
    figure = cache_figures.kept(norms, ["a", "a", "<b>", "c", "d"], fresh=2)
    np.testing.assert_array_equal(figure.data[0].z[[0, 2]], [norms[0][0], norms[1][0]])
    np.testing.assert_array_equal(figure.data[1].z[[1, 3]], [norms[0][1], norms[1][1]])
    assert np.isnan(figure.data[0].z[1]).all()
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (2.5, 4.5)
    assert not any("<b>" in text for text in figure.layout.xaxis.ticktext)
    with pytest.raises(ValueError, match="4 tokens"):
        cache_figures.kept(norms, ["a", "b", "c", "d"], fresh=1)


def test_durations_are_drawn_in_milliseconds():
    figure = cache_figures.durations([2, 5], [0.004, 0.009], [0.001, 0.0015])
    np.testing.assert_allclose(figure.data[0].y, [4, 9])
    np.testing.assert_allclose(figure.data[1].y, [1, 1.5])


def test_sums_start_at_the_fork():
    figure = surprise.sums({"one": np.array([1.0, 2.5]), "other": np.array([3.0])})
    np.testing.assert_allclose(figure.data[0].y, [0, 1, 3.5])
    np.testing.assert_allclose(figure.data[1].y, [0, 3])


def test_components_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="3 tokens"):
        story(["a", "b", "c"], own=2, read=3, bits=[1.0], key="x")
    with pytest.raises(ValueError, match="a parent that is not there"):
        tree([[Node("a", 0, 0.5, 1.0)], [Node("b", 1, 0.5, 2.0)]], root="r", key="y")
