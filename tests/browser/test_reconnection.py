"""A server that dies under its readers: a page comes back as its address says, and the next click counts."""

import json
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser import launch
from tests.browser.conftest import Page
from tests.browser.test_attention import click

LINKED, TYPED = "The heron waits at the river bank", "The river bank"
LINK = {"text": LINKED, "layer": 3, "attention.step": "3 Dot products"}
STATE = "document.querySelector('[data-testid=stApp]').dataset.testConnectionState === 'CONNECTED'"
WATCH = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    window.ran = false;
    const watch = new MutationObserver(() => { window.ran ||= app.dataset.testScriptState === "running"; });
    watch.observe(app, { attributeFilter: ["data-test-script-state"] });
}"""
TYPE = """text => {
    const box = document.querySelector(".st-key-text textarea");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
}"""
ENTER = """() => document.querySelector(".st-key-text textarea")
    .dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }))"""
# page: the link that leads to it, a row of buttons, and the places of those chosen before and after the death
VISITS = {
    "attention": (LINK, "attention.step", 1, 4),
    "positions": ({}, "positions.section", 1, 3),
    "heads": ({}, "heads.section", 2, 1),
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
    def back(self, pages):
        """The server is there again, for the next test too, and the pages have found it; it fails at nothing
        that the block does.
        """
        self.server = self.stack.enter_context(launch.server(port=self.server.port))
        for page in pages:
            page.page.wait_for_function(f"() => {STATE}")
        yield
        assert "Traceback" not in self.server.log


@pytest.fixture(scope="module")
def mortal(browser):
    with ExitStack() as stack:
        yield Mortal(stack)


def notice(pages):
    """Wait until each of the pages has noticed that its server is dead."""
    for page in pages:
        page.page.wait_for_function(f"() => !({STATE})")


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
    pages = {name: entered(tabs, mortal, name, **link) for name, (link, *_) in VISITS.items()}
    for name, (_, key, before, _) in VISITS.items():
        pages[name].choose(key, before)
        pressed(pages[name], key, before)
    mortal.die()
    notice(pages.values())
    with mortal.back(pages.values()):
        for name, (_, key, _, after) in VISITS.items():
            pages[name].choose(key, after)
            pressed(pages[name], key, after)
            holds(pages[name])


def losses(frames):
    """What the browser says of a loss in each of the runs that it asks for in these messages."""
    runs = [BackMsg.FromString(frame).rerun_script.widget_states.widgets for frame in frames]
    return [json.loads(one.json_value)["lost"] for run in runs for one in run if one.id.endswith("-address")]


def test_what_was_asked_of_a_server_that_died_over_it_counts_each_time(tabs, mortal):
    page, frames = entered(tabs, mortal, "attention", **LINK), []
    page.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(bytes(frame)))
    )
    for before, asked in (("2 q, k, v", 4), ("3 Dot products", 3)):
        page.choose("attention.step", before)
        page.linked(**{"attention.step": before})
        page.rests()
        page.page.evaluate(WATCH)
        page.choose("attention.step", asked)
        page.page.wait_for_function("() => window.ran")
        mortal.die()
        notice([page])
        query = page.page.evaluate("location.search.slice(1)")
        frames.clear()
        with mortal.back([page]):
            pressed(page, "attention.step", asked)
        # one run, which Streamlit itself asks for (the view, if the last was over): it tells of this loss, not of
        # the one before
        assert [lost[0] for lost in losses(frames)] == [query]
    holds(page)


def test_clicks_in_pictures_ways_to_other_pages_and_what_was_typed_last_count_once_it_is_back(tabs, mortal):
    clicks, walks = (entered(tabs, mortal, "attention", **LINK) for _ in range(2))
    typing, entering = typed = [Page(tabs, mortal.url).open(text=LINKED) for _ in range(2)]
    for page in (clicks, walks):
        page.shown(revision=TYPED)
    for page in typed:
        page.shown(revision=LINKED)
    mortal.die()
    # Streamlit disables its boxes once it has noticed: this is typed in the moment before
    for page in typed:
        page.page.evaluate(TYPE, TYPED)
    notice([clicks, walks, *typed])
    entering.page.evaluate(ENTER)
    typing.page.wait_for_timeout(400)  # longer than the hand rests
    with mortal.back([clicks, walks]):
        click(clicks, 1, 0)
        clicks.shown(revision=TYPED, cell="1,0")
        clicks.linked(**{"attention.query": "2", "attention.step": LINK["attention.step"]})
        holds(clicks)
        walks.part("contents").get_by_text("What is each head doing?").click()
        walks.page.wait_for_url("**/heads*")
        holds(walks)
        for page in typed:
            page.shown(revision=TYPED)
            holds(page)
            # nothing but what a view says once its server is lost, for whatever is sent first afterwards
            assert len([said for said in page.wrong if "Cannot send" in said]) == 1
