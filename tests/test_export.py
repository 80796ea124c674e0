"""What `tokenizers` makes of our tokenizer.json: the same ids, whatever the text."""

import random
from functools import cache
from unicodedata import category

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from model import export, load
from model import tokenizer as bpe
from pages.bpe.player import STORY
from tests.session import HOSTILE

LOW = "low low low low low lower lower newest newest newest newest newest newest widest widest widest"
OURS = {
    "low": bpe.train(LOW, 12, bpe.MARKED),
    "story": bpe.train(STORY, 500, bpe.MARKED),
    "bundled": load("decoder-rope").tokenizer,
    "bytes": bpe.Tokenizer([]),
    "encoder": load("encoder").tokenizer,
}
every = pytest.mark.parametrize("name", OURS)


@cache
def theirs(name):
    return tokenizers.Tokenizer.from_str(export.exported(OURS[name]))


def assert_equal(name, text):
    assert theirs(name).encode(text).ids == OURS[name].encode(text)


@every
@pytest.mark.parametrize(
    "text",
    [
        *(text[:5_000] for text in HOSTILE.values()),
        "lowest",
        "It's they'll 'tis 's'x ''t '\u00e9 don’t o'd_e",
        "हिन्दी हिन्दी Zalgo Z͑ͫ̓ͪ̂ͫ e\u0301e\u0301 \u200d\u200c",
        "12345 ¹²³ Ⅷ ½ ١٢٣ 一二三 1_2__3",
        "a" * 100 + "1" * 50 + "!" * 70 + " " * 90 + "_" * 40 + "\n" * 40,
        " \u00a0\u2003\u2028\u2029\x1c\x1d\x1e\x1f\x85\ufeff\u180e\u200b x",
        "⟨end⟩ <|endoftext|> Ġ Ċ ĠthĠe",
        "The BANK of İstanbul, ΣΑΣ Straße ǅ K Å ẞ \U0010fffda\U0010fffdb\U0010fffd İ",
        "\nThe bank\nÀ la carte",
        "\x00\x01\x7f\x80\xad\u0600\u06dd\U000e0001\U000e0100\U0010ffff",
    ],
)
def test_hostile_texts_have_the_same_ids(name, text):
    assert_equal(name, text)


@every
@given(st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=60))
@settings(deadline=None, max_examples=150)
def test_any_text_has_the_same_ids(name, text):
    assert_equal(name, text)


@pytest.mark.parametrize("name", ["low", "encoder"])
def test_every_character_is_cut_alike(name):
    """All of Unicode in a random order, between letters, digits, signs and spaces; where capitals become
    small, all that this Python knows.
    """
    letters = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    letters = [letter for letter in letters if name == "low" or category(letter) != "Cn"]
    random.Random(3).shuffle(letters)
    around = random.Random(4)
    for start in range(0, len(letters), 40_000):
        text = "".join(
            letter + around.choice(["", "a", "1", "!", " ", "e\u0301"])
            for letter in letters[start : start + 40_000]
        )
        assert_equal(name, text)


@every
def test_the_vocabulary_has_as_many_tokens_and_text_comes_back(name):
    assert theirs(name).get_vocab_size() == len(OURS[name])
    text = "The river  bank: 🏞 and thé ríver, 123."
    read = text if OURS[name].cased else bpe.uncased(text)
    assert theirs(name).decode(theirs(name).encode(text).ids) == read


def test_an_unseen_word_falls_into_what_was_learned():
    tokenizer = OURS["low"]
    assert [tokenizer.piece(id) for id in tokenizer.encode("lowest")] == ["low", "est"]
    assert theirs("low").encode("lowest").ids == tokenizer.encode("lowest")


def test_what_the_file_cannot_say_is_an_error():
    twice = bpe.Tokenizer([(97, 98), (98, 99), (256, 99), (97, 257)])  # ab, bc, ab c, a bc
    with pytest.raises(ValueError, match="are the same letters"):
        export.exported(twice)
