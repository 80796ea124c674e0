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


SIDEBAR = """shown => {
    const bar = document.querySelector("[data-testid=stSidebar]");
    return bar.dataset.collapsed === String(!shown) && bar.getAnimations().length === 0;
}"""
# Whether the picture begins on the screen, or as much of it as is asked for stands there.
STANDS = """([key, share]) => {
    const { top, height } = document.querySelector(`.st-key-${key}`).getBoundingClientRect();
    return share ? height > 0 && top + share * height <= innerHeight : top < innerHeight;
}"""


def opened(reader, size, name, query, picture):
    page = reader(width=size[0], height=size[1]).open(name, **query)
    page.part(picture).wait_for()
    page.rests()
    return page


def stands(page, picture, share=0):
    """Wait until the picture, or that share of it, stands on the first screen."""
    page.page.wait_for_function(STANDS, arg=[picture.replace(".", "-"), share])


def resize(page, size):
    page.page.set_viewport_size({"width": size[0], "height": size[1]})
    page.rests()


def show_sidebar(page):
    """Bring back what went on the small screen, and wait until the page has made room for it."""
    page.page.get_by_test_id("stExpandSidebarButton").click()
    page.page.wait_for_function(SIDEBAR, arg=True)
    page.rests()


@pytest.mark.parametrize(("name", "query", "picture", "share"), VIEWS)
def test_the_picture_stands_on_the_first_screen(reader, name, query, picture, share):
    page = opened(reader, PROJECTOR, name, query, picture)
    page.page.wait_for_function(SIDEBAR, arg=False)
    stands(page, picture)
    resize(page, PHONE)
    stands(page, picture)
    resize(page, LAPTOP)
    show_sidebar(page)
    stands(page, picture, share)
    assert page.page.evaluate(TALL) <= LONGEST * LAPTOP[1]


def test_a_fresh_visit_is_as_one_that_was_resized(reader):
    name, query, picture, share = VIEWS[0]
    stands(opened(reader, LAPTOP, name, query, picture), picture, share)
    stands(opened(reader, PHONE, name, query, picture), picture)
