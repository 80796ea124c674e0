"""The page about masks in a real browser: cells painted by mouse and by key, one message a stroke; every
number compared with the model.
"""

import base64

import numpy as np
import pytest
from playwright.sync_api import expect

from model import load, masks

TEXT = "The cat sat on the mat"
TOKENS = len(load("decoder-rope").read(TEXT))
PAINTER, WEIGHTS = "masks.painter", "masks.weights"
CAUSAL = masks.causal(TOKENS).numpy()


@pytest.fixture
def sent():
    """The messages that the page has sent so far."""
    return []


@pytest.fixture
def painter(page, sent):
    def hear(frame):
        sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", hear))
    page.open("masks", text=TEXT, **{"masks.section": "Paint a mask"})
    page.shown(PAINTER, open=int(CAUSAL.sum()))
    page.shown(WEIGHTS)
    return page


def address(allowed):
    bits = base64.urlsafe_b64encode(np.packbits(allowed)).decode().rstrip("=")
    return {"masks.mask": "painted", "masks.paint": f"{len(allowed)}.{bits}"}


def with_cells(value, *cells, base=CAUSAL):
    changed = base.copy()
    for cell in cells:
        changed[cell] = value
    return changed


def weight(allowed, row, column):
    return float(
        load("decoder-rope").explain(TEXT, allowed=allowed).layers[2].attention.weights(3)[row, column]
    )


def middle(page, key, row, column):
    """Where the middle of a cell lies in its picture, as the picture says."""
    left, top, wide, high = map(float, page.shown(key)["cells"].split(","))
    return {"x": left + (column + 0.5) * wide, "y": top + (row + 0.5) * high}


def click_weight(page, row, column):
    page.part(WEIGHTS, "canvas.pointer").click(position=middle(page, WEIGHTS, row, column))


def drag(page, *cells):
    """Press the mouse on the first cell, move over the others, let go."""
    places = [middle(page, PAINTER, *cell) for cell in cells]
    box = page.part(PAINTER, "canvas.pointer").bounding_box()  # once the page rests
    for n, place in enumerate(places):
        page.page.mouse.move(box["x"] + place["x"], box["y"] + place["y"])
        if n == 0:
            page.page.mouse.down()
    page.page.mouse.up()


def test_a_click_turns_a_cell_over_and_the_model_runs_again_and_undo_takes_strokes_back(painter, sent):
    stand_in_one_row_above_the_fold(painter)
    click_weight(painter, 4, 2)
    painter.shown(WEIGHTS, cell="4,2", value=weight(CAUSAL, 4, 2))
    drag(painter, (4, 1))
    allowed = with_cells(False, (4, 1))
    painter.linked(**address(allowed))
    painter.shown(PAINTER, open=int(allowed.sum()))
    painter.shown(WEIGHTS, cell="4,2", value=weight(allowed, 4, 2))
    assert weight(allowed, 4, 2) != weight(CAUSAL, 4, 2)
    drag(painter, (4, 1))
    painter.linked(**address(CAUSAL))
    drag(painter, (2, 0))
    painter.linked(**address(with_cells(False, (2, 0))))  # strokes that come in one run are one step of undo
    drag(painter, (5, 4), (5, 2))
    allowed = with_cells(False, (2, 0), (5, 4), (5, 3), (5, 2))
    painter.linked(**address(allowed))
    painter.part("masks.undo", "button").click()
    painter.linked(**address(with_cells(False, (2, 0))))
    painter.page.reload()
    painter.shown(PAINTER, open=int(CAUSAL.sum()) - 1)


def stand_in_one_row_above_the_fold(page):
    page.rests()
    boxes = [page.part(key, "canvas.pointer").bounding_box() for key in (PAINTER, "masks.scores", WEIGHTS)]
    assert len({round(box["y"]) for box in boxes}) == 1
    assert max(box["y"] + box["height"] for box in boxes) <= 900


def test_a_drag_paints_many_cells_in_one_round_trip_and_keys_paint_too(painter, sent):
    places = (1, 3), (1, 4), (1, 5), (2, 5)
    before = len(sent)
    drag(
        painter, places[0], places[2], places[3]
    )  # from column 3 to 5 at once: what the pointer skips is painted too
    allowed = with_cells(True, *places)
    painter.linked(**address(allowed))
    painter.shown(PAINTER, open=int(allowed.sum()))
    assert len(sent) == before + 1
    painter.part("masks.undo", "button").click()
    painter.linked(**{"masks.mask": None, "masks.paint": None})
    painter.shown(PAINTER, open=int(CAUSAL.sum()))
    keys_paint(painter)


def keys_paint(painter):
    canvas = painter.part(PAINTER, "canvas.pointer")
    canvas.press("ArrowDown")
    canvas.press("End")
    canvas.press(" ")
    allowed = with_cells(True, (1, TOKENS - 1))
    painter.linked(**address(allowed))
    expect(painter.part(PAINTER, ".readout")).to_contain_text("may look")
    painter.page.keyboard.down("Shift")
    canvas.press("ArrowLeft")
    canvas.press("ArrowLeft")
    painter.page.keyboard.up("Shift")
    painter.linked(**address(with_cells(True, *((1, TOKENS - n) for n in (1, 2, 3)))))


def test_a_row_with_nothing_allowed_is_refused_and_the_painting_kept(painter):
    drag(painter, (0, 0))
    expect(painter.page.get_by_test_id("stAlert")).to_contain_text("Row 1")
    painter.shown(PAINTER, open=int(CAUSAL.sum()) - 1)
    expect(painter.part(WEIGHTS)).to_have_count(0)
    drag(painter, (0, 3))
    allowed = with_cells(True, (0, 3), base=with_cells(False, (0, 0)))
    painter.linked(**address(allowed))
    click_weight(painter, 0, 3)
    painter.shown(WEIGHTS, cell="0,3", value=1)


def test_the_future_leaks_without_the_mask_only(page):
    page.open("masks", text=TEXT, **{"masks.section": "Leak test", "masks.future": "5"})
    expect(page.page.get_by_text("none has moved")).to_be_visible()
    page.pick("masks.mask", "mask: full")
    expect(page.page.get_by_text("the future leaks into the past")).to_be_visible()


def test_can_it_cheat_in_one_screen_and_a_label_that_is_no_token_keeps_its_spaces(page):
    page.open("masks", text=TEXT)
    page.page.get_by_text("What does each write next?").click()
    expect(page.page.get_by_text("Tokens that only repeat")).to_be_visible(timeout=60_000)
    boxes = page.page.get_by_test_id("stCode")
    for place in (0, 1):
        box = boxes.nth(place).bounding_box()
        assert box["y"] + box["height"] <= 900
    page.page.get_by_text("Where does the cheat look?").click()
    page.shown("masks.ahead", cell="2,3")
    expect(page.part("masks.ahead", ".readout")).to_contain_text("layer 3, head 4: ")
    page.part("masks.ahead", "canvas.pointer").focus()
    page.page.keyboard.press("ArrowLeft")
    expect(page.part("masks.ahead", ".tip .pair")).to_have_text("layer 3 → head 3")
    page.page.keyboard.press("t")
    expect(page.part("masks.ahead", "tbody th").first).to_have_text("1 \u2068layer 1\u2069")


def test_names_of_rows_are_not_cut_on_a_phone(phone):
    phone.open("masks", **{"masks.section": "Leak test"}).rests()
    found = phone.shown("masks.test")
    assert float(found["cells"].split(",")[0]) > 9 + len("embedding") * 0.6 * int(found["letters"])


def test_few_rows_fill_the_screen_of_a_projector(reader):
    page = reader(width=1366, height=768).open("masks", projector="True")
    page.part("masks.believed", "canvas[tabindex]").wait_for()
    page.rests()
    _, top, _, high = map(float, page.shown("masks.believed")["cells"].split(","))
    assert top + 3 * high > 0.7 * 768
