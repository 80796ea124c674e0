"""`python -m tests.bench visits`: a first visit of every page of a warm server, with nothing in the browser's
cache: bytes over the network, time to the first picture, and how much the layout jumps.
"""

import argparse
from statistics import median

from playwright.sync_api import sync_playwright

from tests.bench.chromium import RESTS, opened
from tests.browser import launch
from tests.test_pages import PAGES

BAR = 0.1  # the most that a layout may shift: https://web.dev/articles/cls
# Notes in the page itself when its first picture has a size, and what shifts: in sessions of at most 5 s with
# less than 1 s between two shifts, of which the worst counts.
WATCH = """
window.visit = { picture: 0, shift: 0, moved: [] };
let [session, first, last] = [0, 0, 0];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        const goes_on = entry.startTime - last < 1000 && entry.startTime - first < 5000;
        if (!goes_on) [session, first] = [0, entry.startTime];
        [session, last] = [session + entry.value, entry.startTime];
        window.visit.shift = Math.max(window.visit.shift, session);
        const name = ({ node }) => node?.dataset?.testid ?? node?.className ?? node?.nodeName;
        window.visit.moved.push([entry.value, ...entry.sources.map(name)]);
    }
}).observe({ type: "layout-shift", buffered: true });
const look = () => {
    const rooms = document.querySelectorAll("[data-testid=stMain] [data-testid=stBidiComponentIsolated]");
    const roots = [...rooms].map((room) => room.shadowRoot).filter(Boolean);
    const drawn = [document, ...roots].flatMap((root) => [...root.querySelectorAll(
        "[data-testid=stMain] .main-svg, [class^=riverbank-]:not(.riverbank-figure)")]);
    if (drawn.some((one) => one.getBoundingClientRect().height > 60)) window.visit.picture = performance.now();
    else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def visit(browser, url):
    """Bytes, seconds to the first picture, the layout's shift, and what moved most in it."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.add_init_script(WATCH)
    network, received = context.new_cdp_session(page), []
    network.on("Network.dataReceived", lambda one: received.append(one["encodedDataLength"]))
    network.on(
        "Network.webSocketFrameReceived", lambda one: received.append(len(one["response"]["payloadData"]))
    )
    network.send("Network.enable")
    page.goto(url)
    page.wait_for_function("() => window.visit.picture")
    page.wait_for_selector(RESTS, state="attached")
    page.wait_for_timeout(1000)  # for what comes late, and jumps
    said = page.evaluate("() => window.visit")
    context.close()
    most = max(said["moved"], default=[0, ""])
    return sum(received), said["picture"] / 1000, said["shift"], most


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench visits", description=__doc__)
    parser.add_argument("pages", nargs="*", help="only these pages")
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args(arguments)
    print(f"{'page':<18} {'MB':>6} {'picture s':>10} {'shift':>7}   ≤ {BAR}")
    with launch.server() as server, sync_playwright() as playwright:
        browser = opened(playwright)
        visit(browser, server.url)  # the server warms up
        for page in asked.pages or PAGES:
            visits = [visit(browser, f"{server.url}/{page}") for _ in range(asked.turns)]
            sizes, times, shifts, most = zip(*visits, strict=True)
            shift = median(shifts)
            moved = ", ".join(map(str, max(most)[1:4]))
            met = "met" if shift <= BAR else f"MISSED by {moved}"
            print(
                f"{page:<18} {median(sizes) / 1e6:>6.2f} {median(times):>10.2f} {shift:>7.3f}   {met}",
                flush=True,
            )
