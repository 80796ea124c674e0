"""What is folded is neither computed nor sent; a click or a link opens it."""

import pytest

from tests.session import address, opened, unfold
from tests.test_pages import views

LONG = {"vision.again"}  # all models on all test digits, moved seven times


def code(at):
    return [element.value for element in at.code]


def test_a_fold_shows_nothing_until_it_is_opened_and_the_address_says_so():
    at = opened()
    assert not any("def attend" in one for one in code(at))
    assert "attention.code" not in address(at)
    unfold(at, "attention.code")
    assert any("def attend" in one for one in code(at))
    assert address(at)["attention.code"] == "True"
    unfold(at, "attention.code", is_open=False)
    assert not any("def attend" in one for one in code(at))


def test_a_link_opens_a_fold():
    at = opened(**{"attention.code": "true"})
    assert any("def attend" in one for one in code(at))


@pytest.mark.parametrize(("page", "view"), views())
def test_all_folds_of_a_view_open(page, view):
    query = {f"{page}.section": view} if view else {}
    keys = [one.proto.id.rpartition("-")[2] for one in opened(page, **query).get("expander")]
    keys = [key for key in keys if key.startswith(page) and key not in LONG]  # not that of the sidebar
    assert keys
    at = opened(page, **query, **dict.fromkeys(keys, "true"))  # it looks for exceptions
    assert {address(at)[key] for key in keys} <= {"True"}
