"""The browser's way back, without a browser: what an earlier address of the page said holds again."""

from functools import partial
from unittest.mock import patch
from urllib.parse import urlencode

from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import local_script_runner

from tests.session import SHORT, address, control, move, opened, sent, walk

MASK, DIVIDE = "5 Mask", "4 Divide by √D"


def back(at, **query):
    """Go to the address with this query, as the browser does."""
    at.query_params.clear()
    at.query_params.update(query)
    with patch.object(local_script_runner, "RerunData", partial(RerunData, is_history_navigation=True)):
        return at.run()


def test_what_was_chosen_since_is_undone_and_what_was_not_stays():
    at = move(opened("attention", text=SHORT), {"attention.step": MASK, "layer": 2})
    assert address(at) == {"text": SHORT, "attention.step": MASK, "layer": "2"}
    at = back(at, text=SHORT, **{"attention.step": MASK})
    assert address(at) == {"text": SHORT, "attention.step": MASK}
    assert control(at, "layer").value == 3 and control(at, "attention.step").value == MASK


def test_an_address_older_than_the_session_is_read_as_a_link():
    at = back(opened("attention", text=SHORT), text="The road", **{"attention.step": DIVIDE, "layer": "7"})
    assert address(at) == {"text": "The road", "attention.step": DIVIDE}
    assert any(element.value.startswith("This link asks for ` layer=7 `") for element in at.info)


def test_choices_on_other_pages_and_in_other_views_stay():
    at = walk(move(opened("attention", text=SHORT), {"attention.step": MASK}), "heads")
    at = move(at, {"heads.section": "Lines"})
    assert address(back(at, text=SHORT)) == {"text": SHORT}
    assert address(walk(at, "attention")) == {"text": SHORT, "attention.step": MASK}


def test_a_text_too_long_for_an_address_comes_back():
    long = "the river bank " * 600
    at = move(opened("bpe"), {"text": long})
    assert address(at) == {}
    assert control(move(at, {"text": SHORT}), "text").value == SHORT
    assert control(back(at), "text").value == long


def test_the_address_is_told_where_the_way_back_led_last():
    at = move(opened("attention", text=SHORT), {"attention.step": MASK})
    assert sent(at)["address"]["went_to"] is None
    assert sent(back(at, text=SHORT))["address"]["went_to"] == urlencode({"text": SHORT})
