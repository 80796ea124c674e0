"""Links that ask for what there is not: the page says in one line what was asked, and what it shows."""

import pytest

from pages import _choices
from tests.session import address, click, escaped, move, opened

TEXT = "The river bank"  # few tokens


def refusal(at):
    """The line about the link; None if there is none, and never two."""
    lines = [element.value for element in at.info if element.value.startswith("This link asks for")]
    assert len(lines) < 2
    return lines[0] if lines else None


@pytest.mark.parametrize(
    ("page", "query", "asked", "shown"),
    [
        ("attention", {"layer": "7"}, "layer=7", "layer=3"),
        ("attention", {"layer": "0"}, "layer=0", "layer=3"),
        ("attention", {"layer": "two"}, "layer=two", "layer=3"),
        ("attention", {"head": ""}, "head=", "head=4"),
        ("attention", {"model": "nonsense"}, "model=nonsense", "model=decoder-rope"),
        ("attention", {"model": "toy-rope"}, "model=toy-rope", "model=decoder-rope"),
        ("attention", {"text": TEXT, "attention.query": "99"}, "attention.query=99", "attention.query=3"),
        (
            "attention",
            {"attention.step": "9 Nothing"},
            "attention.step=9 Nothing",
            "attention.step=6 Softmax",
        ),
        ("decoding", {"decoding.temperature": "9"}, "decoding.temperature=9", "decoding.temperature=0.8"),
        (
            "decoding",
            {"decoding.section": "Magic"},
            "decoding.section=Magic",
            "decoding.section=The next word",
        ),
        (
            "receptive_field",
            {"receptive_field.kernel": "99"},
            "receptive_field.kernel=99",
            "receptive_field.kernel=3",
        ),
        ("rope", {"rope.base": "3"}, "rope.base=3", "rope.base=10000"),
        ("bpe", {"bpe.merges": "100000"}, "bpe.merges=100000", "bpe.merges=500"),
        ("learning", {"learning.heads": "3"}, "learning.heads=3", "learning.heads=4"),
        ("learning", {"learning.step": "-1"}, "learning.step=-1", "learning.step=600"),
    ],
)
def test_the_page_says_what_the_link_asked_for_and_what_it_shows(page, query, asked, shown):
    at = opened(page, **query)
    assert (
        refusal(at)
        == f"This link asks for ` {asked} `, which does not exist here. Shown instead: ` {shown} `."
    )


@pytest.mark.parametrize(
    ("page", "query", "line"),
    [
        (
            "heads",
            {"heads.section": "Lines", "heads.more": "2.1 9.9"},
            ("heads.more=2.1 9.9", "heads.more=2.1"),
        ),
        (
            "positions",
            {"positions.section": "Shuffle test", "text": "one two three", "positions.order": "3-1"},
            ("positions.order=3-1", "positions.order="),
        ),
        (
            "word_sense",
            {"word_sense.hidden1": "river zebra"},
            ("word_sense.hidden1=river zebra", "word_sense.hidden1=river"),
        ),
        (
            "word_sense",
            {"word_sense.hidden2": "River zebra"},
            ("word_sense.hidden2=River zebra", None),
        ),
    ],
)
def test_lists_say_what_is_left_of_them(page, query, line):
    asked, shown = line
    said = refusal(opened(page, **query))
    assert f"` {asked} `" in said
    assert (f"Shown instead: ` {shown}" if shown else f"nothing for ` {next(iter(query))} `.") in said


def test_several_wishes_stand_in_one_line():
    at = opened(
        "attention", layer="7", head="9", model="x", **{"attention.step": "y", "attention.query": "-1"}
    )
    line = refusal(at)
    assert line.startswith("This link asks for ` attention.step=y `, ` model=x `, ` layer=7 ` and")
    assert " (and 1 more), which do not exist here. Shown instead: ` attention.step=6 Softmax `, " in line


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"layer": "2", "head": "5", "model": "decoder-alibi"},
        {"layer": "02"},
        {"decoding.temperature": "1"},  # an address writes 1.0
        {"decoding.without": "true", "decoding.section": "The first token"},
        {"utm_source": "newsletter"},
        {"receptive_field.kernel": "99"},  # another page's
    ],
)
def test_a_link_that_asks_for_what_there_is_is_not_complained_of(query):
    assert refusal(opened("decoding", **query)) is None


def test_a_link_may_spell_a_choice_otherwise():
    at = opened("decoding", **{"decoding.temperature": "1"})
    assert address(at)["decoding.temperature"] == "1.0"


def test_the_line_stays_until_something_else_is_chosen():
    at = opened("attention", layer="7")
    assert refusal(at.run())
    assert refusal(move(at, {"head": 2})) is None
    assert refusal(at.run()) is None


def test_a_click_in_a_picture_is_a_choice_as_well():
    at = opened("attention", layer="7")
    assert refusal(click(at, "attention.matrix", {"cell": [2, 1, 1]})) is None


def test_what_a_shorter_text_no_longer_has_is_not_the_links_wish():
    at = opened("attention", text="one two three four five six seven", **{"attention.query": "7"})
    assert refusal(at) is None
    assert refusal(move(at, {"text": "one two"})) is None


def test_the_line_is_for_the_page_that_was_asked():
    at = opened("attention", **{"layer": "7", "rope.base": "3"})
    assert "rope.base" not in refusal(at)


@pytest.mark.parametrize(
    "asked", ["![](//host/a)", "<b>", "$x$", "`a` ``", ":red[a]", "a" * 5_000, "\n\n# x"]
)
def test_what_a_link_asks_for_is_never_read_as_markdown(asked):
    line = refusal(opened("attention", layer=asked))
    assert line
    assert not escaped(line)
    assert len(line) < 200


@pytest.mark.parametrize(
    ("spelled", "linked", "same"),
    [
        ("1", "1", True),
        ("1.0", "1", True),
        ("0.8", "0.80", True),
        ("1", "+1", True),
        ("1", "1_0", False),
        ("inf", "Inf", True),
        ("nan", "1", False),
        ("1", "１", False),
        ("True", "true", True),
        ("1", "1.01", False),
    ],
)
def test_when_a_link_means_an_option(spelled, linked, same):
    assert _choices.same(spelled, linked) == same
