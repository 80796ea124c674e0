"""The page that takes a score apart in a real browser: its numbers are read back and compared with the model;
by mouse, by key and on a phone.
"""

import numpy as np
import pytest
from playwright.sync_api import expect

from model import load
from model.analysis import why
from tests.session import numeric

TEXT = "I swam across the river to get to the other bank"
REASONS, TABLE = "why.reasons", "why.parts"


def taken_apart(key):
    """What the model says of the score that the page opens with, from the last token to the one at `key`."""
    bundle = load("decoder-rope")
    return why.ingredients(bundle, bundle.explain(TEXT), 2, 3, 10, key)


def numbers(page, key):
    """The numbers that stand beside the bars, once the picture is that of this key."""
    expected = taken_apart(key)
    total = page.part(REASONS, ".total .number")
    expect(total).to_have_text(f"{expected.score:+.3g}".replace("-", "−"))
    return [numeric(text) for text in page.part(REASONS, "button .number").all_inner_texts()], expected


def test_the_numbers_beside_the_bars_are_the_models_and_keys_walk_from_one_to_a_head(page):
    page.open("why", text=TEXT)
    shown, expected = numbers(page, 4)
    page.rests()
    best = [expected.table[cell] for cell in expected.strongest(5)]
    assert shown == pytest.approx(best, rel=0.01)
    fills = [bar.bounding_box() for bar in page.part(REASONS, ".row .fill").all()]
    assert fills[0]["width"] / fills[-1]["width"] == pytest.approx(best[0] / expected.score, rel=0.05)
    assert fills[1]["x"] == pytest.approx(fills[0]["x"] + fills[0]["width"], abs=2)  # begins where that ends
    first = page.part(REASONS, "button").first
    first.focus()
    first.press("End")
    page.page.keyboard.press("Enter")
    page.linked(**{"why.cell": "head 2.3|MLP 1", "why.table": "True"})
    row, column = expected.queries.index(why.Part(why.HEAD, 1, 2)), expected.keys.index(why.Part(why.MLP, 0))
    page.shown(TABLE, cell=f"{row},{column}", value=float(np.float32(expected.table[row, column])))
    expect(page.part(REASONS, "[aria-pressed=true]")).to_contain_text("head 2.3")
    page.part(TABLE, "canvas.pointer").press("Enter")
    page.linked(**{"why.trail": "3.4:11>5q", "layer": "2", "head": "3"})
    expect(page.part("why.back")).to_contain_text("Back to head 3.4")
    page.part("why.back", "button").click()
    page.linked(**{"why.trail": None, "layer": None, "head": None})


def test_on_a_phone_a_token_is_tapped_and_nothing_stands_beyond_the_edge(phone):
    phone.open("why", text=TEXT)
    numbers(phone, 4)
    phone.rests()
    phone.part("why.sentence", "button").nth(8).click()
    phone.linked(**{"why.key": "9"})
    shown, expected = numbers(phone, 8)
    assert shown == pytest.approx([expected.table[cell] for cell in expected.strongest(5)], rel=0.01)
    phone.fits()
    phone.choose("why.section", "What did it write?")
    phone.part("why.written", "button").first.wait_for()
    phone.fits()


def test_which_bank_leads_to_what_moved_the_word_and_back(page):
    page.open("word_sense")
    page.part("word_sense.why", "button").click()
    page.page.wait_for_url("**/why?**")
    expect(page.part("why.written", ".total")).to_contain_text("the meter−1.68")
    page.linked(model="encoder", **{"why.section": "What did it write?"})
    page.part("why.meter", "button").click()
    page.page.wait_for_url("**/word_sense*")
    expect(page.part("word_sense.meter")).to_be_visible()
