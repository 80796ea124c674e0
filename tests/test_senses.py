"""Laws of word senses: the axis, leave-one-out, the plane, and what a word may look at."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.analysis import senses
from model.analysis.senses import Axis
from model.network.attention import attend
from model.network.change import Change

TEXT = "The river is near the bank. A bank has cash."


def group(seed, size, centre=0.0):
    return np.random.default_rng(seed).normal(centre, 1, (size, 3, 7)).astype(np.float32)  # (N, S, C)


@pytest.fixture(scope="module")
def bundle(make_bundle):
    return make_bundle("rope", kind="encoder", causal=False, predicts=False)


# ---- words ----


def test_a_word_is_found_whole_and_whatever_its_capitals():
    assert [(word.start, word.end) for word in senses.find("Bank, banks; the BANK’s bank", "bank")] == [
        (0, 4),
        (6, 11),
        (17, 21),
        (24, 28),
    ]
    assert senses.find("", "bank") == []
    assert senses.shared("The bank, the cash", "Cash from THE road") == ["the", "cash"]


def test_the_tokens_of_a_word_cover_its_characters(bundle):
    for word in senses.words(TEXT):
        spans = bundle.tokenizer.spans(TEXT, bundle.read(TEXT))
        covered = {i for place in word.tokens(spans) for i in range(*spans[place])}
        assert set(range(word.start, word.end)) <= covered


def test_ten_words_have_two_senses_with_many_sentences_that_hold_the_word():
    assert len(senses.bundled()) == 10
    for word, groups in senses.bundled().items():
        assert len(groups) == 2
        for sentences in groups.values():
            assert len(sentences) >= 20
            assert all(senses.find(sentence, word) for sentence in sentences)


def test_words_between_are_taken_out_or_put_in_by_hand():
    text = "We swam, all of us, to the bank of the Rhine."
    (word,), (clue,), (after,) = (senses.find(text, name) for name in ("bank", "swam", "rhine"))
    assert senses.apart(word, clue, 0)[0].text == "We swam bank of the Rhine."
    assert senses.apart(word, clue, 2)[0].text == "We swam to the bank of the Rhine."
    assert senses.apart(word, clue, 5)[0].text == text
    assert senses.apart(word, clue, 7)[0].text == "We swam could say, all of us, to the bank of the Rhine."
    assert senses.apart(word, after, 0)[0].text == "We swam, all of us, to the bank Rhine."
    assert senses.apart(word, after, 1)[0].text == "We swam, all of us, to the bank of Rhine."
    assert senses.apart(word, after, 4)[0].text == "We swam, all of us, to the bank of the which as Rhine."


@given(
    st.lists(st.sampled_from(["river", "the", "Été", "don't", ", and", "7"]), min_size=2, max_size=9),
    st.integers(0, 25),
    st.data(),
)
def test_a_word_is_as_far_from_its_clue_as_asked(parts, between, data):
    text = " ".join(parts)
    every = senses.words(text)
    word, clue = data.draw(st.permutations(every))[:2]
    made = senses.apart(word, clue, between)
    assert list(map(str, made)) == [str(word), str(clue)]
    i, j = (senses.words(made[0].text).index(one) for one in made)
    assert abs(i - j) == between + 1 and (i < j) == (word.start < clue.start)
    assert made[0].text.startswith(text[: min(word.end, clue.end)]) and made[0].text.endswith(
        text[max(word.start, clue.start) :]
    )


# ---- vectors ----


def test_vectors_are_means_of_the_trace_at_every_stage(bundle):
    chosen = [*senses.find(TEXT, "bank"), *senses.find("cash", "cash"), *senses.find(TEXT.upper(), "river")]
    for word, made in zip(chosen, senses.vectors(bundle, chosen), strict=True):
        trace = bundle.explain(word.text)
        places = word.tokens(trace.spans)
        expected = [trace.embedded, *(layer.resid_out for layer in trace.layers), trace.final]
        np.testing.assert_allclose(made, [stage[places].mean(0) for stage in expected], rtol=1e-4, atol=1e-5)


# ---- the axis ----


@given(st.integers(0, 99), st.integers(2, 6), st.integers(2, 6))
def test_the_meter_changes_sign_when_the_groups_swap(seed, n, m):
    left, right, asked = group(seed, n), group(seed + 1, m, 0.5), group(seed + 2, 1)[0]
    there = Axis.between(left.mean(0), right.mean(0)).project(asked)
    back = Axis.between(right.mean(0), left.mean(0)).project(asked)
    np.testing.assert_allclose(there, -back, rtol=1e-5)


def test_the_axis_is_minus_one_at_the_left_mean_and_one_at_the_right():
    left, right = group(1, 4).mean(0), group(2, 5).mean(0)
    axis = Axis.between(left, right)
    np.testing.assert_allclose(axis.project(left), -1, atol=1e-5)
    np.testing.assert_allclose(axis.project(right), 1, atol=1e-5)
    np.testing.assert_allclose(axis.project((left + right) / 2), 0, atol=1e-5)


def test_where_the_groups_are_one_vector_there_is_no_axis():
    same = np.repeat(group(1, 1), 4, axis=0)
    assert not Axis.between(same.mean(0), same[:3].mean(0)).project(group(2, 1)[0]).any()
    found = senses.separate(same, same[:3])
    assert (found.accuracy == 0.5).all() and np.isinf(found.margin).all()


def test_leave_one_out_is_by_hand_what_it_says():
    left, right = group(1, 3), group(2, 2, 1.0)
    found = senses.separate(left, right)
    axis = Axis.between(left[[0, 2]].mean(0), right.mean(0))
    np.testing.assert_allclose(found.left[1], axis.project(left[1]), rtol=1e-5)
    np.testing.assert_allclose(
        found.right[0], Axis.between(left.mean(0), right[1]).project(right[0]), rtol=1e-4
    )
    hits = [*(found.left < 0), *(found.right > 0)]
    np.testing.assert_allclose(found.accuracy, np.mean(hits, axis=0))


def test_groups_far_apart_leave_nothing_too_close_to_call_and_mixed_ones_all():
    far = senses.separate(group(1, 20, -5), group(2, 20, 5))
    assert (far.accuracy == 1).all() and (far.margin < 0.1).all()
    mixed = senses.separate(group(1, 20), group(1, 20))
    assert (mixed.margin > 1).all()


def test_the_margin_is_where_the_odds_are_three_to_one():
    chance = np.random.default_rng(1)
    values = np.concatenate([chance.normal(-1, 0.8, 40_000), chance.normal(1, 0.8, 40_000)])
    margin = np.log(3) * 0.8**2 / 2
    near = np.abs(np.abs(values) - margin) < 0.02
    right_side = (values > 0) == (np.arange(80_000) >= 40_000)
    assert right_side[near].mean() == pytest.approx(0.75, abs=0.02)


def test_one_example_is_too_few():
    with pytest.raises(ValueError, match="two or more examples"):
        senses.separate(group(1, 1), group(2, 5))


# ---- the plane ----


def test_the_plane_keeps_its_sign_its_order_and_the_largest_spread():
    left, right, more = group(1, 6, -1), group(2, 5, 1), group(3, 2)
    points, share = senses.plane(left, right, more)
    assert points.shape == (13, 3, 2) and share.shape == (3, 2)
    again, _ = senses.plane(left[::-1], right, more)
    np.testing.assert_allclose(points[:6], again[:6][::-1], rtol=1e-3, atol=1e-4)
    assert (points[6:11].mean(0)[:, 0] > points[:6].mean(0)[:, 0]).all()
    centred = np.concatenate([left, right, more])[:, 1] - np.concatenate([left, right, more])[:, 1].mean(0)
    values = np.linalg.eigvalsh(centred.T @ centred)[::-1]
    np.testing.assert_allclose(share[1], values[:2] / values.sum(), rtol=1e-4)
    np.testing.assert_allclose((points[:, 1] ** 2).sum(0), values[:2], rtol=1e-3)


def test_equal_vectors_are_one_point():
    same = np.repeat(group(1, 1), 4, axis=0)
    points, share = senses.plane(same, same, same)
    assert not points.any() and not share.any()


# ---- what the word may look at ----


def test_a_blindfold_takes_out_the_edges_named_and_no_other(bundle):
    config, mask = bundle.config, torch.ones(6, 6, dtype=torch.bool)
    allowed = senses.blindfold(mask, config, [4, 5], [0, 2], layer=1, head=3)
    assert allowed.shape == (config.layers, config.heads, 6, 6)
    assert {tuple(edge) for edge in (~allowed).nonzero().tolist()} == {
        (1, 3, ask, key) for ask in (4, 5) for key in (0, 2)
    }
    assert mask.all()


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 9), st.integers(0, 8), st.integers(0, 999))
def test_blocking_every_edge_to_a_word_is_deleting_it_from_the_keys(tokens, gone, seed):
    gone %= tokens
    chance = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn(tokens, 5, generator=chance, dtype=torch.float64) for _ in range(3))
    allowed = torch.ones(tokens, tokens, dtype=torch.bool)
    allowed[:, gone] = False
    rest = [i for i in range(tokens) if i != gone]
    torch.testing.assert_close(attend(q, k, v, allowed), attend(q, k[rest], v[rest]))


def test_a_blindfolded_pass_is_explain_with_that_mask_in_batches_of_any_size(bundle, monkeypatch):
    word = senses.find(TEXT, "bank")[0]
    trace = bundle.explain(TEXT)
    asks, keys = word.tokens(trace.spans), senses.find(TEXT, "river")[0].tokens(trace.spans)
    cases = [(keys, None, None), (keys, 1, 2), (keys[:1], 0, None)]
    together = senses.blinded(bundle, word, cases)
    monkeypatch.setattr("model.analysis.senses.clues.PASS", 1)
    np.testing.assert_allclose(senses.blinded(bundle, word, cases), together, rtol=1e-3, atol=1e-4)
    allowed = senses.blindfold(bundle.network.mask(len(trace.ids)), bundle.config, asks, keys, 1, 2)
    expected = bundle.explain(TEXT, allowed)
    np.testing.assert_allclose(together[1, -1], expected.final[asks].mean(0), rtol=1e-3, atol=1e-4)
    assert not np.allclose(together[1, -1], trace.final[asks].mean(0), atol=1e-4)


def test_moved_away_a_word_is_read_with_so_many_words_before_its_clue(bundle):
    (word, other), clue = senses.find(TEXT, "bank"), senses.find(TEXT, "river")[0]
    moved = senses.moved_away(bundle, [(word, clue), (other, clue)], [0, 3])
    expected = senses.vectors(bundle, [senses.apart(other, clue, 3)[0]])[0, -1]
    assert moved.shape == (2, 2, bundle.config.width)
    np.testing.assert_allclose(moved[1, 1], expected, rtol=1e-3, atol=1e-4)


def test_hidden_from_everybody_a_clue_reaches_the_word_through_no_other(bundle):
    word, clue = senses.find(TEXT, "bank")[0], senses.find(TEXT, "river")[0]
    trace = bundle.explain(TEXT)
    keys, T = clue.tokens(trace.spans), len(trace.ids)
    allowed = bundle.network.mask(T).clone()
    for asks in set(range(T)) - set(keys):
        allowed[asks, keys] = False
    expected = bundle.explain(TEXT, allowed).final[word.tokens(trace.spans)].mean(0)
    from_word, from_all = (
        senses.blinded(bundle, word, [(keys, None, None)], everybody)[0, -1] for everybody in (False, True)
    )
    np.testing.assert_allclose(from_all, expected, rtol=1e-3, atol=1e-4)
    assert not np.allclose(from_word, from_all, atol=1e-4)


def test_two_clues_back_each_other_up_where_both_move_more_than_one_and_the_other():
    alone, pairs = np.array([0.1, -0.1, 0.5]), [(0, 1), (0, 2), (1, 2)]
    assert senses.backup(alone, pairs, np.array([0.1, 0.5, -0.9]), 0.25) == 2  # 0.3 more than 0.1 and 0.5
    assert senses.backup(alone, pairs, np.array([0.1, 0.5, -0.9]), 0.35) is None
    assert senses.backup(alone[:1], [], np.array([]), 0.25) is None


def test_a_word_blinded_to_nothing_is_what_it_was(bundle):
    word = senses.find(TEXT, "cash")[0]
    made = senses.blinded(bundle, word, [((), None, None)])
    np.testing.assert_allclose(made[0], senses.vectors(bundle, [word])[0], rtol=1e-3, atol=1e-4)


def test_looks_are_the_weights_of_the_trace(bundle):
    trace = bundle.explain(TEXT)
    places = senses.find(TEXT, "bank")[0].tokens(trace.spans)
    rows = senses.looks(trace, places)
    np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-5)
    np.testing.assert_allclose(rows[2, 1], trace.layers[2].attention.weights(1)[places].mean(0), rtol=1e-6)


# ---- mixtures ----


def test_the_average_and_the_lonely_mixture_are_what_explain_makes_of_them(bundle):
    word = senses.find(TEXT, "river")[0]
    trace = bundle.explain(TEXT)
    places, layers = word.tokens(trace.spans), (0, 2)
    averaged = bundle.explain(TEXT, None, Change(average=True), layers).final[places].mean(0)
    made = senses.vectors(bundle, [word, word], senses.average(bundle.config, layers))
    np.testing.assert_allclose(made[1, -1], averaged, rtol=1e-3, atol=1e-4)
    allowed = torch.ones(
        bundle.config.layers, bundle.config.heads, len(trace.ids), len(trace.ids), dtype=torch.bool
    )
    allowed[list(layers)] = torch.eye(len(trace.ids), dtype=torch.bool)
    made = senses.vectors(bundle, [word, word], senses.alone(bundle.config, layers))
    np.testing.assert_allclose(
        made[1, -1], bundle.explain(TEXT, allowed).final[places].mean(0), rtol=1e-3, atol=1e-4
    )


def test_others_can_be_asked_on_the_axes_of_the_examples():
    left, right = group(1, 4), group(2, 5, 1.0)
    asked = senses.separate(left, right, (right[:4], right))
    axis = Axis.between(senses.others(left, 2), right.mean(0))
    np.testing.assert_allclose(asked.left[2], axis.project(right[2]), rtol=1e-5)
