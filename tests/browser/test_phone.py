"""On a phone nothing stands beyond the edge, on no page and in none of its views: what stands side by side
elsewhere stands there one below the other, formulas included.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.session import LONG
from tests.test_pages import PAGES, VIEWED

WIDE = "बच्चे 🏞 " + "x" * 40
FOLDS = {  # what is wide behind a name: formulas, tables, second pictures
    "heads": ("rule", "agree", "every", "how", "ranks", "apart"),
    "masks": ("looks", "loss", "why", "formula", "pairs"),
    "positions": ("hard", "comes", "differ", "formula", "how", "numbers", "ways", "parts_are"),
    "vision": ("influences", "photograph", "code", "numbers"),
    "learning": ("numbers", "formula"),
    "architecture": ("totals", "adds", "turns", "formula", "pooled", "table", "drawn", "formulas"),
    "why": ("table", "formula", "logit"),
}


def unfolded(name):
    return {"text": LONG} | {f"{name}.{fold}": "True" for fold in FOLDS.get(name, ("formula",))}


# How each page is opened, and the buttons that show another picture of it.
WALKS = [(name, f"{name}.section", unfolded(name)) for name in PAGES if name in VIEWED]
WALKS += [
    ("attention", "attention.step", {"text": LONG}),
    ("averaging", "averaging.where", {"averaging.slot": "True", "averaging.formula": "True"}),
    ("word_sense", None, {"word_sense.code": "True"}),
    ("bpe", None, {"text": WIDE} | {f"bpe.{name}": "True" for name in ("word", "own", "fewer", "eight")}),
    ("receptive_field", None, {"text": LONG, "receptive_field.code": "True"}),
    ("rope", None, {"text": LONG} | {f"rope.{name}": "True" for name in ("sum", "hand", "speed")}),
    ("architecture", "architecture.section", unfolded("architecture") | {"model": "encoder"}),
    (
        "positions",
        "positions.encoding",
        unfolded("positions") | {"positions.section": "The encoding itself", "positions.encoding": "rope"},
    ),
]
WITHOUT_FORMULAS = {"bpe"}
BUTTONS = ".stButtonGroup button, .stButtonGroup [role=radio]"


def test_every_page_is_walked():
    assert {name for name, _, _ in WALKS} == set(PAGES)


@pytest.mark.parametrize(("turn", "name", "key", "query"), [(turn, *walk) for turn, walk in enumerate(WALKS)])
def test_nothing_stands_beyond_the_edge(reader, turn, name, key, query):
    page = reader(**PHONE, color_scheme=("light", "dark")[turn % 2]).open(name, **query)
    expect(page.page.get_by_role("heading", level=1)).to_be_attached()  # the script has begun
    formulas = fits(page)
    buttons = page.part(key, "[role=radio]") if key else page.page.locator("no-buttons")
    for button in buttons.all():
        if button.get_attribute("aria-checked") == "false":
            before = page.page.url
            button.click()
            page.page.wait_for_url(lambda url, before=before: url != before)  # which is when all is drawn
            formulas += fits(page)
    assert bool(formulas) != (name in WITHOUT_FORMULAS)


def fits(page):
    """Wait until the page fits, every button of a row included; how many formulas it has."""
    page.fits()
    boxes = [button.bounding_box() for button in page.page.locator(BUTTONS).filter(visible=True).all()]
    assert all(box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    return page.page.locator(".katex-display").count()


def test_formulas_that_have_room_stand_side_by_side(page):
    page.open("word_sense", **{"word_sense.code": "True"})
    parts = page.page.locator(".katex-display").first.locator(".katex-html > .base")
    expect(parts).to_have_count(3)
    page.fits()
    boxes = [part.bounding_box() for part in parts.all()]
    assert max(box["y"] for box in boxes) < min(box["y"] + box["height"] for box in boxes)
