"""A model learns in a real browser: the loss falls below what an untrained model can reach, the slider goes back
to any step and the map with it, and a training that is stopped keeps what it has.
"""

import math

from playwright.sync_api import expect

TASK = {"learning.task": "sort", "learning.layers": "1", "learning.heads": "2", "learning.width": "32"}
GUESS = math.log(26)  # nats of a letter that is guessed
LATER = """loss => {
    const room = document.querySelector(".st-key-learning-course [data-testid=stBidiComponentIsolated]");
    const shown = room?.shadowRoot?.querySelector(".riverbank-training")?.dataset;
    return shown?.live === "true" && Number(shown.loss) < loss && { ...shown };
}"""
# The quarter of a map farthest from its names, whose font may come late.
CORNER = """canvas => {
    const [wide, high] = [canvas.width / 2, canvas.height / 2].map(Math.floor);
    return canvas.getContext("2d").getImageData(wide, high, wide, high).data.join();
}"""


def seen(page, **wishes):
    return page.shown("learning.course", "training", **wishes)


def press(page, key):
    page.part(f"learning.{key}", "button").click()


def test_it_learns_before_ones_eyes_and_what_was_recorded_can_be_gone_through(page):
    page.open("learning", **TASK)
    assert float(seen(page, records=1)["loss"]) > GUESS
    press(page, "train")
    page.page.wait_for_function(LATER, arg=0.8 * GUESS, timeout=90_000)
    press(page, "train")
    expect(page.part("learning.train")).to_contain_text("Go on")
    stopped = seen(page, live="false")
    last = int(stopped["records"]) - 1
    assert int(stopped["place"]) == last > 2 and float(stopped["loss"]) < 0.8 * GUESS
    slide = page.part("learning.course", ".slide")
    slide.press("Home")
    assert float(seen(page, place=0)["loss"]) > GUESS
    page.linked(**{"learning.step": "0"})
    for _ in range(2):
        slide.press("ArrowRight")
    shown = seen(page, place=2)
    page.linked(**{"learning.step": shown["step"]})
    page.part("learning.course", ".heads button").nth(1).click()
    seen(page, head="1.2")
    page.linked(**{"learning.head": "1.2"})
    press(page, "reset")
    assert seen(page, records=1)["step"] == "0"


def test_the_picture_plays_what_was_recorded_to_its_end_and_each_map_differs(page):
    page.open("learning")
    last = seen(page, live="false")
    heads = page.part("learning.course", ".sight > canvas")
    before = heads.evaluate(CORNER)
    slide = page.part("learning.course", ".slide")
    slide.press("Home")
    seen(page, place=0)
    assert heads.evaluate(CORNER) != before
    slide.press("End")
    for _ in range(5):
        slide.press("ArrowLeft")
    seen(page, place=int(last["place"]) - 5)
    assert heads.evaluate(CORNER) != before
    page.part("learning.course", "button[aria-label='Play what was recorded']").click()
    seen(page, place=int(last["place"]))
    assert heads.evaluate(CORNER) == before
    page.page.emulate_media(reduced_motion="reduce")  # nothing plays, and steps are left
    expect(page.part("learning.course", ".play")).to_be_hidden()
    page.part("learning.course", "button[aria-label='One record back']").click()
    seen(page, place=int(last["place"]) - 1)
