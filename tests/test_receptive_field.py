"""The page about receptive fields, without a browser: what it shows is what model.reach says, for every
switch and every text.
"""

import base64
import re
from functools import cache

import numpy as np
import pytest

from model import load, masks
from model.analysis import reach, senses, sensitivity
from model.train import moved
from tests.session import (
    BRIEF,
    LONG,
    SHORT,
    address,
    click,
    control,
    escaped,
    figures,
    move,
    opened,
    pictures,
    unfold,
)
from viz import curves
from viz.component import cone as component

TOKENS = len(load("encoder").read(LONG))
SWITCHES = {
    "layers": [8, 1, 3],
    "kernel": [1, 7, 2],
    "dilation": [2, reach.EXPONENTIAL, 1],
    "stride": [2, 1],
    "looks": ["centred", "causal"],
    "mask": ["causal", "window", "full"],
    "window": [1, 32, 5],
    "attention": [8, 1],
    "output": [0, 7],
    "other": [5, 0],
}


@pytest.fixture
def at():
    return opened("receptive_field", text=LONG)


def switch(at, **choices):
    if "other" in choices:
        unfold(at, "receptive_field.connect")
    return move(at, {f"receptive_field.{name}": value for name, value in choices.items()})


def panels(at):
    return pictures(at)["receptive_field.cone"]["panels"]


def said(at):
    return "\n".join(element.value for element in at.markdown)


# ---- the cones ----


@pytest.mark.parametrize(("name", "choices"), SWITCHES.items())
def test_every_switch_can_be_moved_and_formula_and_gradient_agree(at, name, choices):
    for choice in choices:
        switch(at, **{name: choice})
        assert control(at, f"receptive_field.{name}").value == choice
        assert "agree in all" in said(at)
        assert not at.error


def test_the_cones_are_those_of_the_model(at):
    switch(
        at,
        layers=3,
        kernel=4,
        dilation=2,
        stride=2,
        looks="centred",
        mask="window",
        window=3,
        attention=2,
        output=9,
    )
    unfold(at, "receptive_field.code")
    stack = reach.stack(3, 4, 2, 2)
    convolution, attention = panels(at)
    expected = (
        reach.cone(stack, TOKENS, 9 // 8, causal=False),
        reach.attention_cone(masks.window(TOKENS, 3), 2, 9),
    )
    for panel, cone in zip((convolution, attention), expected, strict=True):
        assert [level["lit"] for level in panel["levels"]] == [
            np.flatnonzero(level).tolist() for level in cone.levels
        ]
        assert [level["length"] for level in panel["levels"]] == [len(level) for level in cone.levels]
        assert [level["step"] for level in panel["levels"]] == cone.steps
        for level, (first, last, gap) in zip(panel["levels"], cone.reads, strict=False):
            assert (level["first"], level["last"], level["gap"]) == (first.tolist(), last.tolist(), gap)
    assert f"= {reach.size(stack)} " in said(at)
    assert f"{len(convolution['levels'][-1]['lit'])} of {TOKENS} tokens" in said(at)
    assert f"{len(attention['levels'][-1]['lit'])} of {TOKENS} tokens" in said(at)


def test_the_number_of_cells_is_right(at):
    cells = sum(level["length"] for panel in panels(at) for level in panel["levels"])
    assert f"agree in all {cells:,} cells" in said(at)


def test_a_disagreement_is_shown(at, monkeypatch):
    monkeypatch.setattr(reach, "disagreement", lambda cone, gradients: [(1, 2)])
    at.run()
    assert "disagree in 2 of" in at.error[0].value
    assert "agree in all" not in said(at)


def test_a_click_chooses_the_output(at):
    click(at, "receptive_field.cone", {"token": [3, 1700000000000]})
    assert control(at, "receptive_field.output").value == pictures(at)["receptive_field.cone"]["output"] == 3
    assert panels(at)[0]["levels"][0]["lit"] == [3]
    assert address(at)["receptive_field.output"] == "4"


# ---- layers needed ----


def test_the_layers_needed_are_said_and_drawn(at):
    switch(at, kernel=3, output=9, other=2, window=4)
    assert (
        "convolution: **4**; full attention: **1**; causal attention: **1**; attention in a window of 4: "
        "**3**" in said(at)
    )
    chart = next(iter(figures(at).values()))
    assert [curve["name"] for curve in chart["data"]] == [
        "convolution",
        "full attention",
        "causal attention",
        "attention in a window of 4",
    ]
    assert chart["layout"]["shapes"][0]["x0"] == -7


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"kernel": 1, "other": 2}, "nothing but its own place"),
        ({"window": 1, "other": 2}, "is the token itself"),
        ({"output": 2, "other": 7}, "never looks to the right"),
        ({"kernel": 2, "looks": "centred", "other": 2}, "never looks to the left"),
        ({"dilation": 2, "output": 9, "other": 2}, "leave holes"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_never_connected_is_explained(at, choices, reason):
    switch(at, **choices)
    assert re.search(rf"\*\*never\*\*[^;]*{reason}", said(at))


def test_a_curve_has_gaps_where_no_number_of_layers_is_enough():
    needed = {
        "convolution": reach.needed(4, 3, 1, 1, True),
        "full attention": reach.needed_by_attention(masks.full(7), 3),
    }
    figure = curves.layers(needed, distance=-2, words=("a", "<b>"))
    np.testing.assert_array_equal(figure.data[0].y, [2, 1, 1, 0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(figure.data[1].x, [-3, -2, -1, 0, 1, 2, 3])
    assert "<b>" not in figure.layout.annotations[0].text
    with pytest.raises(ValueError, match="distance of 4 lies outside -3 to 3"):
        curves.layers(needed, distance=4, words=("a", "b"))


# ---- influence ----


def test_the_strips_are_the_measures_of_both_twins(at):
    assert "receptive_field.encoder" not in pictures(at)
    unfold(at, "receptive_field.used")
    switch(at, output=5)
    for name in ("encoder", "encoder-cnn"):
        bundle, ids = load(name), load(name).read(LONG)
        gradient = np.sqrt(sensitivity.squares(bundle.network, ids, 5, range(bundle.config.width))[0])
        change = reach.occlusion(bundle, ids, range(TOKENS), reach.unchanged(bundle, ids, TOKENS))[:, 5]
        header, shown = pictures(at)[f"receptive_field.{name.replace('-', '_')}"]
        assert header["rows"] == ["gradient", "occlusion"]
        np.testing.assert_allclose(
            shown, [gradient / gradient.max(), change / change.max()], rtol=2e-3, atol=1e-6
        )
    half = (load("encoder-cnn").network.field - 1) // 2
    assert (shown[:, np.abs(np.arange(TOKENS) - 5) > half] == 0).all()
    assert "**exactly 0**" in said(at)


def test_a_text_past_the_context_is_answered_in_a_sentence():
    at = opened("receptive_field", text="the river bank and " * 100, **{"receptive_field.used": "true"})
    assert "texts of up to" in at.info[-1].value
    assert "receptive_field.encoder" not in pictures(at)
    switch(at, layers=8, stride=2, output=300)
    for panel, stands in zip(panels(at), (256, 300), strict=True):
        assert len(panel["tokens"]) == component.SHOWN
        assert panel["start"] <= stands < panel["start"] + component.SHOWN
    assert "agree in all" in said(at)


# ---- what a short reach costs ----

RIVER = "I swam across the river to get to the other bank"


@cache
def axis_of(name):
    """The axis from river to money at the end of a twin, by the bundled examples of bank."""
    means = [
        senses.vectors(load(name), [senses.find(text, "bank")[0] for text in group])[:, -1].mean(0)
        for group in senses.bundled()["bank"].values()
    ]
    return senses.Axis.between(*means)


def fallen(at):
    return {lane["name"]: lane["values"][0] for lane in pictures(at)["receptive_field.meter"]["lanes"]}


def costs(text, **query):
    return opened("receptive_field", text=text, **{"receptive_field.cost": "true"}, **query)


def test_the_meters_follow_the_clue_and_are_those_of_the_models():
    at = costs(RIVER)
    switch(at, clue=4)  # river
    for between in (5, 0, 2, 17):
        switch(at, between=between)
        word, _ = senses.apart(senses.find(RIVER, "bank")[0], senses.find(RIVER, "river")[0], between)
        for name, value in fallen(at).items():
            assert value == pytest.approx(
                float(axis_of(name).project(senses.vectors(load(name), [word])[0, -1])), abs=1e-3
            )
    assert address(at)["receptive_field.between"] == "17"


def test_the_convolution_says_the_same_wherever_the_clue_is_out_of_its_sight():
    at = costs(RIVER)
    values = {}
    switch(at, clue=1)  # swam
    for between in (0, 3, 4, 9, 20):
        switch(at, between=between)
        values[between] = fallen(at)["encoder-cnn"]
    assert values[4] == pytest.approx(values[9], abs=1e-4) == pytest.approx(values[20], abs=1e-4)
    assert abs(values[3] - values[4]) > 0.01
    assert "From 4 words on" in said(at)


def curves_of(at, key):
    """{name: values} of a Plotly chart of the page."""
    traces = figures(at)[key]["data"]
    return {
        one["name"]: np.frombuffer(base64.b64decode(one["y"]["bdata"]), one["y"]["dtype"]) for one in traces
    }


def test_the_clue_chosen_first_shows_the_cliff():
    at = costs(RIVER)
    assert control(at, "receptive_field.clue").value == RIVER.split().index("river")
    values = curves_of(at, "receptive_field.meters")
    assert (values["encoder"] < -1).all()  # river, wherever it stands
    assert (values["encoder-cnn"][:4] < -0.2).all() and (values["encoder-cnn"][4:] > 0.8).all()
    at = costs("A lion and a crown were engraved on the seal")
    values = curves_of(at, "receptive_field.meters")
    assert (values["encoder-cnn"][:4] > 1).all() and (values["encoder-cnn"][4:] < 0).all()


def test_the_mean_of_many_sentences_falls_at_the_edge_of_the_cone_and_only_there():
    values = curves_of(costs(RIVER), "receptive_field.average")
    for name, curve in values.items():
        np.testing.assert_allclose(curve, load(name).card["moved_away"]["mean"], atol=1e-6)
    twin, encoder = values["encoder-cnn"], values["encoder"]
    assert np.ptp(twin[4:]) < 1e-3 and twin[:4].min() > 2 * twin[4]
    assert np.ptp(encoder) < 0.1


def test_the_cards_tell_what_is_measured_again():
    card = load("encoder-cnn").card["moved_away"]
    again = moved.rightness(load("encoder-cnn"), "seal", [0, 4]).mean(0)
    np.testing.assert_allclose(again, np.array(card["by_word"]["seal"])[[0, 4]], atol=2e-3)
    assert card["sentences"] == sum(len(texts) for one in senses.bundled().values() for texts in one.values())


def test_a_sentence_without_a_cliff_is_said_to_have_none():
    at = costs("The crane")
    assert any("No single word" in one.value for one in at.caption)


def test_a_clue_may_stand_further_away_than_the_slider_goes():
    at = costs(f"The river {'and so on ' * 9} to the bank")
    switch(at, clue=1)
    assert control(at, "receptive_field.between").value == 20
    assert all(not lane["before"] for lane in pictures(at)["receptive_field.meter"]["lanes"])


def test_a_text_longer_than_any_in_training_is_answered_in_a_sentence():
    context = load("encoder").config.context
    at = costs("the river bank " * (context // 3 + 1))
    (said,) = (one.value for one in at.info if "is measured for texts" in one.value)
    assert (
        said.startswith(f"This is measured for texts of up to {context} tokens") and "yours has 130" in said
    )
    assert "receptive_field.average" in figures(at)


def test_another_clue_may_be_chosen_after_the_word_too():
    at = costs("The bank gave me a loan for my boat")
    assert control(at, "receptive_field.clue").value in range(8)
    switch(at, clue=6, between=12)
    assert "which as it" in said(at)
    switch(at, clue=0)
    assert "receptive_field.meter" in pictures(at)


def test_a_text_without_a_word_with_examples_is_told_which_words_have_some():
    at = costs("The cat sat on the mat")
    assert "receptive_field.meter" not in pictures(at)
    assert "pitcher" in at.info[-1].value
    link = {
        "word_sense.mat.left": "a mat on the floor\nthe door mat",
        "word_sense.mat.right": "mat paint\na mat finish",
    }
    at = costs("The cat sat on the mat", **link)
    assert set(fallen(at)) == {"encoder", "encoder-cnn"}
    at = costs("The cat sat on the mat", **link | {"word_sense.mat.right": "mat paint"})
    assert "too few examples" in at.info[-1].value


def test_the_shares_are_those_of_the_cards(at):
    unfold(at, "receptive_field.many")
    chart = list(figures(at).values())[-1]
    for bar, name in zip(chart["data"], ("encoder", "encoder-cnn"), strict=True):
        found = load(name).card["senses"]["clues"]["by_distance"]
        assert (bar["name"], bar["x"]) == (name, list(found))
    figure = curves.shares(
        {name: load(name).card["senses"]["clues"]["by_distance"] for name in ("encoder", "encoder-cnn")}
    )
    np.testing.assert_allclose(
        figure.data[1].y,
        [share for share, _ in load("encoder-cnn").card["senses"]["clues"]["by_distance"].values()],
        rtol=1e-6,
    )
    p, n = load("encoder").card["senses"]["clues"]["by_distance"]["5-8"]
    assert figure.data[0].error_y.array[2] == pytest.approx((p * (1 - p) / n) ** 0.5, rel=1e-5)


# ---- texts and links ----


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_hostile_text_gives_a_sentence_or_a_picture(at, text):
    plain = {element.value for element in at.markdown}
    move(at, {"text": text})
    assert control(at, "text").value == text
    for element in (*at.markdown, *at.caption, *at.warning, *at.info):
        if element.value not in plain:
            assert not escaped(element.value), element.value
    if at.warning:
        assert not pictures(at)
    move(at, {"text": SHORT})
    assert pictures(at)["receptive_field.cone"]["revision"] == SHORT


def test_one_token_is_answered_in_a_sentence_and_drawn(at):
    move(at, {"text": "a"})
    assert "one token" in at.info[0].value
    assert panels(at)[0]["levels"][-1] == {
        "length": 1,
        "step": 1,
        "lit": [0],
        "first": [],
        "last": [],
        "gap": 1,
    }


def test_a_link_restores_every_switch(at):
    chosen = {
        "layers": 2,
        "kernel": 5,
        "dilation": reach.EXPONENTIAL,
        "stride": 2,
        "looks": "centred",
        "mask": "window",
        "window": 7,
        "attention": 3,
    }
    switch(at, **chosen, output=4, other=6)
    link = address(at)
    assert link == {
        "text": LONG,
        **{
            f"receptive_field.{name}": str(value)
            for name, value in (chosen | {"output": 5, "other": 7, "connect": True}).items()
        },
    }
    again = opened("receptive_field", **link)
    assert panels(again) == panels(at)
    assert address(again) == link


@pytest.mark.parametrize("value", ["", "0", "999", "x", "-1", "$x$"])
def test_a_broken_link_opens_on_something_sensible(value):
    at = opened("receptive_field", text=LONG, **{f"receptive_field.{name}": value for name in SWITCHES})
    assert "agree in all" in said(at)


LISTED = "k3, k3 s2, pool 2/2, k3 d2"


def test_layers_one_by_one_are_drawn_and_kept_in_the_address(at):
    switch(at, stack=LISTED)
    told = said(at)
    assert "agree in all" in told
    assert not at.error
    assert re.findall(r"^\| \d+ \| [a-z]+ \|.*?\*\*(\d+)\*\*", told, flags=re.MULTILINE) == [
        "3",
        "5",
        "7",
        "23",
    ]
    assert "= 23" in told
    assert len(panels(at)[0]["levels"]) == 5
    assert control(at, "receptive_field.kernel").disabled
    assert address(at)["receptive_field.stack"] == LISTED
    assert panels(opened("receptive_field", **address(at))) == panels(at)
    switch(at, stack="")
    assert not control(at, "receptive_field.kernel").disabled


@pytest.mark.parametrize(
    "text", ["k3, ![](//host/a)", "<b>", "k3 q2", "k0", "pool 2 d2", ", ".join(["k3"] * 17)]
)
def test_layers_that_cannot_be_read_are_answered_in_a_sentence(at, text):
    switch(at, stack=text)
    (told,) = (one.value for one in at.info if one.value.endswith("Until then the layers are equal."))
    assert not escaped(told)
    assert len(panels(at)[0]["levels"]) == 5
    assert control(at, "receptive_field.stack").value == text


def test_as_many_as_sixteen_layers(at):
    switch(at, layers=16, dilation=reach.EXPONENTIAL)
    assert "agree in all" in said(at)
    assert len(panels(at)[0]["levels"]) == 17
    linked = opened(
        "receptive_field", **{"receptive_field.layers": 10, "receptive_field.dilation": "exponential"}
    )
    assert len(panels(linked)[0]["levels"]) == 11
    assert not [element for element in linked.info if "This link" in element.value]


def test_a_choice_outlives_a_shorter_text_without_harm(at):
    switch(at, output=TOKENS - 1, other=TOKENS - 2)
    at.session_state["receptive_field.cone"] = {"token": [TOKENS - 1, 1]}
    move(at, {"text": SHORT})
    assert pictures(at)["receptive_field.cone"]["output"] < len(load("encoder").read(SHORT))


# ---- the component ----


def test_a_cone_that_does_not_fit_the_text_is_an_error():
    panel = component.Panel("one", *reach.cone(reach.stack(1, 3), 4, 2, True))
    with pytest.raises(ValueError, match="4 positions at its lowest level, for 3 tokens"):
        component.cone([panel], ["a", "b", "c"], output=2, key="k")
    with pytest.raises(ValueError, match="output is token 4, but there are 4 tokens"):
        component.cone([panel], list("abcd"), output=4, key="k")


def test_no_cell_is_said_to_be_left_out_where_none_is():
    at = opened("receptive_field", text="bank")
    agreement = next(one.value for one in at.markdown if "agree in all" in one.value)
    assert "above 0 in each, as none is left out" in agreement
