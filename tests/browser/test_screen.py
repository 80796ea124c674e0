"""The page as a whole: the projector's view, pictures that grow with the window, type that grows as wished, and
lines that are not too long to read.
"""

from playwright.sync_api import expect

PROJECTOR = {"width": 1920, "height": 1080}
TYPE = "getComputedStyle(document.querySelector('[data-testid=stMain] [data-testid=stMarkdown] p')).fontSize"
# How many characters stand on the longest line of text.
LONGEST = """() => {
    const range = document.createRange();
    const lines = new Map();
    for (const text of document.querySelectorAll("[data-testid=stMain] [data-testid=stMarkdown] :is(p, li)")) {
        const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const node = walker.currentNode;
            if (node.parentElement.closest(".katex, label, button")) continue;
            for (let i = 0; i < node.length; i++) {
                range.setStart(node, i);
                range.setEnd(node, i + 1);
                const line = `${[...document.querySelectorAll("p, li")].indexOf(text)} ${Math.round(range.getBoundingClientRect().top / 9)}`;
                lines.set(line, (lines.get(line) ?? 0) + 1);
            }
        }
    }
    return Math.max(...lines.values());
}"""


def matrix(page, key="attention.matrix"):
    return page.part(key, "canvas[tabindex]").bounding_box()


def test_the_projector_shows_one_picture_in_large_type_and_the_address_says_so(reader):
    page = reader(**PROJECTOR).open("attention")
    page.shown(view="heatmap")
    page.page.keyboard.press("f")
    page.linked(projector="True")
    expect(page.page.get_by_test_id("stSidebar")).to_be_hidden()
    assert page.page.evaluate(TYPE) == "24px"
    page.page.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollTop > 100")
    box = matrix(page)
    assert box["height"] > 0.8 * PROJECTOR["height"] and -10 < box["y"] < 150
    page.page.go_back()
    page.linked(projector=None)
    expect(page.page.get_by_test_id("stSidebar")).to_be_visible()
    assert page.page.evaluate(TYPE) == "16px"
    page.page.get_by_role("button", name="Projector").click()
    page.linked(projector="True")


def test_a_link_opens_in_the_projectors_view(reader):
    page = reader(**PROJECTOR).open("positions", projector="True", **{"positions.section": "Side by side"})
    page.shown("positions.panels", "panels") if page.part("positions.panels").count() else page.rests()
    expect(page.page.get_by_test_id("stSidebar")).to_be_hidden()
    assert page.page.evaluate(TYPE) == "24px"
    page.part("text", "textarea").first.press("f")  # who types is not on the way to the projector
    expect(page.page.get_by_test_id("stSidebar")).to_be_hidden()


def test_a_phone_that_opens_the_link_of_a_projector_shows_the_usual_page(phone):
    phone.open("positions", projector="True")
    phone.page.wait_for_selector(".st-key-screen", state="attached")
    phone.page.wait_for_function(
        "() => document.querySelector('.main-svg')?.getBoundingClientRect().height < 330"
    )
    phone.rests()
    assert phone.page.evaluate(TYPE) == "16px"
    phone.linked(projector="True")


def test_letters_of_a_picture_grow_with_the_readers_type(page):
    page.open("attention")
    letters = int(page.shown(view="heatmap")["letters"])
    page.page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.shown(view="heatmap", letters=2 * letters)


def test_no_line_of_text_is_too_long_to_read(reader):
    page = reader(**PROJECTOR).open("heads")
    page.page.wait_for_selector(".st-key-live", state="attached")
    page.rests()
    assert 50 < page.page.evaluate(LONGEST) < 85


def test_with_the_systems_colours_what_says_something_by_its_colour_still_shows(reader):
    page = reader(forced_colors="active").open("word_sense")
    page.shown("word_sense.meter", "meter")
    colours = """(lane) => [...lane.querySelectorAll(".disc, .example")].map((one) => getComputedStyle(one).backgroundColor)"""
    found = page.part("word_sense.meter", ".lane").nth(2).evaluate(colours)
    assert {"rgb(0, 114, 178)", "rgb(213, 94, 0)"} <= set(found)
    chosen = page.page.locator("[data-testid=stButtonGroup] [aria-checked=true]").first
    other = page.page.locator("[data-testid=stButtonGroup] [aria-checked=false]").first
    tone = "button => getComputedStyle(button).backgroundColor"
    assert chosen.evaluate(tone) != other.evaluate(tone)


def test_a_player_of_merges_only_steps_with_reduced_motion(reader):
    page = reader(reduced_motion="reduce").open("bpe")
    page.shown("bpe.player", "merges")
    expect(page.part("bpe.player", ".play")).to_be_hidden()
    page.part("bpe.player", "button[aria-label='One merge on']").click()
    page.shown("bpe.player", "merges", merge=1)
