"""Neuron, across layers and knock-outs in a real browser: cells clicked and walked to, and every number read
back compared with the model.
"""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from model import load
from model.analysis import flow, knockouts
from tests.browser.conftest import DATASET

TEXT = "I swam across the river to get to the other bank"
MODEL = load("decoder-rope")
IDS = MODEL.read(TEXT)
TRACE = MODEL.explain(TEXT)
EFFECTS = "heads.effects"


def effect(*groups, way=knockouts.silence):
    """Bits by which the last token's belief moves when these groups of heads are knocked out, (N,)."""
    both = [()] * len(groups), groups
    passes = [knockouts.run(MODEL.network, IDS, way, knockouts.marked(MODEL.config, some)) for some in both]
    return knockouts.effects(MODEL.network, *(one.final for one in passes))[:, -1]


def opened(page, section, **query):
    page.open("heads", text=TEXT, **{"heads.section": section}, **query)
    return page


def middle(page, key, row, column):
    """Where the middle of a cell lies in its picture, as the picture says."""
    left, top, wide, high = map(float, page.shown(key)["cells"].split(","))
    return {"x": left + (column + 0.5) * wide, "y": top + (row + 0.5) * high}


def click(page, row, column):
    page.part(EFFECTS, "canvas.pointer").click(position=middle(page, EFFECTS, row, column))


def told(page, pattern):
    """The numbers of a sentence, once the page says it."""
    found = page.page.get_by_text(re.compile(pattern)).first
    expect(found).to_be_visible()
    return [float(text.replace("−", "-")) for text in re.search(pattern, found.text_content()).groups()]


def test_a_clicked_head_says_what_the_model_says_and_goes_into_the_set(page):
    opened(page, "Knock-outs")
    page.shown(EFFECTS, rows=4, columns=6)
    click(page, 2, 0)
    page.linked(**{"heads.set": "3.1", "head": "1"})
    shown = page.shown(EFFECTS, cell="2,0")
    assert float(shown["value"]) == pytest.approx(float(effect(((2, 0),))[0]), rel=1e-2)
    click(page, 1, 4)
    page.linked(**{"heads.set": "2.5 3.1", "layer": "2", "head": "5"})
    joint, alone, apart = told(
        page,
        r"2 heads together move .* by (\S+) bits\. One by one their effects add up to (\S+) bits; the "
        r"difference, (\S+) bits",
    )
    one, other, both = effect(((2, 0),), ((1, 4),), ((2, 0), (1, 4)))
    assert (joint, alone) == pytest.approx((both, one + other), rel=1e-2)
    assert apart == pytest.approx(both - one - other, abs=2e-3)
    page.page.reload()
    assert told(page, r"2 heads together move .* by (\S+) bits\.") == [joint]
    page.choose("heads.which", "all but these")
    page.linked(**{"heads.which": "all but these"})
    page.rests()
    the_bars_are_what_the_model_believes_without(page, knockouts.others(MODEL.config, ((1, 4), (2, 0))))


def the_bars_are_what_the_model_believes_without(page, out):
    shares = page.part("heads.next", ".share")
    expect(shares).to_have_count(16)
    before, after = knockouts.beliefs(
        MODEL.network, IDS, knockouts.silence, knockouts.marked(MODEL.config, [(), out]), len(IDS) - 1
    )
    top = np.argsort(-np.maximum(before, after), kind="stable")[:8]
    expected = [
        f"{100 * float(value):.1f}%" for pair in zip(before[top], after[top], strict=True) for value in pair
    ]
    found = [float(text.rstrip("%")) for text in shares.all_text_contents()]
    assert found == pytest.approx([float(text.rstrip("%")) for text in expected], abs=0.11)


def test_another_way_the_list_of_heads_and_the_keys_that_choose_one_and_open_the_table(page):
    opened(page, "Knock-outs", layer=1, head=1)
    before = page.shown(EFFECTS, cell="0,0")
    page.pick("heads.way", "uniform")
    page.linked(**{"heads.way": "uniform"})
    leveled = effect(*knockouts.singles(MODEL.config), way=knockouts.level)
    page.page.wait_for_function(f"old => ({DATASET})('heads-effects')?.value !== old", arg=before["value"])
    assert float(page.shown(EFFECTS, cell="0,0")["value"]) == pytest.approx(float(leveled[0]), rel=1e-2)
    page.part("heads.list", "input").click()
    page.page.keyboard.type("4.2")
    expect(page.page.get_by_role("option")).to_have_count(1)
    page.page.keyboard.press("Enter")
    page.linked(**{"heads.set": "4.2"})
    assert told(page, r"Head 4\.2 alone moves .* by (\S+) bits") == pytest.approx(
        [float(effect(((3, 1),), way=knockouts.level)[0])], rel=1e-2
    )
    page.page.keyboard.press("Escape")  # the list that is still open
    canvas = page.part(EFFECTS, "canvas.pointer")
    canvas.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        canvas.press(key)
    page.linked(**{"heads.set": "2.3 4.2", "layer": "2", "head": "3"})
    page.shown(EFFECTS, cell="1,2")
    canvas.press("t")
    cells = page.part(EFFECTS, "td").all_text_contents()
    assert [float(text) for text in cells] == pytest.approx(leveled, rel=1e-2, abs=1e-6)


def test_the_encoder_shows_the_meter_before_and_after(page):
    opened(page, "Knock-outs", model="encoder", **{"heads.set": "1.2"})
    expect(page.part("heads.meter", ".lane .name")).to_have_text(["", "as trained", "knocked out"])
    before, after = [
        float(text.replace("−", "-"))
        for text in page.part("heads.meter", ".body .reading").all_text_contents()
    ]
    (moved,) = told(page, r"Head 1\.2 alone moves .* by ([+−]\S+)\.")
    assert after - before == pytest.approx(moved, abs=0.011)
    expect(page.part("heads.meter", ".end")).to_have_text(["● river", "money ■"])


def test_the_three_measures_are_read_at_one_cell_and_the_products_are_those_of_the_model(page):
    opened(page, "Across layers", **{"heads.depth": "2", "heads.query": "11", "heads.key": "5"})
    found = page.shown("heads.flow", "panels", cell="10,4")
    means = flow.means(TRACE)
    assert json.loads(found["titles"]) == ["mean of layer 2", "rollout", "gradient"]
    mean, rollout, gradient = json.loads(found["values"])
    assert (mean, rollout) == pytest.approx((means[1][10, 4], flow.rollout(means)[1][10, 4]), rel=1e-4)
    assert 0 < gradient < 1
    page.part("heads.flow", "canvas.pointer").focus()
    page.page.keyboard.press("ArrowLeft")
    page.page.keyboard.press("Enter")
    page.linked(**{"heads.key": "4"})
    page.shown("heads.flow", "panels", cell="10,3")
    page.choose("heads.section", "Neuron")
    page.page.get_by_text("The same query with every key").click()
    the_products_are_those_of_the_model(page, key=3)


def the_products_are_those_of_the_model(page, key):
    """Of the last token's query with this key, and after a click with another."""
    attention = TRACE.layers[2].attention
    total, dot = told(page, r"Summed here they give (\S+), the model’s own matrix product says (\S+):")
    assert (total, dot) == pytest.approx((float(attention.dots(3)[10, key]),) * 2, abs=2e-5)
    largest = int(np.abs(attention.products(3, 10, key)).argmax())
    shown = page.shown("heads.products", cell=f"{key},{largest}")
    assert float(shown["value"]) == pytest.approx(float(attention.products(3, 10, key)[largest]), rel=1e-6)
    page.part("heads.products", "canvas.pointer").click(position=middle(page, "heads.products", 1, 0))
    page.linked(**{"heads.key": "2"})
    other = float(attention.dots(3)[10, 1])
    (total,) = told(page, rf"Summed here they give ({str(other)[:4].replace('-', '−')}\d+),")
    assert total == pytest.approx(other, abs=2e-5)


def test_hostile_text_stays_text(page):
    text = "<b>bold</b> <img src=x onerror=alert(1)> $x$"
    page.open("heads", text=text, **{"heads.section": "Neuron", "heads.set": "<b>1.2</b>"})
    expect(page.page.get_by_test_id("stHeading").last).to_be_visible()
    for section in ("Neuron", "Across layers", "Knock-outs"):
        page.choose("heads.section", section)
        page.linked(text=text, **{"heads.section": section})
        page.rests()
        assert page.foreign("[class]") == 0
