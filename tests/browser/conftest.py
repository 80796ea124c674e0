"""A Chromium, one server for all tests, and a page as a reader sees it."""

import os
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser import launch

SECONDS = 20_000  # milliseconds: a loaded machine is slow, a broken page is for ever
expect.set_options(timeout=SECONDS)

FULL = 700e6  # bytes in a tab: it keeps the pages that it has shown, some 9 MB each, and gets slow in the end

PHONE = {"width": 390, "height": 844}
ORDINARY = dict.fromkeys(("media", "color_scheme", "reduced_motion", "forced_colors"), "null")

# The data attributes of a hand-made view, from inside its shadow root; it has a revision once it shows
# something.
DATASET = """(key, view = "heatmap") => {
    const room = document.querySelector(`.st-key-${key} [data-testid=stBidiComponentIsolated]`);
    const picture = room?.shadowRoot?.querySelector(`.riverbank-${view}`);
    return picture && "revision" in picture.dataset ? { ...picture.dataset } : null;
}"""
# What waits for its code.
LOADING = "[data-testid=stSkeleton], .riverbank-figure:empty, .riverbank-figure > :empty"
RESTS = f"""() => document.querySelector("[data-test-script-state=notRunning]") && !document.querySelector("{LOADING}")
    && (document.body.offsetHeight, document.fonts.status === "loaded")
"""  # the height lays the page out, and that is what asks for fonts
# The same once the script rests, no part is still loading its code and the attributes are as wished; a number
# is compared as a number.
WISHED = f"""([key, view, wishes]) => {{
    if (!document.querySelector("[data-test-script-state=notRunning]") || document.querySelector("{LOADING}")) return null;
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


class Tabs:
    """The tabs that readers have, one after the other: a page that is opened in a tab that has shown one costs
    40 % of one in a new tab, as code need not be fetched nor compiled again.
    """

    def __init__(self, context):
        self.context, self.free = context, []

    def take(self, *, width=1440, height=900, **media):
        """A tab of that size that shows nothing and remembers nothing."""
        tab = self.free.pop() if self.free else self.context.new_page()
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(**(ORDINARY | media))
        tab.set_default_timeout(SECONDS)
        return tab

    def give(self, tab):
        """Empty the tab, for the next reader; one that is FULL is closed."""
        tab.evaluate("location.origin === 'null' || (localStorage.clear(), sessionStorage.clear())")
        self.context.clear_cookies()
        tab.goto("about:blank")
        tab.mouse.move(0, 0)
        session = self.context.new_cdp_session(tab)
        session.send("Page.resetNavigationHistory")
        full = session.send("Runtime.getHeapUsage")["usedSize"] > FULL
        session.detach()
        tab.close() if full else self.free.append(tab)


@pytest.fixture(scope="session")
def tabs(browser):
    return Tabs(browser.new_context())


@pytest.fixture(scope="session")
def server(browser):
    with launch.server() as started:
        yield started
        assert "Traceback" not in started.log, started.log


PRESS = """([button, beside, text]) => {
    const says = () => !beside || new RegExp(text).test(document.querySelector(beside)?.textContent);
    const press = () => document.querySelector(button) && says() && !document.querySelector(button).click();
    const observer = new MutationObserver(() => press() && observer.disconnect());
    observer.observe(document.body, {childList: true, characterData: true, subtree: true});
}"""


class Page:
    """One reader: a tab of their own, and everything that must not happen in it."""

    def __init__(self, tabs, url, **how):
        self.tabs, self.url = tabs, url
        self.page = tabs.take(**how)
        self.wrong, self.listeners, self.sessions = [], [], []
        self.on("console", self.hear)
        self.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.on(
            "request",
            lambda request: self.stranger(request.url) and self.wrong.append(f"request to {request.url}"),
        )

    def on(self, event, listener):
        """Hear of an event of the tab until the reader leaves."""
        self.page.on(event, listener)
        self.listeners.append((event, listener))

    def prepare(self, script):
        """Run the script before those of every page that is opened, until the reader leaves."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Page.enable")
        session.send("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        self.sessions.append(session)

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
        self.leave()

    def leave(self):
        """Leave without a trace in the browser."""
        for event, listener in self.listeners:
            self.page.remove_listener(event, listener)
        for session in self.sessions:
            session.detach()
        self.tabs.give(self.page)

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

    def foreign(self, own="nothing"):
        """How many elements only a text can have made, such as bold letters; what is `own` is italic by itself."""
        made = f"b, i:not({own}), script:text('alert'), img[src=x], a[href^=javascript]"
        return self.page.locator(made).count()

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
        a text of this pattern: in the page itself, before what is measured may be over."""
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
    """reader(color_scheme="dark", ...) -> a Page in an empty tab; at the end nothing may have gone wrong in any
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
