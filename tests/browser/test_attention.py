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
MARKS = (
    "<b>bold</b> <img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "[link](javascript:alert(1))",
    "$x$ and $$y^2$$",
    "`a` ``b`` `",
)
STRANGE = {
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


# Notes every part of the page that fades by itself while the next picture is on its way.
FADES = """() => {
    window.fades = [];
    const look = () => window.fades.push(...document.getAnimations()
        .filter((one) => one.transitionProperty === "opacity" && one.effect.target.matches("[data-stale]")).map((one) => one.effect.target.className));
    new MutationObserver(() => requestAnimationFrame(look)).observe(document, { subtree: true, attributeFilter: ["data-stale"] });
}"""


def test_the_first_visit_shows_a_picture_and_no_part_fades_while_the_next_is_computed(page, defaults):
    """What fades by itself gets a layer of its own."""
    page.open()
    found = page.shown(revision=defaults["text"])
    query, key = map(int, found["cell"].split(","))
    assert float(found["value"]) == weight(defaults, defaults["text"], query, key)
    page.page.evaluate(FADES)
    page.type(LONG)
    page.shown(revision=LONG)
    assert page.page.evaluate("window.fades") == []


# ---- typing ----


def test_typing_repaints_without_a_key_press_more_and_a_choice_does_not_outlive_a_shorter_text(
    page, defaults
):
    page.open(text=LONG)
    page.shown(revision=LONG)
    click(page, 12, 9)
    page.shown(cell="12,9")
    page.type(SHORT)
    found = page.shown(revision=SHORT, rows=3)
    assert all(int(place) < 3 for place in found["cell"].split(","))
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
    box.blur()
    page.page.locator("body").press("n")  # keys walk through the steps again
    page.linked(**{"attention.step": "7 Weighted sum"})


def test_the_style_is_there_before_the_script_has_run(page):
    page.open()
    room = page.page.wait_for_selector(".stMainBlockContainer", state="attached")
    assert room.evaluate("room => getComputedStyle(room).paddingTop") == "60px"


def test_an_example_becomes_the_text_and_a_choice_made_before_stays_in_the_address(page):
    """Streamlit's own binding forgets the choice."""
    page.open(text=SHORT, embed_options="show_padding")
    page.shown(revision=SHORT)
    page.choose("layer", 0)
    page.linked(layer="1", embed_options="show_padding")
    page.part("example", "input").click()
    option = page.page.get_by_role("option").nth(1)
    example = option.inner_text()
    option.click()
    page.shown(revision=example)
    expect(page.part("text", "textarea")).to_have_value(example)
    page.linked(layer="1", text=example, embed_options="show_padding")


def test_hostile_text_stays_text_at_every_step(page, defaults):
    """One text has all the marks, whether it comes with the link or is typed; the others are typed."""
    marks = " ".join(MARKS)
    page.open(text=marks)
    page.shown(revision=marks)
    stays(page, marks)
    for text in (*STRANGE.values(), marks):
        page.type(text)
        page.shown(revision=text, rows=len(model.load(defaults["model"]).explain(text).tokens))
        stays(page, text)
    for step, name in enumerate(defaults["steps"]):
        page.choose("attention.step", step)
        page.linked(**{"attention.step": None if name == defaults["attention.step"] else name})
        expect(page.part("attention.step", "[role=radio]").nth(step)).to_have_attribute(
            "aria-checked", "true"
        )
        stays(page, marks)
        page.check()


def stays(page, text):
    """The text is in its box, and nothing on the page has been made of it."""
    page.rests()
    assert page.foreign() == 0
    expect(page.part("text", "textarea")).to_have_value(text)


def test_no_text_and_100000_characters_are_answered_in_a_sentence_and_a_reload_survives_them(page):
    page.open(text=LONG)
    for text in ("", "   "):
        answers(page, text, "There is no text yet")
        expect(page.part("attention.matrix")).to_have_count(0)
        page.type(LONG)
    for letter in "aש🦉":  # one, two and four bytes each, and one, six and twelve in an address
        answers(page, letter * 100_000, "100,000")
        expect(page.page.get_by_text("too long for an address")).to_be_visible()
        page.linked(text=None)
        response = page.page.reload()
        assert response.status == 200
        expect(page.part("text", "textarea")).to_be_visible()
        page.type(LONG)
    page.shown(revision=LONG)


def answers(page, text, sentence):
    """The page, where a picture stood, answers this text in a sentence and keeps it in its box."""
    page.shown(revision=LONG)
    page.type(text)
    expect(page.page.get_by_test_id("stAlert")).to_contain_text(sentence)
    assert page.part("text", "textarea").input_value() == text


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
    page, hung_up = Page(tabs, fresh.url), []
    page.on("websocket", lambda socket: socket.on("close", lambda one: hung_up.append(one.url)))
    page.open(text=SHORT)
    page.shown(revision=SHORT)
    page.page.evaluate(f"({TYPE})('a \\ud83d b')")
    page.page.wait_for_timeout(500)
    assert page.part("text", "textarea").evaluate("box => box.value === 'a \\ud83d b'")
    page.page.wait_for_function(TYPE, arg=LONG)
    page.shown(revision=LONG)
    # when the server hangs up, the address's view says so, and Streamlit complains that it cannot send that yet
    complaints = [said for said in page.wrong if "Cannot send rerun" in said]
    assert len(complaints) == len(hung_up) > 0
    page.wrong = [said for said in page.wrong if said not in complaints]
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


def test_the_number_follows_the_click_layer_head_and_step_and_a_reload_keeps_everything(page, defaults):
    page.open(text=LONG)
    before = page.shown(revision=LONG)
    click(page, 7, 3)
    found = page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3))
    assert found["value"] != before["value"]
    page.linked(**{"attention.query": "8", "attention.key": "4"})
    tokens = controls(text=LONG)["attention.query"].options
    expect(page.part("attention.query", "input")).to_have_value(tokens[7])
    page.choose("layer", 1)
    page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3, layer=2))
    page.choose("head", 5)
    page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3, layer=2, head=6))
    page.choose("attention.step", DOTS)
    dots = float(attention(defaults, LONG, layer=2).dots(5)[7, 3])
    page.shown(cell="7,3", value=dots)
    kept = {"attention.query": "8", "attention.key": "4", "attention.step": defaults["steps"][DOTS]}
    page.linked(layer="2", head="6", text=LONG, **kept)
    page.page.reload()
    page.shown(revision=LONG, cell="7,3", value=dots)
    expect(page.part("text", "textarea")).to_have_value(LONG)


def test_the_number_follows_every_switch(page, defaults):
    def says(**how):
        page.shown(cell="7,3", value=weight(defaults, LONG, 7, 3, **how))

    page.open(text=LONG, **{"attention.temperature": "2.5", "attention.query": "8", "attention.key": "4"})
    says(change=Change(temperature=2.5))
    page.part("attention.temperature", "[role=slider], input[type=range]").first.press("ArrowRight")
    says(change=Change(temperature=2.6))
    page.linked(**{"attention.temperature": "2.6"})
    page.switch("attention.scaled")
    says(change=Change(scaled=False, temperature=2.6))
    page.choose("attention.where", 1)
    says(change=Change(scaled=False, temperature=2.6), layers=(defaults["layer"] - 1,))
    page.switch("attention.average")
    page.shown(cell="7,3", value=float(np.float32(1 / 8)))
    page.linked(**{"attention.average": "True"})
    page.choose("attention.mask", "full")
    T = len(model.load(defaults["model"]).read(LONG))
    page.shown(cell="7,3", value=float(np.float32(1 / T)))
    page.choose("attention.mask", "causal")
    page.choose("attention.step", MASKED)
    click(page, 2, 6)
    page.shown(cell="2,6", value="masked")


# ---- clicking and keys ----


def test_arrows_walk_enter_commits_and_the_walk_is_spoken(page, defaults):
    page.open(text=LONG, **{"attention.query": "7", "attention.key": "4"})
    page.shown(revision=LONG, cell="6,3")
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
    the_table_has_all_numbers_and_gives_the_keys_back(page, defaults)


def the_table_has_all_numbers_and_gives_the_keys_back(page, defaults):
    """Asked where the cell 5, 0 is chosen and the keys stand on it."""
    canvas, table = page.part("attention.matrix", "canvas.pointer"), page.part("attention.matrix", ".numbers")
    canvas.press("ArrowRight")
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
    expect(table.locator("[aria-current]")).to_have_text(shown[5][0])
    expect(table.locator("tbody th").nth(6)).to_have_text(re.compile(r"^7 "))
    page.page.keyboard.press("Escape")
    expect(table).to_be_hidden()
    canvas.press("Enter")  # where the keys had been before
    page.shown(cell="5,1", value=float(expected[5, 1]))


def test_a_chip_chooses_who_asks_and_a_read_out_speaks_of_things_and_not_of_rows(page, defaults):
    page.open(text=LONG)
    page.shown(revision=LONG)
    page.part("attention.chips", "button").nth(4).click()
    strongest = int(attention(defaults, LONG).weights(defaults["head"] - 1)[4].argmax())
    page.shown(revision=LONG, cell=f"4,{strongest}")
    page.linked(**{"attention.query": "5", "attention.key": None})
    expect(page.part("attention.chips", "button").nth(4)).to_have_attribute("aria-pressed", "true")
    page.choose("attention.step", "2 q, k, v")
    page.shown("attention.q")
    page.part("attention.q", "canvas.pointer").focus()
    page.page.keyboard.press("Home")
    expect(page.part("attention.q", ".readout")).to_have_text(
        re.compile(r"^\S+ \(\d+\), dimension 0 of its query: [−\d.]+$")
    )


# ---- other screens, and motion ----


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


def test_the_steps_stand_in_one_line_and_numbers_in_the_cells_only_where_each_has_room(reader):
    text = "one two three four five six seven eight"
    page = reader(width=853, height=480).open(text=text, **{"attention.step": "3 Dot products"})
    page.shown(revision=text)
    page.rests()
    buttons = page.part("attention.step", "[role=radio]").all()
    buttons += [page.part(f"attention.{key}", "button") for key in "PN"]
    boxes = [button.bounding_box() for button in buttons]
    assert len({(round(box["y"]), round(box["height"])) for box in boxes}) == 1
    page.page.set_viewport_size({"width": 1440, "height": 900})
    page.shown(revision=text, written="true")
    page.page.set_viewport_size({"width": 360, "height": 844})
    page.choose("attention.step", SOFTMAX)
    page.shown(revision=text, written="false")


GLIDES = """() => {
    window.glides = 0;
    const count = (changes) => changes.forEach((one) => one.addedNodes.forEach((node) => (window.glides += node.tagName === "CANVAS")));
    new MutationObserver(count).observe(document.body, { childList: true });
}"""


def test_keys_walk_through_the_steps_and_pictures_become_one_another_where_motion_is_welcome(page):
    """A query and a key glide into their row and column, weights onto the values, the sum to its head; and
    one matrix fades into the next.
    """
    page.open(text="one two three four", **{"attention.step": "2 q, k, v"})
    page.shown("attention.k")
    page.page.evaluate(GLIDES)
    walks(page, glides=(2, 4, 1), fades=1)
    page.page.emulate_media(reduced_motion="reduce")
    page.page.locator("body").press("p")
    page.linked(**{"attention.step": "7 Weighted sum"})
    page.choose("attention.step", "2 q, k, v")
    page.linked(**{"attention.step": "2 q, k, v"})
    walks(page, glides=(0, 0, 0), fades=0)


def walks(page, glides, fades):
    """From the second step to the last by a key, and so many vectors glide and matrices fade on the way."""
    page.shown("attention.q")
    page.shown("attention.k")
    page.rests()
    page.page.evaluate("window.glides = 0")
    on(page, "3 Dot products")
    glided(page, "matrix", glides[0])
    page.page.evaluate(COPIES)
    on(page, "4 Divide by √D")
    assert page.page.evaluate("window.copies") == fades
    for step in ("5 Mask", "6 Softmax", "7 Weighted sum"):
        on(page, step)
    glided(page, "mixture", glides[1])
    on(page, "8 Join heads")
    glided(page, "heads", glides[2])
    expect(page.page.locator("body > canvas")).to_have_count(0)


def on(page, step):
    """A key leads to this step."""
    page.page.locator("body").press("n")
    expect(page.part("attention.step", "[aria-checked=true]")).to_have_text(step)
    page.linked(**{"attention.step": None if step == "6 Softmax" else step})
    page.rests()


def glided(page, picture, count):
    """So many vectors have come to this picture in the end."""
    page.shown(f"attention.{picture}")
    page.page.wait_for_function("count => window.glides === count", arg=count)
    page.page.evaluate("window.glides = 0")
