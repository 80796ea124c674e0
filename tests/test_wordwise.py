"""Attention from word to word: rows sum to 1, nothing is lost, and words of one token stay as they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load
from model.analysis import wordwise
from tests.session import address, control, move, opened, pictures


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


def test_the_switch_merges_the_weights_and_is_in_the_address():
    at = opened("attention", text=TEXT)
    trace = load("decoder-rope").explain(TEXT)
    words = wordwise.words(trace)
    move(at, {"words": True})
    assert address(at)["words"] == "True"
    header, shown = pictures(at)["attention.words"]
    assert header["rows"] == list(words.names)
    expected = wordwise.merge(trace.layers[2].attention.weights(3), words.groups)
    seen = np.tri(len(words.names), dtype=bool)
    np.testing.assert_allclose(shown[seen], expected[seen], rtol=1e-6)
    assert np.isnan(shown[~seen]).all()
    assert "heads.words" in pictures(opened("heads", **{"text": TEXT, "words": "True"}))


def test_the_switch_is_there_only_where_a_word_has_several_tokens():
    at = opened("attention", text="The river", words="True")
    assert "attention.words" not in pictures(at)
    assert "words" not in [element.key for element in at.toggle]
    assert control(opened("attention", text=TEXT), "words").value is False


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
