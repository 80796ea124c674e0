"""The attention page in a real browser: links, typing, clicking, keys; every number read from the DOM and
compared with the model's own.
"""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

import model
from model import Change
from tests.browser import launch
from tests.browser.conftest import Page
from tests.session import opened

SHORT, LONG = "The river bank", "She gave the red ball to the boy, and the boy gave it to the dog"
DOTS, MASKED, SOFTMAX = 2, 4, 5  # places of the steps
HOSTILE = {
    "bold": "<b>bold</b> <img src=x onerror=alert(1)>",
    "script": "<script>alert(1)</script>",
    "link": "[link](javascript:alert(1))",
    "LaTeX": "$x$ and $$y^2$$",
    "ticks": "`a` ``b`` `",
    "emoji with joiners": "👩‍👩‍👧‍👦 and 🏳️‍🌈",
    "right to left": "שלום עולם, مرحبا",
    "combining marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "one token": "a",
}


def controls(**query):
    """The controls of a page as Streamlit knows them, by key; asked without a browser."""
    at = opened(**query)
    every = (*at.sidebar, *at.main)
    return {one.key: one for one in every if getattr(one, "key", None) and hasattr(one, "value")}


@pytest.fixture(scope="module")
def defaults():
    """What a first visit shows: value by key, and the names of the steps."""
    found = controls()
    return {key: element.value for key, element in found.items()} | {"steps": found["attention.step"].options}


def attention(defaults, text, *, layer=None, change=None, layers=None, allowed=None):
    """The AttentionTrace of a layer, counted from 1, asked of the model itself."""
    trace = model.load(defaults["model"]).explain(text, allowed, change, layers)
    return trace.layers[(layer or defaults["layer"]) - 1].attention


def weight(defaults, text, query, key, *, head=None, **how):
    return float(attention(defaults, text, **how).weights((head or defaults["head"]) - 1)[query, key])


def click(page, row, column, key="attention.matrix"):
    """Click a cell of a matrix, where the picture says that its cells are and its tooltip confirms it."""
    for _ in range(3):  # a picture whose font comes late is arranged anew
        left, top, broad, high = map(float, page.shown(key)["cells"].split(","))
        place = {"x": left + (column + 0.5) * broad, "y": top + (row + 0.5) * high}
        page.part(key, "canvas.pointer").hover(position=place)
        if page.part(key, ".tip .place").text_content() == f"query {row + 1}, key {column + 1}":
            page.part(key, "canvas.pointer").click(position=place)
            return
    raise AssertionError(f"there is no cell {row}, {column}")


# ---- links ----


@pytest.fixture(scope="module")
def fresh(browser):
    """A server that only two tests ask: one for its very first answer, one that makes it hang up."""
    with launch.server() as started:
        yield started


def test_a_deep_link_as_the_very_first_request_restores_the_picture(tabs, fresh, defaults):
    tokens = controls(text=LONG)["attention.query"].options
    page = Page(tabs, fresh.url)
    link = {"text": LONG, "layer": 2, "head": 5, "attention.query": "5", "attention.key": "3"}
    page.open(**link, **{"attention.step": defaults["steps"][DOTS]})
    expected = float(attention(defaults, LONG, layer=2).dots(4)[4, 2])
    page.shown(revision=LONG, rows=len(tokens), cell="4,2", value=expected)
    expect(page.part("text", "textarea")).to_have_value(LONG)
    expect(page.part("attention.step", "[aria-checked=true]")).to_have_text(defaults["steps"][DOTS])
    page.close()
    assert "Traceback" not in fresh.log


def test_the_first_visit_shows_a_picture(page, defaults):
    page.open()
    found = page.shown(revision=defaults["text"])
    query, key = map(int, found["cell"].split(","))
    assert float(found["value"]) == weight(defaults, defaults["text"], query, key)


# Notes every part of the page that fades by itself while the next picture is on its way.
FADES = """() => {
    window.fades = [];
    const look = () => window.fades.push(...document.getAnimations()
        .filter((one) => one.transitionProperty === "opacity" && one.effect.target.matches("[data-stale]")).map((one) => one.effect.target.className));
    new MutationObserver(() => requestAnimationFrame(look)).observe(document, { subtree: true, attributeFilter: ["data-stale"] });
}"""


def test_no_part_of_the_page_gets_a_layer_of_its_own_while_the_next_picture_is_computed(page, defaults):
    page.open()
    page.shown(revision=defaults["text"])
    page.page.evaluate(FADES)
    page.type(LONG)
    page.shown(revision=LONG)
    assert page.page.evaluate("window.fades") == []


def test_a_reload_keeps_everything(page, defaults):
    page.open(text=LONG)
    page.shown(revision=LONG)
    page.choose("layer", 0)
    page.choose("head", 1)
    page.switch("attention.scaled")
    click(page, 6, 3)
    change = Change(scaled=False)
    expected = weight(defaults, LONG, 6, 3, layer=1, head=2, change=change)
    page.shown(cell="6,3", value=expected)
    page.linked(layer="1", head="2", text=LONG, **{"attention.query": "7", "attention.key": "4"})
    page.page.reload()
    page.shown(revision=LONG, cell="6,3", value=expected)
    expect(page.part("text", "textarea")).to_have_value(LONG)


# ---- typing ----


def test_typing_repaints_without_a_key_press_more(page, defaults):
    page.open(text=SHORT)
    page.shown(revision=SHORT)
    box = page.part("text", "textarea")
    box.press("End")
    box.press_sequentially(" of the old town", delay=20)
    text = SHORT + " of the old town"
    found = page.shown(revision=text, rows=len(model.load(defaults["model"]).explain(text).tokens))
    assert found["columns"] == found["rows"]
    expect(box).to_be_focused()
    page.linked(text=text)
    length = page.page.evaluate("history.length")
    box.press_sequentially(" and", delay=20)
    page.linked(text=text + " and")
    assert page.page.evaluate("history.length") == length + 1  # one step for all that was typed


def test_the_style_is_there_before_the_script_has_run(page):
    page.open()
    room = page.page.wait_for_selector(".stMainBlockContainer", state="attached")
    assert room.evaluate("room => getComputedStyle(room).paddingTop") == "60px"


def test_a_choice_made_first_is_still_in_the_address_after_an_example(page):
    """Streamlit's own binding forgets it."""
    page.open(text=SHORT, embed_options="show_padding")
    page.shown(revision=SHORT)
    page.choose("layer", 0)
    page.linked(layer="1", embed_options="show_padding")
    page.part("example", "input").click()
    option = page.page.get_by_role("option").nth(1)
    example = option.inner_text()
    option.click()
    page.linked(layer="1", text=example, embed_options="show_padding")


def test_an_example_becomes_the_text(page):
    page.open(text=SHORT)
    page.shown(revision=SHORT)
    page.part("example", "input").click()
    option = page.page.get_by_role("option").nth(1)
    example = option.inner_text()
    option.click()
    page.shown(revision=example)
    expect(page.part("text", "textarea")).to_have_value(example)
    page.linked(text=example)


FOREIGN = "b, i, script:text('alert'), img[src=x], a[href^=javascript]"  # what only a text can have made


def test_hostile_text_stays_text(page, defaults):
    page.open(text=SHORT)
    page.shown(revision=SHORT)
    for text in HOSTILE.values():
        page.type(text)
        page.shown(revision=text, rows=len(model.load(defaults["model"]).explain(text).tokens))
        page.rests()
        assert page.page.locator(FOREIGN).count() == 0
        expect(page.part("text", "textarea")).to_have_value(text)


def test_hostile_text_stays_text_at_every_step(page, defaults):
    text = " ".join(HOSTILE[name] for name in ("bold", "script", "link", "LaTeX", "ticks"))
    page.open(text=text)
    page.shown(revision=text)
    for step, name in enumerate(defaults["steps"]):
        page.choose("attention.step", step)
        page.linked(**{"attention.step": None if name == defaults["attention.step"] else name})
        expect(page.part("attention.step", "[role=radio]").nth(step)).to_have_attribute(
            "aria-checked", "true"
        )
        page.rests()
        assert page.page.locator(FOREIGN).count() == 0
        page.check()
    expect(page.part("text", "textarea")).to_have_value(text)


def test_no_text_is_answered_in_a_sentence(page):
    page.open(text=LONG)
    for text in ("", "   "):
        page.shown(revision=LONG)
        page.type(text)
        expect(page.page.get_by_test_id("stAlert")).to_be_visible()
        expect(page.part("attention.matrix")).to_have_count(0)
        expect(page.part("text", "textarea")).to_have_value(text)
        page.type(LONG)
    page.shown(revision=LONG)


def test_100000_characters_are_answered_in_a_sentence_and_a_reload_survives_them(page):
    page.open(text=LONG)
    for text in ("a" * 100_000, "ש" * 100_000, "🦉" * 100_000):
        page.shown(revision=LONG)
        page.type(text)
        expect(page.page.get_by_test_id("stAlert")).to_contain_text("100,000")
        assert page.part("text", "textarea").input_value() == text
        expect(page.page.get_by_text("too long for an address")).to_be_visible()
        page.linked(text=None)
        response = page.page.reload()
        assert response.status == 200
        expect(page.part("text", "textarea")).to_be_visible()
        page.type(LONG)
    page.shown(revision=LONG)


TYPE = """text => {
    const box = document.querySelector(".st-key-text textarea");
    if (box.disabled) return false; // while the app is not connected
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    return box.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def test_half_of_a_surrogate_pair_leaves_the_page_alive(tabs, fresh):
    """No keyboard types one. Streamlit's protobuf cannot carry it: it hangs up and dials again, so this test
    does not ask the server of the others.
    """
    page = Page(tabs, fresh.url).open(text=SHORT)
    page.shown(revision=SHORT)
    page.page.evaluate(f"({TYPE})('a \\ud83d b')")
    page.page.wait_for_timeout(500)
    assert page.part("text", "textarea").evaluate("box => box.value === 'a \\ud83d b'")
    page.page.wait_for_function(TYPE, arg=LONG)
    page.shown(revision=LONG)
    page.close()


# ---- the numbers ----


def test_on_a_slow_line_a_click_outlives_the_control_that_is_moved_next(page, defaults):
    page.prepare("""const listen = WebSocket.prototype.addEventListener;
        WebSocket.prototype.addEventListener = function (type, heard, ...how) {
            return listen.call(this, type, type === "message" ? (event) => setTimeout(heard, 600, event) : heard, ...how);
        };""")
    page.open(text=LONG)
    page.shown(revision=LONG)
    click(page, 7, 3)
    page.page.wait_for_timeout(400)  # the answer is on its way
    page.choose("layer", 1)
    page.linked(layer="2")
    page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3, layer=2))


def test_the_number_follows_layer_head_step_and_switches(page, defaults):
    page.open(text=LONG)
    page.shown(revision=LONG)
    click(page, 7, 3)
    page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3))
    page.choose("layer", 1)
    page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3, layer=2))
    page.choose("head", 5)
    page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3, layer=2, head=6))
    page.choose("attention.step", DOTS)
    page.shown(cell="7,3", value=float(attention(defaults, LONG, layer=2).dots(5)[7, 3]))
    page.choose("attention.step", SOFTMAX)
    page.switch("attention.scaled")
    page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3, layer=2, head=6, change=Change(scaled=False)))
    page.choose("attention.where", 1)
    page.shown(
        cell="7,3",
        value=weight(defaults, LONG, 7, 3, layer=2, head=6, change=Change(scaled=False), layers=(1,)),
    )
    page.switch("attention.average")
    page.shown(
        cell="7,3",
        value=weight(
            defaults, LONG, 7, 3, layer=2, head=6, change=Change(scaled=False, average=True), layers=(1,)
        ),
    )


def test_temperature_changes_the_weights(page, defaults):
    page.open(text=LONG, **{"attention.temperature": "2.5"})
    found = page.shown(revision=LONG)
    query, key = map(int, found["cell"].split(","))
    assert float(found["value"]) == weight(defaults, LONG, query, key, change=Change(temperature=2.5))
    page.part("attention.temperature", "[role=slider], input[type=range]").first.press("ArrowRight")
    page.shown(value=weight(defaults, LONG, query, key, change=Change(temperature=2.6)))
    page.linked(**{"attention.temperature": "2.6"})


def test_a_plain_average_gives_each_its_share(page, defaults):
    page.open(text=LONG)
    T = int(page.shown(revision=LONG)["rows"])
    page.switch("attention.average")
    for query, said in ((3, "4"), (T - 1, None)):
        click(page, query, 2)
        page.linked(
            **{"attention.query": said}
        )  # the value was here before the run, the address comes when all is drawn
        assert float(
            page.shown(cell=f"{query},2", value=float(np.float32(1 / (query + 1))))["value"]
        ) == pytest.approx(1 / (query + 1), rel=1e-6)
    page.choose("attention.mask", "full")
    assert float(
        page.shown(
            cell=f"{T - 1},2",
            value=weight(
                defaults, LONG, T - 1, 2, change=Change(average=True), allowed=np.ones((T, T), bool)
            ),
        )["value"]
    ) == (pytest.approx(1 / T, rel=1e-6))


def test_a_masked_cell_says_so(page):
    page.open(text=LONG)
    page.shown(revision=LONG)
    page.choose("attention.step", MASKED)
    click(page, 2, 6)
    page.shown(cell="2,6", value="masked")


# ---- clicking and keys ----


def test_a_click_changes_the_address_and_the_number(page, defaults):
    page.open(text=LONG)
    before = page.shown(revision=LONG)
    click(page, 5, 1)
    found = page.shown(cell="5,1", value=weight(defaults, LONG, 5, 1))
    assert found["value"] != before["value"]
    page.linked(**{"attention.query": "6", "attention.key": "2"})
    expect(page.part("attention.query", "input")).to_have_value(
        controls(text=LONG)["attention.query"].options[5]
    )


def test_a_read_out_speaks_of_things_and_not_of_rows(page):
    page.open(text=LONG, **{"attention.step": "2 q, k, v"})
    page.shown("attention.q")
    page.part("attention.q", "canvas.pointer").focus()
    page.page.keyboard.press("Home")
    expect(page.part("attention.q", ".readout")).to_have_text(
        re.compile(r"^\S+ \(\d+\), dimension 0 of its query: [−\d.]+$")
    )


def test_arrows_walk_enter_commits_and_the_walk_is_spoken(page, defaults):
    page.open(text=LONG)
    page.shown(revision=LONG)
    click(page, 6, 3)
    page.shown(cell="6,3")
    canvas, spoken = (
        page.part("attention.matrix", "canvas.pointer"),
        page.part("attention.matrix", "[aria-live=polite]"),
    )
    canvas.focus()
    for key, place in (("ArrowUp", (6, 4)), ("ArrowLeft", (6, 3)), ("ArrowDown", (7, 3)), ("Home", (7, 1))):
        canvas.press(key)
        expect(spoken).to_contain_text(re.compile(rf"\({place[0]}\) asks, .*\({place[1]}\) answers: "))
    page.shown(cell="6,3")  # walking commits nothing
    canvas.press("ArrowUp")
    canvas.press("Enter")
    page.shown(cell="5,0", value=weight(defaults, LONG, 5, 0))
    strongest = int(attention(defaults, LONG).weights(defaults["head"] - 1)[5].argmax())
    page.linked(
        **{"attention.query": "6", "attention.key": "1" if strongest else None}
    )  # a default is not in the address
    expect(spoken).to_contain_text(f"{weight(defaults, LONG, 5, 0):.3g}"[:5])
    expect(canvas).to_be_focused()


def test_the_table_has_all_numbers_and_gives_the_keys_back(page, defaults):
    page.open(text=LONG, **{"attention.query": "7", "attention.key": "3"})
    page.shown(revision=LONG, cell="6,2")
    canvas, table = page.part("attention.matrix", "canvas.pointer"), page.part("attention.matrix", ".numbers")
    canvas.focus()
    canvas.press("ArrowUp")
    canvas.press("t")
    expect(table).to_be_focused()
    shown = [row.locator("td").all_text_contents() for row in table.locator("tbody tr").all()]
    expected = attention(defaults, LONG).weights(defaults["head"] - 1)
    assert np.shape(shown) == expected.shape
    for (query, key), text in np.ndenumerate(shown):
        assert (
            text == "masked"
            if key > query
            else float(text.replace("−", "-")) == pytest.approx(expected[query, key], rel=5e-3)
        )
    expect(table.locator("[aria-current]")).to_have_text(shown[6][2])
    expect(table.locator("tbody th").nth(6)).to_have_text(re.compile(r"^7 "))
    page.page.keyboard.press("Escape")
    expect(table).to_be_hidden()
    canvas.press("Enter")  # where the keys had been before
    page.shown(cell="5,2", value=float(expected[5, 2]))


def test_a_chip_chooses_who_asks(page, defaults):
    page.open(text=LONG)
    page.shown(revision=LONG)
    page.part("attention.chips", "button").nth(4).click()
    strongest = int(attention(defaults, LONG).weights(defaults["head"] - 1)[4].argmax())
    page.shown(revision=LONG, cell=f"4,{strongest}")
    page.linked(**{"attention.query": "5", "attention.key": None})
    expect(page.part("attention.chips", "button").nth(4)).to_have_attribute("aria-pressed", "true")


def test_a_choice_does_not_outlive_a_shorter_text(page):
    page.open(text=LONG)
    page.shown(revision=LONG)
    click(page, 12, 9)
    page.shown(cell="12,9")
    page.type(SHORT)
    found = page.shown(revision=SHORT, rows=3)
    assert all(int(place) < 3 for place in found["cell"].split(","))


# ---- more than one reader, other screens ----


def test_two_readers_see_their_own(reader, defaults):
    settings = [
        (SHORT, "attention.average", Change(average=True)),
        (LONG, "attention.scaled", Change(scaled=False)),
    ]
    pages = [reader().open(text=text) for text, *_ in settings]
    for page, (_, key, _) in zip(pages, settings, strict=True):
        page.shown()
        page.switch(key)
    for page, (text, _, change) in zip(pages, settings, strict=True):
        page.linked(text=text)
        click(page, 2, 1)
        page.shown(revision=text, cell="2,1", value=weight(defaults, text, 2, 1, change=change))
    for page, (text, *_) in zip(pages, reversed(settings), strict=True):
        page.type(text)
    for page, (text, *_), (_, _, change) in zip(pages, reversed(settings), settings, strict=True):
        found = page.shown(revision=text)
        assert float(found["value"]) == weight(
            defaults, text, *map(int, found["cell"].split(",")), change=change
        )


def test_the_dark_theme_is_dark_and_keeps_the_numbers(reader, defaults):
    page = reader(color_scheme="dark").open(text=LONG)
    found = page.shown(revision=LONG)
    background = page.page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", background)[:3]) < 80
    colour = page.part("attention.matrix", ".caption").evaluate("caption => getComputedStyle(caption).color")
    assert min(int(part) for part in re.findall(r"\d+", colour)[:3]) > 150
    query, key = map(int, found["cell"].split(","))
    assert float(found["value"]) == weight(defaults, LONG, query, key)


COPIES = """() => {
    const room = document.querySelector(".st-key-attention-matrix [data-testid=stBidiComponentIsolated]").shadowRoot;
    window.copies = 0;
    const count = (changes) => changes.forEach((one) => one.addedNodes.forEach((node) => (window.copies += node.tagName === "CANVAS")));
    new MutationObserver(count).observe(room, { subtree: true, childList: true });
}"""


@pytest.mark.parametrize(("motion", "copies"), [("no-preference", 1), ("reduce", 0)])
def test_keys_walk_through_the_steps_and_one_matrix_fades_into_the_next(reader, motion, copies):
    page = reader(reduced_motion=motion).open(**{"attention.step": "3 Dot products"})
    page.shown()
    page.page.evaluate(COPIES)
    page.page.locator("body").press("n")
    expect(page.part("attention.step", "[aria-checked=true]")).to_have_text("4 Divide by √D")
    page.linked(**{"attention.step": "4 Divide by √D"})
    assert page.page.evaluate("window.copies") == copies
    page.page.locator("body").press("p")
    page.linked(**{"attention.step": "3 Dot products"})


def test_keys_walk_through_the_steps_after_somebody_typed(page):
    page.open(text="a river").shown(revision="a river")
    box = page.part("text", "textarea")
    box.press("End")
    box.press_sequentially("s")
    page.shown(revision="a rivers")
    box.blur()
    page.page.locator("body").press("n")
    page.linked(**{"attention.step": "7 Weighted sum"})


def test_numbers_stand_in_the_cells_only_where_each_has_room(page):
    text = "one two three four five six seven eight"
    page.open(text=text, **{"attention.step": "3 Dot products"})
    assert page.shown(revision=text)["written"] == "true"
    page.page.set_viewport_size({"width": 360, "height": 844})
    page.choose("attention.step", SOFTMAX)
    page.shown(revision=text, written="false")


def test_the_steps_and_the_buttons_back_and_on_stand_in_one_line(reader):
    page = reader(width=853, height=480).open()
    page.shown()
    page.rests()
    buttons = page.part("attention.step", "[role=radio]").all()
    buttons += [page.part(f"attention.{key}", "button") for key in "PN"]
    boxes = [button.bounding_box() for button in buttons]
    assert len({(round(box["y"]), round(box["height"])) for box in boxes}) == 1


GLIDES = """() => {
    window.glides = 0;
    const count = (changes) => changes.forEach((one) => one.addedNodes.forEach((node) => (window.glides += node.tagName === "CANVAS")));
    new MutationObserver(count).observe(document.body, { childList: true });
}"""


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", (2, 4, 1)), ("reduce", (0, 0, 0))])
def test_vectors_glide_into_what_they_become(reader, motion, moves):
    """A query and a key into their row and column, weights onto the values, the sum to its head."""
    page = reader(reduced_motion=motion).open(text="one two three four", **{"attention.step": "2 q, k, v"})
    page.shown("attention.q")
    page.shown("attention.k")
    page.page.evaluate(GLIDES)
    for key, picture, count in zip((1, 4, 1), ("matrix", "mixture", "heads"), moves, strict=True):
        for _ in range(key):
            before = page.page.url
            page.page.locator("body").press("n")
            page.page.wait_for_url(lambda url, before=before: url != before)
            page.rests()
        page.shown(f"attention.{picture}")
        page.page.wait_for_function("count => window.glides === count", arg=count)
        page.page.evaluate("window.glides = 0")
    expect(page.page.locator("body > canvas")).to_have_count(0)
