"""Plotly's figures: redrawn in place, in the page's colours, as wide as their room, to be saved and enlarged."""

import re

import pytest
from playwright.sync_api import expect

from viz.component import figure

SHUFFLED = {"positions.section": "Shuffle test"}
DRAWN = ".js-plotly-plot .main-svg"
REDRAWN = """before => {
    const now = [...document.querySelectorAll(".textpoint")].map((one) => one.textContent);
    return now.length && String(now) !== String(before);
}"""
LIGHT = """selector => {
    const letters = document.querySelector(selector);
    return letters && parseInt(getComputedStyle(letters).fill.slice("rgb(".length)) > 150;
}"""
LABEL = ".st-key-positions-disorder .ytick text"


@pytest.fixture
def shuffled(page):
    page.open("positions", **SHUFFLED).part("positions.disorder", DRAWN).first.wait_for()
    page.rests()
    return page


def numbers(page):
    return page.part("positions.disorder", ".textpoint").all_text_contents()


def test_a_new_figure_is_drawn_where_the_old_one_is_and_once(shuffled):
    before = numbers(shuffled)
    shuffled.page.evaluate(
        """() => {
            window.drawn = 0;
            window.figure = document.querySelector(".st-key-positions-disorder .js-plotly-plot");
            window.inside = [...window.figure.querySelectorAll("svg, .scatterlayer, .point")];
            window.figure.on("plotly_afterplot", () => window.drawn++);
        }"""
    )
    shuffled.page.get_by_role("button", name="Shuffle").click()
    shuffled.page.wait_for_function("() => window.drawn > 0")
    shuffled.rests()
    assert len(before) == len(numbers(shuffled)) == 12 and before != numbers(shuffled)
    assert shuffled.page.evaluate("[window.drawn, window.inside.every((one) => one.isConnected)]") == [
        1,
        True,
    ]


def test_what_the_reader_has_hidden_stays_hidden(shuffled):
    shuffled.part("positions.disorder", ".legendtoggle").first.click()
    shuffled.page.wait_for_function("() => document.querySelectorAll('.textpoint').length === 6")
    before = numbers(shuffled)
    shuffled.page.get_by_role("button", name="Shuffle").click()
    shuffled.page.wait_for_function(REDRAWN, arg=before)
    assert len(numbers(shuffled)) == 6
    shuffled.page.emulate_media(color_scheme="dark")
    shuffled.page.wait_for_function(LIGHT, arg=LABEL)
    assert len(numbers(shuffled)) == 6


def test_another_line_is_not_hidden_for_it(page):
    page.open("positions", **{"positions.section": "Beyond the training length", "positions.length": "64"})
    names = page.page.locator(".legendtext")
    names.first.wait_for()
    alibi = page.page.locator(".legendtoggle").nth(names.all_text_contents().index("alibi"))
    alibi.click()
    faded = page.page.locator(".traces[style*='opacity: 0.5'] .legendtext")
    expect(faded).to_have_text("alibi")
    page.part("positions.measured", "button").get_by_text("learned", exact=True).click()
    expect(names.get_by_text("learned", exact=True)).to_have_count(0)
    page.rests()
    assert faded.all_text_contents() in ([], ["alibi"])


def test_the_buttons_of_a_figure_send_nothing_away(shuffled):
    names = shuffled.part("positions.disorder", ".modebar-btn").evaluate_all(
        "all => all.map((one) => one.dataset.title)"
    )
    assert names == [
        "Download plot",
        "Zoom",
        "Pan",
        "Zoom in",
        "Zoom out",
        "Autoscale",
        "Reset axes",
        "Fill the screen",
    ]


def test_the_map_plays_on_after_another_theme(page):
    page.open("word_sense", **{"word_sense.plane": "true"})
    plot = page.part("word_sense.map", ".js-plotly-plot")
    plot.wait_for()
    page.page.emulate_media(color_scheme="dark")
    page.page.wait_for_function(LIGHT, arg=".st-key-word_sense-map .slider-label")
    marks = plot.locator(".scatterlayer .points path").first
    before = marks.get_attribute("transform")
    plot.locator(".updatemenu-button").click()
    expect(marks).not_to_have_attribute("transform", before)


def test_a_figure_is_as_wide_as_its_room(shuffled):
    for width in (1000, 700, 1440):
        shuffled.page.set_viewport_size({"width": width, "height": 900})
        shuffled.page.wait_for_function(
            """() => {
                const host = document.querySelector(".st-key-positions-disorder .riverbank-figure");
                return host.querySelector(".main-svg").clientWidth === host.clientWidth;
            }"""
        )


def test_letters_have_the_contrast_of_the_page_in_the_light_and_the_dark(reader):
    def shade(scheme):
        page = reader(color_scheme=scheme).open("positions", **SHUFFLED)
        page.page.wait_for_selector(LABEL)
        fill = page.page.locator(LABEL).first.evaluate("one => getComputedStyle(one).fill")
        return sum(map(int, re.findall(r"\d+", fill)[:3])) / 3

    assert shade("light") < 90 and shade("dark") > 180


def test_a_figure_fills_the_screen_and_goes_back(shuffled):
    size = (
        "() => document.querySelector('.st-key-positions-disorder .main-svg').getBoundingClientRect().height"
    )
    before = shuffled.page.evaluate(size)
    plot = shuffled.part("positions.disorder", ".js-plotly-plot")
    plot.hover()
    plot.locator("[data-title='Fill the screen']").click()
    shuffled.page.wait_for_function(f"() => ({size})() === innerHeight && document.fullscreenElement")
    shuffled.page.evaluate("document.exitFullscreen()")
    shuffled.page.wait_for_function(f"() => ({size})() === {before}")


def test_a_figure_is_saved_as_a_drawing(shuffled):
    plot = shuffled.part("positions.disorder", ".js-plotly-plot")
    plot.hover()
    with shuffled.page.expect_download() as saved:
        plot.locator("[data-title^='Download plot']").click()
    assert saved.value.suggested_filename == "riverbank-positions.disorder.svg"
    with open(saved.value.path(), encoding="utf-8") as file:
        drawing = file.read()
    assert drawing.startswith("<svg") and all(number in drawing for number in numbers(shuffled))
    ground = re.search(
        r'<rect x="0" y="0" width="(\d+)" height="320" style="fill: rgb\(255, 255, 255\)', drawing
    )
    assert int(ground[1]) == plot.evaluate("one => one.clientWidth")


def test_a_figure_whose_code_does_not_come_says_so(reader):
    page = reader()
    page.page.route(f"**/{figure.CODE}", lambda route: route.abort())
    page.open("positions", **SHUFFLED)
    page.part("positions.disorder").get_by_text("did not arrive").wait_for()
    page.page.unroute_all()
    complaints, page.wrong[:] = page.wrong[:], []
    assert complaints and all("ERR_FAILED" in one for one in complaints)
    page.page.get_by_role("button", name="Shuffle").click()
    page.part("positions.disorder", DRAWN).first.wait_for()
    expect(page.part("positions.disorder").get_by_text("did not arrive")).to_have_count(0)
