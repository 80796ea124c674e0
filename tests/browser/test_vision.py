"""The page about pictures in a real browser: a digit drawn by mouse and by keys, a patch and a head clicked, a
photograph uploaded; every number compared with the models.
"""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from model.vision import NAMES, digits, load, reading
from pages.vision.chosen import PATCHES
from viz.component.drawing import unpacked

CANVAS, LOOKS, HEADS, ANSWERS = "vision.canvas", "vision.looks", "vision.heads", "vision.answers"
SHOWN = ("vit", "cnn")
STROKES = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.85)]  # a 7, in shares of the canvas


@pytest.fixture
def canvas(page):
    page.open("vision")
    page.shown(CANVAS, "drawing")
    page.shown(HEADS, "mosaic")
    return page


def probabilities(levels):
    """What the page should write beside the bars: for each digit those of both models."""
    beliefs = [load(name).explain(digits.bright(levels)).probabilities for name in SHOWN]
    return [f"{100 * belief[digit]:.1f} %" for digit in range(10) for belief in beliefs]


def reads(page, levels):
    """Wait until the bars say what the models say of these pixels."""
    expect(page.part(ANSWERS, ".share")).to_have_text(probabilities(levels))


def corner(page, key, inside="canvas.pointer"):
    return page.part(key, inside).bounding_box()


def draw(page, points):
    box = corner(page, CANVAS)
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.page.mouse.move(*places[0])
    page.page.mouse.down()
    for place in places[1:]:
        page.page.mouse.move(*place, steps=12)
    page.page.mouse.up()


def drawn(page):
    """The drawing that the canvas shows and the address holds."""
    text = page.shown(CANVAS, "drawing")["drawn"]
    page.linked(**{"vision.drawing": text})
    return unpacked(text)


def test_a_digit_is_drawn_with_the_mouse_and_by_keys_and_read_while_it_is_drawn(canvas):
    sample = digits.test()[0][digits.SHOWN[0]]
    reads(canvas, sample)
    canvas.part(CANVAS, "button").get_by_text("Clear").click()
    expect(canvas.page.get_by_text("There is nothing to see yet")).to_be_visible()
    box = corner(canvas, CANVAS)
    canvas.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    canvas.page.mouse.down()
    canvas.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=12)
    expect(canvas.part(ANSWERS, ".share")).to_have_count(20)  # the hand still holds the button
    canvas.page.mouse.up()
    one = drawn(canvas)
    assert one[8:20, 13:15].min() == 255 and one[:, :8].max() == 0
    reads(canvas, one)
    draw(canvas, [(0.2, 0.5), (0.8, 0.5)])
    reads(canvas, drawn(canvas))
    canvas.part(CANVAS, "button").get_by_text("Undo").click()
    np.testing.assert_array_equal(drawn(canvas), one)
    reads(canvas, one)
    link = canvas.page.url
    canvas.page.goto(link)
    reads(canvas, one)
    canvas.part("vision.back", "button").click()
    reads(canvas, sample)
    canvas.linked(**{"vision.drawing": None})
    a_digit_is_drawn_by_keys(canvas)


def a_digit_is_drawn_by_keys(canvas):
    canvas.part(CANVAS, "canvas.pointer").focus()
    keyboard = canvas.page.keyboard
    keyboard.press("Delete")
    expect(canvas.page.get_by_text("There is nothing to see yet")).to_be_visible()
    canvas.part(CANVAS, "canvas.pointer").focus()
    for _ in range(8):
        keyboard.press("ArrowUp")
    keyboard.down("Shift")
    for _ in range(16):
        keyboard.press("ArrowDown")
    keyboard.up("Shift")
    line = drawn(canvas)
    assert line[7:22, 14].min() > 200 and line[:, :10].max() == 0
    reads(canvas, line)
    expect(canvas.part(CANVAS, ".readout")).to_contain_text("row 23, column 15: 100 % ink")
    keyboard.press("z")
    expect(canvas.page.get_by_text("There is nothing to see yet")).to_be_visible()


def patch(page, key, row, column, copy=0):
    """Where the middle of a patch lies in a copy, as the picture says."""
    x, y, wide, high = eval(page.shown(key, "mosaic")["places"])[copy]
    return {"x": x + (column + 0.5) * wide / PATCHES, "y": y + (row + 0.5) * high / PATCHES}


def test_a_patch_and_a_head_are_clicked_and_the_numbers_are_the_models(reader):
    canvas = reader(width=1366, height=768).open("vision")
    stand_on_the_first_screen_of_a_laptop(canvas)
    canvas.part(LOOKS, "canvas.pointer").click(position=patch(canvas, LOOKS, 2, 5, copy=1))
    canvas.linked(**{"vision.patch": str(2 * PATCHES + 5 + 1)})
    assert canvas.shown(LOOKS, "mosaic", selected="2,5")["at"] == "2,5"
    canvas.part(HEADS, "canvas.pointer").click(position=patch(canvas, HEADS, 3, 3, copy=14))
    canvas.linked(**{"vision.layer": "4", "vision.head": "3"})
    canvas.shown(HEADS, "mosaic", chosen="4.3")
    canvas.page.mouse.move(0, 0)
    found = canvas.shown(
        LOOKS,
        "mosaic",
        titles='["vit, layer 4, head 3","vit, rollout","class token, rollout","cnn, gradient"]',
    )
    trace = load("vit").explain(digits.bright(digits.test()[0][digits.SHOWN[0]]))
    weights = trace.layers[3].attention.weights(2)[trace.token(2, 5)]
    assert eval(found["values"])[0] == pytest.approx(weights[trace.token(2, 5)], rel=1e-4)
    canvas.part(LOOKS, "canvas.pointer").focus()
    canvas.page.keyboard.press("ArrowLeft")
    canvas.page.keyboard.press("Enter")
    canvas.linked(**{"vision.patch": str(2 * PATCHES + 4 + 1)})
    canvas.part(LOOKS, ".toggle").click()
    rows = canvas.part(LOOKS, "tbody tr")
    expect(rows).to_have_count(49)
    expect(canvas.part(LOOKS, "tr[aria-current] th")).to_have_text("row 3, column 5")


def stand_on_the_first_screen_of_a_laptop(page):
    page.shown(LOOKS, "mosaic")
    page.rests()
    for key, share in ((ANSWERS, 1), (LOOKS, 0.9)):
        box = page.part(key).bounding_box()
        assert box["y"] + share * box["height"] <= 768, key


def photograph():
    """A digit on paper, as a file."""
    digit = Image.fromarray(255 - digits.test()[0][digits.SHOWN[7]]).resize(
        (300, 300), Image.Resampling.BICUBIC
    )
    page = Image.new("L", (640, 480), 255)
    page.paste(digit, (60, 90))
    file = io.BytesIO()
    page.save(file, "JPEG")
    return file.getvalue()


def test_a_photograph_of_a_digit_is_read_and_no_file_that_is_none(canvas):
    canvas.part("vision.photograph", "summary").click()
    upload = canvas.page.locator("[data-testid=stFileUploader] input")
    upload.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(canvas.page.get_by_text("This is no PNG, JPEG or WebP picture")).to_be_visible()
    upload.set_input_files({"name": "7.jpg", "mimeType": "image/jpeg", "buffer": photograph()})
    levels = reading.digit(reading.opened(photograph()))
    reads(canvas, levels)
    assert canvas.shown(CANVAS, "drawing")["inked"] == str(int((levels > 0).sum()))
    expect(canvas.page.get_by_text("This is no PNG, JPEG or WebP picture")).to_have_count(0)
    expect(canvas.page.get_by_text("who opens yours sees the sample")).to_be_visible()
    assert len(NAMES) == 4 and "vision.upload" not in canvas.page.url
