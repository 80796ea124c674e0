"""On a phone every formula is whole: what stands side by side elsewhere stands there one below the other."""

import pytest
from playwright.sync_api import expect

PAGES = [
    ("attention", {"attention.step": "2 q, k, v"}),
    ("averaging", {}),
    ("heads", {"heads.section": "Grid"}),
    ("rope", {}),
    ("word_sense", {}),
    ("decoding", {"decoding.section": "The next word"}),
    ("decoding", {"decoding.section": "Attention and cache"}),
    *(
        ("architecture", {"architecture.section": section})
        for section in ("The block", "The stream", "What it costs")
    ),
    *(
        ("positions", {"positions.section": section})
        for section in ("Side by side", "By distance", "Content and position")
    ),
    *(
        ("positions", {"positions.section": "The encoding itself", "positions.encoding": name})
        for name in ("none", "sinusoidal", "rope", "alibi")
    ),
]


@pytest.mark.parametrize(("name", "query"), PAGES)
def test_every_formula_is_whole_on_a_phone(reader, name, query):
    page = reader(viewport={"width": 390, "height": 844}).open(
        name, text="I swam across the river to get to the other bank", **query
    )
    expect(page.page.locator(".katex-display").first).to_be_attached()
    page.fits()


def test_formulas_that_have_room_stand_side_by_side(page):
    parts = page.open("word_sense").page.locator(".katex-display").first.locator(".katex-html > .base")
    expect(parts).to_have_count(3)
    page.fits()
    boxes = [part.bounding_box() for part in parts.all()]
    assert max(box["y"] for box in boxes) < min(box["y"] + box["height"] for box in boxes)
