"""Every hand-made view is driven by keys alone: each is mounted as Streamlit does, in a shadow root."""

import pytest

from tests import views

# Mounts a view in a shadow root, keeps what it says, and can mount it again as an answer of the server does.
MOUNT = """async ({ name, css, code, data, packed }) => {
    const { default: mount } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const room = document.body.appendChild(document.createElement("div"));
    room.style.width = "900px";
    const root = room.attachShadow({ mode: "open" });
    root.innerHTML = `<style>${css}</style><div class="riverbank-${name}"></div>`;
    window.root = root;
    window.view = root.lastElementChild;
    window.said = [];
    window.data = data; // a test may change it
    const bytes = () => Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const setStateValue = (state, value) => window.said.push([state, ...value.slice(0, -1)]);
    window.again = () => mount({ parentElement: root, data: packed ? bytes() : data, setStateValue });
    window.again();
}"""
FOCUSED = "selector => [...window.view.querySelectorAll(selector)].indexOf(window.root.activeElement)"
STOPS = "selector => [...window.view.querySelectorAll(selector)].filter((item) => item.tabIndex === 0).length"

# What the keys walk in each view, the place that the tab key comes to, where each key leads, what Enter says.
WALKED = {
    "candidates": ("button", 1, {"ArrowDown": 2, "ArrowUp": 1, "Home": 0, "End": 2}, ["rank", 3]),
    "chips": ("button", 4, {"ArrowLeft": 3, "Home": 0, "ArrowRight": 1, "End": 4}, ["token", 4]),
    "clocks": (".clock", 0, {"ArrowRight": 1, "End": 5, "ArrowLeft": 4, "Home": 0}, ["pair", 0]),
    "diagram": (
        ".box",
        1,
        {"ArrowRight": 2, "ArrowDown": 3, "ArrowUp": 1, "Home": 0, "End": 3},
        ["box", "sum"],
    ),
    "meter": ("button.lane", 1, {"ArrowUp": 0, "ArrowDown": 1, "Home": 0}, ["lane", 0]),
    "neighbours": ("button", 1, {"ArrowUp": 0, "ArrowDown": 1, "Home": 0}, ["row", 0]),
    "rows": ("button", 0, {"ArrowDown": 1, "ArrowUp": 0, "End": 1, "Home": 0}, ["row", "rope"]),
    "sequence": (".chip", 0, {"ArrowRight": 1, "End": 4, "ArrowLeft": 3, "Home": 0}, None),
    "story": ("button", 3, {"ArrowLeft": 2, "End": 4, "Home": 0, "ArrowRight": 1}, ["token", 1]),
    "waterfall": ("button", 0, {"ArrowDown": 1, "ArrowUp": 0, "End": 1, "Home": 0}, ["summand", 0]),
    "tree": ("button", 0, {"ArrowRight": 2, "ArrowDown": 3, "ArrowLeft": 1, "ArrowUp": 0}, ["node", 0, 0]),
}
# Pictures on a canvas: the data attribute with their place, where each key leads, what Enter says.
STEERED = {
    "cone": ("output", {"ArrowLeft": "3", "Home": "0", "ArrowRight": "1", "End": "4"}, None),
    "grid": ("at", {"ArrowRight": "1.2", "ArrowLeft": "1.1", "End": "1.2"}, ["head", "1.2"]),
    "heatmap": (
        "at",
        {"ArrowUp": "3,1", "ArrowLeft": "3,0", "End": "3,4", "ArrowDown": "4,4", "Home": "4,0"},
        ["cell", 4, 0],
    ),
    "lines": (
        "at",
        {"ArrowDown": "0,1", "ArrowRight": "1,1", "ArrowUp": "1,0", "End": "1,4"},
        ["token", "column", 4],
    ),
    "mosaic": (
        "at",
        {"ArrowUp": "2,2", "ArrowLeft": "2,1", "End": "2,6", "ArrowDown": "3,6", "Home": "3,0"},
        ["patch", 3, 0],
    ),
    "panels": (
        "cell",
        {"ArrowUp": "3,1", "ArrowLeft": "3,0", "End": "3,4", "ArrowDown": "4,4"},
        ["cell", 4, 4],
    ),
}
# Views whose keys are the browser's own, and those that are only read.
NATIVE, READ = (
    {"contents", "drawing", "ladder", "merges", "screen", "training"},
    {"address", "beliefs", "figure", "live", "ranking"},
)


@pytest.fixture
def mounted(tabs):
    """mounted(name) -> a page with that view in it and nothing else."""
    page, wrong = tabs.take(), []
    page.set_content("<div data-testid=stApp data-test-connection-state=CONNECTED></div>")  # as on a page
    listeners = {
        "console": lambda message: message.type == "error" and wrong.append(message.text),
        "pageerror": lambda error: wrong.append(str(error)),
    }
    for event, listener in listeners.items():
        page.on(event, listener)

    def mount(name):
        page.evaluate(MOUNT, views.sent(name))
        return page

    yield mount
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    tabs.give(page)
    assert not wrong


def test_no_view_is_forgotten():
    assert len(views.NAMES) == 28
    assert sorted(views.DRAWN) == sorted([*WALKED, *STEERED, *NATIVE, *READ]) == views.NAMES


@pytest.mark.parametrize("name", WALKED)
def test_arrows_walk_what_the_tab_key_reaches_once(mounted, name):
    items, first, keys, choice = WALKED[name]
    page = mounted(name)
    assert page.evaluate(STOPS, items) == 1
    for _ in range(8):  # past what comes before, as sliders
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED, items) >= 0:
            break
    assert page.evaluate(FOCUSED, items) == first
    for key, place in keys.items():
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED, items) == place, key
        assert page.evaluate(STOPS, items) == 1
    page.evaluate("window.again()")
    assert page.evaluate(FOCUSED, items) == place, "the focus is lost when the server answers"
    page.keyboard.press("Enter")
    assert page.evaluate("window.said") == ([choice] if choice else [])


@pytest.mark.parametrize("name", STEERED)
def test_arrows_steer_a_picture(mounted, name):
    attribute, keys, choice = STEERED[name]
    page = mounted(name)
    page.evaluate("window.view.querySelector('canvas[tabindex]').focus()")
    for key, place in keys.items():
        page.keyboard.press(key)
        if name == "cone":  # it waits for the server to draw the new cone
            assert page.evaluate("window.said.at(-1)") == ["token", int(place)]
        elif name == "heatmap":
            row, column = (int(part) + 1 for part in place.split(","))
            tip = page.evaluate("window.view.querySelector('.tip .place').textContent")
            assert tip == f"query {row}, key {column}"
        else:
            assert page.evaluate("name => window.view.dataset[name]", attribute) == place, key
    page.keyboard.press("Enter")
    if choice:
        assert page.evaluate("window.said") == [choice]


def test_heads_of_the_lines_are_one_stop_and_chosen_by_keys(mounted):
    page = mounted("lines")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED, ".heads button") == 0
    for key, place in {"ArrowRight": 1, "ArrowDown": 3, "ArrowUp": 1, "End": 3}.items():
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED, ".heads button") == place
    page.keyboard.press("Space")
    assert page.evaluate("window.said") == [["head", "2.2"]]


def test_a_word_moves_with_shift_and_keeps_the_focus(mounted):
    page = mounted("sequence")
    page.keyboard.press("Tab")
    word = page.evaluate("window.root.activeElement.dataset.word")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate("window.said") == [["order", [0, 1, 2, 3, 4]], ["order", [0, 2, 1, 3, 4]]]
    assert page.evaluate("window.root.activeElement.dataset.word") == word == "1"
    page.keyboard.press("Home")
    assert page.evaluate(FOCUSED, ".chip") == 0


def test_the_links_of_the_list_of_pages_are_tabbed_to_and_followed(mounted):
    page = mounted("contents")
    page.evaluate("() => { window.history.pushState = (_, __, address) => window.said.push(address); }")
    page.keyboard.press("Tab")
    assert page.evaluate("window.root.activeElement.textContent") == "How does a word look?"
    page.keyboard.press("Enter")
    assert page.evaluate("window.said.map((address) => address.split('/').at(-1))") == ["attention"]


def test_the_projector_is_turned_on_by_keys(mounted):
    page = mounted("screen")
    page.keyboard.press("f")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("window.said") == [["projector", "on"], ["projector", "off"]]


def test_a_digit_is_drawn_taken_back_and_cleared_by_keys(mounted):
    page = mounted("drawing")
    inked = "Number(window.view.dataset.inked)"
    page.evaluate("window.view.querySelector('canvas[tabindex]').focus()")
    page.keyboard.press("Delete")
    assert page.evaluate(inked) == 0
    page.keyboard.press("Home")  # the row's end, far from the middle
    page.keyboard.press("Space")
    dot = page.evaluate(inked)
    assert 0 < dot < 16
    page.keyboard.down("Shift")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.up("Shift")
    line = page.evaluate(inked)
    assert line > 2 * dot
    drawn = page.evaluate("window.view.dataset.drawn")
    assert page.evaluate("window.said.at(-1)") == ["drawing", drawn]
    page.keyboard.press("z")
    assert page.evaluate(inked) == dot
    page.keyboard.press("Backspace")
    assert page.evaluate("window.said.at(-1)") == ["drawing", "A" * 523]
    page.keyboard.press("z")
    assert page.evaluate(inked) == dot


def test_the_first_stroke_on_what_is_no_drawing_begins_on_an_empty_sheet(mounted):
    page = mounted("drawing")
    inked = "Number(window.view.dataset.inked)"
    before = page.evaluate(inked)
    page.evaluate("() => { window.data.own = false; window.again(); }")
    page.evaluate("window.view.querySelector('canvas[tabindex]').focus()")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    dot = page.evaluate(inked)
    assert 0 < dot < 16 < before
    page.keyboard.press("End")
    page.keyboard.press("Space")
    assert page.evaluate(inked) > dot
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert page.evaluate(inked) == before


def test_copies_of_a_picture_are_walked_by_keys(mounted):
    page = mounted("mosaic")
    page.evaluate("window.view.querySelector('.toggle').click()")
    rows = page.evaluate("window.view.querySelectorAll('tbody tr').length")
    assert rows == 49
    assert page.evaluate("window.view.querySelector('[aria-current] th').textContent") == "row 4, column 3"


def test_a_ladder_scrolls_by_keys(mounted):
    page = mounted("ladder")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED, ".rungs") == 0


def test_the_player_steps_by_keys(mounted):
    page = mounted("merges")
    for _ in range(4):  # back to letters, one back, play, one on
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("window.view.dataset.merge") == "1"
    for _ in range(2):  # the last merge, the slider
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("window.view.dataset.merge") == "2"


@pytest.mark.parametrize("name", sorted(READ))
def test_what_is_only_read_takes_no_focus(mounted, name):
    page = mounted(name)
    page.keyboard.press("Tab")
    assert page.evaluate("window.root.activeElement") is None


# ---- names and announcements ----

FINDINGS = {
    "heatmap": "river looks most at I, 0.200",
    "grid": "head 1.1, 0.9, copies; strongest: I (1) → I (1): 1",
    "panels": "river, swam: rope 0.200, none —",
    "lines": "the strongest line: I looks at I, 1, in 1.1",
}


@pytest.mark.parametrize("name", FINDINGS)
def test_a_picture_is_named_by_what_is_to_be_seen(mounted, name):
    label = "window.view.querySelector('canvas[tabindex]').getAttribute('aria-label')"
    assert FINDINGS[name] in mounted(name).evaluate(label).replace("\u2068", "").replace("\u2069", "")


def test_what_a_model_writes_is_said_once_it_rests(mounted):
    page = mounted("story")
    line = "window.view.nextElementSibling.textContent"
    assert page.evaluate(line) == ""
    page.evaluate("window.data.read = 5; window.again()")
    page.wait_for_function(f"{line} === 'river'")


def test_a_meter_that_moves_is_said(mounted):
    page = mounted("meter")
    page.evaluate("window.data.lanes[1].values = [-1.25, 0.5]; window.again()")
    said = "meter, end: 1 at −1.25, on the side of river; 2 at +0.50, on the side of money"
    page.wait_for_function("said => window.view.nextElementSibling.textContent === said", arg=said)
