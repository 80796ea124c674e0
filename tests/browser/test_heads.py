"""The page about heads in a real browser: cells, lines and differences read from the DOM and compared with
the model; pointer, keys, phone, theme.
"""

import base64
import json

import numpy as np
import pytest
from playwright.sync_api import expect

from model import load
from model.analysis import heads
from tests.browser.conftest import DATASET, PHONE
from viz.component import grid
from viz.component.view import script

TEXT = "She gave the red ball to the boy, and the boy gave it to the dog"
NAME = "decoder-rope"
VIEWS = {"grid": "grid", "map": "heatmap", "curves": "lines", "contrast": "panels"}
PIXEL = """([key, x, y]) => {
    const canvas = document.querySelector(`.st-key-heads-${key} [data-testid=stBidiComponentIsolated]`).shadowRoot.querySelector("canvas");
    const ratio = canvas.width / canvas.getBoundingClientRect().width;
    return [...canvas.getContext("2d").getImageData(x * ratio, y * ratio, 1, 1).data];
}"""
# Draws a grid as Streamlit does, on an empty page, opens its table and returns the numbers in it.
TABLE = """async ([code, data]) => {
    const { default: draw } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    document.body.innerHTML = '<div class="riverbank-grid" style="width: 600px"></div>';
    draw({ parentElement: document.body, data: Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)), setStateValue: () => null });
    document.querySelector("button.toggle").click();
    return [...document.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent));
}"""
WHITE, DARK = [255, 255, 255, 255], 128  # the page, and how light a dark page may be


def weights(layer, head, text=TEXT, name=NAME):
    return load(name).explain(text).layers[layer - 1].attention.weights(head - 1)


def opened(page, section="Grid", text=TEXT, **query):
    return page.open(
        "heads",
        text=text,
        **{"heads.section": section} | {key.replace("__", "."): value for key, value in query.items()},
    )


def seen(page, key="grid", **wishes):
    """The picture's dataset, once the page rests and the dataset is as wished."""
    return page.shown(f"heads.{key}", VIEWS[key], **wishes)


def spot(found, name, row, column):
    """Where in the grid's canvas the middle of a cell of that head lies, in CSS pixels."""
    x, y = json.loads(found["places"])[found["names"].split().index(name)]
    wide, high = map(float, found["side"].split(","))
    return {
        "x": x + (column + 0.5) * wide / int(found["columns"]),
        "y": y + (row + 0.5) * high / int(found["rows"]),
    }


def upper(page, key="grid"):
    return page.part(f"heads.{key}", "canvas.pointer")


def is_above_the_fold(page, key):
    box = upper(page, key).bounding_box()
    assert box["y"] + box["height"] <= 900


# ---- the grid ----


def test_a_hover_reads_a_cell_and_asks_the_server_for_nothing_and_a_click_opens_its_head_large(page):
    frames = []

    def hear(frame):
        frames.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", hear))
    opened(page)
    found = seen(page, selected="3.4")
    is_above_the_fold(page, "grid")
    before = len(frames)
    for name, row, column in (("2.2", 9, 8), ("4.6", 15, 3), ("1.1", 4, 4)):
        upper(page).hover(position=spot(found, name, row, column))
        at = seen(page, at=name, cell=f"{row},{column}")
        number = weights(int(name[0]), int(name[2]))[row, column]
        assert float(at["value"]) == number
        expect(page.part("heads.grid", ".readout")).to_contain_text(f"({row + 1}) → ")
        expect(page.part("heads.grid", ".readout")).to_contain_text(f": {number:.3g}"[:5])
    assert at["painted"] == found["painted"]  # the matrices were not painted again
    assert len(frames) == before
    click(page, "2.5", 3, 2)
    page.linked(layer="2", head="5")
    seen(page, selected="2.5")
    row = weights(2, 5)[-1]  # of the shared pair: the last token asks, its strongest answer in 2.5
    query, key = len(row) - 1, row.argmax()
    assert float(page.shown("heads.map", cell=f"{query},{key}")["value"]) == row[key]


def click(page, name, row, column):
    for _ in range(5):  # a page that gets a scroll bar while it comes is laid out anew
        place = spot(seen(page), name, row, column)
        upper(page).hover(position=place)
        if seen(page)["at"] == name:
            break
    upper(page).click(position=place)


def test_masked_is_not_zero_and_the_theme_is_followed_live(reader):
    page = reader(color_scheme="light")
    opened(page)
    found = seen(page)
    low = weights(2, 2)
    row, column = np.unravel_index(np.where(np.tri(len(low), k=-2, dtype=bool), low, 1).argmin(), low.shape)
    for (r, c), empty in (((row, column), False), ((2, 14), True)):
        place = spot(found, "2.2", r, c)
        around = [page.page.evaluate(PIXEL, ["grid", place["x"] + step, place["y"]]) for step in (-1, 0, 1)]
        assert (
            any(pixel[3] == 0 for pixel in around) == empty
        )  # a hole shows the page through; a zero is painted in its colour
        assert empty or all(min(pixel[:3]) > 250 for pixel in around)
    dark = spot(found, "2.2", *np.unravel_index(low.argmax(), low.shape))
    red, _, blue, _ = page.page.evaluate(PIXEL, ["grid", dark["x"], dark["y"]])
    assert red < 100 < blue
    place = spot(found, "2.2", 9, 2)
    assert min(page.page.evaluate(PIXEL, ["grid", place["x"], place["y"]])[:3]) > 200
    page.page.emulate_media(color_scheme="dark")
    page.page.wait_for_function(
        f"arg => Math.max(...({PIXEL})(arg).slice(0, 3)) < {DARK}", arg=["grid", place["x"], place["y"]]
    )


def test_the_open_head_is_scrolled_into_sight(page):
    opened(page, heads__order="layer", layer=4)
    seen(page, selected="4.4")
    room = page.part("heads.grid", ".room")
    room.evaluate("room => { room.style.height = '150px'; room.scrollTop = 0; }")
    page.choose("head", "6")
    found = seen(page, selected="4.6")
    top = json.loads(found["places"])[found["names"].split().index("4.6")][1]
    scrolled, height = room.evaluate("room => [room.scrollTop, room.clientHeight]")
    assert scrolled <= top <= scrolled + height - float(found["side"].split(",")[1])


def test_keys_walk_open_and_show_the_measures(page):
    opened(page, heads__order="previous token")
    names = seen(page)["names"].split()
    at = names.index("3.4")
    upper(page).focus()
    for press in ("ArrowLeft", "ArrowUp"):
        upper(page).press(press)
    reached = names[at - 1 - 6] if at > 6 else names[at - 1]
    found = seen(page, at=reached)
    shown = weights(int(reached[0]), int(reached[2]))
    assert float(found["value"]) == pytest.approx(shown.max())  # a head as a whole tells its strongest cell
    upper(page).press("t")
    measured = heads.measure(load(NAME).explain(TEXT))
    cells = (
        page.part("heads.grid", "tbody tr").nth(names.index(reached)).locator("td, th").all_text_contents()
    )
    titles = page.part("heads.grid", "thead th").all_text_contents()
    layer, head = int(reached[0]) - 1, int(reached[2]) - 1
    for title, score in measured.items():
        assert float(cells[titles.index(title)]) == pytest.approx(score.heads[layer, head], rel=5e-3)
    page.page.keyboard.press("Escape")
    expect(page.part("heads.grid", ".numbers")).to_be_hidden()
    upper(page).press("ArrowRight")
    upper(page).press("Enter")
    layer, head = seen(page, selected=names[names.index(reached) + 1])["selected"].split(
        "."
    )  # on from where the table was opened
    page.linked(layer=None if layer == "3" else layer, head=None if head == "4" else head)


def test_without_measures_the_table_has_the_weights_of_one_head(page):
    maps, tokens = [weights(3, head) for head in (1, 2)], load(NAME).explain(TEXT).tokens
    header = {
        "names": ["3.1", "3.2"],
        "notes": ["", ""],
        "measures": {},
        "faint": "",
        "across": 2,
        "side": 92,
        "label": "",
        "start": 0,
        "revision": "",
    }
    data = grid.pack(
        maps, tokens, tokens, np.tri(len(tokens), dtype=bool), "weights", header | {"selected": 1}
    )
    shown = page.page.evaluate(TABLE, [script("grid"), base64.b64encode(data).decode()])
    for (query, key), text in np.ndenumerate(shown):
        assert (
            text == "masked"
            if key > query
            else float(text.replace("−", "-")) == pytest.approx(maps[1][query, key], rel=5e-3)
        )
    assert np.shape(shown) == maps[1].shape


def test_a_phone_has_fewer_across_and_all_within_reach(reader):
    page = reader(**PHONE)
    opened(page)
    found = seen(page)
    assert 3 <= int(found["across"]) < 6
    room = page.part("heads.grid", ".room")
    inside = room.evaluate("room => [room.clientWidth, room.scrollWidth, room.getBoundingClientRect().right]")
    assert inside[0] == inside[1]
    assert inside[2] <= 390
    assert max(x for x, _ in json.loads(found["places"])) + float(found["side"].split(",")[0]) <= inside[0]
    upper(page).focus()
    upper(page).press("End")
    seen(page, at=found["names"].split()[-1])
    y = json.loads(found["places"])[-1][1] + float(found["side"].split(",")[1])
    assert room.evaluate("room => room.scrollTop + room.clientHeight") >= y


# ---- lines ----


def strongest(names, count):
    """The largest weights of these heads, largest first: [name, query, key, weight]."""
    found = [
        [name, i, j, float(w)]
        for name in names
        for (i, j), w in np.ndenumerate(weights(int(name[0]), int(name[2])))
        if w > 0
    ]
    return sorted(found, key=lambda line: -line[3])[:count]


def test_a_slider_a_token_and_keys_choose_which_lines_are_drawn(page):
    opened(page, "Lines", heads__lines=7)
    found = seen(page, "curves", count=7, names="3.4")
    is_above_the_fold(page, "curves")
    assert [line[3] for line in json.loads(found["lines"])] == pytest.approx(
        [line[3] for line in strongest(["3.4"], 7)]
    )
    the_slider_draws_the_strongest_and_is_kept(page)
    page.part("heads.curves", "button[data-name='2.2']").click()
    seen(page, "curves", names="3.4 2.2")
    page.linked(**{"heads.more": "2.2"})
    expect(page.part("heads.curves", "button[data-name='2.2']")).to_have_attribute("aria-pressed", "true")
    a_token_shows_its_own_lines_with_their_weights(page)
    keys_walk_to_a_token_and_a_table_has_its_lines(page)


def the_slider_draws_the_strongest_and_is_kept(page):
    slider = page.part("heads.curves", "input")
    slider.evaluate(
        "(slider) => { slider.value = 1; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    T = len(load(NAME).read(TEXT))
    assert seen(page, "curves", count=T * (T + 1) // 2)["drawn"] == str(T * (T + 1) // 2)
    page.linked(**{"heads.lines": "7"})  # nothing was sent yet
    slider.evaluate(
        "(slider) => { slider.value = 0.5; for (const type of ['input', 'change']) slider.dispatchEvent(new "
        "Event(type, { bubbles: true })); }"
    )
    half = str(round((T * (T + 1) // 2) ** 0.5))
    page.linked(**{"heads.lines": half})
    seen(page, "curves", count=half)


def a_token_shows_its_own_lines_with_their_weights(page):
    page.page.mouse.move(0, 0)
    found = seen(page, "curves", at="")
    canvas, row = upper(page, "curves"), float(found["row"])
    canvas.hover(position={"x": 60, "y": 9.5 * row + 4})
    lines = json.loads(seen(page, "curves", at="0,9")["lines"])
    assert {line[1] for line in lines} == {9}
    assert sorted(line[3] for line in lines if line[0] == "2.2") == pytest.approx(
        sorted(weights(2, 2)[9, :10])
    )
    expect(page.part("heads.curves", ".readout")).to_contain_text("asks: most of")
    wide = canvas.bounding_box()["width"]
    canvas.hover(position={"x": wide - 60, "y": 3.5 * row + 4})
    lines = json.loads(seen(page, "curves", at="1,3")["lines"])
    assert {line[2] for line in lines} == {3}
    canvas.click(position={"x": wide - 60, "y": 3.5 * row + 4})
    page.linked(**{"heads.key": "4"})


def keys_walk_to_a_token_and_a_table_has_its_lines(page):
    canvas = upper(page, "curves")
    canvas.focus()
    for press in ("Home", "ArrowDown", "ArrowDown", "ArrowRight"):
        canvas.press(press)
    seen(page, "curves", at="1,2")
    canvas.press("ArrowLeft")
    seen(page, "curves", at="0,2")
    canvas.press("t")
    rows = page.part("heads.curves", "tbody tr")
    best = max(
        ((name, j, weights(int(name[0]), int(name[2]))[2, j]) for name in ("3.4", "2.2") for j in range(3)),
        key=lambda line: line[2],
    )
    cells = rows.first.locator("td").all_text_contents()
    assert cells[1] == best[0]
    assert float(cells[2]) == pytest.approx(best[2], rel=5e-3)
    page.page.keyboard.press("t")  # back to the picture, where one was
    canvas.press("Enter")
    page.linked(**{"heads.query": "3"})


def test_a_long_text_scrolls_and_only_what_is_seen_is_drawn(page):
    text = "Once upon a time there was a little girl who lived near the river. " * 34
    T = len(load(NAME).read(text))
    assert T > 500
    opened(page, "Lines", text, heads__lines=2000)
    found = seen(page, "curves", count=2000)
    assert int(found["seen"]) <= 21
    assert 0 < int(found["drawn"]) < 2000
    box = page.part("heads.curves", ".box")
    assert box.evaluate("box => box.scrollTop") > 0.9 * (T - 30) * float(
        found["row"]
    )  # the token that asks, the last, is in view
    box.evaluate("box => { box.scrollTop = 0; }")
    page.page.wait_for_function(
        f"before => ({DATASET})('heads-curves', 'lines')?.drawn !== before", arg=found["drawn"]
    )
    upper(page, "curves").hover(position={"x": 40, "y": 40})
    seen(page, "curves", at="0,1")


# ---- two at once ----


def test_a_difference_is_that_of_the_weights(page):
    opened(page, "Two at once", heads__layer_b=2, heads__head_b=2, heads__query=10, heads__key=9)
    found = seen(page, "contrast", cell="9,8")
    is_above_the_fold(page, "contrast")
    a, b, gap = json.loads(found["values"])
    assert (a, b) == pytest.approx((weights(3, 4)[9, 8], weights(2, 2)[9, 8]), abs=1e-6)
    assert gap == pytest.approx(a - b, abs=1e-6)
    upper(page, "contrast").focus()
    for press in ("ArrowUp", "ArrowLeft", "Enter"):
        upper(page, "contrast").press(press)
    page.linked(**{"heads.query": "9", "heads.key": "8"})
