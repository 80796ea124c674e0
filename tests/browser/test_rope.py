"""The page about RoPE in a real browser: hands and scores that JavaScript computes, read back from the page
and compared with the model's own.
"""

import json
import math
import re
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from model import load
from model.analysis import rotation

TEXT = "She gave the red ball to the boy, and the boy gave it to the dog"
TRACE = load("decoder-rope").explain(TEXT)
T, D = len(TRACE.tokens), TRACE.config.head_width
QUERY, KEY, LAYER, HEAD = 12, 7, 1, 4  # counted from 0
LINK = {"text": TEXT, "layer": LAYER + 1, "head": HEAD + 1, "rope.query": QUERY + 1, "rope.key": KEY + 1}
DRAG = """(input, values) => {
    const host = input.closest(".riverbank-clocks");
    return values.map((value) => {
        input.value = value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        return [host.dataset.places, Number(host.dataset.score), host.querySelector(".hand.q:not(.before)").getAttribute("x2")];
    });
}"""


def opened(page, *folds, **query):
    return page.open("rope", **LINK | query | {f"rope.{name}": "True" for name in folds})


def seen(page, **wishes):
    """What the clocks say, once they are as wished and the page rests."""
    return page.shown("rope.clocks", "clocks", **wishes)


def parts(places=(QUERY, KEY)):
    """The contributions of the two tokens at these places, as Python computes them."""
    attention, frequency = TRACE.layers[LAYER].attention, rotation.frequencies(D)
    hands = rotation.hands(attention.q[HEAD, QUERY]), rotation.hands(attention.k[HEAD, KEY])
    q, k = (rotation.turned(hand, place, frequency) for hand, place in zip(hands, places, strict=True))
    return rotation.contributions(q, k, attention.scale)


def slider(page, role):
    return page.part("rope.clocks", f".{role} .range")


def test_the_contributions_are_sorted_and_add_up_to_the_number_in_the_attention_heatmap(page):
    opened(page, "sum")
    found = seen(page, revision=TEXT)
    box = page.part("rope.clocks", ".strip").bounding_box()
    assert box["y"] + box["height"] <= 900
    contributions = json.loads(found["contributions"])
    np.testing.assert_allclose(contributions, parts(), rtol=1e-12, atol=1e-12)
    assert sum(contributions) == float(found["score"])
    page.choose("rope.order", "by contribution")
    seen(page, order=",".join(map(str, np.argsort(-parts()))))
    numbers = page.part("rope.clocks", ".clock .number").all_inner_texts()
    shown = [float(text.replace("−", "-")) for text in numbers]
    assert shown == sorted(shown, reverse=True)
    assert sum(shown) == pytest.approx(parts().sum(), abs=0.005 * len(shown))
    link = page.page.get_by_role("link", name="heatmap").get_attribute("href")
    page.open(urlsplit(link).path.strip("/"), **dict(parse_qsl(urlsplit(link).query)))
    heatmap = page.shown(revision=TEXT, cell=f"{QUERY},{KEY}")
    assert float(heatmap["value"]) == float(TRACE.layers[LAYER].attention.scaled(HEAD)[QUERY, KEY])
    assert sum(contributions) == pytest.approx(float(heatmap["value"]), abs=1e-5)
    expect(page.part("attention.step", "[aria-checked=true]")).to_have_text("4 Divide by √D")


def test_both_move_without_the_server_and_the_score_stays_and_the_key_moves_alone(page):
    opened(page)
    first = float(seen(page, revision=TEXT)["score"])
    moved = slider(page, "both").evaluate(
        DRAG, [20, 64, 127, 0]
    )  # all in one go: nothing can have come from the server
    assert [places for places, *_ in moved] == [
        "20,15",
        "64,59",
        "127,122",
        "5,0",
    ]  # the key cannot stand before the text
    for places, score, hand in moved:
        place = int(places.split(",")[0])
        assert score == pytest.approx(first, abs=1e-9)
        q = rotation.hands(TRACE.layers[LAYER].attention.q[HEAD, QUERY])
        assert float(hand) == pytest.approx(
            (rotation.turned(q, place, rotation.frequencies(D)) / abs(q).max())[0].real, abs=1e-9
        )
    assert len({hand for *_, hand in moved}) == len(moved)
    page.linked(**{"rope.both": "-7", "rope.alone": None})
    goes_back(page)
    for places, score, _ in slider(page, "alone").evaluate(DRAG, [0, 6, 50, 127]):
        m, n = map(int, places.split(","))
        assert m == QUERY
        assert score == pytest.approx(parts((m, n)).sum(), abs=1e-9)
    page.linked(**{"rope.alone": "120", "rope.both": None})
    expect(page.part("rope.clocks", ".verdict")).to_contain_text(
        "distance +115 instead of −5: the score has changed by"
    )


def goes_back(page):
    """A button brings both tokens back to where the text has them."""
    page.part("rope.clocks", ".back").click()
    page.linked(**{"rope.both": None, "rope.alone": None})
    seen(page, places=f"{QUERY},{KEY}")


def test_keys_move_a_slider_and_neither_a_reload_nor_a_text_that_is_none_loses_it(page):
    opened(page)
    seen(page, revision=TEXT)
    slider(page, "alone").press("ArrowRight")
    slider(page, "both").press("ArrowRight")
    slider(page, "both").press("ArrowRight")
    page.linked(**{"rope.both": "2", "rope.alone": "1"})
    page.page.reload()
    places = f"{QUERY + 2},{KEY + 3}"
    found = seen(page, revision=TEXT, places=places)
    assert float(found["score"]) == pytest.approx(parts((QUERY, KEY + 1)).sum(), abs=1e-9)
    page.type("")
    expect(page.page.get_by_test_id("stAlert")).to_be_visible()
    page.type(TEXT)
    seen(page, revision=TEXT, places=places)
    goes_back(page)


def test_play_turns_the_hands_until_paused_and_goes_a_token_a_press_where_motion_is_unwelcome(page):
    opened(page)
    first = float(seen(page, revision=TEXT)["score"])
    play = page.part("rope.clocks", ".both .play")
    play.click()
    page.page.wait_for_function(
        "() => Number(document.querySelector('.st-key-rope-clocks "
        "[data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('.riverbank-clocks').dataset.places.split(',')[0]) > 14"
    )
    play.click()
    found = seen(page, playing="")
    m, n = map(int, found["places"].split(","))  # whole tokens once it rests
    assert m - n == QUERY - KEY and m >= 14
    assert float(found["score"]) == pytest.approx(first, abs=1e-9)
    page.linked(**{"rope.both": str(m - QUERY)})
    page.page.emulate_media(reduced_motion="reduce")
    for step in (1, 2):
        page.part("rope.clocks", ".alone .play").click()
        seen(page, places=f"{m},{n + step}", playing="")
    page.linked(**{"rope.both": str(m - QUERY), "rope.alone": "2"})


def test_a_click_on_a_clock_fills_in_its_matrix_and_another_base_leaves_the_clocks_alone(page):
    opened(page, "hand", "speed")
    before = seen(page, revision=TEXT)
    page.part("rope.clocks", ".clock").nth(2).click()
    page.linked(**{"rope.pair": "3"})
    expect(page.part("rope.clocks", ".clock").nth(2)).to_have_attribute("aria-pressed", "true")
    angle = QUERY * rotation.frequencies(D)[2]
    expect(page.page.get_by_text("Pair 3 is dimensions 4 and 5")).to_be_visible()
    expect(
        page.page.locator(".katex-html").filter(has_text=f"{math.cos(angle):.3f}".replace("-", "−")).first
    ).to_be_visible()
    name = page.part("rope.clocks", ".clock").nth(2).get_attribute("aria-label")
    assert re.fullmatch(
        r"pair 3 ↺ 19\.9 [+−]\d+\.\d\d, added to the score, dimensions 4 and 5, once round in 19\.9 tokens",
        name,
    )
    page.part("rope.base", "input[type=range]").press("ArrowRight")
    page.linked(**{"rope.base": "20000"})
    expect(page.page.get_by_text("with 20,000")).to_be_visible()
    assert seen(page)["contributions"] == before["contributions"]
    hostile_text_stays_text(page)


def hostile_text_stays_text(page):
    text = "<b>bold</b> <img src=x onerror=alert(1)> $x$ [a](javascript:alert(1))"
    page.type(text)
    seen(page, revision=text)
    page.rests()
    assert page.foreign(".riverbank-clocks i") == 0


def test_the_row_of_controls_is_as_high_when_the_picture_comes_as_in_the_end(page):
    page.prepare("""new MutationObserver(() => {
        if ("room" in window || !document.querySelector(".st-key-rope-clocks")) return;
        window.room = document.querySelector(".st-key-above_bare")?.offsetHeight ?? 0;
    }).observe(document, { childList: true, subtree: true })""")
    seen(opened(page), revision=TEXT)
    page.rests()
    assert page.page.evaluate("window.room") == page.part("above_bare").bounding_box()["height"] > 0
