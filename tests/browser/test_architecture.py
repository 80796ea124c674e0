"""The page about the architecture in a real browser: boxes clicked and walked, and every number read back as
the model computes it.
"""

import numpy as np
import pytest
from playwright.sync_api import expect

from model import load
from model.analysis import activations, anatomy, cost, pooling

TEXT = "I swam across the river to get to the other bank"


def opened(page, section="The block", model="decoder-rope", text=TEXT, **query):
    link = {"text": text, "model": model, "architecture.section": section} | {
        f"architecture.{name}": value for name, value in query.items()
    }
    return page.open("architecture", **link)


def drawn(page, **wishes):
    """The diagram's dataset once it is as wished."""
    return page.shown("architecture.diagram", "diagram", **wishes)


def box(page, name):
    return page.part("architecture.diagram", f"button[data-name={name}]")


def activation(name, layer=2, head=3, model="decoder-rope"):
    return activations.activation(load(model).network, load(model).explain(TEXT), name, layer, head).values


def pressed(page, row, column, steps):
    """Walk the activation's cursor on from the cell that is chosen, at first the first, and choose another; the
    number that stands there then.
    """
    canvas = page.part("architecture.activation", "canvas.pointer")
    canvas.focus()
    for key, times in steps.items():
        for _ in range(times):
            canvas.press(key)
    canvas.press("Enter")
    return float(page.shown("architecture.activation", cell=f"{row},{column}")["value"])


def test_a_clicked_box_shows_the_numbers_that_the_model_computes(page):
    opened(page)
    drawn(page, selected="weights")
    is_above_the_fold(page)
    for row, column, name in ((3, 2, "gelu"), (6, 4, "query"), (9, 6, "mlp_out")):
        box(page, name).click()
        drawn(page, selected=name)
        page.linked(**{"architecture.box": name})
        page.shown("architecture.activation", revision=f"{name} 2 3")
        shown = pressed(page, row, column, {"ArrowDown": 3, "ArrowRight": 2})
        assert shown == pytest.approx(float(activation(name)[row, column]), rel=1e-5)
    a_change_of_layer_and_text_is_drawn(page)


def is_above_the_fold(page):
    last = box(page, "logits").bounding_box()
    assert last["y"] + last["height"] <= 900
    picture = page.part("architecture.activation", "canvas.pointer").bounding_box()
    assert picture["y"] + picture["height"] <= 900


def a_change_of_layer_and_text_is_drawn(page):
    page.choose("layer", "1")
    page.shown("architecture.activation", revision="mlp_out 0 3")
    page.type("<b>The</b> river <img src=x onerror=alert(1)> bank")
    tokens = len(load("decoder-rope").read("<b>The</b> river <img src=x onerror=alert(1)> bank"))
    drawn(page, selected="mlp_out", revision=f"decoder-rope {tokens}")
    assert page.foreign() == 0


def test_keys_walk_the_boxes_a_table_is_one_key_away_and_a_clicked_neuron_is_opened(page):
    opened(page)
    drawn(page, selected="weights")
    box(page, "weights").focus()
    page.page.keyboard.press("ArrowRight")
    expect(box(page, "mix")).to_be_focused()
    page.page.keyboard.press("ArrowDown")
    expect(box(page, "add_attention")).to_be_focused()
    page.page.keyboard.press("ArrowDown")
    expect(box(page, "mlp_norm")).to_be_focused()
    for _ in range(3):
        page.page.keyboard.press("ArrowRight")
    expect(box(page, "mlp_out")).to_be_focused()
    expect(page.part("architecture.diagram", ".readout")).to_contain_text(
        "MLP out: T × C = 11 × 192; 147,648 parameters"
    )
    page.page.keyboard.press("Enter")
    drawn(page, selected="mlp_out")
    expect(box(page, "mlp_out")).to_be_focused()
    page.page.keyboard.press("t")
    rows = page.part("architecture.diagram", "tbody tr")
    made = anatomy.boxes(load("decoder-rope").network, 11)
    expect(rows).to_have_count(len(made))
    for row, one in zip(rows.all(), made, strict=True):
        cells = row.locator("td").all_text_contents()
        assert cells[3] == f"{one.parameters:,}" and cells[5] == f"{one.multiply_adds:,}"
    page.page.keyboard.press("Escape")
    expect(box(page, "mlp_out")).to_be_focused()
    page.choose("architecture.section", "The MLP")
    a_clicked_neuron_is_opened(page)


def a_clicked_neuron_is_opened(page):
    after = activations.hidden(load("decoder-rope").network, load("decoder-rope").explain(TEXT), 2)[2]
    best = np.argsort(-after[-1], kind="stable")
    found = page.shown("architecture.neurons", revision=f"10 {best[0]}")
    assert float(found["value"]) == pytest.approx(float(after[-1, best[0]]), rel=1e-5)
    canvas = page.part("architecture.neurons", "canvas.pointer")
    canvas.focus()
    canvas.press("ArrowRight")
    canvas.press("Enter")
    found = page.shown("architecture.neurons", revision=f"10 {best[1]}")
    assert float(found["value"]) == pytest.approx(float(after[-1, best[1]]), rel=1e-5)
    page.linked(**{"architecture.neuron": str(best[1] + 1)})
    expect(page.page.get_by_text(f"Neuron {best[1] + 1} of layer 3")).to_be_visible()


def test_a_box_says_its_shape_parameters_and_multiply_adds_and_the_end_the_nearest_of_my_sentences(page):
    opened(page, model="encoder")
    drawn(page, selected="weights")
    made = anatomy.boxes(load("encoder").network, len(load("encoder").read(TEXT)))
    for one in made:
        said = box(page, one.name).get_attribute("aria-label")
        assert " × ".join(f"{n:,}" for n in one.shape) in said
        assert (f"{one.parameters:,} parameters" if one.parameters else "no parameters") in said
        assert (f"{one.multiply_adds:,} multiply-adds" if one.multiply_adds else "no multiply-adds") in said
    box(page, "mlp_in").hover()
    expect(page.part("architecture.diagram", ".readout")).to_contain_text(
        "231,360 parameters (19.1 % of the model, all 4 layers together)"
    )
    width = box(page, "mlp_in").locator(".bar.parameters").evaluate("bar => parseFloat(bar.style.width)")
    assert width == pytest.approx(100 * 4 * 231_360 / (32_000 * 64), rel=1e-3)
    page.choose("architecture.section", "The end")
    an_encoder_finds_the_nearest_of_my_sentences(page)


def an_encoder_finds_the_nearest_of_my_sentences(page):
    rows = page.part("architecture.nearest", "li")
    expect(rows).to_have_count(5)
    page.page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
    mine = "river: The boat lay on the water.\nmoney: He paid with coins."
    page.part("architecture.sentences", "textarea").fill(mine + "\nno label")
    page.part("architecture.sentences", "textarea").press("Control+Enter")
    expect(page.page.get_by_text("Line 3 has not a colon")).to_be_visible()
    traces = [
        load("encoder").explain(text) for text in (TEXT, "The boat lay on the water.", "He paid with coins.")
    ]
    vectors = [pooling.pooled(trace.final, pooling.received(trace)) for trace in traces]
    expected, _ = pooling.nearest(vectors[0][0], np.stack([one[0] for one in vectors[1:]]))
    expect(rows).to_have_count(2)
    shown = [
        float(text.replace("−", "-"))
        for text in page.part("architecture.nearest", ".share").all_text_contents()
    ]
    assert shown == [pytest.approx(value, rel=6e-3) for value in sorted(expected, reverse=True)]
    expect(rows.first).to_contain_text("river: The boat lay on the water.")


def test_seconds_are_measured_with_progress_and_can_be_stopped(page):
    opened(page, "What it costs", cost="Cache", window="64", drawn="True")
    expect(page.page.get_by_text("12 of 12 points lie exactly on their curve")).to_be_visible()
    page.press_at_once(".st-key-architecture-stop button", "[data-testid=stProgress]")
    page.pick("architecture.cost", "Seconds")
    expect(page.part("architecture.again", "button")).to_be_visible()
    expect(page.page.get_by_text("You stopped it after")).to_be_visible()
    expect(page.page.get_by_text("billion a second")).to_be_visible()
    page.pick("architecture.cost", "Cache")
    expect(page.page.get_by_text("12 of 12 points lie exactly on their curve")).to_be_visible()
    place = f"{np.ceil(cost.overtaking(load('decoder-rope').config)):,.0f} tokens"
    expect(page.page.get_by_text(place).first).to_be_visible()
    page.linked(**{"architecture.cost": "Cache", "architecture.window": "64"})
