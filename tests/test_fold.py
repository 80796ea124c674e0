"""What is folded is neither computed nor sent; a click or a link opens it."""

from tests.session import address, opened, unfold


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
