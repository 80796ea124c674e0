"""The page about receptive fields in a real browser: links, clicks and keys; every number read from the DOM
and compared with model.reach.
"""

import json
import re
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import expect

from model import load, masks
from model.analysis import reach

TEXT = "She gave the red ball to the boy, and the boy gave it to the dog"
SHORT = "The river bank"
TOKENS = len(load("encoder").read(TEXT))


def opened(page, text=TEXT, **query):
    query = {"text": text} | {f"receptive_field.{name}": value for name, value in query.items()}
    page.page.goto(f"{page.url}/receptive_field?{urlencode(query)}")
    return page


def seen(page, **wishes):
    """Tokens that reach the output, of the convolutions and of attention, once the picture is as wished."""
    return json.loads(page.shown("receptive_field.cone", "cone", **wishes)["seen"])


def convolution(output, layers=4, kernel=3, dilation=1, stride=1, causal=True, tokens=TOKENS):
    stack = reach.stack(layers, kernel, dilation, stride)
    return np.flatnonzero(
        reach.cone(stack, tokens, output // reach.steps(stack)[-1], causal).levels[-1]
    ).tolist()


def attention(output, mask="full", layers=1, tokens=TOKENS):
    return np.flatnonzero(
        reach.attention_cone(getattr(masks, mask)(tokens), layers, output).levels[-1]
    ).tolist()


def token(page, place, panel=0):
    """Where a token stands in a panel, found by the sentence that a hover brings."""
    canvas, readout = (
        page.part("receptive_field.cone", "canvas").nth(panel),
        page.part("receptive_field.cone", ".readout"),
    )
    box = canvas.bounding_box()
    low, high = 0.0, box["width"]
    for _ in range(40):
        x = (low + high) / 2
        canvas.hover(position={"x": x, "y": box["height"] * 0.8})
        here = re.search(r"token (\d+)", readout.text_content())
        if here and int(here[1]) == place + 1:
            return {"x": x, "y": box["height"] * 0.8}
        low, high = (
            (x, high)
            if (not here and x < box["width"] / 2) or (here and int(here[1]) < place + 1)
            else (low, x)
        )
    raise AssertionError(f"there is no token {place}")


def test_a_link_shows_the_cones_of_the_model(page):
    opened(
        page,
        layers=2,
        kernel=4,
        dilation="exponential",
        stride=2,
        looks="centred",
        mask="causal",
        attention=2,
        output=10,
    )
    assert seen(page, output=9) == [
        convolution(9, 2, 4, reach.EXPONENTIAL, 2, False),
        attention(9, "causal", 2),
    ]
    expect(page.page.get_by_text("Formula and measurement agree in all")).to_be_visible()


def test_the_picture_is_above_the_fold_and_grows_with_the_window(page):
    opened(page)
    seen(page, output=TOKENS - 1)
    canvas = page.part("receptive_field.cone", "canvas").first
    for width, height in ((1366, 768), (1920, 1080), (1440, 900)):
        page.page.set_viewport_size({"width": width, "height": height})
        grown = f"canvas => Math.abs(canvas.getBoundingClientRect().height - {360 * height / 900}) <= 1"
        page.page.wait_for_function(grown, arg=canvas.element_handle())
        box = canvas.bounding_box()
        assert box["y"] + box["height"] <= height
    hostile_text_stays_text(page)
    a_thousand_tokens_are_drawn_around_the_output(page)


def hostile_text_stays_text(page):
    text = "<b>bold</b> <img src=x onerror=alert(1)> $x$ [a](javascript:alert(1))"
    page.type(text)
    seen(page, revision=text)
    page.rests()
    assert page.foreign() == 0


def a_thousand_tokens_are_drawn_around_the_output(page):
    text = ("the river bank and " * 250).strip()
    page.type(text)
    tokens = len(load("encoder").read(text))
    assert seen(page, revision=text)[0] == convolution(tokens - 1, tokens=tokens)
    expect(page.part("receptive_field.cone", ".readout")).to_contain_text(
        f"Attention: tokens {tokens - 127} to {tokens} of {tokens}."
    )


def test_a_hover_says_what_can_change_the_output_a_click_chooses_it_and_arrows_walk_it(page):
    opened(page)
    seen(page, output=TOKENS - 1)
    left, right = (page.part("receptive_field.cone", "canvas").nth(panel) for panel in (0, 1))
    readout = page.part("receptive_field.cone", ".readout")
    left.hover(position=token(page, 0))
    expect(readout).to_contain_text("cannot change the output")
    right.hover(position=token(page, 0, panel=1))
    expect(readout).to_contain_text(re.compile(r"Attention: token 1 .* can change the output"))
    left.click(position=token(page, 5))
    assert seen(page, output=5) == [convolution(5), attention(5)]
    page.linked(**{"receptive_field.output": "6"})
    right.click(position=token(page, 8, panel=1))
    assert seen(page, output=8) == [convolution(8), attention(8)]
    left.press("ArrowLeft")
    assert seen(page, output=7) == [convolution(7), attention(7)]
    left.press("Home")
    assert seen(page, output=0) == [[0], attention(0)]
    left.press("ArrowRight")
    seen(page, output=1)
    expect(left).to_be_focused()
    page.linked(**{"receptive_field.output": "2"})
    page.page.reload()
    seen(page, output=1)


def test_switches_change_the_cone_and_outlive_a_text_that_is_none(page):
    opened(page, output=10)
    seen(page, output=9)
    page.part("receptive_field.kernel", "input[type=range]").press("ArrowRight")
    page.linked(**{"receptive_field.kernel": "4"})
    page.page.get_by_text("Dilation, stride, layer by layer, window").click()
    page.choose("receptive_field.looks", "centred")
    page.choose("receptive_field.mask", "causal")
    expected = [convolution(9, kernel=4, causal=False), attention(9, "causal")]
    assert seen(page, output=9, seen=json.dumps(expected, separators=(",", ":"))) == expected
    page.type("")
    expect(page.page.get_by_test_id("stAlert")).to_be_visible()
    page.type(TEXT)
    assert seen(page, revision=TEXT) == expected


def test_the_meters_move_with_the_clue(page):
    opened(page, text="I swam across the river to get to the other bank", clue="5", between="3")
    readings = page.part("receptive_field.meter", ".riverbank-meter .body .reading")
    expect(readings).to_have_count(2)
    near = readings.all_text_contents()
    page.part("receptive_field.between", "input[type=range]").press("ArrowRight")
    page.linked(**{"receptive_field.between": "4"})
    expect(readings.nth(1)).not_to_have_text(near[1])
    far = readings.nth(1).text_content()
    for _ in range(3):
        page.part("receptive_field.between", "input[type=range]").press("ArrowRight")
    page.linked(**{"receptive_field.between": "7"})
    expect(page.page.get_by_text("river could say to get")).to_be_visible()
    expect(readings.nth(1)).to_have_text(far)


def test_on_a_narrow_screen_the_cones_stand_one_below_the_other(phone):
    page = opened(phone, mask="window", layers=8, dilation="exponential", stride=2)
    seen(page, output=TOKENS - 1)
    first, second = (page.part("receptive_field.cone", "canvas").nth(i).bounding_box() for i in (0, 1))
    assert second["y"] >= first["y"] + first["height"]
    page.fits()


def test_a_narrow_screen_shows_the_names_of_both_measures_in_full(phone):
    phone.prepare("""window.written = new Set();
        const { fillText } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...place) { window.written.add(text); return fillText.call(this, text, ...place); }""")
    opened(phone, SHORT, used="true")
    phone.page.wait_for_function("() => [...written].some((text) => text.includes('gradient'))")
    assert phone.page.evaluate("[...written].some((text) => text.includes('occlusion'))")


def test_what_takes_long_shows_progress_and_gives_way_to_a_new_text(page):
    opened(page, SHORT, used="true")
    seen(page, revision=SHORT)
    page.type(" ".join(f"the boy gave {n} dogs to the old river" for n in range(10)))
    progress = page.page.get_by_test_id("stProgress")
    expect(progress).to_be_visible()
    page.type(SHORT + " again")
    seen(page, revision=SHORT + " again")
    expect(progress).to_have_count(0)
