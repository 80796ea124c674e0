"""(j) A model of 12 x 12 heads at once: our grid against Plotly's subplots in the same Streamlit, and against
BertViz's model_view in the same Chromium.

Plotly's and ours are updates of an open page, from Enter to paint; BertViz makes a page of its own, so its
time is from opening that page, which is here already, to paint. Bytes are what crosses to the browser for it,
without the libraries. BertViz is needed for this row only, and its page asks the network for three libraries,
which are answered from FILES.
"""

import base64
import importlib
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Error, sync_playwright

from tests.bench import Row, milliseconds
from tests.bench.chromium import ENTER, RESTS, opened
from tests.browser import launch
from viz.component import grid as component
from viz.component.view import script

L, H, TOKENS = 12, 12, (32, 128)
PATIENCE = 120  # seconds that we wait for another's picture
FILES = launch.ROOT / ".training" / "bertviz" / "node_modules"  # see MISSING
LIBRARIES = {
    "require.min.js": "requirejs/require.js",
    "d3.min.js": "d3/dist/d3.min.js",
    "jquery.min.js": "jquery/dist/jquery.min.js",
}
MISSING = (
    "Row j's second half needs BertViz and the libraries that its page loads: .venv/bin/pip install "
    "--no-deps bertviz && .venv/bin/pip install ipython "
    "&& npm install --prefix .training/bertviz requirejs@2.3.6 d3@5.7.0 jquery@2.1.4"
)
# An app that draws the weights of a text such as "32 7": so many tokens, drawn with that seed.
APP = """
import sys
sys.path.insert(0, {root!r})
import streamlit as st
from tests.bench.grids import weights, {picture}
st.set_page_config(layout="wide")
text = st.text_input("Your text", "32 0", key="text")
{picture}(weights(text), text)
"""
SHADOW = "document.querySelector('.st-key-grid [data-testid=stBidiComponentIsolated]')?.shadowRoot"
SHOWN = {
    "ours": f"text => {SHADOW}?.querySelector('.riverbank-grid')?.dataset.revision === text",
    "plotly": "text => document.querySelector('.js-plotly-plot .gtitle')?.textContent === text && "
    "[...document.querySelectorAll('.js-plotly-plot .heatmaplayer image')].filter(image => "
    f"image.getAttribute('href')).length === {L * H}",
}
# Calls the grid as Streamlit does, with data that is already here, and returns the milliseconds until it has
# painted.
PAINT = """async ([code, data, width]) => {
    const { default: draw } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const parentElement = document.body.appendChild(document.createElement("div"));
    const host = parentElement.appendChild(document.createElement("div"));
    host.className = "riverbank-grid";
    host.style.width = `${width}px`;
    const payload = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const taken = [];
    for (let turn = 0; turn < 12; turn++) {
        await new Promise(requestAnimationFrame);
        const start = performance.now();
        draw({ parentElement, data: payload, setStateValue: () => null });
        host.querySelector("canvas").getContext("2d").getImageData(0, 0, 1, 1); // until it is done, and not only asked for
        taken.push(performance.now() - start);
    }
    return taken.slice(2).sort((a, b) => a - b)[5];
}"""
# The time since the navigation at the first frame that has all of BertViz's thumbnails.
PAINTED = f"""() => new Promise((resolve) => {{
    const done = () => document.querySelectorAll(".attn_background").length === {L * H};
    const look = () => (done() ? setTimeout(() => resolve(performance.now())) : requestAnimationFrame(look));
    look();
}})"""


def weights(text):
    """Causal weights (L, H, T, T), float32, of random scores: "32 7" is 32 tokens with seed 7."""
    tokens, seed = map(int, text.split())
    scores = np.random.default_rng(seed).normal(0, 2, (L, H, tokens, tokens)).astype(np.float32)
    raised = np.exp(scores) * np.tri(tokens, dtype=np.float32)
    return raised / raised.sum(axis=-1, keepdims=True)


def labels(tokens):
    return [f"word{i}" for i in range(tokens)]


def sizes(found):
    """What the grid needs of weights (L, H, T, T): (L H, T, T), the labels, the names."""
    tokens = labels(found.shape[-1])
    return (
        found.reshape(-1, *found.shape[2:]),
        tokens,
        [f"{i + 1}.{j + 1}" for i in range(L) for j in range(H)],
    )


def ours(found, text):
    """The grid of the page about heads."""
    maps, tokens, names = sizes(found)
    component.grid(
        maps,
        rows=tokens,
        columns=tokens,
        names=names,
        allowed=np.tri(len(tokens), dtype=bool),
        across=H,
        key="grid",
        revision=text,
    )


def plotly(found, text):
    """The same numbers as 144 heatmaps in one figure."""
    import plotly.graph_objects as go
    import streamlit as st
    from plotly.subplots import make_subplots

    figure = make_subplots(L, H, horizontal_spacing=0.005, vertical_spacing=0.005)
    for (i, j), _ in np.ndenumerate(found[..., 0, 0]):
        figure.add_trace(
            go.Heatmap(z=found[i, j], zmin=0, zmax=1, colorscale="Blues", showscale=False),
            row=i + 1,
            col=j + 1,
        )
    figure.update_yaxes(autorange="reversed", showticklabels=False)
    figure.update_xaxes(showticklabels=False)
    st.plotly_chart(figure.update_layout(height=900, title=text), key="plotly")


def updating(playwright, picture, turns):
    """{tokens: (seconds from Enter to paint, bytes that came for it)}, medians."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "app.py").write_text(APP.format(root=str(launch.ROOT), picture=picture))
        (folder / ".streamlit").symlink_to(launch.ROOT / ".streamlit")
        started = stack.enter_context(launch.server(folder=folder))
        running = opened(playwright)
        page, came = running.new_page(viewport={"width": 1440, "height": 900}), []

        def count(data):
            came.append(len(data))

        page.on("websocket", lambda socket: socket.on("framereceived", count))
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(started.url)
        page.wait_for_function(f"({SHOWN[picture]})('32 0')")
        found = {tokens: [] for tokens in TOKENS}
        for turn in range(1, turns + 2):
            for tokens in TOKENS:
                page.wait_for_selector(RESTS, state="attached")
                page.wait_for_timeout(300)
                came.clear()
                seconds = (
                    page.evaluate(
                        ENTER, [f"{tokens} {turn}", SHOWN[picture], SHADOW if picture == "ours" else "null"]
                    )
                    / 1000
                )
                page.wait_for_selector(RESTS, state="attached")
                if turn > 1:  # the first is for warming up
                    found[tokens].append((seconds, sum(came)))
        running.close()
    return {
        tokens: [median(column) for column in zip(*taken, strict=True)] for tokens, taken in found.items()
    }


def painting(playwright):
    """{tokens: seconds that the grid takes once its data is in the browser}."""
    running, found = opened(playwright), {}
    code = script("grid")
    for tokens in TOKENS:
        maps, rows, names = sizes(weights(f"{tokens} 1"))
        header = {
            "names": names,
            "notes": [""] * len(names),
            "measures": {},
            "faint": "",
            "across": H,
            "side": 92,
            "label": "",
            "start": 0,
        }
        payload = component.pack(
            maps, rows, rows, np.tri(tokens, dtype=bool), "weights", header | {"revision": "", "selected": 0}
        )
        page = running.new_page(viewport={"width": 1440, "height": 900})
        found[tokens] = page.evaluate(PAINT, [code, base64.b64encode(payload).decode(), 620]) / 1000
        page.close()
    running.close()
    return found


def bertviz(playwright, tokens):
    """Seconds from the opening of BertViz's page to paint, PATIENCE if it was not painted by then, and its
    bytes; None without BertViz and FILES.
    """
    try:
        model_view = importlib.import_module("bertviz").model_view
    except ImportError:
        return None
    if not all((FILES / path).exists() for path in LIBRARIES.values()):
        return None
    import torch

    layers = [layer[None] for layer in torch.from_numpy(weights(f"{tokens} 1"))]
    html = (
        "<!doctype html>"
        + model_view(layers, labels(tokens), display_mode="light", html_action="return").data
    )
    running = opened(playwright)
    page = running.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    page.route(
        "https://cdnjs.cloudflare.com/**",
        lambda route: route.fulfill(path=FILES / LIBRARIES[route.request.url.rpartition("/")[2]]),
    )
    page.route(
        "http://page.test/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
    )
    began = time.monotonic()
    try:
        page.goto("http://page.test/", wait_until="commit")
        page.wait_for_function(f"document.querySelectorAll('.attn_background').length === {L * H}")
        seconds = page.evaluate(PAINTED) / 1000
    except Error:  # too slow, or too large for the browser
        seconds = max(time.monotonic() - began, PATIENCE)
    running.close()
    return seconds, len(html.encode())


def all_heads(turns=5):
    """(j) Time to paint and bytes of 144 heads."""
    with sync_playwright() as playwright:
        paint = painting(playwright)
        grid, subplots = (updating(playwright, picture, turns) for picture in ("ours", "plotly"))
        views = {tokens: bertviz(playwright, tokens) for tokens in TOKENS}
    for tokens in TOKENS:
        frame = 1 / 60
        yield Row(
            f"j  paint 144 heads once the data is there / a frame, {tokens} tokens",
            milliseconds(paint[tokens]),
            milliseconds(frame),
            paint[tokens] / frame,
        )
    for tokens in TOKENS:
        others = {"Plotly's subplots": subplots[tokens], "BertViz's model_view": views[tokens]}
        for name, other in others.items():
            if other is None:
                continue
            (seconds, size), (their_seconds, their_size) = grid[tokens], other
            limit = ">" * (their_seconds >= PATIENCE)
            yield Row(
                f"j  144 heads, to paint / {name}, {tokens} tokens",
                milliseconds(seconds),
                f"{limit}{their_seconds:.3g} s",
                seconds / their_seconds,
            )
            yield Row(
                f"j  144 heads, bytes / {name}, {tokens} tokens",
                megabytes(size),
                megabytes(their_size),
                size / their_size,
            )
    if None in views.values():
        print(MISSING)


def megabytes(size):
    return f"{size / 1e6:.3g} MB"
