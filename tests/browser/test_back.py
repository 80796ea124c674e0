"""The browser's way back undoes one choice after the other, and leaves the page only after."""

from playwright.sync_api import expect

from tests.session import SHORT

HISTORY = "history.length"


def pressed(page, step):
    return page.part("attention.step", "[role=radio][aria-checked=true]").filter(has_text=step)


def test_back_undoes_controls_pictures_and_text_one_step_a_press(page):
    page.open("heads").page.wait_for_selector(".st-key-live", state="attached")
    page.page.locator(".st-key-contents a", has_text="How does a word decide").click()
    page.shown(view="heatmap")
    page.choose("attention.step", "5 Mask")
    page.linked(**{"attention.step": "5 Mask"})
    page.type(SHORT)
    page.linked(text=SHORT, **{"attention.step": "5 Mask"})
    page.choose("layer", "2")
    page.linked(layer="2")
    page.page.go_back()
    page.linked(layer=None, text=SHORT)
    expect(page.part("layer", "[aria-checked=true]")).to_have_text("3")
    page.page.go_back()
    page.linked(text=None, **{"attention.step": "5 Mask"})
    expect(page.part("text", "textarea")).to_have_value("I swam across the river to get to the other bank")
    page.page.go_back()
    page.linked(**{"attention.step": None})
    expect(pressed(page, "6 Softmax")).to_have_count(1)
    page.page.go_forward()
    page.linked(text=None, **{"attention.step": "5 Mask"})
    expect(pressed(page, "5 Mask")).to_have_count(1)
    page.page.go_back()
    page.page.go_back()
    expect(page.page.get_by_role("heading", level=1)).to_have_text("What is each head doing?")


def test_two_quick_presses_undo_two_choices_and_after_a_reload_the_way_back_still_leads_through_them(page):
    page.open("attention").rests()
    chooses_two_steps(page)
    page.page.evaluate("history.back(); setTimeout(() => history.back(), 30)")
    page.linked(**{"attention.step": None})
    expect(pressed(page, "6 Softmax")).to_have_count(1)
    page.rests()
    page.linked(**{"attention.step": None})
    chooses_two_steps(page)
    page.page.reload()
    page.page.wait_for_selector(".st-key-live", state="attached")
    page.rests()
    page.page.go_back()
    page.linked(**{"attention.step": "5 Mask"})
    expect(pressed(page, "5 Mask")).to_have_count(1)


def chooses_two_steps(page):
    for step in ("5 Mask", "4 Divide by √D"):
        page.choose("attention.step", step)
        page.linked(**{"attention.step": step})


def test_a_click_in_a_picture_is_a_step(page):
    page.open("architecture").rests()
    page.part("architecture.diagram", ".box").nth(3).click()
    page.page.wait_for_url(lambda url: "architecture.box" in url, wait_until="commit")
    page.page.go_back()
    page.linked(**{"architecture.box": None})
    expect(page.part("architecture.diagram", ".box[aria-pressed=true]")).to_have_attribute(
        "data-name", "weights"
    )


def test_typing_at_a_word_is_one_step(page):
    page.open("attention", text="The river").rests()
    before = page.page.evaluate(HISTORY)
    box = page.part("text", "textarea")
    box.focus()
    page.page.keyboard.press("End")
    for letter in "bed":
        page.page.keyboard.type(letter)
        page.linked(text=box.input_value())
    assert page.page.evaluate(HISTORY) == before + 1
    page.page.keyboard.type(" flows")
    page.linked(text="The riverbed flows")
    assert page.page.evaluate(HISTORY) == before + 2
    page.page.go_back()
    page.linked(text="The riverbed")
    page.page.go_back()
    page.linked(text="The river")
