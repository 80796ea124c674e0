"""A page answers at first glance: its picture is on the first screen of a laptop, begins on that of a projector
and of a phone, and what is read after it is folded.
"""

import pytest

LAPTOP, PROJECTOR, PHONE = (1366, 768), (853, 480), (390, 844)
LONGEST = 2.5  # screens of a laptop before anything is opened
TALL = "Math.max(...[...document.querySelectorAll('[data-testid=stMainBlockContainer]')].map((one) => one.scrollHeight))"
SECTION = "decoding.section"
VIEWS = [  # page, its link, the picture, and how much of it the laptop shows at least
    ("rope", {}, "rope.clocks", 0.8),
    ("bpe", {}, "bpe.player", 0.7),
    ("averaging", {}, "averaging.meter", 1),
    ("decoding", {}, "decoding.candidates", 0.65),
    ("decoding", {SECTION: "Beam search"}, "decoding.tree", 1),
    ("decoding", {SECTION: "Attention and cache"}, "decoding.grown", 0.8),
    ("decoding", {SECTION: "The first token"}, "decoding.shares", 1),
    ("architecture", {"architecture.section": "The end", "model": "encoder"}, "architecture.nearest", 0.9),
    ("decoding", {SECTION: "Surprise and layers"}, "decoding.chips", 1),
    ("vision", {}, "vision.canvas", 1),
    ("vision", {"vision.section": "In a row", "vision.shuffle": "True"}, "vision.row", 1),
    ("vision", {"vision.section": "What it learned"}, "vision.likeness", 1),
    ("learning", {}, "learning.course", 0.95),
    ("learning", {"learning.section": "Race"}, "learning.curves", 1),
    ("bugs", {}, "bugs.maps", 1),
    ("bugs", {"bugs.section": "Guess the bug"}, "bugs.riddle", 1),
    ("why", {}, "why.reasons", 1),
    ("why", {"why.section": "What did it write?"}, "why.written", 1),
]


BEGINS = "key => document.querySelector(key).getBoundingClientRect().top < innerHeight"


@pytest.mark.parametrize(("name", "query", "picture", "share"), VIEWS)
def test_the_picture_stands_on_the_first_screen(reader, name, query, picture, share):
    def opened(width, height):
        page = reader(width=width, height=height).open(name, **query)
        page.part(picture).wait_for()
        page.rests()
        return page

    page = opened(*LAPTOP)
    box = page.part(picture).bounding_box()
    assert box["y"] + share * box["height"] <= LAPTOP[1]
    assert page.page.evaluate(TALL) <= LONGEST * LAPTOP[1]
    for size in (PROJECTOR, PHONE):  # once the sidebar has gone there
        opened(*size).page.wait_for_function(BEGINS, arg=f".st-key-{picture.replace('.', '-')}")
