"""The attention page without a browser, every control at every step: the right numbers, choices that last,
and user text that stays text.
"""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import model
from model import Change
from tests.session import (
    BRIEF,
    HOSTILE,
    LONG,
    SHORT,
    address,
    checked,
    click,
    control,
    escaped,
    move,
    pictures,
)
from tests.session import opened as opened_folded

NAMES = [
    name for kind in ("encoder", "decoder") for name in model.names(kind) if not name.startswith("toy-")
]  # what the sidebar offers
CONFIG = model.load(NAMES[0]).config
STATES = ["step", "query", "key", "scaled", "average", "temperature", "mask", "where"]
BOUND = ["text", "model", "layer", "head", *(f"attention.{name}" for name in STATES)]
ONE = {"attention.average": True}
SWITCHES = [
    {},
    {"attention.scaled": False},
    {"attention.temperature": 2.5},
    ONE,
    {"attention.mask": "full"},
    {
        "attention.scaled": False,
        "attention.temperature": 0.4,
        "attention.mask": "causal",
        "attention.where": "this layer",
    },
]
# Every model as it was trained and with one other setting, every setting with a model: a model decides about
# q, k and bias, a setting about what is done with the scores, whatever the model.
RUNS = [
    *((name, SWITCHES[0]) for name in NAMES),
    *((name, SWITCHES[1 + (place + 4) % 5]) for place, name in enumerate(NAMES)),
]
# What each control is moved to, in turn from one step to the next.
MOVES = {
    "layer": [1, CONFIG.layers],
    "head": [1, CONFIG.heads],
    "model": [NAMES[1], NAMES[0]],
    "text": [SHORT, LONG],
    "attention.query": [0, 3],
    "attention.key": [0, 1],
    "attention.scaled": [False, True],
    "attention.average": [True, False],
    "attention.temperature": [0.1, 5.0],
    "attention.mask": ["full", "causal", "as trained"],
    "attention.where": ["this layer", "every layer"],
}


def opened(page="attention", **query):
    """A fresh session with the snippet of Python unfolded."""
    return opened_folded(page, **{"attention.python": "True"} | query)


@pytest.fixture
def at():
    """A fresh session on the first page."""
    return opened()


def steps(at):
    return control(at, "attention.step").options


def snippet(at):
    """The Python that the page shows to be copied."""
    return next(
        element.value for element in at.code if "import" in element.value and "explain(" in element.value
    )


def printed(code):
    """What a snippet prints in a fresh namespace."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec(code, {})
    return out.getvalue()


def direct(at, text, switches, layer):
    """The trace that the page should show, asked of the model itself."""
    change = Change(
        switches.get("attention.scaled", True),
        switches.get("attention.temperature", 1.0),
        switches.get("attention.average", False),
    )
    layers = [layer] if switches.get("attention.where") == "this layer" else None
    bundle = model.load(control(at, "model").value)
    mask = switches.get("attention.mask")
    return bundle.explain(
        text, None if mask is None else getattr(model.masks, mask)(len(bundle.read(text))), change, layers
    )


def values(attention, head, query, key):
    """What each of the eight steps prints for one cell; None for the tokens, which are in no layer."""
    cell = query, key
    dots, scaled, scores, weights = (
        stage(head)[cell] for stage in (attention.dots, attention.scaled, attention.scores, attention.weights)
    )
    return [
        None,
        attention.head(head).q[query],
        dots,
        scaled,
        scores,
        weights,
        attention.heads[head, query],
        attention.out[query],
    ]


# ---- every control ----


def test_every_control_can_be_moved_at_every_step(at):
    assert len(steps(at)) == 8
    for turn, step in enumerate(steps(at)):
        move(at, {"attention.step": step})
        for key, values in MOVES.items():
            value = values[turn % len(values)]
            move(at, {key: value})
            assert (control(at, key).value, control(at, "attention.step").value) == (value, step)


def test_every_example_becomes_the_text(at):
    examples = control(at, "example").options
    assert len(examples) >= 3
    for example in examples:
        move(at, {"example": example})
        assert control(at, "text").value == example
        assert control(at, "example").value is None
        assert pictures(at)["attention.matrix"][0]["revision"] == example


@pytest.mark.parametrize(
    "query",
    [
        {"layer": "99", "head": "-1"},
        {"layer": "two", "head": "", "model": "no such model"},
        {"attention.step": "no such step", "attention.query": "999", "attention.key": "x: y"},
        {"address": "x", "link": "y", "drawn": "z", "chosen": "u", "example": "no such example"},
        {
            "attention.temperature": "nan",
            "attention.scaled": "perhaps",
            "attention.mask": "<b>",
            "attention.where": "$x$",
        },
        {"attention.temperature": "1e9", "attention.matrix": "[1,2]", "text": "one\ntwo"},
        {"text": ""},
        {"text": ["one", "two"]},
        *({key: ""} for key in BOUND),
        *({key: "0"} for key in BOUND),
    ],
    ids=str,
)
def test_a_broken_link_opens_on_something_sensible(query):
    at = opened(**query)
    if at.warning:  # the text is empty: there is no layer to choose
        return
    assert control(at, "layer").value in range(1, CONFIG.layers + 1)
    assert control(at, "head").value in range(1, CONFIG.heads + 1)


def test_a_link_restores_the_numbers():
    at = opened(text=LONG, layer="2", head="5")
    header, weights = pictures(at)["attention.matrix"]
    assert header["revision"] == LONG
    expected = direct(at, LONG, {}, 1).layers[1].attention
    np.testing.assert_array_equal(weights, np.where(expected.allowed, expected.weights(4), np.nan))


# ---- the numbers are the model's ----


@pytest.mark.parametrize(("name", "switches"), RUNS, ids=lambda one: one or "as trained")
def test_the_printed_python_and_the_picture_say_what_the_model_computed(name, switches):
    layer, head, query, key = 1, 2, 4, 2
    chosen = {"attention.query": query + 1, "attention.key": key + 1}
    at = opened(model=name, text=LONG, layer=layer + 1, head=head + 1, **chosen | switches)
    trace = direct(at, LONG, switches, layer)
    expected = values(trace.layers[layer].attention, head, query, key)
    for i, step in enumerate(steps(at)):
        move(at, {"attention.step": step})
        out = printed(snippet(at))
        if expected[i] is None:
            assert out.split() == [*trace.tokens[query].split(), str(trace.ids[query])]
            continue
        assert out == str(expected[i]) + "\n"
        shown = pictures(at).get("attention.matrix")
        if shown is not None:
            header, matrix = shown
            assert header["selected"] == [query, key]
            assert header["rows"] == header["columns"] == list(trace.tokens)
            assert matrix[query, key] == expected[i]


def test_the_masked_have_no_number_in_the_picture_and_none_in_python(at):
    move(at, {"text": LONG, "attention.query": 2, "attention.key": 5})
    _, weights = pictures(at)["attention.matrix"]
    assert np.isnan(weights[2, 5])
    assert printed(snippet(at)) == "0.0\n"
    move(at, {"attention.step": steps(at)[4]})
    assert np.isnan(pictures(at)["attention.matrix"][1][2, 5])
    assert printed(snippet(at)) == "-inf\n"
    move(at, {"attention.mask": "full"})
    assert np.isfinite(pictures(at)["attention.matrix"][1]).all()


@pytest.mark.parametrize("mask", ["causal", "full"])
def test_a_plain_average_is_one_over_the_number_allowed(at, mask):
    move(at, {"text": LONG, "attention.mask": mask} | ONE)
    _, weights = pictures(at)["attention.matrix"]
    T = len(weights)
    allowed = np.tri(T, dtype=bool) if mask == "causal" else np.ones((T, T), dtype=bool)
    np.testing.assert_array_equal(np.isnan(weights), ~allowed)
    np.testing.assert_allclose(
        np.nan_to_num(weights), allowed / allowed.sum(axis=1, keepdims=True), rtol=1e-6
    )


# ---- choices ----


def test_a_click_chooses_the_pair(at):
    move(at, {"text": LONG})
    click(at, "attention.matrix", {"cell": [4, 2, 1700000000000]})
    header, weights = pictures(at)["attention.matrix"]
    assert header["selected"] == [4, 2]
    assert (control(at, "attention.query").value, control(at, "attention.key").value) == (4, 2)
    assert float(printed(snippet(at))) == pytest.approx(float(weights[4, 2]), rel=1e-6)
    click(at, "attention.chips", {"token": [5, 1700000000001]})
    assert pictures(at)["attention.chips"]["selected"] == control(at, "attention.query").value == 5
    assert control(at, "attention.key").value == np.nanargmax(pictures(at)["attention.matrix"][1][5])


def test_the_address_says_what_was_chosen_and_nothing_else():
    at = opened_folded()
    assert address(at) == {}
    said = {
        "text": LONG,
        "layer": 1,
        "attention.scaled": False,
        "attention.query": 5,
        "attention.step": steps(at)[2],
    }
    move(at, said)
    assert address(at) == {
        "text": LONG,
        "layer": "1",
        "attention.scaled": "False",
        "attention.query": "6",
        "attention.step": steps(at)[2],
    }
    move(at, {"example": control(at, "example").options[0], "attention.scaled": True})
    assert address(at) == {"layer": "1", "attention.query": "6", "attention.step": steps(at)[2]}


def test_an_address_opens_on_what_it_was_written_from(at):
    move(
        at,
        {
            "text": LONG,
            "head": 2,
            "attention.temperature": 2.5,
            "attention.where": "this layer",
            "attention.query": 9,
            "attention.key": 3,
        },
    )
    again = opened(**address(at))
    header, matrix = pictures(again)["attention.matrix"]
    assert header["selected"] == [9, 3]
    np.testing.assert_array_equal(matrix, pictures(at)["attention.matrix"][1])
    assert address(again) == address(at)


def test_who_asks_is_the_last_token_until_somebody_chooses(at):
    for text in ("I", "I swam", "I swam across the river"):
        move(at, {"text": text})
        assert control(at, "attention.query").value == len(pictures(at)["attention.matrix"][0]["rows"]) - 1
    move(at, {"attention.query": 1, "text": LONG})
    assert control(at, "attention.query").value == 1


def test_a_cell_chosen_stays_chosen_when_another_becomes_the_strongest(at):
    move(at, {"text": LONG, "attention.query": 9})
    strongest = control(at, "attention.key").value
    click(at, "attention.matrix", {"cell": [9, strongest, 1700000000000]})
    move(at, ONE)
    assert control(at, "attention.key").value == strongest


def test_what_a_browser_still_says_after_a_run_that_was_broken_off_does_not_undo_a_click():
    at = opened(text=LONG)
    before = control(at, "attention.query").value
    click(at, "attention.matrix", {"cell": [9, 2, 1]})
    own = at.session_state["session"]
    own.replaced, own.settled = {"attention.query": [before]}, None  # as if that run had ended before
    # the list was drawn
    move(at, {"attention.query": before})
    assert (control(at, "attention.query").value, control(at, "attention.key").value) == (9, 2)
    move(at, {"attention.query": before})  # now it was drawn, and somebody chooses
    assert control(at, "attention.query").value == before


def test_what_a_browser_still_says_that_has_not_drawn_the_last_run_does_not_undo_a_click():
    at = opened(text=LONG)
    before = {name: control(at, name).value for name in ("attention.query", "attention.key", "layer")}
    click(at, "attention.matrix", {"cell": [9, 2, 1]})
    for name, value in before.items():  # the layer is moved, and the lists are sent along as they were
        control(at, name).set_value(value - (name == "layer"))
    checked(at.run())
    assert [control(at, name).value for name in before] == [9, 2, before["layer"] - 1]


def test_what_a_click_has_replaced_can_be_chosen_again():
    at = opened(text=LONG)
    before = control(at, "attention.query").value
    click(at, "attention.matrix", {"cell": [9, 2, 1]})
    move(at, {"attention.query": before})
    strongest = int(pictures(at)["attention.matrix"][1][before].argmax())
    assert (control(at, "attention.query").value, control(at, "attention.key").value) == (before, strongest)


def test_a_choice_outlives_a_text_that_cannot_be_read(at):
    move(at, {"text": LONG, "attention.step": steps(at)[3], "attention.query": 4, "attention.scaled": False})
    move(at, {"text": ""})
    move(at, {"text": LONG})
    assert (
        control(at, "attention.step").value,
        control(at, "attention.query").value,
        control(at, "attention.scaled").value,
    ) == (steps(at)[3], 4, False)


def test_a_choice_outlives_a_shorter_text_without_harm(at):
    move(at, {"text": LONG})
    last = len(pictures(at)["attention.matrix"][0]["rows"]) - 1
    move(at, {"attention.query": last, "attention.key": last - 1})
    at.session_state["attention.matrix"] = {"cell": [last, last - 1, 1]}
    at.session_state["attention.chips"] = {"token": [last, 1]}
    for text in (SHORT, "a", LONG):
        move(at, {"text": text})
        for step in steps(at):
            move(at, {"attention.step": step})
            shown = pictures(at)
            for header, matrix in (picture for picture in shown.values() if isinstance(picture, tuple)):
                if header["selected"] is not None:
                    assert all(0 <= i < n for i, n in zip(header["selected"], matrix.shape, strict=True))
            if "attention.chips" in shown:
                assert 0 <= shown["attention.chips"]["selected"] < len(shown["attention.chips"]["tokens"])
            printed(snippet(at))


def test_back_and_on_walk_through_the_steps(at):
    names = steps(at)
    move(at, {"attention.step": names[0]})
    assert control(at, "attention.P").disabled
    for name in names[1:]:
        control(at, "attention.N").click()
        checked(at.run())
        assert control(at, "attention.step").value == name
    assert control(at, "attention.N").disabled
    control(at, "attention.P").click()
    assert control(checked(at.run()), "attention.step").value == names[-2]


def test_two_sessions_never_see_each_others_numbers():
    one, other = opened(), opened()
    settings = {"layer": 1, "head": 2} | ONE, {"layer": 3, "head": 4, "attention.temperature": 2.5}
    texts = SHORT, LONG
    moves = [[("text", text), *setting.items()] for text, setting in zip(texts, settings, strict=True)]
    for pair in zip(*moves, strict=False):
        for at, (key, value) in zip((one, other), pair, strict=True):
            move(at, {key: value})
    for at, text, setting in (
        (one, texts[0], settings[0]),
        (other, texts[1], settings[1]),
        (one, texts[0], settings[0]),
    ):
        checked(at.run())
        header, weights = pictures(at)["attention.matrix"]
        layer, head = setting["layer"] - 1, setting["head"] - 1
        attention = direct(at, text, setting, layer).layers[layer].attention
        assert header["revision"] == text
        assert control(at, "text").value == text
        np.testing.assert_array_equal(weights, np.where(attention.allowed, attention.weights(head), np.nan))
        assert repr(text) in snippet(at)


# ---- hostile text ----


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_hostile_text_gives_a_sentence_or_a_picture_at_every_step(at, text):
    plain = {element.proto.body for element in at.markdown}
    names = steps(at)
    move(at, {"text": text})
    for step in names:
        if not at.warning:
            move(at, {"attention.step": step})
        assert control(at, "text").value == text
        for element in (*at.markdown, *at.caption, *at.warning, *at.title, *at.header):
            body = getattr(element.proto, "body", "")
            if body in plain:
                continue
            assert not escaped(body), body
        if at.warning:
            assert not pictures(at)
            break
        shown = pictures(at)
        for header, matrix in (picture for picture in shown.values() if isinstance(picture, tuple)):
            assert len(header["rows"]) == len(matrix)
        printed(snippet(at))
    move(at, {"text": SHORT})
    assert pictures(at)


def test_hostile_text_in_a_link_is_read_as_it_is():
    for text in HOSTILE.values():
        at = opened(text=text)
        assert control(at, "text").value == text.replace("\r\n", "\n")  # a box has no other line ends


def test_half_of_a_surrogate_pair_is_answered_in_a_sentence():
    """Neither AppTest nor the browser's protobuf can carry one, so the shell's own reading is asked."""

    def script(name):
        import streamlit as st

        from pages import _sidebar
        from pages._control import NothingToShow

        try:
            _sidebar.read(_sidebar.Choice("a \ud83d b", name))
        except NothingToShow:
            return
        st.write("not reached")

    at = AppTest.from_function(script, args=(NAMES[0],), default_timeout=30).run()
    assert not at.exception
    assert len(at.warning) == 1 and "surrogate" in at.warning[0].value
    assert not at.markdown


@pytest.mark.parametrize("step", ["1 Tokens", "2 q, k, v", "6 Softmax", "7 Weighted sum", "8 Join heads"])
def test_the_opening_asks_for_a_click_on_the_matrix_only_where_it_is_shown(step):
    at = opened_folded("attention", **{"attention.step": step})
    assert ("Click a cell of the matrix" in at.markdown[0].value) == (step == "6 Softmax")


def test_weights_are_said_to_be_left_out_only_where_some_are():
    def notes(query):
        at = opened_folded("attention", **{"attention.step": "7 Weighted sum", "attention.query": query})
        return [one.value for one in at.caption if "left out of this line" in one.value]

    weights = model.load("decoder-rope").explain("I swam across the river to get to the other bank").layers[2]
    for query in (1, 4, 11):
        row = weights.attention.weights(3)[query - 1]
        assert bool(notes(str(query))) == ((row > 0) & (row < 0.0005)).any(), query
