"""The page about tokens with an opened model: how its own tokenizer cuts the reader's text."""

import numpy as np
import pytest

from model import load
from model.hub.cutting import KINDS
from pages.bpe import languages, pieces
from tests.session import BRIEF, address, click, escaped, pictures, said, visit

TEXT = "The embankment’s café 🏞 swims"
FAMILIES = {"gpt2": "merge ", "bert": "match ", "llama": "−"}  # how a row of each is named
pytestmark = pytest.mark.usefixtures("name")


def seen(shelf, family, text=TEXT, **query):
    at = visit("bpe", {"model": f"hub:{shelf / family}", "text": text} | query).run()
    assert not at.exception and not at.error
    return at


@pytest.mark.parametrize("family", FAMILIES)
def test_a_click_shows_how_the_models_own_tokenizer_cut_the_word(shelf, family):
    at = seen(shelf, family)
    tokenizer = load(f"hub:{shelf / family}").tokenizer
    ids = tokenizer.encode(TEXT, marks=False)
    chips = pictures(at)["bpe.tokens"]
    assert chips["tokens"] == list(map(tokenizer.piece, ids)) and chips["notes"] == list(map(str, ids))
    words, place = tokenizer.words(TEXT), 0
    for number, word in enumerate(words):
        place += len(word.ids)
        at = click(at, "bpe.tokens", {"token": [place - 1, 1700000000000 + number]})
        rows = pictures(at)["bpe.ladder"]["rows"]
        steps = tokenizer.cutter.steps(word.spelled)
        assert [row["pieces"] for row in rows] == [list(map(tokenizer.text_of, one.tokens)) for one in steps]
        assert all(row["name"].startswith((FAMILIES[family], "unknown")) for row in rows[1:])
        if family == "llama":
            numbers = [float(note.replace("−", "-")) for note in rows[-1]["notes"]]
            np.testing.assert_allclose(sum(numbers), steps[-1].score, rtol=0.01)
        else:
            assert rows[-1]["notes"] == list(map(str, word.ids))
    assert address(at)["bpe.token"] == str(len(ids))
    assert f"to {len(TEXT)} of your text" in said(at)


def test_marks_around_the_text_are_said_and_are_no_tokens_of_it(shelf):
    assert "The model reads ` [CLS] ` before them and ` [SEP] ` after them." in said(seen(shelf, "bert"))
    assert "The model reads ` </s> ` after them." in said(seen(shelf, "llama"))
    assert "The model reads" not in said(seen(shelf, "gpt2"))


def test_what_is_not_in_the_vocabulary_is_said(shelf):
    link = {"bpe.word": "True"}
    assert "**unknown**. No piece of the vocabulary is a beginning of ` ’ `" in said(
        seen(shelf, "bert", "’", **link)
    )
    assert "` ’ ` is no piece: it counts −15, and becomes ` <unk> `" in said(
        seen(shelf, "llama", "’", **link)
    )
    assert "It is a token by name" in said(seen(shelf, "bert", "[SEP]", **link))


def test_what_cannot_be_cut_step_by_step_says_so_in_a_line(shelf, monkeypatch):
    monkeypatch.setattr("model.hub.words.LONGEST", 4)
    at = seen(shelf, "gpt2", **{"bpe.word": "True"})
    assert "A word of 11 letters is not cut step by step" in said(at) and "bpe.tokens" in pictures(at)
    monkeypatch.undo()
    monkeypatch.setenv("RIVERBANK_MODELS", str(shelf))
    monkeypatch.setattr(KINDS["BPE"], "ids", lambda *_: [1])
    at = seen(shelf, "gpt2", **{"bpe.word": "True"})
    assert "more than its tables say" in said(at) and "bpe.ladder" not in pictures(at)


def test_the_folds_are_there_with_an_opened_model(shelf):
    at = seen(shelf, "bert", **{f"bpe.{name}": "True" for name in ("word", "another", "fewer", "eight")})
    assert "Only Riverbank’s own tokenizers can be stopped early: this is decoder-rope." in said(at)
    tokenizer = load(f"hub:{shelf / 'bert'}").tokenizer
    blind = [name for name, line in languages.LINES.items() if 1 in tokenizer.encode(line, marks=False)]
    assert blind and "stands in " + ", ".join(blind[:2]) in said(at)
    assert "trained on English" not in said(at)


@pytest.mark.parametrize("text", BRIEF)
@pytest.mark.parametrize("family", ["bert", "llama"])
def test_any_text_is_cut_or_refused_in_a_sentence(shelf, family, text):
    at = seen(shelf, family, BRIEF[text], **{"bpe.word": "True"})
    assert "bpe.tokens" in pictures(at) or at.info
    assert not escaped(said(at))


def test_the_spaces_between_the_bytes_of_a_part_of_a_character_are_none_of_the_text(shelf):
    tokenizer = load(f"hub:{shelf / 'gpt2'}").tokenizer
    assert pieces.listed(tokenizer, tokenizer.encode(" 🏞", marks=False)) == "`⟨20 F0 9F⟩` `⟨8F⟩` `⟨9E⟩`"
