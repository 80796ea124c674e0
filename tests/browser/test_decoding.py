"""The page about decoding in a real browser: it grows, stops, branches and goes back, and its numbers are
those of model.decoding.
"""

from functools import partial
from itertools import islice

import pytest
from playwright.sync_api import expect

from model import decoding, load

TEXT = "She opened the"
MODEL = load("decoder-rope")
PROMPT = MODEL.tokenizer.encode(TEXT)
FILTERS = [
    partial(decoding.temperature, degree=0.8),
    partial(decoding.top_k, k=40),
    partial(decoding.top_p, p=0.95),
]
READ = """count => {
    if (!document.querySelector("[data-test-script-state=notRunning]")) return null;
    const room = document.querySelector(".st-key-decoding-story [data-testid=stBidiComponentIsolated]");
    return room?.shadowRoot?.querySelector(".riverbank-story")?.dataset.read === String(count);
}"""


def steps(count, ids=PROMPT):
    return list(islice(decoding.generate(MODEL.network, ids, FILTERS, 1, [MODEL.tokenizer.end]), count))


def grown(page, count):
    """Wait until the text has so many tokens and the page rests."""
    page.page.wait_for_function(READ, arg=count)


def words(page):
    return page.part("decoding.story", "button bdi").all_text_contents()


def pieces(ids):
    return [MODEL.tokenizer.piece(id).strip() for id in ids]


def opened(page, text=TEXT):
    """The page with the text's tokens as chips."""
    page.open("decoding", text=text, **{"decoding.tokens": "True"})
    grown(page, len(MODEL.tokenizer.encode(text)))
    return page


def test_one_token_and_ten_are_those_that_the_iterator_chooses_and_to_the_end_can_be_stopped(page):
    opened(page)
    drawn = [step.id for step in steps(11)]
    page.part("decoding.one", "button").click()
    grown(page, len(PROMPT) + 1)
    page.part("decoding.ten", "button").click()
    grown(page, len(PROMPT) + 11)
    assert words(page) == pieces([*PROMPT, *drawn])
    letters = 2 * len(drawn)  # the address has the whole path only after the last frame
    page.page.wait_for_function(
        "count => new URLSearchParams(location.search).get('decoding.path')?.length === count", arg=letters
    )
    page.page.reload()
    grown(page, len(PROMPT) + 11)
    assert words(page) == pieces([*PROMPT, *drawn])
    page.part("decoding.story", "button").nth(len(PROMPT)).click()
    grown(page, len(PROMPT))
    to_the_end_can_be_stopped(page)


def to_the_end_can_be_stopped(page):
    page.part("decoding.end", "button").click()
    expect(page.part("decoding.play", "button").filter(visible=True)).to_have_text(["Stop"])
    stops = page.page.get_by_role("button", name="Stop")  # our own, and no other
    expect(stops).to_have_count(1)
    stops.click()
    expect(stops).to_have_count(0)
    expect(page.part("decoding.one", "button")).to_be_enabled()
    page.rests()  # the run that was broken off may have chosen one more
    count = len(words(page))
    page.page.wait_for_timeout(500)
    assert len(words(page)) == count


def test_a_candidate_is_taken_an_earlier_token_goes_back_and_hostile_text_stays_text(page):
    opened(page)
    little_is_left_empty_under_the_candidates(page)
    final = steps(1)[0]
    first = page.part("decoding.candidates", "button[data-rank]").nth(1)
    rank, own = int(first.get_attribute("data-rank")), float(first.get_attribute("data-own"))
    order = final.stages[0].argsort(descending=True)
    assert own == pytest.approx(float(final.stages[0].double().softmax(-1)[order[rank - 1]]), rel=1e-4)
    first.click()
    grown(page, len(PROMPT) + 1)
    assert words(page)[-1] == pieces([int(order[rank - 1])])[0]
    page.part("decoding.story", "button").nth(len(PROMPT)).click()
    grown(page, len(PROMPT))
    text = "<b>bold</b> <img src=x onerror=alert(1)> $x$"
    page.type(text)
    grown(page, len(MODEL.tokenizer.encode(text)))
    assert page.foreign("[class]") == 0
    page.type("")
    expect(page.page.get_by_test_id("stAlert").first).to_be_visible()
    expect(page.part("text", "textarea")).to_have_value("")


def little_is_left_empty_under_the_candidates(page):
    page.rests()
    lowest = page.part("decoding.candidates", ".others").bounding_box()
    box = page.part("decoding.candidates").bounding_box()
    assert 0 <= box["y"] + box["height"] - lowest["y"] - lowest["height"] < 40


def test_the_text_is_read_as_prose_and_the_part_that_was_chosen_is_marked(page):
    text = "<b>She</b> opened  the $x$"
    ids, drawn = MODEL.tokenizer.encode(text), [step.id for step in steps(10, MODEL.tokenizer.encode(text))]
    page.open("decoding", text=text)
    grown(page, len(ids))
    page.part("decoding.ten", "button").click()
    grown(page, len(ids) + 10)
    expect(page.part("decoding.story", "p .own")).to_have_text(text)
    assert page.part("decoding.story", "p .made").inner_text() == MODEL.tokenizer.decode(drawn)
    assert page.part("decoding.story", "p b").count() == 0
    page.switch("decoding.tokens")
    expect(page.part("decoding.story", "button")).to_have_count(len(ids) + 10)


def test_on_a_narrow_screen_what_is_said_of_a_candidate_stays_in_its_row(phone):
    page = opened(phone)
    page.fits()
    rows = page.part("decoding.candidates", "button[data-rank]")
    assert rows.filter(has_text="drawn").count() == 1
    for right, edge in rows.evaluate_all(
        "rows => rows.map(row => [row.querySelector('.said'), row].map(part => "
        "part.getBoundingClientRect().right))"
    ):
        assert right < edge
