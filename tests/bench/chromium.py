"""In a browser: (c) from Enter to the repainted picture, against an empty rerun; (d) from nothing to the
first picture, against a bare page with torch and Plotly; (h) from Enter to the repainted meter of the page about a word's
senses."""

import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

import model
from tests.bench import Row, milliseconds, texts
from tests.browser import launch

EMPTY = 'import streamlit as st\ntext = st.text_input("Your text", key="text")\nst.text(text)\n'
BARE = """import plotly.graph_objects as go
import streamlit as st
import torch
st.plotly_chart(go.Figure(go.Heatmap(z=torch.rand(11, 11).softmax(-1).numpy())))
"""
ROOM = "document.querySelector('.st-key-{} [data-testid=stBidiComponentIsolated]')?.shadowRoot"
PICTURE = {
    "attention": ROOM.format("attention-matrix"),
    "word_sense": ROOM.format("word_sense-meter"),
    "empty": "null",
}
SHOWN = {  # a function of the text: does the page show it?
    "attention": f"text => {{ const d = "
    f"{PICTURE['attention']}?.querySelector('.riverbank-heatmap')?.dataset; "
    f"return !!d?.painted && d.revision === text; }}",
    "word_sense": "text => "
    f"{PICTURE['word_sense']}?.querySelector('.riverbank-meter')?.dataset.revision?.split('\\n')[0] "
    "=== text",
    "empty": "text => document.querySelector('[data-testid=stText]')?.textContent === text",
}
# Types the text, presses Ctrl + Enter at once (before the live commit after 200 ms), and waits; all inside the page,
# so that no driver is timed.
ENTER = """async ([text, shown, picture]) => {
    const [ready, room, box] = [eval(shown), eval(picture), document.querySelector(".st-key-text :is(input, textarea)")];
    const press = (type) => box.dispatchEvent(new KeyboardEvent(type, { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true }));
    box.focus();
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    if (ready(text)) return null;
    return new Promise((resolve) => {
        const watch = new MutationObserver(() => {
            if (!ready(text)) return;
            watch.disconnect();
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start))); // once the frame is painted
        });
        for (const root of [document, room].filter(Boolean)) {
            watch.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
        }
        const start = performance.now();
        press("keydown"); press("keypress"); press("keyup");
    });
}"""
RESTS = "[data-test-script-state=notRunning]"


def opened(playwright):
    running = launch.browser(playwright)
    if running is None:
        sys.exit(launch.NONE)
    return running


def entered(page, kind, text):
    """Seconds from Enter until the page shows the text."""
    page.wait_for_selector(RESTS, state="attached")
    page.wait_for_timeout(300)  # a typist's pause: no work of the turn before is left over
    return page.evaluate(ENTER, [text, SHOWN[kind], PICTURE[kind]]) / 1000


def answering(turns=15):
    """(c) Riverbank at 32 and 128 tokens against a page that does nothing but repeat the text, under the same
    settings.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "app.py").write_text(EMPTY)
        shutil.copytree(launch.ROOT / ".streamlit", folder / ".streamlit")
        servers = {
            "attention": stack.enter_context(launch.server()),
            "empty": stack.enter_context(launch.server(folder=folder)),
        }
        running = opened(stack.enter_context(sync_playwright()))
        pages = {}
        for kind, started in servers.items():
            pages[kind] = running.new_page(viewport={"width": 1440, "height": 900})
            pages[kind].goto(f"{started.url}/{kind if kind != 'empty' else ''}")
            pages[kind].wait_for_selector(".st-key-text :is(input, textarea)")  # it comes last
        sizes = {tokens: texts(tokens) for tokens in (32, 128)}
        taken = {32: [], 128: [], "empty": []}
        for turn in range(turns + 2):
            for tokens, some in sizes.items():
                for name, kind in ((tokens, "attention"), ("empty", "empty")):
                    seconds = entered(pages[kind], kind, next(some))
                    if turn > 1:
                        taken[name].append(seconds)
        theirs = median(taken["empty"])
        running.close()
    for tokens, target in ((32, 2.5), (128, 3.0)):
        ours = median(taken[tokens])
        yield Row(
            f"c  Enter to picture / empty Streamlit rerun, {tokens} tokens",
            milliseconds(ours),
            milliseconds(theirs),
            ours / theirs,
            target,
        )


def starting(turns=3):
    """(d) From the start of the process to the first picture, against that of a bare page that imports torch
    and draws one Plotly heatmap.
    """
    taken = {"ours": [], "bare": []}
    with ExitStack() as stack:
        running = opened(stack.enter_context(sync_playwright()))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "app.py").write_text(BARE)
        shutil.copytree(launch.ROOT / ".streamlit", folder / ".streamlit")
        cases = {"ours": (launch.ROOT, ".riverbank-meter[data-values]"), "bare": (folder, ".main-svg")}
        for _ in range(turns):
            for name, (tree, picture) in cases.items():
                page = running.new_page(viewport={"width": 1440, "height": 900})
                start = time.perf_counter()
                with launch.server(folder=tree) as started:
                    page.goto(started.url)
                    page.wait_for_selector(picture)
                    taken[name].append(time.perf_counter() - start)
                page.close()
        running.close()
    ours, bare = (median(taken[name]) for name in cases)
    yield Row(
        "d  cold start to first picture / a bare page with torch and Plotly",
        f"{ours:.3g} s",
        f"{bare:.3g} s",
        ours / bare,
        1.6,
    )


def judging(turns=15):
    """(h) The page about a word's senses at 32 tokens against 300 ms."""
    some, taken = texts(32, loaded=model.load("encoder"), end=" bank"), []
    with launch.server() as started, sync_playwright() as playwright:
        running = opened(playwright)
        page = running.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{started.url}/word_sense")
        page.wait_for_selector(".st-key-text :is(input, textarea)")
        for _ in range(turns):
            taken.append(entered(page, "word_sense", next(some)))
        running.close()
    ours = median(taken)
    yield Row(
        "h  Enter to meter of a word's senses, 32 tokens / 300 ms",
        milliseconds(ours),
        milliseconds(0.3),
        ours / 0.3,
        1.0,
    )
