"""A server that dies under its readers: a page comes back as its address says, and the next click counts."""

from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser import launch
from tests.browser.conftest import Page
from tests.browser.test_attention import click

LINKED, TYPED = "The heron waits at the river bank", "The river bank"
LINK = {"text": LINKED, "layer": 3, "attention.step": "3 Dot products"}
STATE = "document.querySelector('[data-testid=stApp]').dataset.testConnectionState === 'CONNECTED'"
TYPE = """text => {
    const box = document.querySelector(".st-key-text textarea");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
}"""
ENTER = """() => document.querySelector(".st-key-text textarea")
    .dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }))"""
# page: rows of buttons, with the place of the one chosen before the server dies, and of the one after
VISITS = {
    "attention": (("attention.step", 1), ("attention.step", 4)),
    "positions": (("positions.section", 1), ("positions.section", 3)),
    "heads": (("heads.section", 2), ("heads.section", 1)),
}


class Mortal:
    """A server that dies and comes back at the same port."""

    def __init__(self, stack):
        self.stack = stack
        self.server = stack.enter_context(launch.server())
        self.url = self.server.url

    def die(self):
        self.server.process.kill()
        self.server.process.wait()

    @contextmanager
    def back(self):
        """The server is there again, for the next test too, and fails at nothing that the block does."""
        self.server = self.stack.enter_context(launch.server(port=self.server.port))
        yield
        assert "Traceback" not in self.server.log


@pytest.fixture(scope="module")
def mortal(browser):
    with ExitStack() as stack:
        yield Mortal(stack)


@contextmanager
def restarted(mortal, *pages):
    """Kill the server, start another at the same port, and go on once the pages have found it."""
    mortal.die()
    for page in pages:
        page.page.wait_for_function(f"() => !({STATE})")
    with mortal.back():
        for page in pages:
            page.page.wait_for_function(f"() => {STATE}")
        yield


def entered(tabs, server, name, **link):
    """A reader who has opened a page by a link and then typed something else."""
    page = Page(tabs, server.url).open(name, **link)
    page.type(TYPED)
    page.linked(text=TYPED)
    return page


def pressed(page, key, place):
    """Wait until the button at that place is the one that is pressed, and the page rests."""
    expect(page.part(key, "[role=radio]").nth(place)).to_have_attribute("aria-checked", "true")
    page.rests()
    expect(page.part(key, "[aria-checked=true]")).to_have_count(1)


def holds(page):
    """What was typed is in the box and in the address, and nothing has failed."""
    expect(page.part("text", "textarea")).to_have_value(TYPED)
    page.linked(text=TYPED)
    expect(page.page.get_by_test_id("stException")).to_have_count(0)
    page.leave()


def test_text_and_choices_stay_and_the_first_click_counts(tabs, mortal):
    pages = [(VISITS[name], entered(tabs, mortal, name)) for name in VISITS]
    pages.append((VISITS["attention"], entered(tabs, mortal, "attention", **LINK)))
    for (before, _), page in pages:
        page.choose(*before)
        pressed(page, *before)
    with restarted(mortal, *(page for _, page in pages)):
        for (before, after), page in pages:
            page.choose(*after)
            pressed(page, *after)
            if before[0] != after[0]:
                pressed(page, *before)
            holds(page)


def test_a_click_in_a_picture_counts_and_a_way_to_another_page_takes_the_text_along(tabs, mortal):
    clicks, walks = (entered(tabs, mortal, "attention", **LINK) for _ in range(2))
    for page in (clicks, walks):
        page.shown(revision=TYPED)
    with restarted(mortal, clicks, walks):
        click(clicks, 1, 0)
        clicks.shown(revision=TYPED, cell="1,0")
        clicks.linked(**{"attention.query": "2", "attention.step": LINK["attention.step"]})
        holds(clicks)
        walks.part("contents").get_by_text("What is each head doing?").click()
        walks.page.wait_for_url("**/heads*")
        holds(walks)


@pytest.mark.parametrize("enter", [False, True], ids=["live", "Ctrl+Enter"])
def test_what_was_typed_as_the_server_died_arrives_once_it_is_back(tabs, mortal, enter):
    page = Page(tabs, mortal.url).open(text=LINKED)
    page.shown(revision=LINKED)
    mortal.die()
    # Streamlit disables its boxes once it has noticed: this is typed in the moment before
    page.page.evaluate(TYPE, TYPED)
    page.page.wait_for_function(f"() => !({STATE})")
    if enter:
        page.page.evaluate(ENTER)
    page.page.wait_for_timeout(400)  # longer than the hand rests
    with mortal.back():
        page.shown(revision=TYPED)
        holds(page)
    assert not [said for said in page.wrong if "Cannot send" in said]
