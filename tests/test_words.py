"""Laws of words: one word in other forms, cases and letters is one word, and the rarest that two texts
share comes first.
"""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load
from model.analysis import words

TEXTS = st.lists(
    st.sampled_from(
        [
            "bank",
            "Banks",
            "bank's",
            "BANK’s",
            "river-bank,",
            "café",
            "mice",
            "mouse.",
            "left",
            "leaves",
            "don't",
            "हिन्दी",
            "7",
            "(the",
        ]
    ),
    max_size=8,
).map(" ".join)
RIVER, CASH = (
    "I swam across the river to get to the other bank",
    "I walked across the road to get cash from the other bank",
)


def spoken(text):
    return [str(word) for word in words.words(text)]


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ("The river bank was muddy", "all banks are closed", ["bank", "be"]),
        ("the bank's manager", "no bank", ["bank"]),
        ("The BANK’S door", "a bank", ["bank"]),
        ("the banks’ doors", "a bank", ["bank"]),
        ("a river-bank", "Banking!", ["bank"]),
        ("“Bank,” he said", "(bank)", ["bank"]),
        ("a caf\u00e9 here", "two cafe\u0301s, THE CAFE\u0301", ["caf\u00e9"]),
        ("mice ran", "the mouse runs", ["mouse", "run"]),
        ("he lit a lamp", "light", ["light"]),
        ("leaves fall", "one leaf", ["leaf"]),
        ("leaves fall", "leaves and a leaf", ["leaves"]),
        ("she left", "leave the left one", ["left"]),
        ("wolves and children", "a wolf, a child", ["wolf", "child"]),
        ("bigger", "the biggest big one", ["big"]),
        ("frobbed and frobs", "a frob", ["frob"]),
        ("zyzzyvas", "Zyzzyva", ["zyzzyva"]),
        ("I don’t", "you don't", ["don't"]),
        ("हिन्दी भाषा", "यह हिन्दी है", ["हिन्दी"]),
    ],
)
def test_forms_cases_and_letters_of_one_word_are_one_word(first, second, names):
    assert words.shared(first, second) == names


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("the news", "a new one"),
        ("this", "thistle"),
        ("his", "hi"),
        ("a bus", "bu"),
        ("a seed", "to see"),
        ("glass", "glas"),
        ("one banker", "a bank"),
        ("", "bank"),
    ],
)
def test_words_that_only_look_alike_are_not_one_word(first, second):
    assert words.shared(first, second) == []


def test_a_word_ends_before_its_possessive_and_keeps_its_accents():
    assert spoken("The boss's caf\u00e9s, Tom’s “don’t” o'clock re-read x_1") == [
        "the",
        "boss",
        "caf\u00e9s",
        "tom",
        "don't",
        "o'clock",
        "re",
        "read",
        "x",
        "1",
    ]
    (word,) = words.words("cafe\u0301")
    assert (word.start, word.end, str(word)) == (0, 5, "caf\u00e9")
    assert [str(word) for word in words.words("\u0301 \u0301a")] == [
        "a"
    ]  # a mark without a letter is no word


@given(TEXTS, TEXTS)
def test_a_shared_word_is_found_in_both_texts(first, second):
    for name in words.shared(first, second):
        assert words.find(first, name) and words.find(second, name)


@given(TEXTS, TEXTS)
def test_capitals_and_decomposed_letters_change_nothing(first, second):
    names = words.shared(first, second)
    assert words.shared(unicodedata.normalize("NFD", first), second) == names
    assert words.shared(first.upper(), second) == names


@given(TEXTS)
def test_a_text_shares_each_of_its_words_with_itself(text):
    names = words.shared(text, text)
    found = {word for name in names for word in words.find(text, name)}
    assert found == set(words.words(text))


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_has_words_in_order_that_do_not_overlap(text):
    found = words.words(text)
    assert all(word.start < word.end for word in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert {word for word in found if str(word) == ""} == set()


def test_the_forms_of_common_words_are_known():
    for word, base in {
        "banks": "bank",
        "went": "go",
        "geese": "goose",
        "data": "datum",
        "dying": "die",
        "worse": "bad",
        "panicking": "panic",
    }.items():
        assert base in words.bases(word)
    assert words.bases("left") == ("left", "leave")
    assert words.bases("news") == ("news",)


def test_the_rarest_word_comes_first_and_small_words_last():
    tokenizer = load("encoder").tokenizer
    order = words.rarest(words.shared(RIVER, CASH), tokenizer)
    assert order[0] == "bank"
    assert set(order[1:]) <= words.STOP
    assert words.rarest(["water", "zyzzyva", "the", "mercury", "because"], tokenizer) == [
        "zyzzyva",
        "mercury",
        "water",
        "because",
        "the",
    ]
    assert words.rarest(["whoever", "water"], tokenizer) == ["water", "whoever"]  # though it is rarer
