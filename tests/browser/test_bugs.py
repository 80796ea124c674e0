"""The page about bugs in a browser: a bug is chosen and read, and one is guessed."""

import re

from playwright.sync_api import expect

from pages.bugs import guess
from pages.bugs.run import bugs

MODEL = "decoder-rope"
TITLES = {name: bug.title for name, bug in bugs(MODEL).items()}
COLOURS = """() => [...document.querySelectorAll(".stCode code span")]
    .filter((one) => /^[+-]$/.test(one.textContent)).map((one) => [one.textContent[0], getComputedStyle(one).backgroundColor])"""


def test_another_bug_is_another_map_loss_and_difference_of_lines(page):
    page.open("bugs").shown("bugs.maps", view="panels")
    loss = page.page.get_by_text("The mean loss on this text goes from")
    expect(loss).to_contain_text("not honest")
    page.pick("bugs.bug", TITLES["axis"])
    page.linked(**{"bugs.bug": "axis"})
    expect(page.page.locator(".stCode").first).to_contain_text("softmax(dim=-2)")
    expect(
        page.page.get_by_text(re.compile("It is found by “Do columns of weights sum to 1"))
    ).to_be_visible()
    page.rests()
    shown = dict(page.page.evaluate(COLOURS))
    assert set(shown) == {"+", "-"} and shown["+"] != shown["-"]


def test_a_bug_is_guessed_with_measurements_and_its_lines_come_with_the_answer(reader):
    hidden = guess.hidden(MODEL, 2)
    assert hidden == "axis"
    page = reader(height=1400)  # a list that opens closes again where the page is scrolled to it
    page.open("bugs", **{"bugs.section": "Guess the bug", "bugs.game": "2"})
    page.shown("bugs.riddle", view="panels")
    expect(page.page.locator(".stCode")).to_have_count(0)
    page.pick("bugs.first_measure", "Do columns of weights sum to 1?")
    expect(page.page.get_by_text("Every column sums to 1")).to_be_visible()
    page.pick("bugs.answer", TITLES["halves"])
    expect(page.page.get_by_text("tells the two apart")).to_be_visible()
    page.pick("bugs.answer", TITLES[hidden])
    expect(page.page.get_by_text(f"Yes: {TITLES[hidden]}")).to_be_visible()
    expect(page.page.locator(".stCode").first).to_contain_text("softmax(dim=-2)")
    page.linked(**{"bugs.answer": hidden})
    page.part("bugs.another", "button").click()
    page.linked(**{"bugs.game": "3", "bugs.answer": None})
    expect(page.page.locator(".stCode")).to_have_count(0)
