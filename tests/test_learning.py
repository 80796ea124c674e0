"""Trainings that are watched: the tasks' answers by other definitions, the very steps of model.train, and
what is recorded of them.
"""

import collections
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model.analysis import heads
from model.analysis.learning import (
    MASKS,
    SCALES,
    TASKS,
    History,
    Record,
    Settings,
    draw,
    measure,
    partners,
    record,
)
from model.network.attention import fused
from model.network.encodings import ENCODINGS
from model.train import live, toys

RULE = "ax by cz 7+"
TINY = Settings(layers=1, heads=2, width=8, task="sort")


def strings_of(name, scale=1, count=40):
    return draw(TASKS[name], count, seed=5, scale=scale, partners=partners(RULE))


def texts(strings):
    return [bytes(row).decode() for row in strings.ids.tolist()]


# ---- the tasks, by other definitions of what is right ----

EXPECTED = {  # what is given -> what is to be written after the sign
    "copy": lambda given: given,
    "reverse": lambda given: "".join(reversed(given)),
    "sort": lambda given: "".join(sorted(given)),
    "your own": lambda given: given.translate(str.maketrans("abc7", "xyz+")),
}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("scale", SCALES)
def test_what_is_written_after_the_sign_follows_the_rule(name, scale):
    strings = strings_of(name, scale)
    for text, judged in zip(texts(strings), strings.judged.tolist(), strict=True):
        given, _, written = text.partition("|")
        assert written.rstrip(".") == EXPECTED[name](given)
        assert "".join(text[i + 1] for i in np.flatnonzero(judged)) == EXPECTED[name](given)


def test_a_key_is_looked_up_among_those_given():
    strings = strings_of("look up")
    for text, judged in zip(texts(strings), strings.judged.tolist(), strict=True):
        given, _, asked = text.rstrip(".").partition("|")
        values = dict(zip(given[::2], given[1::2], strict=True))
        assert len(values) == len(given) / 2 and sorted(asked[::2]) == sorted(values)
        assert [values[key] for key in asked[::2]] == list(asked[1::2])
        assert np.flatnonzero(judged).tolist() == list(range(len(given) + 1, len(given + asked), 2))


@pytest.mark.parametrize("scale", SCALES)
def test_letters_are_counted(scale):
    strings = strings_of("count", scale)
    for text, judged in zip(texts(strings), strings.judged.tolist(), strict=True):
        given, _, asked = text.rstrip(".").partition("|")
        assert {key: str(often) for key, often in collections.Counter(given).items()} == dict(
            zip(asked[::2], asked[1::2], strict=True)
        )
        assert [text[i + 1] for i in np.flatnonzero(judged)] == list(asked[1::2])


def test_strings_repeat_with_the_periods_of_training_or_longer_ones():
    for scale, low, high in ((1, 4, 20), (2, 21, 40), (4, 41, 80)):
        strings = strings_of("repeat", scale)
        for text, judged in zip(texts(strings), strings.judged.tolist(), strict=True):
            period = judged.index(True)  # here the first symbol comes again, and the next one is settled
            assert low <= period <= high and text[period:] == text[:-period] and all(judged[period:])


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("scale", SCALES)
def test_the_places_of_an_answer_hold_it_or_what_it_counts(name, scale):
    strings = strings_of(name, scale, count=9)
    T = strings.read.shape[1]
    assert TASKS[name].length(scale) == T and strings.judged.any(1).all()
    for i, text in enumerate(texts(strings)):
        sources = strings.sources(i)
        rows, places = np.nonzero(sources)
        assert (places <= rows).all() and set(rows) == set(np.flatnonzero(strings.judged[i]))
        for row, place in zip(rows, places, strict=True):
            if name in ("copy", "reverse", "sort", "look up"):
                assert text[place] == text[row + 1]
            elif name == "count":
                assert text[place] == text[row] and sources[row].sum() == int(text[row + 1])
            elif name == "your own":
                assert dict(zip("abc7", "xyz+", strict=True))[text[place]] == text[row + 1]


def test_the_answer_score_of_strings_that_repeat_is_the_induction_score():
    strings = strings_of("repeat")
    for i, judged in enumerate(strings.judged[:8].tolist()):
        weights = np.random.default_rng(i).random((48, 48))
        weights = np.tril(weights) / np.tril(weights).sum(1, keepdims=True)
        expected = heads.induction(weights, judged.index(True))
        assert heads.on(weights, strings.sources(i)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "no rule yet"),
        (" , ", "no rule yet"),
        ("ab a", "Pair 2"),
        ("ab aé", "Pair 2"),
        ("a| bx", "Pair 1"),
        ("ab ac", "two partners"),
        (" ".join(f"a{n}" for n in range(10)) + " ab" * 20, "26 at most"),
        ("x" * 100_000, "Pair 1"),
        ("<b> ab", "Pair 1"),
        ("ax bx", "Add a pair"),
    ],
)
def test_a_rule_that_is_none_is_refused_in_a_sentence(rule, said):
    with pytest.raises(ValueError, match=said):
        partners(rule)


def test_a_rule_of_pairs_is_read():
    assert partners("ab, cd\nab") == {ord("a"): ord("b"), ord("c"): ord("d")}


# ---- the training ----


def test_the_first_losses_are_those_of_the_toys_training(monkeypatch, tmp_path):
    settings, losses = Settings(seed=3), []

    class Enough(Exception):
        pass

    def twenty(network, backward, **how):
        def kept(step):
            losses.append(backward(step))
            if len(losses) == 20:
                raise Enough
            return losses[-1]

        return fit(network, kept, **how)

    fit = toys.fit
    monkeypatch.setattr(toys, "fit", twenty)
    sizes = {"steps": settings.what.steps, "tokens": 48, "periods": (4, 20)}
    with pytest.raises(Enough):
        toys.train("rope", seed=3, work=tmp_path, folder=tmp_path, **sizes)
    assert [loss for _, loss in live.begun(settings).steps(20)] == losses


def test_the_gradients_are_those_that_torch_gives_for_its_own_attention():
    run = live.begun(TINY)
    live.batch_loss(run.network, TINY, 0).backward()
    strings = TINY.batch(0)
    logits = run.network(strings.read, attend=fused).logits
    loss = F.cross_entropy(logits[strings.judged], strings.targets[strings.judged])
    expected = torch.autograd.grad(loss, list(run.network.parameters()))
    for parameter, gradient in zip(run.network.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)
    assert max(gradient.abs().max() for gradient in expected) > 1e-3


def bits(parts):
    """Records as bytes, to be compared bit for bit."""
    return [[np.asarray(one).tobytes() for one in part] for part, _ in parts]


@pytest.fixture(scope="module")
def whole():
    return list(live.train(TINY, until=31))


def test_equal_settings_give_equal_bits_and_another_seed_others(whole):
    assert bits(live.train(TINY, until=31)) == bits(whole)
    assert bits(live.train(replace(TINY, seed=2), until=31)) != bits(whole)


def test_a_training_goes_on_from_any_state_as_if_it_had_not_been_stopped(whole):
    *before, (last, state) = live.train(TINY, until=17)
    assert last.step == state.step == 17 and [one.step for one, _ in before] == [0, 5, 10, 15]
    rest = list(live.train(TINY, state=state, until=31))
    assert bits(rest)[1:] == bits(whole)[5:]  # the first has stringser losses, from step 17 on
    assert np.concatenate([last.losses, rest[0][0].losses]).tolist() == whole[4][0].losses.tolist()
    (one, after), *more = live.train(TINY, state=state, until=18)
    assert (one.step, after.step, len(one.losses), more) == (18, 18, 1, [])
    assert bits(live.train(TINY, state=state, until=31)) == bits(rest)  # the state has stayed what it was


def test_a_training_stops_after_its_seconds_at_a_record_with_its_state():
    *_, (last, state) = live.train(TINY, seconds=0)
    assert last.step == state.step == 5


def test_a_loss_that_is_no_number_ends_in_a_sentence():
    with pytest.raises(ValueError, match="Choose a lower one"):
        list(live.train(replace(TINY, rate=1e12), until=40))


def test_all_records_of_the_largest_model_have_a_megabyte_at_most():
    for name in TASKS:
        large = Settings(task=name, rule=RULE, layers=3, heads=8)
        T = large.sample().read.shape[1]
        steps = live.moments(large.what.steps, 24, T * T)
        assert T <= 24 and len(steps) * 24 * T * T <= 1e6 and len(steps) > 30
        assert steps[0] == 0 and steps[-1] == large.what.steps and steps == sorted(set(steps))


@pytest.mark.parametrize("positions", ENCODINGS)
@pytest.mark.parametrize("mask", MASKS)
def test_every_encoding_and_mask_trains(positions, mask):
    settings = replace(TINY, positions=positions, mask=mask)
    one, other = (part for part, _ in live.train(settings, until=1))
    assert (one.step, other.step) == (0, 1) and np.isfinite([other.loss, other.inside]).all()
    assert np.isnan(other.beyond) == (positions == "learned")
    T = settings.sample().read.shape[1]
    allowed = settings.allowed(T).numpy()
    assert (other.maps[..., ~allowed] == 0).all()
    np.testing.assert_allclose(other.maps.sum(-1, dtype=int), 255, atol=T / 2)


# ---- what is recorded ----


def test_a_record_has_what_the_network_does():
    settings = replace(TINY, task="repeat", layers=2, width=16)
    network = settings.network()
    found = measure(network, settings, 0, [])
    strings = settings.draw(record.STRINGS, record.HELD)
    with torch.inference_mode():
        logits = network(strings.read).logits
        right = (logits.argmax(-1) == strings.targets)[strings.judged].double().mean()
    assert found.inside == pytest.approx(right.item())
    for layer, head in itertools.product(range(2), range(2)):
        keep = torch.ones(2, 2, dtype=torch.bool)
        keep[layer, head] = False
        with torch.inference_mode():
            passed = network(strings.read, keep=keep)
            weights = network(strings.read).layers[layer].attention.weights()[:, head].numpy()
        assert found.silenced[layer, head] == pytest.approx(record.share(passed.logits, strings))
        assert found.previous[layer, head] == pytest.approx(np.mean([heads.previous(w) for w in weights]))
    with torch.inference_mode():
        passed = network(settings.sample().read)
    np.testing.assert_allclose(found.maps[1] / 255, passed.layers[1].attention.weights()[0], atol=0.003)


def history(losses, answers):
    """A History with these losses and answer scores of two heads of one layer, a record every ten steps."""
    empty = np.zeros((1, 2), np.float32)
    records = [
        Record(10 * i, np.zeros(10), loss, 0, 0, empty, np.array([scores]), empty, np.zeros(0))
        for i, (loss, scores) in enumerate(zip(losses, answers, strict=True))
    ]
    return History(replace(TINY, task="repeat"), records)


def test_a_head_has_formed_once_it_has_come_half_of_the_way_and_the_cliff_lies_below_a_guess():
    one = history([5.6, 4.2, 4.1, 2.0, 1.0], [[0.1, 0.1], [0.2, 0.1], [0.5, 0.1], [0.2, 0.7], [0.3, 0.9]])
    assert 0.5 < one.bar < 0.6
    assert one.formed() == (3, 0, 1) and one.cliff() == (2, 3)
    none = history([5.6, 4.2, 4.17], [[0.1, 0.1]] * 3)
    assert none.formed() is None and none.cliff() is None and history([5.6], [[0, 0]]).cliff() is None


# ---- the race ----


def test_a_race_runs_abreast_on_the_same_batches_and_gives_what_each_alone_would(monkeypatch):
    monkeypatch.setattr(live, "LAPS", 2)
    monkeypatch.setitem(TASKS, "sort", replace(TASKS["sort"], steps=4))
    found = list(live.race(TINY, ["rope", "learned"], [1, 2]))
    assert [(lap.positions, lap.seed, lap.step) for lap in found] == [
        (name, seed, step) for seed in (1, 2) for step in (2, 4) for name in ("rope", "learned")
    ]
    alone = list(live.race(TINY, ["learned"], [2]))
    assert [lap.inside for lap in alone] == [found[5].inside, found[7].inside]
    assert [len(lap.scales) for lap in alone] == [0, 3] and np.isnan(alone[1].scales[1:]).all()
    assert all(lap.seconds > 0 for lap in found) and np.isfinite(found[6].scales).all()
    one, other = (replace(TINY, positions=name).batch(3) for name in ("rope", "learned"))
    assert torch.equal(one.ids, other.ids)
