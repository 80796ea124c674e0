"""Every view of every page: axe-core finds nothing to complain of, in the light and in the dark, on a laptop and
on a phone; and on a phone nothing stands beyond the edge: what stands side by side elsewhere stands there one
below the other, formulas included.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Page
from tests.browser.launch import ROOT
from tests.browser.walk import OPENED, WALKS, walk
from tests.test_pages import PAGES

WITHOUT_FORMULAS = {"bpe"}
BY_WIDTH = re.compile(r"@media \((?:max|min)-width[^{]*\{((?:[^{}]*\{[^{}]*\})*[^{}]*)\}")
COLOURED = re.compile(
    r"colou?r|background|fill|stroke|opacity|filter|shadow|rgb|hsl|#[0-9a-f]{3}", re.IGNORECASE
)


@pytest.fixture(scope="module", params=WALKS, ids=lambda walk: f"{walk[0]}-{walk[1]}")
def walked(request, tabs, server):
    """The name of a page, and what was found in its views."""
    scheme, size = OPENED
    page = Page(tabs, server.url, **size, color_scheme=scheme)
    found = walk(page, *request.param)
    page.close()
    return request.param[0], found


def test_every_page_is_walked():
    assert {name for name, _, _ in WALKS} == set(PAGES)


def test_axe_complains_of_nothing(walked):
    assert walked[1].complaints == {}


def test_nothing_stands_beyond_the_edge(walked):
    name, found = walked
    assert {view: parts for view, parts in found.beyond.items() if parts} == {}
    assert bool(sum(found.formulas)) != (name in WITHOUT_FORMULAS)


def test_no_colour_depends_on_the_width():
    styles = [*(ROOT / "viz").glob("**/*.css"), ROOT / "pages" / "_page.css"]
    blocks = [block for path in styles for block in BY_WIDTH.findall(path.read_text(encoding="utf-8"))]
    assert len(blocks) > 15
    assert [block for block in blocks if COLOURED.search(block)] == []


def test_formulas_that_have_room_stand_side_by_side(page):
    page.open("word_sense", **{"word_sense.code": "True"})
    parts = page.page.locator(".katex-display").first.locator(".katex-html > .base")
    expect(parts).to_have_count(3)
    page.fits()
    boxes = [part.bounding_box() for part in parts.all()]
    assert max(box["y"] for box in boxes) < min(box["y"] + box["height"] for box in boxes)
