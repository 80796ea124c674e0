"""(n) In a browser: from the end of a stroke on the page about pictures to the repainted probabilities of both
models.
"""

from statistics import median, quantiles

from playwright.sync_api import sync_playwright

from tests.bench import Row, milliseconds
from tests.bench.chromium import RESTS, opened
from tests.browser import launch

BAR = 0.15  # seconds
# Promises the milliseconds from the moment when the hand lets go to the frame in which the bars have changed.
WATCH = """() => {
    const room = (key) => document.querySelector(`.st-key-vision-${key} [data-testid=stBidiComponentIsolated]`).shadowRoot;
    window.taken = new Promise((resolve) => {
        let start = 0;
        room("canvas").querySelector("canvas.pointer").addEventListener("pointerup", () => {
            start = performance.now();
            const watch = new MutationObserver(() => {
                watch.disconnect();
                requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
            });
            watch.observe(room("answers"), { subtree: true, childList: true });
        }, { once: true, capture: true });
    });
}"""


def drawing(turns=20):
    """A dot at every turn, each in another place of the canvas; two turns for warming up."""
    taken = []
    with launch.server() as started, sync_playwright() as playwright:
        running = opened(playwright)
        page = running.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{started.url}/vision")
        canvas = page.locator(".st-key-vision-canvas canvas.pointer")
        canvas.wait_for()
        for turn in range(turns + 2):
            page.wait_for_selector(RESTS, state="attached")
            page.wait_for_timeout(300)  # a hand's pause
            box, across, down = canvas.bounding_box(), 0.15 + 0.14 * (turn % 6), 0.15 + 0.17 * (turn // 6)
            page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
            page.evaluate(WATCH)
            page.mouse.down()  # a dot: what is told while the hand moves would be measured with it
            page.mouse.up()
            taken.append(page.evaluate("window.taken") / 1000)
        running.close()
    middle, high = median(taken[2:]), quantiles(taken[2:], n=20, method="inclusive")[-1]
    for name, ours in (("p50", middle), ("p95", high)):
        what = f"n  end of a stroke to both models' probabilities, {name} / 150 ms"
        yield Row(what, milliseconds(ours), milliseconds(BAR), ours / BAR, 1.0)
