"""A Chromium, one server for all tests, and a page as a reader sees it."""

import os
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser import launch

SECONDS = 20_000  # milliseconds: a loaded machine is slow, a broken page is for ever
expect.set_options(timeout=SECONDS)

PHONE = {"width": 390, "height": 844}

# The data attributes of a hand-made view, from inside its shadow root; it has a revision once it shows
# something.
DATASET = """(key, view = "heatmap") => {
    const room = document.querySelector(`.st-key-${key} [data-testid=stBidiComponentIsolated]`);
    const picture = room?.shadowRoot?.querySelector(`.riverbank-${view}`);
    return picture && "revision" in picture.dataset ? { ...picture.dataset } : null;
}"""
RESTS = """() => document.querySelector("[data-test-script-state=notRunning]") && !document.querySelector("[data-testid=stSkeleton]")
    && (document.body.offsetHeight, document.fonts.status === "loaded")
"""  # the height lays the page out, and that is what asks for fonts
# The same once the script rests, no part is still loading its code and the attributes are as wished; a number
# is compared as a number.
WISHED = f"""([key, view, wishes]) => {{
    if (!document.querySelector("[data-test-script-state=notRunning]") || document.querySelector("[data-testid=stSkeleton]")) return null;
    const found = ({DATASET})(key, view);
    const fits = ([name, wish]) => (typeof wish === "number" ? Number(found[name]) === wish : found[name] === wish);
    return found && Object.entries(wishes).every(fits) ? found : null;
}}"""


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        running = launch.browser(playwright)
        if running is None and os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(launch.NONE)
        if running is None:
            pytest.skip(launch.NONE)
        yield running
        running.close()


@pytest.fixture(scope="session")
def tabs(browser):
    """The browser context that all readers have a tab in: code that one has fetched need not be fetched, nor
    compiled, by the next.
    """
    return browser.new_context()


@pytest.fixture(scope="session")
def server(browser):
    with launch.server() as started:
        yield started
        assert "Traceback" not in started.log, started.log


PRESS = """([button, beside, text]) => {
    const says = () => !beside || document.querySelector(beside)?.textContent.includes(text);
    const press = () => document.querySelector(button) && says() && !document.querySelector(button).click();
    const observer = new MutationObserver(() => press() && observer.disconnect());
    observer.observe(document.body, {childList: true, characterData: true, subtree: true});
}"""


class Page:
    """One reader: a tab of their own, and everything that must not happen in it."""

    def __init__(self, context, url, *, width=1440, height=900, **media):
        self.context = context
        self.page = context.new_page()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(**media)
        self.page.set_default_timeout(SECONDS)
        self.url = url
        self.wrong = []
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        self.page.on(
            "request",
            lambda request: self.stranger(request.url) and self.wrong.append(f"request to {request.url}"),
        )

    def hear(self, message):
        """Keep what the console complains of; but not that on a page with a name Streamlit first looks for
        its server beside that page.
        """
        looked = message.location.get("url", "").removeprefix(self.url).split("/")
        if message.type == "error" and looked[2:3] != ["_stcore"]:
            self.wrong.append(f"{message.text} {message.location.get('url', '')}")

    def stranger(self, url):
        origin = "://".join(urlsplit(self.url)[:2])  # the server may live in a folder
        return not url.startswith(("data:", f"blob:{origin}/", f"{self.url}/"))

    def open(self, name="attention", **query):
        """Go to the page of that name; "" is the front door."""
        self.page.goto(f"{self.url}/{name}?{urlencode(query)}")
        return self

    def close(self):
        """Leave without a trace in the browser; nothing may have gone wrong."""
        self.check()
        self.page.evaluate("location.origin === 'null' || localStorage.clear()")
        self.context.clear_cookies()
        self.page.close()

    def check(self):
        """Nothing went wrong so far."""
        assert not self.wrong, self.wrong
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        expect(self.page.get_by_test_id("stDialog")).to_have_count(0)

    def part(self, key, inside=""):
        """What lies in the control or picture of that key."""
        return self.page.locator(f".st-key-{key.replace('.', '-')} {inside}".strip())

    def shown(self, key="attention.matrix", view="heatmap", **wishes):
        """The dataset of the view with that key, once the page rests and the dataset is as wished:
        shown(revision="a text", value=0.25).
        """
        wishes = {name: str(wish) if isinstance(wish, int) else wish for name, wish in wishes.items()}
        return self.page.wait_for_function(WISHED, arg=[key.replace(".", "-"), view, wishes]).json_value()

    def rests(self):
        """Wait until the script rests and no part and no font is still loading."""
        self.page.wait_for_function(RESTS)

    def fits(self):
        """Wait until the page rests and nothing of it stands beyond its edge, nor a part of a formula beyond
        its column's, nor of a legend.
        """
        parts = (
            "[document.scrollingElement, ...document.querySelectorAll('[data-testid=stMain], "
            ".katex-display')]"
        )
        legends = (
            "[...document.querySelectorAll('.legend .scrollbar')].every(bar => bar.getAttribute('height') "
            "=== "
            "'0')"
        )
        self.page.wait_for_function(
            f"() => ({RESTS})() && {legends} && {parts}.every(part => part.scrollWidth === part.clientWidth)"
        )

    def type(self, text):
        self.part("text", "textarea").fill(text)

    def choose(self, key, option):
        """Press a button of a row of buttons; the option as text, or its place."""
        buttons = self.part(key, "[role=radio]")
        (buttons.nth(option) if isinstance(option, int) else buttons.get_by_text(option, exact=True)).click()

    def pick(self, key, option):
        """Choose from a list that opens."""
        self.part(key, "input").click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def switch(self, key):
        self.part(key, "label").first.click()

    def press_at_once(self, button, beside=None, text=""):
        """Press what the selector `button` finds in the moment when it is there, and what `beside` finds has
        the text: in the page itself, before what is measured may be over."""
        self.page.evaluate(PRESS, [button, beside, text])

    def linked(self, **wishes):
        """Wait until the address holds these values; None where a key must be missing. Keys with _ for the
        dot.
        """

        def fits(url):
            found = {
                key: values[0]
                for key, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()
            }
            return all(found.get(key) == wish for key, wish in wishes.items())

        self.page.wait_for_url(fits, wait_until="commit")


@pytest.fixture
def reader(tabs, server):
    """reader(color_scheme="dark", ...) -> a Page in a fresh tab; at the end nothing may have gone wrong in any
    of them.
    """
    readers = []

    def enter(**how):
        readers.append(Page(tabs, server.url, **how))
        return readers[-1]

    yield enter
    for one in readers:
        one.close()


@pytest.fixture
def page(reader):
    return reader()


@pytest.fixture
def phone(reader):
    """A Page on a narrow screen."""
    return reader(**PHONE)
