"""Attention from word to word: rows sum to 1, nothing is lost, and words of one token stay as they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load
from model.analysis import wordwise
from pages import _words
from tests.session import address, click, control, move, opened, pictures


@st.composite
def problems(draw):
    """Random weights (T, S) whose rows sum to 1, and words for both sides."""
    T, S = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    weights = random.random((T, S)) ** 3
    groups = [np.append(0, (random.random(n - 1) < 0.5).cumsum()).astype(int) for n in (T, S)]
    return weights / weights.sum(-1, keepdims=True), *groups


@given(problems())
@settings(deadline=None)
def test_rows_sum_to_1_and_the_mass_of_a_word_is_that_of_its_pieces(problem):
    weights, asking, answering = problem
    merged = wordwise.merge(weights, asking, answering)
    np.testing.assert_allclose(merged.sum(axis=1), 1, rtol=1e-12)
    for i in range(asking.max() + 1):
        for j in range(answering.max() + 1):  # written out from the definition
            cells = weights[asking == i][:, answering == j]
            np.testing.assert_allclose(merged[i, j], cells.sum(axis=1).mean(), rtol=1e-12)
    received = np.bincount(asking) @ merged  # what each word gets of all tokens
    np.testing.assert_allclose(received, np.bincount(answering, weights.sum(axis=0)), rtol=1e-12)


@given(problems())
@settings(deadline=None)
def test_words_of_one_token_stay_as_they_are(problem):
    weights, _, _ = problem
    np.testing.assert_array_equal(
        wordwise.merge(weights, np.arange(weights.shape[0]), np.arange(weights.shape[1])), weights
    )


def test_three_tokens_by_hand():
    # words a = tokens 0, 1 and b = token 2
    weights = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
    np.testing.assert_allclose(wordwise.merge(weights, np.array([0, 0, 1])), [[0.525, 0.475], [0.6, 0.4]])
    assert wordwise.may_look(np.tri(3, dtype=bool), np.array([0, 0, 1])).tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The phosphorescence, again.", ["The", " phosphorescence", ",", " again", "."]),
        ("I don't know", ["I", " don't", " know"]),
        ("हिन्दी x", ["हिन्दी", " x"]),
        ("a 🏞 b", ["a", " 🏞", " b"]),
        ("one", ["one"]),
    ],
)
@pytest.mark.parametrize("model", ["decoder-rope", "encoder"])
def test_words_are_those_that_people_count(text, names, model):
    words = wordwise.words(load(model).explain(text))
    assert "".join(words.names) == text
    assert [name.strip() for name in words.names if name.strip()] == [name.strip() for name in names]
    assert words.groups.tolist() == sorted(words.groups.tolist())


TEXT = "The phosphorescence of the river"
VIEWS = {  # page and key of each view of weights between tokens: the page's link, and whose weights they are
    ("attention", "attention.matrix"): ({}, "decoder-rope"),
    ("heads", "heads.map"): ({}, "decoder-rope"),
    ("heads", "heads.grid"): ({}, "decoder-rope"),
    ("heads", "heads.curves"): ({"heads.section": "Lines"}, "decoder-rope"),
    ("heads", "heads.contrast"): ({"heads.section": "Two at once"}, "decoder-rope"),
    ("heads", "heads.flow"): ({"heads.section": "Across layers"}, "decoder-rope"),
    ("masks", "masks.cheat"): ({"masks.looks": "True"}, "decoder-unmasked"),
    ("positions", "positions.panels"): ({"positions.section": "Side by side"}, "decoder-rope"),
    ("positions", "positions.difference"): (
        {"positions.section": "Side by side", "positions.differ": "True"},
        "decoder-rope",
    ),
    ("decoding", "decoding.grown"): ({"decoding.section": "Attention and cache"}, "decoder-rope"),
    ("decoding", "decoding.map"): ({"decoding.section": "The first token"}, "decoder-rope"),
}


@pytest.mark.parametrize(("page", "key"), VIEWS)
def test_every_view_of_weights_between_tokens_shows_words(page, key):
    link, model = VIEWS[page, key]
    words = wordwise.words(load(model).explain(TEXT))
    header, shown = pictures(opened(page, text=TEXT, words="True", **link))[key]
    assert header["columns"] == list(words.names)
    assert header["rows"][: len(words.names)] == list(words.names)
    sums = np.nansum(shown, axis=1)
    if key == "heads.contrast":  # A, B and their difference
        sums = sums[: 2 * len(words.names)]
    if key != "positions.difference":
        np.testing.assert_allclose(sums, 1, rtol=1e-4)


def test_averaging_adds_up_the_pieces_that_are_taken_in():
    texts = {"text": "The phosphorescence of the river bank", "word_sense.other": "I got cash from the bank"}
    at = opened("averaging", words="True", **texts, **{"averaging.slot": "True"})
    header, shown = pictures(at)["averaging.weights1"]
    words = wordwise.words(load("encoder").explain(header["revision"]))
    assert header["columns"] == list(words.names)
    np.testing.assert_allclose(shown.sum(axis=1), 1, rtol=1e-6)


def test_a_click_on_a_word_chooses_its_first_piece():
    at = opened("attention", text=TEXT, words="True")
    words = wordwise.words(load("decoder-rope").explain(TEXT))
    click(at, "attention.matrix", {"cell": [3, 2, 7]})
    pieces = [int(np.flatnonzero(words.groups == row)[0]) for row in (3, 2)]
    assert pieces[1] > 2  # the word before has several
    said = address(at)
    assert [int(said[f"attention.{name}"]) - 1 for name in ("query", "key")] == pieces
    header, _ = pictures(at)["attention.matrix"]
    assert header["selected"] == [3, 2]
    at = opened("heads", text=TEXT, words="True", **{"heads.section": "Lines"})
    click(at, "heads.curves", {"token": ["row", 3, 7]})
    assert int(address(at)["heads.query"]) - 1 == pieces[0]


def test_words_in_a_part_of_a_long_text_are_numbered_as_in_the_whole():
    trace = load("decoder-rope").explain("The phosphorescence of the river " * 40)
    words = wordwise.words(trace)
    labels = _words.by_token(trace, slice(30, 90))
    assert (labels.row(30), labels.row(29), labels.token(3), labels.start) == (0, None, 33, 30)
    groups = words.groups[30:90]
    labels = _words.Labels(words.names[groups[0] : groups[-1] + 1], groups - groups[0], 30, groups[0], True)
    weights = trace.layers[1].attention.weights(2, slice(30, 90))[:, 30:90]
    np.testing.assert_allclose(  # the share of the row that lies in the part
        labels.matrix(weights).sum(axis=1)[labels.row(50)],
        weights.sum(axis=1)[labels.groups == labels.row(50)].mean(),
        rtol=1e-6,
    )
    assert labels.token(labels.row(50)) == np.flatnonzero(words.groups == words.groups[50])[0]


def test_tokens_that_a_model_has_chosen_are_words_too():
    bundle = load("decoder-rope")
    ids = bundle.tokenizer.encode("The phosphorescence")
    words = wordwise.words(bundle.reread([*ids, bundle.tokenizer.end, 0xF0]))
    assert words.names == ("The", " phosphorescence", "⟨end⟩", "⟨F0⟩")


def test_the_switch_merges_the_weights_and_is_in_the_address():
    at = opened("attention", text=TEXT)
    trace = load("decoder-rope").explain(TEXT)
    words = wordwise.words(trace)
    move(at, {"words": True})
    assert address(at)["words"] == "True"
    header, shown = pictures(at)["attention.matrix"]
    assert header["rows"] == list(words.names)
    expected = wordwise.merge(trace.layers[2].attention.weights(3), words.groups)
    seen = np.tri(len(words.names), dtype=bool)
    np.testing.assert_allclose(shown[seen], expected[seen], rtol=1e-6)
    assert np.isnan(shown[~seen]).all()


def test_the_switch_is_there_only_where_it_does_something():
    at = opened("attention", text="The river", words="True")
    assert "words" not in [element.key for element in at.toggle]
    assert control(opened("attention", text=TEXT), "words").value is False
    painted = opened("masks", text=TEXT, **{"masks.section": "Paint a mask"})  # cell by cell
    assert "words" not in [element.key for element in painted.toggle]


def test_heads_are_ordered_by_the_weight_of_the_chosen_pair():
    at = opened("heads", **{"heads.order": "chosen pair", "heads.query": "5", "heads.key": "3", "text": TEXT})
    trace = load("decoder-rope").explain(TEXT)
    weights = {
        f"{layer + 1}.{head + 1}": trace.layers[layer].attention.weights(head)[4, 2]
        for layer in range(trace.config.layers)
        for head in range(trace.config.heads)
    }
    header = pictures(at)["heads.grid"]
    header = header[0] if isinstance(header, tuple) else header
    assert header["names"] == sorted(weights, key=lambda name: -weights[name])


@pytest.mark.parametrize("page", ["attention", "heads"])
def test_a_sentence_says_which_of_two_alike_tokens_it_means(page):
    text = "I swam across the river to get to the other bank"
    query = {"heads": {"heads.section": "Lines"}}.get(page, {})
    sentence = next(one.value for one in opened(page, text=text, **query).markdown if "most " in one.value)
    assert sentence.count("(place ") == 2, sentence
    assert "(place 9)" in sentence and "(place 4)" in sentence
    assert "(place 5)" not in sentence, "there is one river only"
