"""`python -m tests.bench views`: every view of every page in a real browser, from a new text to the repainted
picture, beside an empty rerun and beside a page that draws one Plotly heatmap of as many words.
"""

import argparse
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import sync_playwright

import model
from tests.bench import texts
from tests.bench.chromium import EMPTY, RESTS, opened
from tests.browser import launch
from tests.test_pages import PAGES, WITHOUT_TEXT, views

TOKENS = 32  # of each text, to the model of the page
BAR, TIMES = 0.2, 4.0  # the most seconds that 19 of 20 answers may take, and the most times an empty rerun
PLOTLY = """import numpy as np
import plotly.graph_objects as go
import streamlit as st
text = st.text_input("Your text", key="text")
words = text.split()
scores = np.exp(np.random.default_rng(len(text)).normal(size=(len(words), len(words))))
st.plotly_chart(go.Figure(go.Heatmap(z=scores / scores.sum(-1, keepdims=True))), key="heatmap")
"""
# Types a text and presses Ctrl + Enter at once, or presses what a selector finds, or moves the slider there a step, and
# waits until the script has run and nothing more is drawn; all inside the page, so that no driver is timed. It gives
# the milliseconds until the frame was painted in which the main picture, of those that change the one that takes most
# of the first screen, changed last, and the same of any picture: hand-made ones have a shadow root each. Where there
# is none, it is the page.
ANSWER = """async ([act, what, quiet]) => {
    const [app, main] = ["stApp", "stMain"].map((id) => document.querySelector(`[data-testid=${id}]`));
    const rooms = () => [...main.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
    const pictures = () => [...rooms().map((room) => room.shadowRoot), ...main.querySelectorAll(".js-plotly-plot")];
    const area = (picture) => { // of the first screen
        const { left, top, right, bottom } = (picture.host ?? picture).getBoundingClientRect();
        const [width, height] = [Math.min(right, innerWidth) - left, Math.min(bottom, innerHeight) - Math.max(top, 0)];
        return Math.max(0, width) * Math.max(0, height);
    };
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    const [times, seen, observers] = [new Map(), new Set(), []];
    let [start, ran, last] = [0, false, 0];
    const note = (place) => {
        ran = true; // of a short run nothing else may be seen
        last = performance.now();
        requestAnimationFrame(() => setTimeout(() => times.set(place, performance.now()))); // once it is painted
    };
    const watch = (root, heard, what = all) => {
        seen.add(root);
        observers.push(new MutationObserver(heard));
        observers.at(-1).observe(root, what);
    };
    const follow = (drawn) =>
        pictures().filter((one) => one && !seen.has(one)).forEach((one) => {
            watch(one, () => note(one));
            if (drawn) note(one);
        });
    const strike = (one, key) => {
        const types = ["keydown", "keypress", "keyup"];
        types.forEach((type) => one.dispatchEvent(new KeyboardEvent(type, { ...key, bubbles: true })));
    };
    const acts = {
        type(text) {
            const box = document.querySelector(".st-key-text :is(input, textarea)");
            box.focus();
            Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, text);
            box.dispatchEvent(new Event("input", { bubbles: true }));
            return () => strike(box, { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true });
        },
        press: (selector) => () => document.querySelector(selector).click(),
        slide(selector) {
            const one = document.querySelector(selector);
            one.focus();
            return () => strike(one, { key: Number(one.value) < Number(one.max) ? "ArrowRight" : "ArrowLeft" });
        },
    };
    const go = acts[act](what);
    await new Promise(requestAnimationFrame);
    follow(false);
    watch(main, () => { note(main); follow(true); });
    watch(app, () => (ran = true), { attributeFilter: ["data-test-script-state"] });
    start = last = performance.now();
    go();
    const rests = () => ran && app.dataset.testScriptState === "notRunning" && performance.now() - last > quiet;
    while (!rests()) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const observer of observers) observer.disconnect();
    const drawn = pictures().filter((one) => times.has(one)).sort((one, other) => area(other) - area(one));
    if (!drawn.length) drawn.push(main);
    if (!times.has(drawn[0])) throw new Error("nothing was painted");
    const painted = drawn.map((one) => times.get(one) - start);
    return [painted[0], Math.max(...painted)];
}"""
BOX = ".st-key-text :is(input, textarea)"
QUIET = 250  # milliseconds without a change, after which nothing more is drawn
HEAD = (
    f"{'':<38} {'p50 ms':>7} {'p95 ms':>7} {'x empty':>7} {'all p50':>7} {'all p95':>7} {'CPU ms':>7}"
    f"   ≤ {1000 * BAR:.0f} ms, {TIMES:g} x"
)


@contextmanager
def pages():
    """{"ours", "empty", "plotly": a server}, under the same settings, and a browser."""
    with ExitStack() as stack:
        servers = {"ours": stack.enter_context(launch.server())}
        for name, script in (("empty", EMPTY), ("plotly", PLOTLY)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / "app.py").write_text(script, encoding="utf-8")
            shutil.copytree(launch.ROOT / ".streamlit", folder / ".streamlit")
            servers[name] = stack.enter_context(launch.server(folder=folder))
        yield servers, opened(stack.enter_context(sync_playwright()))


def answers(browser, server, address, act, turns, needed=BOX):
    """Seconds from an act to the repainted main picture and to the last one, each of so many turns, and the server's
    CPU seconds; None where there is not what is `needed`. act(page, turn) gives the first two of what ANSWER takes.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{server.url}/{address}")
    try:
        page.wait_for_selector(needed, state="attached", timeout=10_000)
    except TooLate:
        page.close()
        return None
    taken = []
    for turn in range(turns + 2):  # two for warming up
        page.wait_for_selector(RESTS, state="attached")
        page.wait_for_timeout(200)  # a hand's pause
        if turn == 2:
            computed = server.computed()
        taken.append([ms / 1000 for ms in page.evaluate(ANSWER, [*act(page, turn), QUIET])])
    page.close()
    first, last = zip(*taken[2:], strict=True)
    return first, last, (server.computed() - computed) / turns


def typing(some):
    """The act of typing the next of some texts."""
    return lambda page, turn: ("type", next(some))


def high(taken):
    """The 95th percentile."""
    return quantiles(taken, n=20, method="inclusive")[-1]


def line(name, first, last, computed, empty):
    middle = median(first)
    met = "met" if high(first) <= BAR and middle <= TIMES * empty else "MISSED"
    seconds = (middle, high(first), median(last), high(last), computed)
    milliseconds = [f"{1000 * one:>7.0f}" for one in seconds]
    return " ".join(
        [f"{name:<38}", *milliseconds[:2], f"{middle / empty:>7.1f}", *milliseconds[2:], f"  {met}"]
    )


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench views", description=__doc__)
    parser.add_argument("pages", nargs="*", help="only these pages")
    parser.add_argument("--turns", type=int, default=20)
    asked = parser.parse_args(arguments)
    chosen = [(page, view) for page, view in views(WITHOUT_TEXT) if page in (asked.pages or PAGES)]
    loaded = {"encoder": model.load("encoder"), "decoder-rope": model.load("decoder-rope")}
    print(HEAD)
    with pages() as (servers, browser):
        some = texts(TOKENS, loaded=loaded["decoder-rope"])
        rerun = answers(browser, servers["empty"], "", typing(some), asked.turns)
        empty = median(rerun[0])
        print(line("an empty rerun", *rerun, empty), flush=True)
        print(
            line(
                "one Plotly heatmap",
                *answers(browser, servers["plotly"], "", typing(some), asked.turns),
                empty,
            )
        )
        for page, view in chosen:
            encoder = page == "word_sense"
            some = texts(
                TOKENS, len(page), loaded["encoder" if encoder else "decoder-rope"], " bank" * encoder
            )
            address = page + (f"?{page}.section={view}" if view else "")
            name = f"{page}{f': {view}' if view else ''}"
            answered = answers(browser, servers["ours"], address, typing(some), asked.turns)
            print(line(name, *answered, empty) if answered else f"{name:<38} no text is typed", flush=True)
