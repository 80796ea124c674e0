"""What is measured of each head, and the page that shows all of them: the grid, the lines, two at once."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import model
from model import Change, masks
from model.analysis import alignment, heads, sink, subject
from model.analysis.strings import SYMBOLS
from pages.heads import contrast
from pages.heads.names import several
from tests.session import (
    HOSTILE,
    address,
    checked,
    click,
    control,
    escaped,
    move,
    opened,
    pictures,
    said,
    unfold,
)
from viz.component import grid as grids
from viz.component import lines as curves
from viz.component import panels

TEXT = "She gave the red ball to the boy, and the boy gave it to the dog"
NOW = 1_700_000_000_000
MASKS = {
    "causal": masks.causal(13).numpy(),
    "full": masks.full(13).numpy(),
    "window": masks.window(13, 5).numpy(),
}


def chance(seed, allowed):
    """Random weights under a mask, rows summing to 1, in float64."""
    drawn = np.random.default_rng(seed).exponential(size=allowed.shape) ** 3 * allowed
    return drawn / drawn.sum(axis=-1, keepdims=True)


def pointing(targets, tokens):
    """Weights of a head whose token i looks at targets[i] alone, and at itself where there is none."""
    weights = np.zeros((tokens, tokens))
    weights[np.arange(tokens), [targets.get(i, i) for i in range(tokens)]] = 1
    return weights


# ---- laws ----


@pytest.mark.parametrize("mask", MASKS)
def test_a_uniform_head_has_its_baselines(mask):
    allowed = MASKS[mask]
    weights = heads.uniform(allowed)
    sees = [np.flatnonzero(row) for row in allowed]
    assert weights.sum(axis=-1) == pytest.approx(1)
    assert heads.entropy(weights) == pytest.approx(
        np.mean([math.log2(len(seen)) for seen in sees]), abs=1e-12
    )
    assert heads.distance(weights) == pytest.approx(
        np.mean([np.abs(seen - i).mean() for i, seen in enumerate(sees)]), abs=1e-12
    )
    assert heads.previous(weights) == pytest.approx(np.mean([1 / len(seen) for seen in sees[1:]]), abs=1e-12)
    assert heads.itself(weights) == pytest.approx(np.mean([1 / len(seen) for seen in sees]), abs=1e-12)
    assert sink.share(weights) == pytest.approx(
        np.mean([(0 in seen) / len(seen) for seen in sees[1:]]), abs=1e-12
    )


@pytest.mark.parametrize(
    ("mask", "share"), [("causal", sum(1 / i for i in range(2, 14)) / 12), ("full", 1 / 13)]
)
def test_how_much_a_uniform_head_gives_the_first_token_depends_on_the_mask(mask, share):
    assert sink.share(heads.uniform(MASKS[mask])) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("mask", MASKS)
@given(seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_no_head_leaves_the_range_of_a_measure(mask, seed):
    weights = chance(seed, MASKS[mask])
    assert (
        0
        <= heads.entropy(weights)
        <= heads.entropy(heads.uniform(MASKS[mask])) + 1e-12
        <= math.log2(13) + 1e-12
    )
    assert 0 <= heads.distance(weights) <= 12
    for score in (heads.previous, heads.itself, sink.share):
        assert 0 <= score(weights) <= 1
    loops = np.mean([sum(weights[i, j] * abs(i - j) for j in range(13)) for i in range(13)])
    assert heads.distance(weights) == pytest.approx(loops, abs=1e-12)


def test_a_head_that_does_one_thing_scores_1():
    before = pointing({i: i - 1 for i in range(1, 13)}, 13)
    assert heads.previous(before) == 1
    assert heads.entropy(before) == 0
    assert heads.itself(np.eye(13)) == 1
    assert heads.distance(np.eye(13)) == 0
    assert sink.share(pointing(dict.fromkeys(range(13), 0), 13)) == 1
    for period in (3, 5, 7):
        again = pointing({i: i - period + 1 for i in range(period, 2 * period)}, 2 * period)
        assert heads.induction(again, period) == 1
        assert heads.induction(np.roll(again, 1, axis=1), period) == 0
        seen = pointing(
            {i: i - period for i in range(period, 2 * period)}, 2 * period
        )  # the same token itself, not the one after it
        assert heads.induction(seen, period) == 0


def test_induction_counts_every_earlier_copy():
    """Of 14 tokens with a period of 4, token 13 may look at 2, 6 and 10: what came after 1, 5 and 9."""
    weights = chance(5, np.tril(np.ones((14, 14))))
    found = [sum(weights[i, j + 1] for j in range(i - 4, -1, -4)) for i in range(4, 14)]
    assert heads.induction(weights, 4) == pytest.approx(np.mean(found))
    everywhere = np.zeros((14, 14))
    everywhere[np.arange(4, 14), [j % 4 + 1 for j in range(10)]] = 1  # the oldest copy, whichever it is
    assert heads.induction(everywhere, 4) == 1


def test_induction_asks_the_second_copy_only():
    weights = chance(4, np.ones((10, 10)))
    assert heads.induction(weights, 5) == pytest.approx(np.mean([weights[i, i - 4] for i in range(5, 10)]))


def test_a_model_whose_heads_average_measures_as_uniform(make_bundle):
    for choices in ({}, {"causal": False}, {"positions": "alibi"}):
        trace = make_bundle(**choices).explain("I swam across the river", change=Change(average=True))
        for name, found in heads.measure(trace).items():
            assert found.heads.shape == (3, 4)
            assert np.abs(found.heads - found.uniform).max() < 1e-5, name


def test_measures_are_those_of_the_weights(make_bundle):
    trace = make_bundle("t5").explain("I swam across the river")
    found = heads.measure(trace)
    for layer, head in ((0, 0), (1, 3), (2, 2)):
        weights = trace.layers[layer].attention.weights(head).astype(float)
        T = len(weights)
        entropy = -sum(w * math.log2(w) for w in weights.ravel() if w > 0) / T
        assert found["entropy"].heads[layer, head] == pytest.approx(entropy, rel=1e-5)
        assert found["previous token"].heads[layer, head] == pytest.approx(
            np.mean([weights[i, i - 1] for i in range(1, T)]), rel=1e-5
        )
        assert found["first token"].heads[layer, head] == pytest.approx(
            sink.shares(trace)[layer, head], rel=1e-5
        )
    again = heads.measure(trace, [heads.scores(layer.attention, trace.tokens) for layer in trace.layers])
    assert all((again[name].heads == found[name].heads).all() for name in found)


def test_words_before_and_marks_before_are_found():
    tokens = ["The", " cat", ",", " the", " cat", "."]
    found = {
        name: {(int(i), int(j)) for i, j in np.argwhere(targets(tokens))}
        for name, targets in heads.TARGETS.items()
    }
    assert found["same word before"] == {(3, 0), (4, 1)}  # marks are no words
    assert found["punctuation"] == {(3, 2), (4, 2)}  # those that ask are words


def test_a_score_on_targets_is_a_mean_over_the_rows_that_have_some():
    weights, targets = chance(3, np.tri(6)), np.zeros((6, 6), bool)
    targets[3, :2] = targets[5, 4] = True
    assert heads.on(weights, targets) == pytest.approx((weights[3, 0] + weights[3, 1] + weights[5, 4]) / 2)
    assert math.isnan(heads.on(weights, np.zeros((6, 6), bool)))


def test_what_a_text_does_not_have_is_not_measured(make_bundle):
    bundle = make_bundle()
    assert not set(heads.TARGETS) & set(heads.measure(bundle.explain("abcdefgh")))
    assert set(heads.TARGETS) <= set(heads.measure(bundle.explain("abc, abc")))


def test_the_subject_of_a_verb_is_no_fixed_place_nor_the_nearest_noun():
    places = set()
    for text, noun, verb in subject.sentences():
        words = text.split()
        places.add((words.index(noun), words.index(verb) - words.index(noun)))
        between = words[words.index(noun) + 1 : words.index(verb)]
        assert set(between) & set(subject.NOUNS)
        assert words[-1] == verb
    assert len({place for place, _ in places}) == len(subject.BEGINNINGS)


def test_a_head_that_averages_gives_the_subject_what_a_uniform_one_does(monkeypatch):
    bundle = model.load("decoder-none")
    explain = type(bundle).explain
    monkeypatch.setattr(
        type(bundle), "explain", lambda one, text: explain(one, text, change=Change(average=True))
    )
    found = subject.measure(bundle)
    assert np.abs(found.heads - found.uniform).max() < 1e-6
    assert found.heads.shape == (4, 6)


def test_one_head_of_the_encoder_finds_the_subject_and_a_toy_knows_no_words():
    encoder = subject.measure(model.load("encoder"))
    assert encoder.heads.max() == encoder.heads[2, 2] > 0.5 > 3 * encoder.uniform.max()
    assert subject.measure(model.load("toy-rope")) is None


def test_named_heads_come_first_and_every_head_once():
    found = measured()
    shares = np.array([[0, 0.2, 0.4], [0.65, 0.8, 1]])
    flat = {name: one.uniform for name, one in found.items()}
    found = {name: heads.Measured(np.full((2, 3), one), one) for name, one in flat.items()}
    found["entropy"] = heads.Measured(np.full((2, 3), 1.0), 3.0)
    found["first token"] = heads.Measured(shares, flat["first token"])
    found["previous token"] = heads.Measured(np.where(np.eye(2, 3, dtype=bool), 0.9, 0.1), 0.1)
    order = heads.named_first(found, heads.LEAST).tolist()
    assert order == [0, 4, 5, 3, 2, 1]
    earned = heads.names(found, heads.LEAST).ravel()
    names = ["previous token"] * 2 + ["first token"] * 2 + [heads.NONE] * 2
    assert [earned[i] for i in order] == names


# ---- two texts, word by word ----


def test_words_are_aligned_in_order_whatever_their_case():
    a, b = ["I", "swam", "across", "the", "river"], ["i", "walked", "ACROSS", "the", "old", "road"]
    assert alignment.align(a, b) == [
        (0, 0),
        (1, None),
        (None, 1),
        (2, 2),
        (3, 3),
        (4, None),
        (None, 4),
        (None, 5),
    ]


@given(
    words=st.lists(st.sampled_from("abcd"), max_size=9), other=st.lists(st.sampled_from("abcd"), max_size=9)
)
@settings(deadline=None)
def test_an_alignment_has_each_word_once_in_order_and_partners_are_alike(words, other):
    pairs = alignment.align(words, other)
    for side, text in enumerate((words, other)):
        assert [pair[side] for pair in pairs if pair[side] is not None] == list(range(len(text)))
    assert all(words[i] == other[j] for i, j in pairs if None not in (i, j))
    assert (None not in [one for pair in alignment.align(words, words) for one in pair]) or not words


def test_what_is_spread_stands_where_its_words_stand_and_leaves_the_rest_blank():
    values = np.arange(9.0).reshape(3, 3)
    wide = alignment.spread(values, [0, None, 2])
    assert wide[[0, 0, 2, 2], [0, 2, 0, 2]].tolist() == [0, 2, 6, 8]
    assert np.isnan(wide[1]).all() and np.isnan(wide[:, 1]).all()


def test_one_token_has_nothing_to_measure(make_bundle):
    with pytest.raises(ValueError, match="single token"):
        heads.measure(make_bundle().explain("a"))


def test_some_rows_of_the_weights_are_those_rows(make_bundle):
    for positions in ("rope", "alibi", "none"):
        attention = make_bundle(positions, key_heads=2).explain("I swam across the river").layers[1].attention
        assert attention.weights(3, slice(2, 7)) == pytest.approx(attention.weights(3)[2:7], abs=1e-6)


# ---- strings that repeat ----


@pytest.mark.parametrize("name", ["encoder", "decoder-rope", "toy-rope"])
def test_the_strings_repeat_and_have_no_end_token(name):
    bundle = model.load(name)
    ids = heads.strings(bundle).numpy()
    assert ids.shape == (heads.STRINGS, 2 * heads.PERIOD)
    assert (ids[:, : heads.PERIOD] == ids[:, heads.PERIOD :]).all()
    assert (ids != bundle.tokenizer.end).all()
    assert (ids == heads.strings(bundle).numpy()).all()
    assert np.isin(ids, SYMBOLS).all() == name.startswith("toy")


def test_the_toy_has_an_induction_head_and_the_small_decoders_have_none():
    toy = heads.repeat(model.load("toy-rope"))
    card = np.array(model.load("toy-rope").card["induction"])
    assert np.unravel_index(toy.heads.argmax(), toy.heads.shape) == np.unravel_index(
        card.argmax(), card.shape
    )
    assert toy.heads.max() > 0.5 > 0.3 > heads.repeat(model.load("decoder-rope")).heads.max()
    assert toy.uniform == pytest.approx(np.mean([1 / (i + 1) for i in range(heads.PERIOD, 2 * heads.PERIOD)]))


def test_the_induction_score_is_the_mean_of_single_weights():
    bundle = model.load("toy-alibi")
    ids = heads.strings(bundle).tolist()
    found = [
        bundle.reread(row).layers[1].attention.weights(3)[i, i - heads.PERIOD + 1]
        for row in ids
        for i in range(heads.PERIOD, 2 * heads.PERIOD)
    ]
    assert heads.repeat(bundle).heads[1, 3] == pytest.approx(np.mean(found), rel=1e-5)


# ---- names ----


def measured(**scores):
    """Measured as given, one head each; what is not given is that of a uniform head."""
    uniform = {
        "entropy": 3.0,
        "distance": 4.0,
        "first token": 0.2,
        "previous token": 0.1,
        "itself": 0.1,
        "induction": 0.02,
    }
    return {
        name: heads.Measured(
            np.array([[scores.get(name.replace(" ", "_"), 1.0 if name == "entropy" else flat)]]), flat
        )
        for name, flat in uniform.items()
    }


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ({}, heads.NONE),
        ({"entropy": 2.69}, heads.NONE),
        ({"entropy": 2.71}, "broad"),
        ({"first_token": 0.59}, heads.NONE),
        ({"first_token": 0.61}, "first token"),
        ({"previous_token": 0.56}, "previous token"),
        ({"previous_token": 0.56, "itself": 0.57}, "itself"),
        ({"previous_token": 0.6, "induction": 0.6}, "induction"),
        ({"previous_token": 0.6, "entropy": 2.9}, "previous token"),
        ({"induction": 0.5}, heads.NONE),
    ],
    ids=str,
)
def test_a_head_has_only_the_name_that_it_has_earned(scores, name):
    assert heads.names(measured(**scores), heads.LEAST)[0, 0] == name
    assert heads.names(measured(**scores), heads.LEAST - 1)[0, 0] == heads.NONE


def test_a_uniform_head_earns_no_place(make_bundle):
    trace = make_bundle().explain("I swam across the river to", change=Change(average=True))
    found = heads.measure(trace)
    flat = heads.Measured(np.full((3, 4), 0.02), 0.02)
    assert (heads.names(found | {"induction": flat}, len(trace.tokens)) == "broad").all()


# ---- the pictures ----


def test_what_is_sent_is_what_was_given():
    maps, allowed = np.random.default_rng(1).random((3, 5, 7)).astype(np.float32), np.tri(5, 7, dtype=bool)
    before = maps.copy()
    for mask in (allowed, np.broadcast_to(allowed, maps.shape)):
        payload = grids.pack(
            maps,
            list("abcde"),
            list("abcdefg"),
            mask,
            "weights",
            {"names": list("xyz"), "notes": [""] * 3, "measures": {}},
        )
        length = int.from_bytes(payload[:4], "little")
        numbers = np.frombuffer(payload[4 + length :], "<f4").reshape(3, 5, 7)
        assert (4 + length) % 4 == 0
        assert (np.isnan(numbers) == ~np.broadcast_to(allowed, maps.shape)).all()
        assert (numbers[:, allowed] == maps[:, allowed]).all()
    assert (maps == before).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": list("abcd")},
        {"names": list("wxyz")},
        {"kind": "mask"},
        {"notes": ["one"]},
        {"measures": {"entropy": [1.0]}},
    ],
    ids=str,
)
def test_sizes_that_do_not_fit_are_refused(wrong):
    given = {
        "rows": list("abcde"),
        "columns": list("abcdefg"),
        "names": list("xyz"),
        "notes": [""] * 3,
        "measures": {},
        "kind": "weights",
    } | wrong
    header = {name: given[name] for name in ("names", "notes", "measures")}
    with pytest.raises(ValueError, match=r"there are|kind"):
        grids.pack(np.zeros((3, 5, 7)), given["rows"], given["columns"], None, given["kind"], header)


@given(seed=st.integers(0, 1000), heads_=st.integers(1, 3), tokens=st.sampled_from([1, 7, 53]))
@settings(deadline=None, max_examples=20)
def test_the_strongest_lines_are_the_largest_weights(seed, heads_, tokens):
    allowed = np.tri(tokens, dtype=bool)
    maps = np.stack([chance(seed + n, allowed) for n in range(heads_)]).astype(np.float32)
    found = curves.strongest(maps, allowed)
    weights = maps.ravel()[found]
    assert (np.diff(weights) <= 0).all()
    assert len(set(found.tolist())) == len(found) == min(curves.MOST, heads_ * allowed.sum())
    assert weights[-1] >= np.delete(np.where(allowed, maps, 0).ravel(), found).max(initial=0)
    assert np.broadcast_to(allowed, maps.shape).ravel()[found].all()


def test_panels_may_mix_weights_and_a_difference(monkeypatch):
    sent = []
    monkeypatch.setattr(panels, "mount", lambda **how: sent.append(how["data"]))
    maps = {"A": np.eye(3), "B": np.full((3, 3), 0.5), "A − B": np.eye(3) - 0.75}
    panels.panels(maps, rows=list("abc"), columns=list("abc"), key="k", signed=["A − B"])
    header = json.loads(sent[0][4 : 4 + int.from_bytes(sent[0][:4], "little")])
    assert [(scale["kind"], scale["low"], scale["high"]) for scale in header["scales"]] == [
        ("weights", 0, 1),
        ("weights", 0, 1),
        ("signed", -0.75, 0.75),
    ]


# ---- the page: the grid ----


@pytest.fixture
def at():
    return opened("heads", text=TEXT)


def thumbnails(at):
    """The grid as (header, {name: matrix})."""
    header, numbers = pictures(at)["heads.grid"]
    maps = numbers.reshape(len(header["names"]), header["tall"], -1)
    return header, dict(zip(header["names"], maps, strict=True))


def test_every_thumbnail_is_its_head(at):
    trace = model.load("decoder-rope").explain(TEXT)
    header, found = thumbnails(at)
    assert len(found) == 24
    for name, shown in found.items():
        layer, head = (int(number) - 1 for number in name.split("."))
        weights = trace.layers[layer].attention.weights(head)
        assert shown == pytest.approx(
            np.where(np.tri(len(weights), dtype=bool), weights, np.nan), nan_ok=True
        )
    assert header["names"][header["selected"]] == "3.4"
    assert tuple(header["rows"][: header["tall"]]) == trace.tokens


@pytest.mark.parametrize("order", ["entropy", "same word before", "previous token", "induction"])
@pytest.mark.parametrize("name", ["decoder-rope", "encoder", "toy-rope"])
def test_an_order_is_by_what_is_measured_and_says_its_baseline(name, order):
    at = opened("heads", text=TEXT, model=name, **{"heads.order": order})
    bundle = model.load(name)
    trace = bundle.explain(TEXT)
    found = heads.measure(trace) | {"induction": heads.repeat(bundle)}
    if verbs := subject.measure(bundle):
        found["subject of the verb"] = verbs
    header, _ = thumbnails(at)
    value = {f"{i + 1}.{j + 1}": score for (i, j), score in np.ndenumerate(found[order].heads)}
    numbers = [value[shown] for shown in header["names"]]
    assert numbers == sorted(numbers, reverse=True)
    names = heads.names(found, len(trace.tokens))
    for shown, note in zip(header["names"], header["notes"], strict=True):
        layer, head = (int(number) - 1 for number in shown.split("."))
        assert note == f"{value[shown]:.2f}\n{names[layer, head]}"
    assert header["measures"][order] == pytest.approx(numbers)
    assert f"a uniform head would have **{found[order].uniform[0, 0]:.2f}**" in said(at)
    assert address(at)["heads.order"] == order


def test_the_page_opens_with_named_heads_and_says_what_the_chosen_one_does(at):
    header, _ = thumbnails(at)
    assert header["notes"][0].split("\n")[1] == "previous token"
    names = [note.split("\n") for note in header["notes"]]
    named = sum(bool(name) for _, name in names)
    assert all(name for _, name in names[:named]) and names[named:] == [["", ""]] * (24 - named)
    first = header["names"][0]
    click(at, "heads.grid", {"head": [first, NOW]})
    layer, head = (int(number) - 1 for number in first.split("."))
    found = heads.measure(model.load("decoder-rope").explain(TEXT))["previous token"]
    percent = f"{100 * found.heads[layer, head]:.0f} %"
    assert (
        f"Head {first} gives **{percent}** of its weight to the token before; a uniform head would give "
        f"{100 * found.uniform[0, 0]:.0f} %." in said(at)
    )
    assert (
        pictures(at)["heads.map"][0]["label"]
        == f"layer {layer + 1}, head {head + 1}: gives {percent} of its weight to the token before"
    )


def test_an_order_by_what_the_text_does_not_have_says_so():
    at = opened("heads", text="I swam across a river to see it", **{"heads.order": "punctuation"})
    assert "this text has nothing of the kind “punctuation”" in said(at)
    assert thumbnails(at)[0]["names"][0] == "1.1"


def test_the_page_says_where_induction_heads_are(at):
    unfold(at, "heads.rule")
    toy, here = (heads.repeat(model.load(name)).heads.max() for name in ("toy-rope", "decoder-rope"))
    assert f"no such head: the most is **{here:.2f}**" in said(at)
    assert f"In toy-rope, a small model of strings that repeat, the most is **{toy:.2f}**" in said(at)
    move(at, {"model": "toy-rope"})
    assert f"This model has such a head: the most is **{toy:.2f}**" in said(at)


def test_a_click_opens_a_head_and_a_cell_is_shared(at):
    click(at, "heads.grid", {"head": ["2.5", NOW]})
    assert (control(at, "layer").value, control(at, "head").value) == (2, 5)
    header, weights = pictures(at)["heads.map"]
    assert header["label"].startswith("layer 2, head 5")
    expected = model.load("decoder-rope").explain(TEXT).layers[1].attention.weights(4)
    assert weights[9, :10] == pytest.approx(expected[9, :10])
    click(at, "heads.map", {"cell": [9, 3, NOW]})
    assert {"layer": "2", "head": "5", "heads.query": "10", "heads.key": "4"}.items() <= address(at).items()
    move(at, {"heads.section": "Lines"})
    assert pictures(at)["heads.curves"][0]["selected"] == [9, 3]
    assert pictures(at)["heads.curves"][0]["chosen"] == ["2.5"]
    move(at, {"heads.section": "Two at once"})
    assert pictures(at)["heads.contrast"][0]["selected"] == [9, 3]


def test_a_long_text_shows_a_window_around_the_token_that_asks():
    text = "One day, a little girl found a big box under her bed. " * 14
    trace = model.load("decoder-rope").explain(text)
    T = len(trace.tokens)
    assert T > 150
    for query in (1, 80, T):
        at = opened("heads", text=text, **{"heads.query": str(query)})
        header, found = thumbnails(at)
        start = header["start"]
        assert header["tall"] == 128
        assert start <= query - 1 < start + 128
        weights = trace.layers[1].attention.weights(2)[start : start + 128, start : start + 128]
        assert np.nan_to_num(found["2.3"]) == pytest.approx(weights, abs=1e-6)
        assert f"tokens {start + 1} to {start + 128} of {T:,}" in said(at)
        assert len(pictures(at)["heads.map"][0]["rows"]) == T


def test_toys_are_offered_here_last_and_nowhere_else(at):
    offered = [name for name in control(at, "model").options if not name.startswith("hub:")]
    known = [name for name in offered if not name.startswith("toy-")]
    assert offered[: len(known)] == known
    assert "toy-rope" in offered
    move(at, {"model": "toy-rope"})
    checked(at.switch_page("attention/page.py").run())
    assert not any(name.startswith("toy-") for name in control(at, "model").options)
    assert control(at, "model").value in known


# ---- lines ----


def test_the_lines_are_the_chosen_heads_weights():
    at = opened(
        "heads", text=TEXT, **{"heads.section": "Lines", "heads.more": "2.2 1.1", "heads.lines": "77"}
    )
    trace = model.load("decoder-rope").explain(TEXT)
    header, numbers = pictures(at)["heads.curves"]
    T = len(trace.tokens)
    assert header["names"] == header["chosen"] == ["3.4", "2.2", "1.1"]
    assert header["count"] == 77
    for name, shown in zip(header["names"], numbers.reshape(3, T, T), strict=True):
        layer, head = (int(number) - 1 for number in name.split("."))
        assert np.nan_to_num(shown) == pytest.approx(trace.layers[layer].attention.weights(head))
    assert {"heads.more": "2.2 1.1", "heads.lines": "77"}.items() <= address(at).items()


def test_heads_come_and_go_by_clicks():
    at = opened("heads", text=TEXT, **{"heads.section": "Lines"})
    for name, left in (
        ("1.1", "3.4 1.1"),
        ("4.6", "3.4 1.1 4.6"),
        ("3.4", "1.1 4.6"),
        ("4.6", "1.1"),
        ("1.1", "1.1"),
    ):
        click(at, "heads.curves", {"head": [name, NOW]})
        assert pictures(at)["heads.curves"][0]["chosen"] == left.split()
    assert (control(at, "layer").value, control(at, "head").value) == (1, 1)


def test_many_heads_are_drawn_as_their_mean():
    more = ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]
    at = opened("heads", text=TEXT, **{"heads.section": "Lines", "heads.more": " ".join(more)})
    trace = model.load("decoder-rope").explain(TEXT)
    header, numbers = pictures(at)["heads.curves"]
    assert header["names"] == ["the mean of 7 heads"]
    mean = np.mean(
        [trace.layers[int(name[0]) - 1].attention.weights(int(name[2]) - 1) for name in ["3.4", *more]],
        axis=0,
    )
    assert np.nan_to_num(numbers) == pytest.approx(mean, abs=1e-6)
    assert "mean of their weights" in said(at)


def test_a_number_of_lines_and_a_token_are_kept():
    at = opened("heads", text=TEXT, **{"heads.section": "Lines"})
    click(at, "heads.curves", {"count": [9, NOW]})
    click(at, "heads.curves", {"token": ["row", 6, NOW]})
    click(at, "heads.curves", {"token": ["column", 2, NOW + 1]})
    header, _ = pictures(at)["heads.curves"]
    assert (header["count"], header["selected"]) == (9, [6, 2])
    assert {"heads.lines": "9", "heads.query": "7", "heads.key": "3"}.items() <= address(at).items()


def test_a_model_with_fewer_heads_forgets_those_it_has_not():
    at = opened(
        "heads", text=TEXT, model="toy-rope", **{"heads.section": "Lines", "heads.more": "4.6 1.2 9.9 x"}
    )
    assert pictures(at)["heads.curves"][0]["chosen"] == ["2.4", "1.2"]


# ---- two at once ----


def compared(at):
    header, numbers = pictures(at)["heads.contrast"]
    return header, numbers.reshape(3, header["tall"], -1)


def test_two_heads(at):
    move(at, {"heads.section": "Two at once", "heads.layer_b": 1, "heads.head_b": 2})
    header, (a, b, gap) = compared(at)
    trace = model.load("decoder-rope").explain(TEXT)
    expected = [trace.layers[2].attention.weights(3), trace.layers[0].attention.weights(1)]
    low = np.tri(len(a), dtype=bool)
    assert a[low] == pytest.approx(expected[0][low])
    assert b[low] == pytest.approx(expected[1][low])
    assert gap[low] == pytest.approx((expected[0] - expected[1])[low], abs=1e-6)
    assert np.isnan(gap[~low]).all()
    i, j = np.unravel_index(np.nanargmax(np.abs(gap)), gap.shape)
    assert f"(place {i + 1}) looks at" in said(at)
    assert (
        f"(place {j + 1}): A gives it {a[i, j]:.2f} and B {b[i, j]:.2f}, "
        f"**A − B = {gap[i, j]:+.2f}**".replace("= -", "= −")
        in said(at)
    )
    assert header["scales"][2]["high"] == -header["scales"][2]["low"] == pytest.approx(np.nanmax(np.abs(gap)))


def test_a_head_against_itself_differs_nowhere(at):
    move(at, {"heads.section": "Two at once", "heads.layer_b": 3, "heads.head_b": 4})
    assert np.nanmax(np.abs(compared(at)[1][2])) == 0
    assert "do not differ in any cell" in said(at)


@pytest.mark.parametrize("name", ["decoder-alibi", "encoder"])
def test_two_texts_of_different_length(name):
    other = "She gave the blue box to the girl"
    at = opened(
        "heads",
        text=TEXT,
        model=name,
        **{"heads.section": "Two at once", "heads.pair": "two texts", "heads.other": other},
    )
    bundle = model.load(name)
    traces = [bundle.explain(text) for text in (TEXT, other)]
    header, (a, b, gap) = compared(at)
    names = list(header["columns"])
    assert names[:7] == ["She", " gave", " the", " red (A)", " ball (A)", " blue (B)", " box (B)"]
    weights = traces[0].layers[2].attention.weights(3), traces[1].layers[2].attention.weights(3)
    row, ours, theirs = names.index(" to"), 5, 5  # She gave the red ball to, She gave the blue box to
    assert a[row, :3] == pytest.approx(weights[0][ours, :3], abs=1e-6)
    assert b[row, :3] == pytest.approx(weights[1][theirs, :3], abs=1e-6)
    assert gap[row, :3] == pytest.approx((weights[0][ours, :3] - weights[1][theirs, :3]), abs=1e-6)
    alone = names.index(" red (A)"), names.index(" blue (B)")
    assert np.isnan(b[alone[0]]).all() and np.isnan(a[:, alone[1]]).all()
    assert np.isnan(gap[list(alone)]).all()
    assert "Without a partner, and blank: of A ` red `, ` ball `" in said(at)
    assert {"heads.other": other, "heads.pair": "two texts"}.items() <= address(at).items()


def test_two_models(at):
    move(
        at,
        {
            "heads.section": "Two at once",
            "heads.pair": "two models",
            "heads.model": "decoder-t5",
            "heads.layer_b": 4,
        },
    )
    _, (a, b, _) = compared(at)
    low = np.tri(len(a), dtype=bool)
    assert b[low] == pytest.approx(model.load("decoder-t5").explain(TEXT).layers[3].attention.weights(3)[low])


@pytest.mark.parametrize(
    ("first", "second"),
    [("decoder-rope", "encoder"), ("decoder-rope", "toy-rope"), ("encoder", "decoder-t5")],
)
def test_models_that_read_other_tokens_cannot_be_compared(first, second):
    at = opened(
        "heads",
        text=TEXT,
        model=first,
        **{"heads.section": "Two at once", "heads.pair": "two models", "heads.model": second},
    )
    assert "are not the same" in at.warning[0].value
    assert control(at, "heads.model").value == second
    assert control(at, "text").value == TEXT


def test_an_empty_other_text_says_so_and_loses_nothing(at):
    move(at, {"heads.section": "Two at once", "heads.pair": "two texts", "heads.other": " "})
    assert "no text yet" in at.warning[0].value
    move(at, {"heads.other": "The cat sat"})
    words = set(TEXT.casefold().replace(",", " ,").split())
    assert sum(name.endswith("(B)") for name in compared(at)[0]["columns"]) == len(
        {"the", "cat", "sat"} - words
    )


# ---- any text, any link ----


@pytest.mark.parametrize(
    ("section", "name"),
    [("Grid", "decoder-rope"), ("Grid", "encoder"), ("Lines", "toy-t5"), ("Two at once", "decoder-rope")],
)
def test_any_text_is_only_text(section, name):
    for kind, text in HOSTILE.items():
        at = opened(
            "heads",
            text=text,
            model=name,
            **{"heads.section": section, "heads.pair": "two texts", "heads.other": text},
        )
        for element in (*at.markdown, *at.caption, *at.warning):
            assert not escaped(element.value), kind


LINES, TWO = {"heads.section": "Lines"}, {"heads.section": "Two at once"}


@pytest.mark.parametrize(
    ("meant", "wrong"),
    [
        ({}, {"heads.order": "x"}),
        ({}, {"heads.section": "Grip"}),
        ({}, {"heads.query": "99999", "heads.key": "-1"}),
        (LINES | {"heads.more": "1"}, {"heads.lines": "-5"}),
        (LINES | {"heads.more": "3.4 3.4 <b>"}, {"heads.lines": "9e9"}),
        (TWO, {"heads.pair": "two", "heads.head_b": "77"}),
        (TWO | {"heads.pair": "two models"}, {"heads.model": "decoder-rope"}),
        ({"model": "toy-none"}, {"layer": "4", "head": "6"}),
    ],
    ids=str,
)
def test_a_broken_link_gives_the_defaults(meant, wrong):
    at, default = (opened("heads", text=TEXT, **link) for link in (meant | wrong, meant))
    assert address(at) == address(default)
    assert pictures(at).keys() == pictures(default).keys()


def test_the_share_that_lies_elsewhere_counts_what_only_one_of_the_two_may_see():
    """A weight on what the other may not see, or does not have, lies elsewhere in the other."""
    hole = np.nan
    a = np.array([[1.0, hole, hole], [0.5, 0.5, hole], [hole, hole, hole]])
    b = np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0], [0.2, 0.2, 0.6]])
    whole = [np.ones(3)] * 2
    assert "**25 %**" in contrast.moved([a, b], whole)  # rows 1 and 2: 50 % and 0 %; row 3 is in one only
    assert "**0 %**" in contrast.moved([b, b], whole)


def test_what_sinks_take_lies_elsewhere_as_well():
    a, b = np.array([[0.5, 0.1]]), np.array([[0.5, 0.3]])
    found = contrast.moved([a, b], [np.array([0.6]), np.array([0.8])])
    assert "**20 %**" in found and "their sinks" in found
    assert "No row is compared to its end" in contrast.moved([a, b], [np.array([0.6]), np.array([1.0])])


def test_a_long_list_of_heads_is_cut_and_says_by_how_many():
    places = [(0, head) for head in range(30)]
    assert several(places[:3]) == "1.1, 1.2, 1.3"
    assert several(places) == "1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8 and 22 more"
    assert "more" not in several(places[:9]), "one more is no longer than its name"
