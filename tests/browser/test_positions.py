"""The page about positions in a real browser: numbers read from the DOM and compared with the models, drags,
keys, clicks, and what streams in.
"""

import json
import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from model import load, masks, zoo
from model.analysis import order
from viz.component.view import script

TEXT = "She gave the red ball to the boy, and the boy gave it to the dog"
NAMES = ["none", "learned", "sinusoidal", "rope", "alibi", "t5"]
T = len(load("decoder-rope").read(TEXT))


def opened(page, view="Side by side", text=TEXT, **query):
    query = {"text": text, "positions.section": view} | {
        f"positions.{name}": value for name, value in query.items()
    }
    page.page.goto(f"{page.url}/positions?{urlencode(query)}")
    return page


def seen(page, key, part="panels", **wishes):
    """The picture's dataset, once the page rests and the dataset is as wished."""
    return page.shown(f"positions.{key}", part, **wishes)


def values(found):
    """{title: the number of the marked cell}."""
    return dict(zip(json.loads(found["titles"]), json.loads(found["values"]), strict=True))


def weights(cell, layer, head, text=TEXT):
    """{encoding: the model's own weight}."""
    return {
        name: load(f"decoder-{name}").explain(text).layers[layer - 1].attention.weights(head - 1)[cell]
        for name in NAMES
    }


# ---- side by side ----


def test_a_link_shows_the_weights_of_six_models_under_one_crosshair_that_keys_and_clicks_move(page):
    opened(page, layer=2, head=3, query=6, key=2, comes="True")
    found = seen(page, "panels", cell="5,1")
    assert values(found) == pytest.approx(weights((5, 1), 2, 3), abs=1e-6)
    box = page.part("positions.panels", "canvas").first.bounding_box()
    assert box["y"] + box["height"] <= 900
    page.pick("positions.head", "head 5")
    page.linked(**{"positions.head": "5"})
    expected = json.dumps([round(float(number), 4) for number in weights((5, 1), 2, 5).values()])
    page.page.wait_for_function(
        """wish => {
            const host = document.querySelector(".st-key-positions-panels [data-testid=stBidiComponentIsolated]").shadowRoot.querySelector(".riverbank-panels");
            return JSON.parse(host.dataset.values).every((value, i) => Math.abs(value - JSON.parse(wish)[i]) < 1e-3);
        }""",
        arg=expected,
    )
    arrows_walk_the_crosshair_and_enter_asks_there(page)
    a_click_marks_the_cell_in_every_panel(page)
    hostile_text_stays_text(page)


def arrows_walk_the_crosshair_and_enter_asks_there(page):
    canvas = page.part("positions.panels", "canvas").last
    canvas.focus()
    for press in ("ArrowUp", "ArrowRight", "ArrowUp"):
        canvas.press(press)
    assert values(seen(page, "panels", cell="3,2")) == pytest.approx(weights((3, 2), 2, 5), abs=1e-6)
    expect(page.part("positions.panels", ".readout")).to_contain_text(
        "\u2068·red\u2069 (4) asks, \u2068·the\u2069 (3) answers: none"
    )
    canvas.press("Enter")
    page.linked(**{"positions.query": "4", "positions.key": "3"})
    best = load("decoder-t5").explain(TEXT).probabilities[3].argmax()
    expect(page.part("positions.next", "section").last.locator("li bdi").first).to_have_text(
        load("decoder-t5").tokenizer.piece(best).replace(" ", "·")
    )


def a_click_marks_the_cell_in_every_panel(page):
    box = page.part("positions.panels", "canvas").last.bounding_box()
    page.part("positions.panels", "canvas").last.click(
        position={"x": 80, "y": box["height"] - 8}
    )  # the lower left corner of the fourth panel
    page.linked(**{"positions.query": None, "positions.key": "1"})
    marked = values(seen(page, "panels", cell=f"{T - 1},0"))
    assert marked == pytest.approx(weights((T - 1, 0), 2, 5), abs=1e-6)


def hostile_text_stays_text(page):
    text = "<b>bold</b> <img src=x onerror=alert(1)> $x$ [a](javascript:alert(1))"
    page.type(text)
    seen(page, "panels", revision=text)
    for view in ("Shuffle test", "By distance", "Content and position"):
        page.choose("positions.section", view)
        page.linked(**{"positions.section": view})
        page.rests()
        assert page.foreign() == 0


# ---- shuffle test ----


def test_a_word_is_dragged_and_moved_with_keys(page):
    opened(page, "Shuffle test")
    expect(
        page.part("positions.seed", "input")
    ).to_be_visible()  # what comes last above the words, and moves them down
    before = [int(i) for i in seen(page, "words", "sequence")["order"].split(",")]
    chips = page.part("positions.words", ".chip")
    box, first = chips.nth(3).bounding_box(), chips.first.bounding_box()
    mouse = page.page.mouse
    mouse.move(box["x"] + 5, box["y"] + 5)
    mouse.down()
    mouse.move(first["x"] + 20, first["y"] + 10, steps=4)
    mouse.move(first["x"] + 1, first["y"] + 10, steps=2)
    mouse.up()
    moved = [before[3], *before[:3], *before[4:]]
    seen(page, "words", "sequence", order=",".join(map(str, moved)))
    page.linked(**{"positions.order": "-".join(str(i + 1) for i in moved)})
    chips.first.focus()
    chips.first.press("Shift+ArrowRight")
    moved[:2] = moved[1], moved[0]
    seen(page, "words", "sequence", order=",".join(map(str, moved)))
    page.linked(**{"positions.order": "-".join(str(i + 1) for i in moved)})
    bundle = load("decoder-none")
    places, _ = order.words(bundle.tokenizer, TEXT)
    ids = bundle.read(TEXT)
    moved = [place for word in moved for place in places[word]]
    causal = order.disorder(bundle.network, ids, moved, masks.causal(len(ids))).max()
    expect(page.page.get_by_text(re.compile("largest difference is"))).to_contain_text(
        f"it already is {causal:.3g}"
    )
    full = page.page.get_by_text(re.compile("largest difference is")).locator("strong").first.inner_text()
    size, _, power = full.partition(" × 10")
    raised = int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)
    assert float(size) * 10**raised < 1e-5


VIEW = """async ([code, data, orders]) => {
    const { default: mount } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    document.body.innerHTML = '<div class="riverbank-sequence"></div>';
    const host = document.querySelector(".riverbank-sequence"), said = [], seen = [];
    const show = (order) => mount({ parentElement: document.body, data: { ...data, order }, setStateValue: (_, [order]) => said.push(order) });
    show(data.order);
    for (let n = 0; n < 2; n++) { // the first word twice to the right
        const chip = host.querySelector('[data-word="0"]');
        chip.focus();
        chip.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", shiftKey: true, bubbles: true }));
    }
    for (const order of orders) {
        show(order);
        seen.push(host.dataset.order);
    }
    return [said, seen];
}"""


def test_a_slow_answer_takes_nothing_back(page):
    """To the view itself, on an empty page: two words to it, then the answer to the first, to the second, and
    what nobody had asked for.
    """
    code = script("sequence")
    data = {"words": ["a", "b", "c"], "order": [0, 1, 2], "label": "", "revision": "a b c"}
    said, drawn = page.page.evaluate(VIEW, [code, data, [[1, 0, 2], [1, 2, 0], [2, 1, 0]]])
    assert said == [[1, 0, 2], [1, 2, 0]]
    assert drawn == ["1,2,0", "1,2,0", "2,1,0"]


# ---- content and position ----


def test_the_parts_on_the_screen_add_up_to_the_score_on_the_screen(page):
    opened(page, "Content and position", split="sinusoidal", head=4, query=9, key=3)
    for name in ("sinusoidal", "learned", "t5", "rope"):
        page.choose("positions.split", name)
        found = values(seen(page, "parts", cell="8,2", revision=f"{name}:{TEXT}"))
        score = found.pop("the score")
        assert sum(found.values()) == pytest.approx(score, abs=1e-5)
        scaled = load(f"decoder-{name}").explain(TEXT).layers[0].attention.scaled(3)
        assert score == pytest.approx(scaled[8, 2], abs=1e-5)


# ---- beyond the training length ----


def test_curves_come_in_one_by_one_and_can_be_stopped(page):
    opened(
        page,
        "Beyond the training length",
        length=32,
        numbers="True",
        methods="another base,linear interpolation,NTK-aware,YaRN",
    )
    expect(page.page.get_by_text("Measured 10 curves on 32 tokens.")).to_be_visible()
    page.press_at_once(".st-key-positions-stop button")
    page.part("positions.length", "[role=slider], input[type=range]").first.press("End")
    expect(
        page.page.get_by_text(re.compile(r"Stopped after \d of 10 curves|Measured 10 curves on 1,024"))
    ).to_be_visible()
    page.page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
    if page.part("positions.go", "button").count():
        page.part("positions.go", "button").click()
    expect(page.page.get_by_text("Measured 10 curves on 1,024 tokens.")).to_be_visible()
    ids = load("decoder-t5").tokenizer.encode((zoo.FOLDER / "passage.txt").read_text())[:1025]
    nats = order.losses(load("decoder-t5").network, ids)
    row = page.page.locator("table tr", has_text="t5").first
    expect(row).to_contain_text(f"{nats[:128].mean():.2f}")
    expect(row).to_contain_text(f"{nats[128:].mean():.2f}")
    expect(page.page.locator("table tr", has_text="learned")).to_contain_text("no such position")
    expect(page.part("positions.curves10", ".js-plotly-plot")).to_contain_text("no such position past 128")


# ---- texts and screens ----


def test_what_an_encodings_name_leads_to_begins_at_the_top(phone):
    page = opened(phone, "Which to choose")
    page.rests()
    name = page.page.get_by_role("button", name="rope", exact=True)
    name.scroll_into_view_if_needed()
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    assert page.page.evaluate(scrolled) > 0
    name.click()
    page.linked(**{"positions.section": "The encoding itself"})
    page.rests()
    assert page.page.evaluate(scrolled) == 0
