"""What is too long is refused before anything long is computed; the text stays, and nothing of it is cut."""

import pytest

from model.network.config import ModelConfig
from model.tokenizer import Tokenizer
from tests.session import control, figures, visit
from tests.test_crowd import views
from tests.test_pages import PAGES, WITHOUT_TEXT

HUGE = "the river bank " * 200_000  # three million characters
MOST = (ModelConfig().max_tokens + 2) * 40  # characters that may be cut into tokens
OWN_LIMIT = {("positions", "The encoding itself"), ("positions", "Beyond the training length")}


@pytest.fixture(autouse=True)
def nothing_huge_is_cut_into_tokens(monkeypatch):
    encode = Tokenizer.encode

    def watched(self, text, marks=True):
        assert len(text) <= MOST
        return encode(self, text)

    monkeypatch.setattr(Tokenizer, "encode", watched)


def given(page, view, key, text, **query):
    """A session on that page and view, where somebody has put the text into the box of that key."""
    at = visit(page, query | ({f"{page}.section": view} if view else {})).run()
    at.session_state["session"].chosen[key] = text
    at.run()
    assert not at.exception, at.exception
    return at


def sentences(at):
    return " ".join(element.value for element in (*at.warning, *at.info))


@pytest.mark.parametrize(
    ("page", "view"), [(page, view) for page in PAGES if page not in WITHOUT_TEXT for view in views(page)]
)
def test_three_million_characters_are_refused_in_a_sentence(page, view):
    at = given(page, view, "text", HUGE)
    if (page, view) not in OWN_LIMIT:
        assert "3,000,000 characters" in sentences(at)
        assert control(at, "text").value == HUGE


@pytest.mark.parametrize(
    ("page", "view", "key", "sentence"),
    [
        ("word_sense", None, "word_sense.other", "3,000,000 characters"),
        ("averaging", None, "word_sense.other", "3,000,000 characters"),
        ("word_sense", None, "word_sense.bank.left", "at most 100,000 are read"),
        ("bpe", None, "bpe.text", "3,000,000 bytes"),
        ("masks", "Leak test", "masks.word", "characters, and no word"),
    ],
)
def test_so_are_they_in_every_other_box(page, view, key, sentence):
    at = given(page, view, key, HUGE)
    assert sentence in sentences(at)
    assert at.session_state[key] == HUGE


def test_a_long_passage_is_read_as_far_as_it_is_used():
    at = given(
        "positions",
        "Beyond the training length",
        "positions.passage",
        HUGE,
        **{"positions.source": "your own text"},
    )
    assert not at.warning and figures(at)
