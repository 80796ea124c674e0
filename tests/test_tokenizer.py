"""Byte pair encoding loses nothing, shows its real steps, and learns what a slow trainer learns."""

import hashlib
import re
import sys
import time
import unicodedata
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model import load, names
from model import tokenizer as bpe
from model.tokenizer import BYTES, COUNTED, MARKED, WORD, Tokenizer, to_bytes

any_text = st.text(
    st.characters(), max_size=40
)  # characters() includes lone surrogates, which text() by itself leaves out
prose = st.text("the river bank.'s 12_\n🏞é", max_size=60)  # letters for which there are merges
texts = any_text | prose


@settings(deadline=None, max_examples=200)
@given(texts)
@example("\ud83c")
@example("\udfde\ud83c no pair, and \ud83c\udfde a pair in two halves")
@example("the 🏞 river bank, the 👩‍👩‍👧 bank")
def test_decoding_gives_back_any_text(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == text


@settings(deadline=None, max_examples=100)
@given(texts)
def test_words_cover_the_text(text):
    assert "".join(WORD.findall(text)) == text


@settings(deadline=None, max_examples=100)
@given(texts)
def test_the_steps_go_from_bytes_to_what_encode_returns_one_merge_at_a_time(tokenizer, text):
    first, *rest = steps = list(tokenizer.steps(text))
    assert first == (None, list(to_bytes(text)))
    for before, after in pairwise(steps):
        new = BYTES + tokenizer.merges.index(after.pair)
        assert undone(after.ids, new, after.pair) == before.ids
        assert after.ids.count(new) > 0
    ranks = [tokenizer.merges.index(step.pair) for step in rest]
    assert ranks == sorted(ranks)
    assert steps[-1].ids == tokenizer.encode(text)


def undone(ids, new, pair):
    return [part for id in ids for part in (pair if id == new else (id,))]


def test_the_steps_of_a_word_by_hand():
    tokenizer = Tokenizer([(ord("b"), ord("a")), (BYTES, ord("n")), (ord("n"), ord("k"))])  # ba, ban, nk
    b, a, n, k = b"bank"
    assert list(tokenizer.steps("bank")) == [
        (None, [b, a, n, k]),
        ((b, a), [256, n, k]),
        ((256, n), [257, k]),
    ]


def slowly_learned(text):
    """[(pair, count), ...]: all pairs counted anew for every merge."""
    words, learned = [list(to_bytes(word)) for word in WORD.findall(text)], []
    while True:
        counts = Counter(pair for word in words for pair in pairwise(word))
        pair, count = min(counts.items(), key=lambda item: (-item[1], item[0]), default=(None, 0))
        if count < 2:
            return learned
        learned.append((pair, count))
        words = [joined(word, pair, BYTES + len(learned) - 1) for word in words]


def joined(word, pair, new):
    if len(word) < 2:
        return word
    return (
        [new, *joined(word[2:], pair, new)]
        if tuple(word[:2]) == pair
        else [word[0], *joined(word[1:], pair, new)]
    )


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text("abc", max_size=4), max_size=30).map(" ".join) | prose)
@example("aaaa aaa aaaaaaa")
@example(
    "ab ab ab abc abc bc bc"
)  # of the four "bc", "ab" takes two; the two that are left are still a pair to learn
def test_training_learns_what_counting_anew_for_every_merge_learns(text):
    assert list(bpe.learn(text)) == slowly_learned(text)


def test_on_a_tie_the_smaller_ids_are_merged_first():
    assert bpe.train("zyba zyba", 1).merges == (tuple(b"ba"),)  # "zy", "yb" and "ba" occur twice each


def test_training_stops_when_no_pair_occurs_twice():
    assert bpe.train("ab-ab", 100).merges == (tuple(b"ab"),)
    assert bpe.train("", 100).merges == ()


def test_training_stops_at_the_number_of_merges_asked_for(tokenizer):
    assert len(tokenizer.merges) == 19
    assert len(tokenizer) == BYTES + 19 + 1
    assert tokenizer.end == BYTES + 19


@settings(deadline=None, max_examples=150)
@given(texts)
def test_a_span_is_the_shortest_that_holds_all_bytes_of_its_token(tokenizer, text):
    ids, place = tokenizer.encode(text), 0
    for id, (start, end) in zip(ids, tokenizer.spans(text, ids), strict=True):
        first, last = place, place + len(tokenizer.bytes[id]) - 1
        assert len(to_bytes(text[:start])) <= first < len(to_bytes(text[: start + 1]))
        assert len(to_bytes(text[: end - 1])) <= last < len(to_bytes(text[:end]))
        place = last + 1
    assert place == len(to_bytes(text))


def test_parts_of_a_character_have_the_whole_characters_span_and_show_as_bytes(tokenizer):
    ids = tokenizer.encode("a🏞b")
    assert tokenizer.spans("a🏞b", ids) == [(0, 1), (1, 2), (1, 2), (1, 2), (1, 2), (2, 3)]
    assert list(map(tokenizer.piece, ids)) == ["a", "⟨F0⟩", "⟨9F⟩", "⟨8F⟩", "⟨9E⟩", "b"]
    half = Tokenizer([(0xF0, 0x9F)])
    assert list(map(half.piece, half.encode("🏞"))) == ["⟨F0 9F⟩", "⟨8F⟩", "⟨9E⟩"]


def test_pieces_of_whole_characters_join_to_the_text(tokenizer):
    text = "I swam to the other bank."
    assert "".join(map(tokenizer.piece, tokenizer.encode(text))) == text
    assert tokenizer.piece(tokenizer.end) == "⟨end⟩"


def test_half_a_character_decodes_to_the_replacement_sign(tokenizer):
    assert tokenizer.decode(tokenizer.encode("a🏞")[:-1]) == "a\ufffd"


@pytest.mark.parametrize(
    "letters", ["abcdefghij" * 10_000, " " * 100_000, "." * 100_000, "7" * 100_000, "é" * 100_000]
)
def test_100_000_signs_without_a_break_are_cut_into_short_words_and_come_back(tokenizer, letters):
    assert max(map(len, WORD.findall(letters))) <= 33
    assert tokenizer.decode(tokenizer.encode(letters)) == letters


@settings(deadline=None, max_examples=200)
@given(texts | st.text())
def test_without_case_every_letter_keeps_its_place(text):
    read = bpe.uncased(text)
    assert len(read) - len(text) == (0 if not text or text[:1].isspace() else 1)
    assert bpe.uncased(read) == read
    small = Tokenizer([], cased=False)
    assert b"".join(small.bytes[id] for id in small.encode(text)) == to_bytes(read)
    spans = small.spans(text, small.encode(text))
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert (
        "".join(text[i] for i in dict.fromkeys(i for start, end in spans for i in range(start, end))) == text
    )


def test_without_case_a_word_is_one_token_wherever_it_stands():
    small = Tokenizer(bpe.train(" bank bank", 4).merges, cased=False)
    assert len({tuple(small.encode(text)) for text in ("bank", "Bank", " BANK")}) == 1
    assert small.spans("Bank bank", small.encode("Bank bank")) == [(0, 4), (4, 9)]
    assert small.encode("Bank") == list(small.steps("Bank"))[-1].ids


# ---- what the page about byte pairs shows ----


def slow_rounds(text, places):
    """The Rounds by counting everything anew: pairs, tokens, and words that a merge made one token."""
    pieces, spoken = WORD.findall(text), bpe.whole_words(text, WORD)
    words, made = [list(to_bytes(piece)) for piece in pieces], 0
    while True:
        counts = Counter(pair for word in words for pair in pairwise(word))
        best = sorted(
            ((pair, count) for pair, count in counts.items() if count > 1),
            key=lambda item: (-item[1], item[0]),
        )[:places]
        fresh = {piece for piece, word in zip(pieces, words, strict=True) if word == [BYTES + made - 1]}
        yield bpe.Round(best, sum(map(len, words)), sum(spoken[piece] for piece in fresh))
        if not best:
            return
        words, made = [joined(word, best[0][0], BYTES + made) for word in words], made + 1


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text("abc", max_size=5), max_size=30).map(" ".join) | prose, st.integers(1, 5))
@example("aaaa aaa aaaaaaa", 3)
@example("ab ab ab abc abc bc bc", 10)
@example("é 🏞 é 🏞", 10)
def test_the_rounds_of_training_are_those_of_counting_anew(text, places):
    assert list(bpe.rounds(text, places)) == list(slow_rounds(text, places))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text("ab", min_size=1, max_size=4), max_size=20), st.randoms(use_true_random=False))
def test_ties_are_broken_the_same_way_whatever_the_order_of_the_words(words, random):
    words = [" " + word for word in words]
    shuffled = random.sample(words, len(words))
    assert list(bpe.learn("".join(words))) == list(bpe.learn("".join(shuffled)))


@settings(deadline=None, max_examples=50)
@given(texts, st.integers(0, 19))
def test_the_first_merges_give_the_tokens_that_a_shorter_training_gives(tokenizer, text, merges):
    fewer = tokenizer.first(merges)
    assert fewer.merges == tokenizer.merges[:merges]
    assert (fewer.end, fewer.cased) == (BYTES + merges, tokenizer.cased)
    ids = fewer.encode(text)
    assert all(fewer.bytes[id] == tokenizer.bytes[id] for id in ids)
    assert fewer.end not in ids
    assert tokenizer.decode(ids) == fewer.decode(ids) == text


@settings(deadline=None, max_examples=50)
@given(texts, st.booleans())
def test_word_by_word_is_the_whole_text(tokenizer, text, cased):
    tokenizer = Tokenizer(tokenizer.merges, cased)
    words = tokenizer.words(text)
    assert [id for word in words for id in tokenizer.encode_word(word)] == tokenizer.encode(text)
    assert [list(tokenizer.word_steps(word))[-1].ids for word in words] == [
        tokenizer.encode_word(word) for word in words
    ]


def test_what_encode_word_returns_can_be_changed_without_harm(tokenizer):
    tokenizer.encode_word(" river").clear()
    assert tokenizer.decode(tokenizer.encode_word(" river")) == " river"


# ---- words as people count them ----

HINDI = "हिन्दी "
COUNTS = {  # text: its words
    HINDI * 50: ["हिन्दी"] * 50,
    "The bank. ": ["The", "bank"],
    " \n\t\u00a0": [],
    "!!! ... — “”": [],
    "e\u0301te\u0301 été": ["e\u0301te\u0301", "été"],
    "It’s the dog's, don't": ["It’s", "the", "dog's", "don't"],
    "a well-known 3.14 of 1,000": ["a", "well-known", "3.14", "of", "1,000"],
    "one,two.three": ["one", "two", "three"],
    "a" * 100: ["a" * 100],
    "हि" * 100: ["हि" * 100],
    "नमस्ते दुनिया": ["नमस्ते", "दुनिया"],
    "தமிழ் மொழி": ["தமிழ்", "மொழி"],
    "ภาษาไทย": ["ภาษาไทย"],
    "می\u200cخواهم": ["می\u200cخواهم"],
    "مُحَمَّد": ["مُحَمَّد"],
    "👩\u200d👩\u200d👧 ❤\ufe0f": [],
    "_ __ 'quoted' snake_case": ["quoted", "snake_case"],
}


@pytest.mark.parametrize(("text", "words"), COUNTS.items(), ids=map(repr, COUNTS))
def test_words_are_counted_as_people_count_them(text, words):
    assert COUNTED.findall(text) == words


def test_a_mark_is_any_that_unicode_has_and_the_joiners_of_words():
    every = {chr(i) for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i)) in {"Mn", "Mc", "Me"}}
    assert set(bpe.MARKS) == every | {"\u200c", "\u200d"}


@pytest.mark.parametrize(
    "word",
    ["हिन्दी", "தமிழ்", "e\u0301te\u0301", "מָה", "नमस्ते"],
    ids=["Hindi", "Tamil", "accents", "points", "joined"],
)
def test_a_word_with_its_marks_trains_into_one_token(word):
    text = f"{word} " * 50
    rounds = list(bpe.rounds(text, 1, MARKED))
    trained = bpe.train(text, 500, MARKED)
    assert len(trained.encode(f" {word}")) == len(trained.encode(word)) == 1
    assert [one.whole for one in rounds][-2:] == [1, 49]  # the first one has no space before it
    assert rounds[-1].tokens == 51  # and the last space is no word
    assert len(bpe.train(text, 500).encode(f" {word}")) > 1  # as the bundled models cut it


@settings(deadline=None, max_examples=300)
@given(texts | st.text("हिन्दीé\u0301 👩\u200d'.\n", max_size=60))
@example("x" * 31 + "e\u0301" + "x" * 40)
@example("e" + "\u0301" * 100)
def test_words_with_marks_cover_the_text_and_cut_no_letter_from_its_marks(text):
    pieces = MARKED.findall(text)
    assert "".join(pieces) == text
    assert max(map(len, pieces), default=0) <= 1 + 32 * 33
    for before, after in pairwise(pieces):
        stray = after[0] in bpe.MARKS and before[-1].isalpha()
        assert not stray


@settings(deadline=None, max_examples=300)
@given(texts)
def test_without_marks_both_patterns_cut_alike(text):
    text = "".join(letter for letter in text if letter not in bpe.MARKS)
    assert MARKED.findall(text) == WORD.findall(text)


def test_whether_there_are_long_runs_is_known_almost_as_soon_as_the_words_are_counted():
    text = "the river bank was wide and the water rushed along extraordinarily " * 1500
    seconds = []
    for look in (bpe.COUNTED.findall, bpe.LONG_RUN.search):  # meanwhile all threads of a server wait
        began = time.thread_time()
        look(text)
        seconds.append(time.thread_time() - began)
    assert seconds[1] < 10 * seconds[0]


@pytest.mark.parametrize("length", [31, 32, 33, 64, 65, 100_000])
def test_long_runs_are_cut_where_the_bundled_models_cut_them(length):
    for letter in "aé":
        assert MARKED.findall(letter * length) == WORD.findall(letter * length)
        assert bool(bpe.LONG_RUN.search(letter * length)) == (length > 32)
    assert max(map(len, MARKED.findall("हि" * length))) <= 64


def test_a_piece_is_a_whole_word_only_where_it_stands_alone():
    text = "don't don don's well-known well I"
    assert bpe.whole_words(text, WORD) == {" don": 1, " well": 1, " I": 1}
    assert bpe.whole_words("I am. I\nI", WORD) == {"I": 2, " am": 1, " I": 1}


def test_four_neighbours_make_two_merges_where_they_overlap():
    first, second, *_ = bpe.rounds("aaaaa", 1)
    assert first.leaders == [((97, 97), 4)]
    assert first.tokens - second.tokens == 2


def test_the_first_merges_keep_the_pattern():
    trained = bpe.train(HINDI * 50, 30, MARKED)
    assert trained.first(3).pattern is trained.pattern is MARKED
    assert load("decoder-rope").tokenizer.pattern is WORD


# ---- what the bundled models read never changes ----

OLD = re.compile(
    r"'(?:s|t|re|ve|m|ll|d)\b| ?[^\W\d_]{1,32}| ?\d{1,3}| ?(?:[^\w\s]|_){1,32}|\s{1,32}(?!\S)|\s"
)
CORPUS = [
    "I swam across the river to get to the other bank. It's the dog's ball, and I don't know.",
    "It’s the dog’s ball – “really” … 3.14 and 1,000,000 x² ½ Ⅷ snake_case --- !!!",
    HINDI * 3 + "नमस्ते दुनिया। தமிழ் மொழி ภาษาไทย မြန်မာ বাংলা",
    "e\u0301te\u0301 été Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍ مُحَمَّد می\u200cخواهم שָׁלוֹם",
    "👩‍👩‍👧‍👦 and 🏳️‍🌈 ❤️ 👍🏽 1️⃣ 🇩🇪",
    "孩子们游过河，到了对岸。 子どもたちは川を泳いで ＡＢＣ！",
    "one\ntwo\r\n\tthree  \u00a0 \u2028 \u200b\u00ad end ",
    "a" * 100 + " " * 100 + "." * 100 + "7" * 100 + "हि" * 100,
]
# Of the ids, as the models were trained to read the corpus; models of a family share a tokenizer.
DIGESTS = {"encoder": "83f86d35cdf8e522", "decoder": "44f16f11af40f555", "toy": "cd205025abc5d61f"}


@settings(deadline=None, max_examples=300)
@given(texts | st.text("हिन्दीé\u0301 👩\u200d'.\n", max_size=60))
def test_the_bundled_models_cut_every_text_as_they_were_trained_to(text):
    assert WORD.findall(text) == OLD.findall(text)
    assert load("decoder-rope").tokenizer.words(text) == OLD.findall(text)


@pytest.mark.parametrize("name", names())
def test_the_ids_of_the_bundled_models_are_those_of_always(name):
    tokenizer = load(name).tokenizer
    ids = [tokenizer.encode(text) for text in CORPUS]
    assert hashlib.sha256(repr(ids).encode()).hexdigest()[:16] == DIGESTS[name.partition("-")[0]]
