"""The pages about the senses of a word in a real browser: the meter's numbers read from the DOM, before and
after a word is blinded to its clue.
"""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from model import load
from model.analysis import nearest, senses, words

MODEL = load("encoder")
RIVER, CASH = (
    "I swam across the river to get to the other bank",
    "I walked across the road to get cash from the other bank",
)
READY = """([key, revision]) => {
    if (!document.querySelector("[data-test-script-state=notRunning]")) return null;
    const room = document.querySelector(`.st-key-${key} [data-testid=stBidiComponentIsolated]`);
    const found = room?.shadowRoot?.querySelector(".riverbank-meter")?.dataset;
    return found?.values && (revision === null || found.revision === revision) ? found.values : null;
}"""


def meter(page, first=None, second=CASH, key="word_sense-meter"):
    """The meter's values (lanes, marks) once it has been drawn for these sentences, or for whatever sentences
    if none is given.
    """
    revision = None if first is None else f"{first}\n{second}"
    return np.array(json.loads(page.page.wait_for_function(READY, arg=[key, revision]).json_value()))


def expected(text, without=(), stage=-1):
    """Where *bank* falls at a stage of the encoder, its end unless told, when it cannot look at some words,
    asked of the model itself.
    """
    groups = [
        senses.vectors(MODEL, [senses.find(one, "bank")[0] for one in group])[:, stage].mean(0)
        for group in senses.bundled()["bank"].values()
    ]
    word = senses.find(text, "bank")[0]
    spans = MODEL.explain(text).spans
    keys = [i for name in without for one in senses.find(text, name) for i in one.tokens(spans)]
    return float(
        senses.Axis.between(*groups).project(senses.blinded(MODEL, word, [(keys, None, None)])[0, stage])
    )


def reading(page, mark, key="word_sense.meter"):
    """The number printed at the end of the lowest lane."""
    return float(
        page.part(key, ".riverbank-meter .body .lane")
        .last.locator(".reading")
        .nth(mark)
        .text_content()
        .replace("−", "-")
    )


def strike(page, side, word):
    page.part(f"word_sense.words{side}", "button").get_by_text(word, exact=True).click()


def test_the_front_door_is_the_running_example(page):
    values = meter(page.open(""), RIVER)
    assert values[-1, 0] == pytest.approx(expected(RIVER), abs=1e-3)
    assert values[-1, 1] == pytest.approx(expected(CASH), abs=1e-3)
    assert not values[0].any()
    expect(page.page.get_by_role("heading", level=1)).to_have_text("Which bank?")
    box = page.part("word_sense.meter", ".riverbank-meter").bounding_box()
    assert box["y"] + box["height"] <= 900


def test_blinding_the_word_to_its_clue_moves_the_number_and_undo_brings_it_back(page):
    page.open("word_sense")
    meter(page, RIVER)
    before = reading(page, 1)
    assert before == pytest.approx(expected(CASH), abs=0.006)
    strike(page, 2, "cash")
    page.linked(**{"word_sense.hidden2": "cash"})
    expect(page.page.get_by_text("before it lost sight of")).to_be_visible()
    after = reading(page, 1)
    assert after == pytest.approx(expected(CASH, ["cash"]), abs=0.006)
    assert after < before - 0.1  # away from money
    page.page.reload()
    meter(page, RIVER)
    assert reading(page, 1) == after
    page.part("word_sense.undo", "button").click()
    page.linked(**{"word_sense.hidden2": None})
    expect(page.page.get_by_text("before it lost sight of")).to_have_count(0)
    assert reading(page, 1) == before


def test_words_are_struck_out_and_taken_back_and_a_lane_is_chosen_by_keys_alone(page):
    page.open("word_sense")
    before = meter(page, RIVER)
    words = page.part("word_sense.words1", "button")
    swam = words.nth(1)
    page.part("word_sense.words1", "button[tabindex='0']").focus()
    page.page.keyboard.press("Home")
    expect(words.first).to_be_focused()
    page.page.keyboard.press("ArrowRight")
    expect(swam).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(swam).to_have_class("struck")
    expect(swam).to_be_focused()
    assert reading(page, 0) == pytest.approx(expected(RIVER, ["swam"]), abs=0.006)
    page.page.keyboard.press("Space")
    expect(swam).not_to_have_class("struck")
    expect(swam).to_be_focused()
    assert reading(page, 0) == pytest.approx(before[-1, 0], abs=0.006)
    a_lane_is_chosen_by_mouse_and_by_key(page)
    typing_moves_the_meter_and_keeps_the_focus(page)


def a_lane_is_chosen_by_mouse_and_by_key(page):
    lanes = page.part("word_sense.meter", "button.lane")
    lanes.nth(2).click()
    page.linked(**{"word_sense.stage": "layer 2"})
    expect(lanes.nth(2)).to_have_attribute("aria-pressed", "true")
    lanes.nth(1).focus()
    lanes.nth(1).press("Enter")
    page.linked(**{"word_sense.stage": "layer 1"})


def typing_moves_the_meter_and_keeps_the_focus(page):
    box = page.part("word_sense.other", "textarea")
    box.press("End")
    box.press_sequentially(" and the loan", delay=15)
    text = CASH + " and the loan"
    assert meter(page, RIVER, text)[-1, 1] == pytest.approx(expected(text), abs=1e-3)
    expect(box).to_be_focused()
    page.linked(**{"word_sense.other": text})


def test_the_map_is_played_without_the_server(page):
    page.open("word_sense", **{"word_sense.plane": "true"})
    meter(page, RIVER)
    plot = page.part("word_sense.map", ".js-plotly-plot")
    marks = plot.locator(".scatterlayer .points path")
    expect(marks.first).to_be_visible()
    page.rests()  # a part or a font that is still on its way would count as asked for
    before = marks.first.get_attribute("transform")
    sent = []
    page.on("websocket", lambda socket: sent.append("a new connection"))
    page.on("request", lambda request: sent.append(request.url))
    plot.locator(".slider-rail-touch-rect").click(position={"x": 8, "y": 4})
    expect(marks.first).not_to_have_attribute("transform", before)
    assert not sent


MARKED = "<b>bold</b> $x$ [a](javascript:alert(1)) bank", "<b>bold</b> bank"
ANSWERS = {
    "": "There is no word in the first sentence yet",
    "a dog": "is not in the first sentence. The picture is still about the last two",
    "a" * 100_000: "This text has 100,000 characters",
}


def test_what_is_typed_stays_and_is_answered(page):
    """Each sentence after a picture of the bundled pair."""
    page.open("word_sense", **{"word_sense.word": "bank"})
    meter(page)
    for text, sentence in ANSWERS.items():
        page.type(text)
        expect(page.page.get_by_test_id("stMain").get_by_text(sentence)).to_be_visible()
        stays(page, text)
        page.type(RIVER)
        meter(page, RIVER)
    for text in ("The bank by the bank", MARKED[0]):
        page.type(text)
        meter(page, text)
        stays(page, text)
    page.part("word_sense.other", "textarea").fill(MARKED[1])
    page.part("word_sense.other", "textarea").blur()
    meter(page, *MARKED)
    stays(page, MARKED[0])


def stays(page, text):
    """The text is in the first box, and nothing on the page has been made of it."""
    expect(page.part("text", "textarea")).to_have_value(text)
    assert page.foreign("[class]") == 0


def test_averaging_takes_the_difference_away(page):
    page.open("averaging")
    values = meter(page, RIVER, key="averaging-meter")
    assert values[0, 0] == pytest.approx(
        expected(RIVER, stage=MODEL.card["senses"]["usage"]["best_layer"]), abs=1e-3
    )
    apart = np.abs(values[:, 1] - values[:, 0])
    assert apart[0] > apart[1] > apart[2] == pytest.approx(0, abs=1e-5)
    page.choose("averaging.where", "layer 2")
    page.linked(**{"averaging.where": "layer 2"})


# ---- a word without examples ----

POT, STRIKE = "Water the plant in the pot by the window", "The workers at the steel plant went on strike"
NEAR = """() => {
    if (!document.querySelector("[data-test-script-state=notRunning]")) return null;
    const room = document.querySelector(".st-key-word_sense-neighbours [data-testid=stBidiComponentIsolated]");
    const host = room?.shadowRoot?.querySelector(".riverbank-neighbours");
    const words = (row, side) => [...row.querySelectorAll(`.side${side} li`)].map((one) => one.textContent);
    const rows = [...(host?.querySelectorAll("tbody tr") ?? [])];
    return rows.length ? rows.map((row) => [words(row, 1), words(row, 2), row.querySelector(".cosine").textContent]) : null;
}"""


def test_the_nearest_words_are_those_of_the_model_and_one_click_brings_the_meter(page):
    """For a word without examples, all of it on the first screen."""
    page.page.set_viewport_size({"width": 1366, "height": 768})
    page.open("word_sense", text=POT, **{"word_sense.other": STRIKE})
    rows = page.page.wait_for_function(NEAR).json_value()
    table, stages = nearest.table("encoder"), nearest.stages(MODEL.config)
    found = [words.find(text, "plant")[0] for text in (POT, STRIKE)]
    vectors = senses.vectors(MODEL, found)[:, stages]
    cosines, between = table.cosines(vectors), table.centred(vectors)
    for row, (first, second, cosine) in enumerate(rows):
        for side, shown in ((0, first), (1, second)):
            expected = nearest.listing(table.words, cosines[side, row], len(shown), words.bases("plant"))
            assert shown == [word for word, _ in expected]
        own = float(between[0, row] @ between[1, row])
        assert float(cosine.replace("−", "-")) == pytest.approx(own, abs=0.006)
    box = page.part("word_sense.neighbours", "table").bounding_box()
    assert box["y"] + box["height"] <= 768
    page.page.get_by_role("button", name="Use these examples").click()
    assert meter(page, POT, STRIKE).shape == (MODEL.config.layers + 2, 2)


def test_on_a_phone_the_meter_stays_in_sight_while_a_word_is_tapped_and_the_layers_play_beside_a_slider(
    phone,
):
    phone.open("word_sense", **{"word_sense.plane": "true"})
    plot = phone.part("word_sense.map")
    button, slider = plot.locator(".updatemenu-button"), plot.locator(".slider-container")
    expect(slider).to_be_visible()
    play, track = button.bounding_box(), slider.bounding_box()
    assert play["x"] + play["width"] <= track["x"]
    phone.rests()
    chips = phone.part("word_sense.words2", "button")
    chips.last.evaluate("one => one.scrollIntoView({ block: 'end' })")
    meter, chip = phone.part("word_sense.meter").bounding_box(), chips.first.bounding_box()
    assert 50 <= meter["y"] < 70
    assert meter["y"] + meter["height"] < chip["y"] < phone.page.viewport_size["height"]
    reading = phone.part("word_sense.meter", "button.lane").nth(3)
    expect(reading).to_contain_text("+0.92")
    chips.filter(has_text="cash").click()
    expect(reading).not_to_contain_text("+0.92")
    assert phone.part("word_sense.meter").bounding_box() == meter
