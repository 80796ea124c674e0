"""A session after one that was lost: what its first message says, and what becomes of it."""

import json

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates

from pages import _reconnection
from tests.session import SHORT, address, checked, control, move, opened, sent, visit

LOST = 1_000  # when the server was lost, in milliseconds on the browser's clock
TYPED = "The heron waits at the river bank"


def shown(at):
    """What the browser says of the controls of a page that it shows."""
    return WidgetStates.FromString(at._tree.get_widget_states().SerializeToString())


def component(at, key):
    """The id of a component, by its key."""
    return next(one.proto.id for one in at.get("bidi_component") if one.proto.id.endswith(f"-{key}"))


def followed(at, states, lost=LOST, page="attention", **link):
    """The session after the one `at`, whose server was lost: it begins with what the browser says. The link
    is that of the page's first load.
    """
    if lost is not None:
        said = {"lost": [sent(at)["address"]["query"], lost, lost + 1]}
        states.widgets.add(id=component(at, "address"), json_value=json.dumps(said))
    return checked(visit(page, link)._run(states))


def test_the_address_holds_and_not_the_link_of_the_first_load():
    before = move(
        opened(text=SHORT, layer=2), {"text": TYPED, "layer": 3, "attention.step": "3 Dot products"}
    )
    after = followed(before, shown(before), text=SHORT, layer=2)
    assert address(after) == address(before)
    assert address(after)["text"] == TYPED and address(after)["attention.step"] == "3 Dot products"
    assert control(after, "text").value == TYPED and control(after, "layer").value == 3


@pytest.mark.parametrize("lost", [LOST, None])
def test_the_first_click_counts(lost):
    """Without a word of the address, too: the server may have died in the midst of a run."""
    before = move(opened(), {"text": TYPED})
    step, head = control(before, "attention.step"), control(before, "head")
    step.set_value("3 Dot products")
    head.set_value(6 if head.value != 6 else 5)
    after = followed(before, shown(before), lost)
    assert control(after, "attention.step").value == "3 Dot products"
    assert address(after)["head"] == str(head.value) and address(after)["text"] == TYPED
    again = [control(after, key).proto for key in ("attention.step", "head", "text")]
    assert all(one.set_value for one in again)  # the browser is told, as the run before has written over them


def test_a_click_at_once_is_shown_again_as_the_browser_may_draw_what_came_before_after_it():
    before = move(opened(), {"attention.step": "3 Dot products"})
    after = followed(before, shown(before))
    for value, told in (("5 Mask", True), ("4 Divide by √D", True), ("4 Divide by √D", False)):
        step = control(after, "attention.step")
        step.set_value(value)
        after.run()
        assert control(after, "attention.step").proto.set_value is told


@pytest.mark.parametrize(("time", "heard"), [(LOST + 2, True), (LOST - 1, False), (LOST, False)])
def test_a_click_in_a_picture_counts_if_it_came_after_the_loss(time, heard):
    before = move(opened(), {"text": TYPED})
    states = shown(before)
    states.widgets.add(
        id=component(before, "attention.matrix"), json_value=json.dumps({"cell": [2, 1, time]})
    )
    after = followed(before, states)
    assert (address(after).get("attention.query"), address(after).get("attention.key")) == (
        ("3", "2") if heard else (None, None)
    )
    later = move(after, {"attention.step": "3 Dot products"})  # the browser says the old click again
    assert (address(later).get("attention.query") == "3") is heard


def test_a_text_that_is_too_long_for_an_address_stays():
    text = "the river bank. " * 900
    before = move(opened("bpe", **{"bpe.own": "True"}), {"bpe.text": text})
    assert "bpe.text" not in address(before)
    after = followed(before, shown(before), page="bpe")
    assert control(after, "bpe.text").value == text


def test_another_page_is_told_the_text():
    before = move(opened(text=SHORT), {"text": TYPED})
    after = followed(before, WidgetStates(), page="heads", text=SHORT)
    assert control(after, "text").value == TYPED and address(after)["text"] == TYPED


NONSENSE = [
    "",
    "{",
    "5",
    "null",
    "[1]",
    '{"cell": 5}',
    '{"cell": []}',
    '{"cell": [1e400]}',
    '{"cell": ["x"]}',
    "[" * 99_999,
]
NONSENSE += [
    '{"lost": ["text=a"]}',
    '{"lost": [1, 2]}',
    '{"lost": [null, 2, 3]}',
    '{"lost": ["text=a", "b"]}',
    '{"cell": {"a": 1}}',
]


@pytest.mark.parametrize("said", NONSENSE, ids=lambda said: said[:20])
@pytest.mark.parametrize("key", ["address", "attention.matrix"])
def test_nonsense_is_ignored(said, key):
    before = move(opened(), {"text": TYPED})
    states = shown(before)
    states.widgets.add(id=component(before, key), json_value=said)
    after = followed(before, states, None)
    assert control(after, "text").value == TYPED
    assert address(after) == address(before)


def test_a_first_visit_runs_once(monkeypatch):
    runs, listen = [], _reconnection.listen
    monkeypatch.setattr(_reconnection, "listen", lambda: runs.append(1) or listen())
    opened(text=SHORT)
    assert len(runs) == 1
