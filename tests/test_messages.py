"""What a view says is read in one place: what it can have said is heard, and anything else does nothing."""

import json
from itertools import islice, product

import numpy as np
import pytest

from tests import views
from tests.session import AROUND, SHORT, control, sent, visit
from tests.test_pages import PAGES, VIEWED
from viz.component import message

BITS = np.arange(25).reshape(5, 5) % 2 == 0, "qqqqgA=="  # a mask and its bits in base64
# For each view its listeners, each with the state that it hears, and what the view can say.
HEARD = {
    "candidates": {"on_select": ("rank", [[3]])},
    "chips": {"on_select": ("token", [[0], [4]])},
    "clocks": {"on_move": ("places", [[8, 0]]), "on_select": ("pair", [[5]])},
    "cone": {"on_select": ("token", [[4]])},
    "diagram": {"on_select": ("box", [["sum"]])},
    "drawing": {"on_draw": ("drawing", [["A" * 523], [views.drawing.packed(views.INK)]])},
    "grid": {"on_select": ("head", [["1.2"]])},
    "heatmap": {"on_select": ("cell", [[4, 0]])},
    "lines": {
        "on_head": ("head", [["2.2"]]),
        "on_count": ("count", [[9]]),
        "on_token": ("token", [["row", 4], ["column", 0]]),
    },
    "merges": {"on_choose": ("merge", [[0], [3]])},
    "meter": {"on_select": ("lane", [[1]])},
    "mosaic": {"on_patch": ("patch", [[6, 0]]), "on_panel": ("panel", [["1.2"]])},
    "neighbours": {"on_select": ("row", [[0], [1]])},
    "rows": {"on_select": ("row", [["alibi"]])},
    "panels": {"on_select": ("cell", [[0, 4]])},
    "screen": {"on_turn": ("projector", [["on"], ["off"]])},
    "sequence": {"on_order": ("order", [[[4, 3, 2, 1, 0]]])},
    "story": {"on_select": ("token", [[4]])},
    "training": {"on_choose": ("place", [[0, 1], [1, 0]])},
    "tree": {"on_select": ("node", [[1, 1]])},
    "waterfall": {"on_select": ("summand", [[0], [1]])},
}
CASES = [(name, listener) for name, listeners in HEARD.items() for listener in listeners]
ATOMS = [None, True, -1, 10**30, 0.5, "x", "__proto__", [], [True] * 5, {}, {"__proto__": [1]}]
TIMES = [1700000000000, None, True, 1.5, "1", [1]]
WORDS = [None, True, 0, 1.5, "x", {"0": 1, "length": 1}]  # in the place of a list of values and the time


def nonsense(good):
    """What no view says: lists of any length and of anything; good ones with a value or the time wrong."""
    yield from WORDS
    for length in range(4):
        for values in product(ATOMS, repeat=length):
            yield [*values, TIMES[0]]
    for values in good:
        yield from ([*values, time] for time in TIMES[1:])
        yield from (values, [*values, *values, TIMES[0]], [*values, values[0], TIMES[0]])
        for place, wrong in product(range(len(values)), ATOMS):
            yield [*values[:place], wrong, *values[place + 1 :], TIMES[0]]


@pytest.fixture
def heard(monkeypatch):
    """heard(view, listener) -> a function that lets the view say something, and the list of what is heard."""

    def hear(view, listener):
        name, _ = HEARD[view][listener]
        state, calls = {}, []
        monkeypatch.setattr(message.st, "session_state", state)
        how = views.mounted(view, **{listener: lambda *values: calls.append(list(values))})

        def say(said):
            state["v"] = said
            how[f"on_{name}_change"]()

        return say, calls

    return hear


def test_no_view_that_speaks_is_forgotten():
    speaking = [view for view in views.NAMES if set(views.mounted(view)) - {"key", "data", "height"}]
    assert speaking == sorted(HEARD)


@pytest.mark.parametrize(("view", "listener"), CASES)
def test_what_a_view_says_is_heard(heard, view, listener):
    name, good = HEARD[view][listener]
    say, calls = heard(view, listener)
    for values in good:
        say({name: [*values, TIMES[0]]})
    assert calls == good


@pytest.mark.parametrize(("view", "listener"), CASES)
def test_nonsense_does_nothing(heard, view, listener):
    name, good = HEARD[view][listener]
    say, calls = heard(view, listener)
    every = list(nonsense(good))
    for said in every:
        say({name: said})
        say(said)
    say({})
    assert not calls
    assert len(every) > 1400


def test_a_mask_is_heard_and_no_nonsense_in_its_place(monkeypatch):
    allowed, bits = BITS
    state, masks = {}, []
    monkeypatch.setattr(message.st, "session_state", state)
    kind = {"values": allowed, "kind": "mask", "allowed": None, "on_paint": masks.append}
    call = views.mounted("heatmap", **kind)["on_mask_change"]
    state["v"] = {"mask": [5, 5, bits, 12]}
    call()
    np.testing.assert_array_equal(masks.pop(), allowed)
    wrong = [
        [5, 5, bits],
        [5, 6, bits, 1],
        [5, 5, "AAAA", 1],
        [5, 5, "?", 1],
        [5, 5, "ÄÖ", 1],
        [-5, -5, bits, 1],
    ]
    wrong += [[5, 5, None, 1], [5, 5, 7, 1], [5, 5, [bits], 1], [5.0, 5, bits, 1], [True, 5, bits, 1], bits]
    for said in [*wrong, *nonsense([[5, 5, bits]])]:
        state["v"] = {"mask": said}
        call()
    assert not masks


# ---- on the pages ----

SWITCHES = {page: f"{page}.section" for page in VIEWED} | {"attention": "attention.step"}
STATES = sorted({state for listeners in HEARD.values() for state, _ in listeners.values()} | {"mask"})
OFF_BY_FAR = [[10**6, 1], [-1, 1], [True, True, 1], [0, 10**6, 1], [None, None, None], ["x", 0, 1], [0.5, 1]]
WHOLE = [None, [1, 2], "x", 7, {"__proto__": {"cell": [0, 0, 1]}}]  # in the place of all states


def everything_speaks(at, said):
    """Let every component of the page say something at once: `said` gives the message for each in turn."""
    states = at._tree.get_widget_states()
    for element, one in zip(at.get("bidi_component"), said, strict=False):
        states.widgets.add(id=element.proto.id, json_value=json.dumps(one))
    assert not at._run(states).exception and not at.error, [element.value for element in at.error]


def sayable(said):
    """Whether some view may say this: small whole numbers and a time, as twice what another view says."""
    if not isinstance(said, list) or not said or type(said[-1]) is not int:
        return False
    return all(type(one) is int and 0 <= one < 5 for one in said[:-1])


@pytest.mark.parametrize("page", PAGES)
def test_no_page_minds_what_its_views_cannot_say(page):
    at = visit(page, {"text": SHORT}).run()
    wrong = iter([one for one in (*OFF_BY_FAR, *nonsense([[0], [0, 0]])) if not sayable(one)] * 100)
    views_seen, messages = 0, 0
    for view in control(at, SWITCHES[page]).options if page in SWITCHES else [None]:
        if view is not None and view != control(at, SWITCHES[page]).value:
            at = visit(page, {"text": SHORT, SWITCHES[page]: view}).run()
        drawn = set(sent(at))
        before = dict(at.session_state.session.chosen)
        for turn in range(3):
            said = [
                dict(zip(STATES, islice(wrong, len(STATES)), strict=True)) for _ in at.get("bidi_component")
            ]
            everything_speaks(at, said if turn else [WHOLE[n % len(WHOLE)] for n in range(len(said))])
            assert dict(at.session_state.session.chosen) == before, view
            assert set(sent(at)) == drawn, view
            messages += len(said) * (len(STATES) if turn else 1)
        views_seen += len(drawn - AROUND)
    assert views_seen and messages > 25 * views_seen
