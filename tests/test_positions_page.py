"""The page about positions, without a browser: what it shows is what model.order says, in every view, for
every switch and every text.
"""

import base64
import json
import re
import struct

import numpy as np
import pytest

from model import load, masks
from model.analysis import order
from model.network.encodings import ENCODINGS, sinusoidal
from pages.positions.pictures import LOOKS, PICTURES
from tests import session
from tests.session import (
    AROUND,
    BRIEF,
    HOSTILE,
    LONG,
    NUMBER,
    ROOT,
    SHORT,
    address,
    click,
    control,
    escaped,
    numeric,
    pictures,
    visit,
)
from viz import order as figures
from viz.component import beliefs, panels, sequence

NAMES = ["none", "learned", "sinusoidal", "rope", "alibi", "t5"]
CHOOSING = "Which to choose"
VIEWS = [
    "Side by side",
    "Shuffle test",
    "By distance",
    "The encoding itself",
    "Beyond the training length",
    "Content and position",
]
BUNDLES = {name: load(f"decoder-{name}") for name in NAMES}
IDS = BUNDLES["rope"].read(LONG)
T = len(IDS)


FOLDS = {f"positions.{name}": "True" for name in ("hard", "comes", "differ", "formula", "numbers", "ways")}


def opened(view=VIEWS[0], text=LONG, **query):
    """A fresh session on the page, opened by a link, with all that folds; the long text is short enough for a
    quick test.
    """
    query = (
        {"positions.section": view, "text": text}
        | FOLDS
        | {f"positions.{name}": value for name, value in query.items()}
    )
    return checked(visit("positions", query).run())


def checked(at):
    """The session, if it shows no exception, and either a picture or a sentence that says why not."""
    assert not at.exception, [element.message for element in at.exception]
    assert bool(shown(at) or session.figures(at)) != bool(at.warning)
    return at


def shown(at):
    """Every component of the page by its key, but for those around it: (header, matrices) of those that send
    numbers, else a dict.
    """
    found, others = {}, AROUND | session.figures(at).keys()
    for element in at.get("bidi_component"):
        proto, key = element.proto, element.proto.id.rpartition("-")[2]
        if key in others:
            continue
        if proto.WhichOneof("data") == "json":
            found[key] = json.loads(proto.json)
            continue
        (length,) = struct.unpack("<I", proto.bytes[:4])
        header = json.loads(proto.bytes[4 : 4 + length])
        numbers = np.frombuffer(proto.bytes[4 + length :], "<f4").reshape(
            -1, header.get("tall", len(header["rows"])), len(header["columns"])
        )
        found[key] = header, numbers if "titles" in header else numbers[0]
    return found


def maps(at, key):
    """{title: matrix or note} of the panels of that key."""
    header, numbers = shown(at)[key]
    rest = iter(numbers)
    return {
        title: note if note else next(rest)
        for title, note in zip(header["titles"], header["notes"], strict=True)
    }


def charts(at):
    return list(session.figures(at).values())


def floats(data):
    """Numbers of a Plotly figure, which travel as base64 of their dtype or as a list."""
    if not isinstance(data, dict):
        return np.asarray(data, float)
    return np.frombuffer(base64.b64decode(data["bdata"]), data["dtype"]).astype(float)


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption))


def switch(at, **choices):
    for name, value in choices.items():
        control(at, f"positions.{name}").set_value(value)
        checked(at.run())
    return at


# ---- side by side ----


def test_the_panels_are_the_weights_of_the_models():
    at = opened()
    for layer, head in ((1, 6), (4, 2)):
        switch(at, layer=layer, head=head)
        found = maps(at, "positions.panels")
        assert list(found) == NAMES
        for name, matrix in found.items():
            weights = BUNDLES[name].explain(LONG).layers[layer - 1].attention.weights(head - 1)
            np.testing.assert_allclose(np.nan_to_num(matrix), np.tril(weights), atol=1e-6)
            assert (np.isnan(matrix) == np.triu(np.ones((T, T), bool), 1)).all()
    header, _ = shown(at)["positions.panels"]
    assert (header["low"], header["high"], header["kind"]) == (0, 1, "weights")
    assert address(at)["positions.layer"] == "4"


def test_columns_are_chosen_and_the_last_one_brings_all_back():
    at = switch(opened(), columns=["t5", "none"])
    assert (
        list(maps(at, "positions.panels"))
        == [entry["name"] for entry in shown(at)["positions.next"]["lists"]]
        == ["none", "t5"]
    )
    assert address(at)["positions.columns"] == "none,t5"
    assert list(maps(opened(columns="none,t5"), "positions.panels")) == ["none", "t5"]
    switch(at, columns=[])
    assert list(maps(at, "positions.panels")) == NAMES


def test_losses_are_those_of_the_models():
    at = opened()
    curves = {curve["name"]: floats(curve["y"]) for curve in charts(at)[0]["data"]}
    means = {}
    for name in NAMES:
        expected = order.losses(BUNDLES[name].network, IDS)
        np.testing.assert_allclose(curves[name], expected, rtol=1e-4, atol=1e-4)
        means[name] = expected.mean()
    told = dict(
        re.findall(r"(\w+) (\d\.\d\d)", re.search(r"The mean on this text: \*\*(.*?)\*\*", said(at))[1])
    )
    assert {name: float(value) for name, value in told.items()} == pytest.approx(means, abs=0.006)
    assert list(told) == sorted(means, key=means.get)


def test_a_click_asks_for_the_next_token_there():
    at = opened()
    click_cell(at, "positions.panels", 3, 1)
    lists = {entry["name"]: entry for entry in shown(at)["positions.next"]["lists"]}
    for name in NAMES:
        chances = BUNDLES[name].explain(LONG).probabilities[3]
        best = np.argsort(-chances, kind="stable")[:5]
        assert lists[name]["tokens"] == [BUNDLES[name].tokenizer.piece(i) for i in best]
        np.testing.assert_allclose(lists[name]["shares"], chances[best], rtol=1e-5)
    assert shown(at)["positions.panels"][0]["selected"] == [3, 1]
    assert address(at)["positions.query"] == "4"


def click_cell(at, key, row, column):
    return click(at, key, {"cell": [row, column, 1700000000000]})


@pytest.mark.parametrize(("a", "b"), [("rope", "none"), ("t5", "sinusoidal")])
def test_the_difference_map_is_one_minus_the_other(a, b):
    at = switch(opened(), a=a, b=b)
    header, gap = shown(at)["positions.difference"]
    found = maps(at, "positions.panels")
    np.testing.assert_allclose(
        np.nan_to_num(gap), np.nan_to_num(found[a]) - np.nan_to_num(found[b]), atol=1e-6
    )
    assert header["high"] == -header["low"] == pytest.approx(np.nanmax(np.abs(gap)))
    assert header["kind"] == "signed"


def test_a_difference_with_what_is_not_there_is_a_sentence():
    at = switch(opened(columns="none,t5"), a="rope")
    assert "positions.difference" not in shown(at)
    assert "rope: not among the encodings shown above" in at.info[0].value


def test_past_the_table_the_learned_model_has_no_position():
    text = "the river bank and " * 50
    at = opened(text=text, first=60)
    found = maps(at, "positions.panels")
    assert found["learned"] == "no such position: the table ends at 128"
    weights = BUNDLES["alibi"].explain(text).layers[0].attention.weights(5)
    np.testing.assert_allclose(np.nan_to_num(found["alibi"]), np.tril(weights)[59:187, 59:187], atol=1e-6)
    assert "learned: no such position" in said(at)
    click_cell(at, "positions.panels", 2, 0)
    assert address(at)["positions.query"] == "62"
    checked(control(at, "positions.columns").set_value(["learned"]).run())
    assert "no such position" in at.warning[0].value


# ---- shuffle test ----


def test_the_shuffle_test_is_the_models():
    at = opened(VIEWS[1], seed=7)
    places, words = order.words(BUNDLES["none"].tokenizer, LONG)
    new = order.shuffled(len(words), 7).tolist()
    drawn = shown(at)["positions.words"]
    assert (drawn["words"], drawn["order"]) == (words, new)
    moved = [place for word in new for place in places[word]]
    for mask, curve in zip(("full", "causal"), charts(at)[0]["data"], strict=True):
        for name, number in zip(NAMES, floats(curve["x"]), strict=True):
            expected = order.disorder(BUNDLES[name].network, IDS, moved, getattr(masks, mask)(T)).max()
            assert number == pytest.approx(expected, rel=1e-3, abs=1e-6)
            assert (number < 1e-5) == (name == "none" and mask == "full")
    assert "bag of words" in said(at)


def test_the_button_takes_the_next_seed_and_a_drag_replaces_it():
    at = opened(VIEWS[1])
    first = shown(at)["positions.words"]["order"]
    checked(control(at, "positions.shuffle").click().run())
    assert control(at, "positions.seed").value == 2
    assert shown(at)["positions.words"]["order"] != first
    count = len(first)
    own = [1, 0, *range(2, count)]
    click(at, "positions.words", {"order": [own, 1700000000000]})
    assert shown(at)["positions.words"]["order"] == own
    assert "your own order" in said(at)
    link = address(at)["positions.order"]
    assert link == "-".join(str(i + 1) for i in own)
    assert shown(opened(VIEWS[1], order=link))["positions.words"]["order"] == own
    switch(at, seed=5)
    assert shown(at)["positions.words"]["order"] == order.shuffled(count, 5).tolist()
    assert "positions.order" not in address(at)


@pytest.mark.parametrize("link", ["1-1-2", "x", "1-2", "-", "²-1", "1" * 4301])
def test_a_broken_order_in_a_link_is_the_seeds(link):
    words = order.words(BUNDLES["none"].tokenizer, LONG)[1]
    assert (
        shown(opened(VIEWS[1], order=link))["positions.words"]["order"]
        == order.shuffled(len(words), 1).tolist()
    )


def test_what_cannot_be_shuffled_is_said():
    assert "one word" in opened(VIEWS[1], text="a").info[0].value
    words = order.words(BUNDLES["none"].tokenizer, LONG)[1]
    same = "-".join(str(i + 1) for i in range(len(words)))
    assert "order of your text" in opened(VIEWS[1], order=same).info[0].value


# ---- by distance ----


@pytest.mark.parametrize("name", ["t5", "none"])
def test_heads_are_sorted_by_what_distance_explains(name):
    at = opened(VIEWS[2], model=name)
    header, means = shown(at)["positions.heads"]
    trace = BUNDLES[name].explain(LONG)
    found = {
        (i, h): order.by_distance(layer.attention.weights(h))
        for i, layer in enumerate(trace.layers)
        for h in range(6)
    }
    ranked = sorted(found, key=lambda one: -found[one][1])
    assert header["rows"] == [f"{i + 1}.{h + 1} {100 * found[i, h][1]:.0f} %" for i, h in ranked]
    np.testing.assert_allclose(means, [found[one][0] for one in ranked], atol=1e-6)
    parts = maps(at, "positions.alone")
    top = ranked[0]
    np.testing.assert_allclose(
        np.nan_to_num(parts["by distance alone"]), order.by_distance_alone(found[top][0]), atol=1e-6
    )
    assert f"**{100 * found[top][1]:.0f} %** is explained" in said(at)
    flat = np.tril(1 / np.arange(1, T + 1)[:, None] * np.ones((T, T)))
    assert f"already reaches **{100 * order.by_distance(flat)[1]:.0f} %**" in said(at)
    above = sum(share > order.by_distance(flat)[1] for _, share in found.values())
    assert f"{above} of 24 heads are above that" in said(at)
    click_cell(at, "positions.heads", 5, 0)
    np.testing.assert_allclose(
        np.nan_to_num(maps(at, "positions.alone")["the head"]),
        np.tril(trace.layers[ranked[5][0]].attention.weights(ranked[5][1])),
        atol=1e-6,
    )


def test_one_token_has_no_distances():
    at = opened(VIEWS[2], text="a")
    assert "nothing to measure" in at.warning[0].value
    assert not shown(at)


# ---- the encoding itself ----


def test_every_encoding_has_a_picture_and_a_look_of_its_own():
    assert sorted(PICTURES) == sorted(ENCODINGS) == sorted(NAMES)
    assert len({look[1:] for look in LOOKS.values()} | {look.colour for look in LOOKS.values()}) == 12


def test_every_encoding_is_drawn_as_it_is():
    at = opened(VIEWS[3])
    network = {name: bundle.network for name, bundle in BUNDLES.items()}
    expected = {
        "sinusoidal": sinusoidal.sinusoidal(128, 192),
        "learned": network["learned"].position_table,
        "rope": sinusoidal.sinusoidal(128, 32),
    }
    for name in NAMES:
        switch(at, encoding=name)
        header, alike = shown(at)["positions.alike"]
        assert alike.shape == (128, 128)
        if name in expected:
            vectors = expected[name].numpy()
            np.testing.assert_allclose(shown(at)["positions.table"][1], vectors.T, atol=1e-6)
            np.testing.assert_allclose(alike, order.alikeness(vectors), atol=1e-5)
            assert (header["low"], header["high"]) == (-1, 1)
    assert "nothing tells them apart" in said(switch(at, encoding="none"))
    assert (shown(at)["positions.alike"][1] == 1).all()
    assert "57,084 tokens" in said(switch(at, encoding="sinusoidal"))


@pytest.mark.parametrize("name", ["alibi", "t5"])
def test_biases_are_those_of_the_model(name):
    at = switch(opened(VIEWS[3], encoding=name), head=3)
    bias = BUNDLES[name].network.bias(128).numpy()
    for head, curve in enumerate(charts(at)[0]["data"]):
        np.testing.assert_allclose(floats(curve["y"]), bias[head, -1, ::-1], rtol=1e-6)
    _, alike = shown(at)["positions.alike"]
    np.testing.assert_allclose(np.nan_to_num(alike), np.tril(bias[2]), rtol=1e-6)
    text = {
        "alibi": "0.25, 0.0625, 0.01562, 0.003906, 0.5, 0.125",
        "t5": "16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113",
    }[name]
    assert text in said(at)


# ---- beyond the training length ----


def curves(at):
    return {curve["name"]: curve for curve in charts(at)[0]["data"]}


def test_the_curves_are_measured_on_the_text():
    at = opened(VIEWS[4], length=160, methods="linear interpolation,YaRN")
    ids = BUNDLES["rope"].tokenizer.encode((ROOT / "model" / "checkpoints" / "passage.txt").read_text())[:161]
    found = curves(at)
    for name in NAMES:
        expected = order.binned(
            order.losses(BUNDLES[name].network, ids if name != "learned" else ids[:129]),
            (0, 16, 32, 64, 128, 256),
        )
        np.testing.assert_allclose(floats(found[name]["y"]), [nats for *_, nats in expected], rtol=1e-4)
        np.testing.assert_allclose(floats(found[name]["x"]), [(a + b) / 2 for a, b, _ in expected])
        recorded = {(a, b): nats for a, b, nats in BUNDLES[name].card["loss_by_position"]}
        dashed = floats(found[f"{name}, its card"]["y"])
        assert dashed[0] == pytest.approx((recorded[0, 8] + recorded[8, 16]) / 2)
        assert len(dashed) == (4 if name == "learned" else 5)
    assert "YaRN" in found and "linear interpolation" in found and "NTK-aware" not in found
    assert "learned: no such position past 128" in charts(at)[0]["layout"]["annotations"][0]["text"]
    assert "| learned |" in said(at) and "no such position | – |" in said(at)


def test_fewer_curves_and_a_length_within_the_training():
    at = opened(VIEWS[4], length=96, measured="learned,rope", methods="")
    assert list(curves(at)) == ["learned", "rope", "learned, its card", "rope, its card"]
    assert "no such position" not in json.dumps(charts(at)[0]["layout"])
    switch(at, methods=["another base"], base=1_000)
    found = floats(curves(at)["another base"]["y"])
    switch(at, base=1_000_000)
    assert (floats(curves(at)["another base"]["y"]) != found).any()


def test_stop_keeps_what_is_measured_and_go_on_measures_the_rest(monkeypatch):
    at = opened(VIEWS[4], length=64, measured="none,alibi", methods="")
    asked = next(iter(at.session_state["positions.done"]))
    at.session_state["positions.stopped"], at.session_state["positions.done"] = (
        asked,
        {asked: 1},
    )  # pressed after the first curve
    checked(at.run())
    assert "none" in curves(at) and "alibi" not in curves(at)
    assert "Stopped after 1 of 2 curves" in said(at)
    checked(control(at, "positions.go").click().run())
    assert "alibi" in curves(at) and "Measured 2 curves on 64 tokens" in said(at)


def test_own_text():
    at = opened(VIEWS[4], source="your own text")
    assert "There is no text yet" in at.warning[0].value
    control(at, "positions.passage").set_value("a")
    checked(at.run())
    assert "one token" in at.warning[0].value
    control(at, "positions.passage").set_value(LONG)
    checked(at.run())
    expected = order.losses(BUNDLES["t5"].network, IDS)
    assert floats(curves(at)["t5"]["y"])[0] == pytest.approx(expected[:16].mean(), rel=1e-4)
    assert "measured to its end" in at.info[0].value
    assert address(at)["positions.passage"] == LONG


# ---- content and position ----


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_add_up_to_the_score(name):
    at = switch(opened(VIEWS[5], split=name), head=2)
    layer = 0
    if name not in ("learned", "sinusoidal"):
        layer = 2
        switch(at, layer=3)
    found = maps(at, "positions.parts")
    score = found.pop("the score")
    allowed = np.tril(np.ones((T, T), bool))
    np.testing.assert_allclose(sum(found.values())[allowed], score[allowed], atol=1e-4)
    attention = BUNDLES[name].explain(LONG).layers[layer].attention
    np.testing.assert_allclose(score[allowed], attention.scaled(1)[allowed], atol=1e-5)
    assert np.isnan(score[~allowed]).all()
    error = numeric(re.search(r"by at most \*\*(.*?)\*\*", said(at))[1])
    assert error < 1e-4
    click_cell(at, "positions.parts", 5, 2)
    numbers = [numeric(n) for n in re.findall(r" (−?\d+\.\d{3})(?= [+=])", said(at))]
    total = numeric(re.search(r"= \*\*(−?[\d.]+)\*\*", said(at))[1])
    assert len(numbers) == len(found)
    assert sum(numbers) == pytest.approx(total, abs=0.0006 * len(numbers) + 0.0005)
    assert total == pytest.approx(attention.scaled(1)[5, 2], abs=0.001)


# ---- texts and links ----


READ = [VIEWS[0], VIEWS[1], VIEWS[2], VIEWS[5]]  # the views that ask for the text


def sentences(at):
    return {
        element.value
        for element in (*at.markdown, *at.caption, *at.warning, *at.info)
        if "$$" not in element.value
    }


def through(at, views):
    """Every sentence of the session as it goes through the views."""
    found = sentences(at)
    for view in views:
        control(at, "positions.section").set_value(view)
        found |= sentences(checked(at.run()))
    return found


@pytest.fixture(scope="module")
def harmless():
    return through(opened(text=SHORT), READ[1:])


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_hostile_text_gives_a_sentence_or_a_picture_in_every_view(harmless, text):
    at = switch_text(opened(text=SHORT), text)
    for sentence in through(at, READ[1:]) - harmless:
        assert not escaped(sentence), sentence
    assert control(at, "text").value == text


def switch_text(at, text):
    control(at, "text").set_value(text)
    return checked(at.run())


def test_a_bad_text_loses_nothing():
    at = opened(text=SHORT, head=2)
    assert "tokens" in switch_text(at, HOSTILE["100,000 letters"]).warning[0].value
    assert "positions.alike" in shown(switch(at, section=VIEWS[3]))  # this view asks for no text
    control(at, "positions.section").set_value(VIEWS[0])
    assert checked(at.run()).warning
    assert control(switch_text(at, SHORT), "positions.head").value == 2
    assert address(at)["positions.head"] == "2"


@pytest.mark.parametrize("value", ["", "0", "999999", "x", "nope,nope"])
def test_a_broken_link_opens_on_something_sensible(value):
    keys = [
        "columns",
        "layer",
        "head",
        "query",
        "key",
        "first",
        "a",
        "b",
        "seed",
        "order",
        "model",
        "encoding",
        "source",
        "measured",
        "methods",
        "base",
        "split",
    ]
    at = opened("nonsense", SHORT, **dict.fromkeys(keys, value) | {"length": 64})
    assert control(at, "positions.section").value == CHOOSING and session.figures(at)
    for view in VIEWS:
        control(at, "positions.section").set_value(view)
        assert not checked(at.run()).warning


def test_two_sessions_do_not_meet():
    one, two = opened(text=LONG), opened(text=SHORT)
    switch(one, layer=2)
    checked(two.run())
    assert maps(two, "positions.panels")["rope"].shape[0] == len(BUNDLES["rope"].read(SHORT))
    assert "positions.layer" not in address(two)


# ---- the pictures by their numbers ----


def test_panels_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match=r"'a' is \(2, 3\), but there are 2 row labels and 2 column labels"):
        panels.panels({"a": np.zeros((2, 3))}, rows=["x", "y"], columns=["x", "y"], key="k")
    with pytest.raises(ValueError, match="kind is 'loud'; known: weights, signed"):
        panels.panels({"a": np.zeros((1, 1))}, rows=["x"], columns=["x"], key="k", kind="loud")
    with pytest.raises(ValueError, match="the order \\[0, 0\\] is no order of 2 words"):
        sequence.sequence(["a", "b"], [0, 0], key="k")
    with pytest.raises(ValueError, match="'a' has 2 tokens and 1 probabilities"):
        beliefs.beliefs({"a": (["x", "y"], [0.5])}, key="k")


def test_a_difference_of_nothing_is_drawn_at_the_edge_and_read_as_0():
    figure = figures.differences(
        {
            "none": {"full": 0.0, "causal": 0.5},
            "rope": {"full": 0.5, "causal": 0.5},
            "learned": "no such position",
        }
    )
    assert figure.data[0].x == (figures.NOTHING, 0.5)
    assert figure.data[0].text == ("  0  ", "  0.5  ")
    assert figure.data[0].textposition == ("middle right", "middle left") and set(
        figure.data[1].textposition
    ) == {"middle right"}
    assert "no such position" in [note.text for note in figure.layout.annotations]


def test_curves_by_position_keep_their_axis_while_they_come_in():
    rows = [(0, 16, 3.0), (16, 32, 2.0)]
    few = figures.positions({}, {"rope": rows}, looks=LOOKS, context=128, last=1024)
    more = figures.positions(
        {"rope": rows, "YaRN": rows}, {"rope": rows}, looks=LOOKS, context=128, last=1024
    )
    assert few.layout.xaxis.range == more.layout.xaxis.range
    assert list(more.data[0].x) == [8, 24] and list(more.data[0].y) == [3, 2]


# ---- which to choose ----


def compared(at):
    """{encoding: the other cells of its row} of the table of all."""
    return {name: cells for name, *cells in pictures(at)["positions.look"]["lines"]}


def test_the_page_opens_on_what_tells_the_encodings_apart():
    at = checked(visit("positions", {"text": LONG}).run())
    shown = compared(at)
    assert list(shown) == NAMES
    for name, cells in shown.items():
        recorded = BUNDLES[name].card["loss_by_position"]
        for (first, end), cell in zip(((64, 128), (128, 256), (512, 1024)), cells, strict=False):
            parts = [(b - a, nats) for a, b, nats in recorded if first <= a and b <= end]
            if parts:
                mean = sum(size * nats for size, nats in parts) / sum(size for size, _ in parts)
                assert float(cell) == pytest.approx(mean, abs=0.00501)
            else:
                assert name == "learned" and cell == "–"
        assert float(cells[3]) == pytest.approx(BUNDLES[name].explain(LONG).losses.mean(), abs=0.00501)
        assert cells[4] == ("yes, 128" if name == "learned" else "no")
        card = BUNDLES[name].card
        seeds = (
            np.ptp(card["short_training"]["bits_per_byte"]) * card["nats_per_token"] / card["bits_per_byte"]
        )
        assert numeric(cells[7]) == pytest.approx(seeds, rel=0.06)
    verdict = next(one.value for one in at.markdown if "Inside the training length" in one.value)
    assert "**rope** loses least" in verdict and "**alibi** and **t5** go on as before" in verdict
    assert "**learned** has no position" in verdict
    cards = [bundle.card for bundle in BUNDLES.values()]
    bytes_a_token = cards[0]["nats_per_token"] / (cards[0]["bits_per_byte"] * np.log(2))
    seeds = [np.ptp(card["short_training"]["bits_per_byte"]) for card in cards]
    chance = re.search(rf"differ by up to ({NUMBER}) nats a token", " ".join(one.value for one in at.caption))
    assert numeric(chance[1]) == pytest.approx(max(seeds) * np.log(2) * bytes_a_token, rel=0.06)


def test_a_text_past_the_table_of_learned_positions_is_compared_without_it():
    at = opened(CHOOSING, text="the dog ran and " * 60)
    shown = compared(at)
    assert shown["learned"][3].startswith("no such position") and float(shown["alibi"][3]) > 0


def test_each_encoding_is_looked_into_from_the_table():
    at = opened(CHOOSING)
    click(at, "positions.look", {"row": ["t5", 1]})
    assert address(at)["positions.section"] == "The encoding itself"
    assert address(at)["positions.encoding"] == "t5"
