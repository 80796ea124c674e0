"""The box for a text in a real browser: lines can be typed, pasted and linked, and it is read while somebody
types.
"""

import pytest
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.session import address, visit
from viz.component.view import script

ROSES, VIOLETS = "Roses are red", "Violets are blue"
LINES = f"{ROSES}\n{VIOLETS}"
BOXES = {  # each box for a text: (page, its key, what else the link says)
    "sidebar": ("attention", "text", {}),
    "receptive field": ("receptive_field", "text", {}),
    "positions": ("positions", "text", {}),
    "averaging": ("averaging", "word_sense.other", {}),
    "first sentence": ("word_sense", "text", {}),
    "second sentence": ("word_sense", "word_sense.other", {}),
    "text B": ("heads", "heads.other", {"heads.section": "Two at once", "heads.pair": "two texts"}),
    "training": ("bpe", "bpe.text", {}),
    "labelled sentences": (
        "architecture",
        "architecture.sentences",
        {"model": "encoder", "architecture.section": "The end"},
    ),
    "long text": (
        "positions",
        "positions.passage",
        {
            "positions.section": "Beyond the training length",
            "positions.source": "your own text",
            "positions.measured": "rope",
        },
    ),
}
PASTE = """(box, text) => {
    const clipboard = new DataTransfer();
    clipboard.setData("text/plain", text);
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }))
        && document.execCommand("insertText", false, text); // what the browser does unless the page takes the paste over
}"""


# One in the sidebar, one in a page, one of two, and one that is read only when it is asked to.
DIFFERENT = "sidebar", "positions", "second sentence", "long text"


@pytest.mark.parametrize(("name", "key", "more"), BOXES.values(), ids=BOXES.keys())
def test_every_box_has_the_lines_of_a_link_and_keeps_more(name, key, more):
    at = visit(name, more | {key: LINES}).run()
    (box,) = (one for one in at.text_area if one.key == key)
    assert box.value == LINES
    box.set_value(f"{LINES}s").run()
    assert not at.exception
    assert address(at)[key] == f"{LINES}s"
    (box,) = (one for one in at.text_area if one.key == key)
    assert box.value == f"{LINES}s"


@pytest.mark.parametrize(("name", "key", "more"), [BOXES[box] for box in DIFFERENT], ids=DIFFERENT)
def test_a_link_of_two_lines_shows_both_and_a_key_keeps_them(page, name, key, more):
    page.open(name, **more, **{key: LINES})
    page.rests()
    box = page.part(key, "textarea")
    expect(box).to_have_value(LINES)
    box.press("Control+End")
    box.press_sequentially("s")
    box.press("Control+Enter")  # two of these boxes are read only then, or when they are left
    page.linked(**{key: f"{LINES}s"})
    expect(box).to_have_value(f"{LINES}s")


def test_lines_are_typed_and_read_without_another_key(page):
    page.open(text="Roses are")
    page.shown(revision="Roses are")
    box = page.part("text", "textarea")
    box.press("End")
    box.press_sequentially(" red", delay=20)
    box.press("Enter")
    box.press_sequentially(VIOLETS, delay=20)
    found = page.shown(revision=LINES)
    assert found["rows"] == found["columns"]
    expect(box).to_be_focused()
    expect(box).to_have_value(LINES)
    page.linked(text=LINES)


def test_lines_are_pasted_and_stay_after_a_reload(page):
    page.open(text=ROSES)
    page.shown(revision=ROSES)
    box = page.part("text", "textarea")
    box.focus()
    box.press("Control+a")
    box.evaluate(PASTE, LINES)
    page.shown(revision=LINES)
    page.linked(text=LINES)
    page.page.reload()
    page.shown(revision=LINES)
    expect(box).to_have_value(LINES)


def test_line_ends_of_windows_become_those_that_the_box_has(page):
    page.open(text=LINES.replace("\n", "\r\n"))
    page.shown(revision=LINES)
    expect(page.part("text", "textarea")).to_have_value(LINES)
    page.linked(text=LINES)


def test_a_syllable_is_read_once_it_is_composed(page):
    """What is typed by way of an input method comes in halves, which are no text yet."""
    page.open(text="a river")
    page.shown(revision="a river")
    box = page.part("text", "textarea")
    box.press("End")
    session = page.page.context.new_cdp_session(page.page)
    session.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})
    page.page.wait_for_timeout(600)
    page.rests()
    page.shown(revision="a river")
    session.send("Input.insertText", {"text": "你"})
    page.shown(revision="a river你")


def test_the_box_is_one_line_high_grows_with_the_text_and_then_scrolls(page):
    page.open("positions", text=ROSES)
    box = page.part("text", "textarea")
    heights = []
    for text in (ROSES, LINES, "\n".join([ROSES] * 40)):
        box.fill(text)
        heights.append(box.bounding_box()["height"])
    assert heights[0] < 45 < heights[1] < 65
    assert heights[2] == pytest.approx(192, abs=1)
    assert box.evaluate("box => box.scrollHeight > box.clientHeight")


def test_nothing_asks_for_a_key_press_while_somebody_types(page):
    page.open(text=ROSES)
    page.shown(revision=ROSES)
    page.part("text", "textarea").press_sequentially("abc", delay=20)
    hints = page.page.locator("[data-testid=InputInstructions]")
    assert not any(hint.is_visible() for hint in hints.all())


def test_the_space_at_the_end_is_told_while_it_is_typed_and_taken_off_in_place(page):
    prompt = "Once upon a time"
    page.open("decoding", text=prompt)
    page.rests()
    box, told = page.part("text", "textarea"), page.page.get_by_text("Your text ends with a space")
    expect(told).to_have_count(0)
    box.press("End")
    box.press_sequentially(" ")
    expect(told).to_be_visible()
    page.linked(text=f"{prompt} ")
    link = page.page.get_by_role("link", name="See its tokens")
    assert link.get_attribute("href").endswith("bpe?text=Once+upon+a+time+")
    page.part("ending.off", "button").click()
    expect(told).to_have_count(0)
    expect(box).to_have_value(prompt)
    page.linked(text=prompt)
    box.press_sequentially("\n")
    expect(page.page.get_by_text("Your text ends with a line break")).to_be_visible()
    page.page.get_by_role("link", name="See its tokens").click()
    page.page.wait_for_url("**/bpe?**")
    expect(page.part("text", "textarea")).to_have_value(f"{prompt}\n")


MOUNTED = """async (code) => {
    const { default: mount } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const [room, host] = [document.createElement("div"), document.createElement("div")];
    [room.className, host.className] = ["st-key-box-late", "riverbank-live"];
    const box = room.appendChild(document.createElement("textarea"));
    document.body.append(room, host);
    box.focus();
    const said = new Promise((done) => box.addEventListener("keydown", (event) => done(event.ctrlKey && event.key)));
    mount({ parentElement: document.body, data: { rest: 10 }, setStateValue: () => {} });
    return await Promise.race([said, new Promise((done) => setTimeout(done, 2000))]);
}"""


def test_what_was_typed_before_the_code_that_reads_it_was_there_is_read(page):
    page.open("attention").rests()
    assert page.page.evaluate(MOUNTED, script("live")) == "Enter"


def test_a_linked_text_stays_where_the_code_of_its_box_comes_late(page):
    """The browser then first draws a box that another run has set than the one that it draws."""
    late, runs = [], []

    def hear(frame):
        if ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished":
            runs.append(frame)

    def hold(route):
        late.append(route)

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    page.page.route("**/TextArea.*.js", hold)
    page.open("rope", text=ROSES)
    for place in (0, 1):
        page.choose("layer", place)
        while len(runs) <= place + 1:
            page.page.wait_for_timeout(20)
    for route in late:
        route.continue_()
    page.page.unroute_all()
    assert late
    page.linked(layer="2", text=ROSES)
    expect(page.part("text", "textarea")).to_have_value(ROSES)
    page.choose("layer", 0)
    page.linked(layer="1", text=ROSES)
    expect(page.part("text", "textarea")).to_have_value(ROSES)
