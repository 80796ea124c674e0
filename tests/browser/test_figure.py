"""Plotly's figures: redrawn in place, in the page's colours, as wide as their room, to be saved and enlarged."""

import re

import pytest

from viz.component import figure

SHUFFLED = {"positions.section": "Shuffle test"}
DRAWN = ".js-plotly-plot .main-svg"
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
            window.figure.on("plotly_afterplot", () => window.drawn++);
        }"""
    )
    shuffled.page.get_by_role("button", name="Shuffle").click()
    shuffled.page.wait_for_function("() => window.drawn > 0")
    shuffled.rests()
    assert len(before) == len(numbers(shuffled)) == 12 and before != numbers(shuffled)
    assert shuffled.page.evaluate("[window.figure.isConnected, window.drawn]") == [True, 1]


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


def test_a_figure_whose_code_does_not_come_says_so(reader):
    page = reader()
    page.page.route(f"**/{figure.CODE}", lambda route: route.abort())
    page.open("positions", **SHUFFLED)
    page.part("positions.disorder").get_by_text("did not arrive").wait_for()
    page.page.unroute_all()
    complaints, page.wrong[:] = page.wrong[:], []
    assert complaints and all("ERR_FAILED" in one for one in complaints)
