"""How the tokenizers of opened models cut a text, by our own reading of their tables: the library's ids, and
steps that lead to them.
"""

import math
from functools import cache
from itertools import pairwise

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, trainers

from model import open_model
from model.hub import files
from model.hub.cutting import likeliest, longest, merges
from model.hub.tokenizer import HubTokenizer
from tests import checkpoints
from tests.test_hub_minilm import LINE, NAME

TEXTS = (
    "I swam  across—the café 🏞 to the bank\n\n",
    "embankment <x> swims, aé</s>[MASK] bankbank",
    "a\tb  the other other bank",
    "e" * 120,
    " ",
    "",
)
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def pairs(between=None, special_tokens=(), signs=None, **options):
    """A trained byte pair encoding over characters: what cuts the text before, tokens that are there from the
    start, signs of the inside and the end of words, and other options.
    """
    signs = signs or {}
    made = tokenizers.Tokenizer(models.BPE(**signs))
    made.pre_tokenizer = between or pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=330, show_progress=False, special_tokens=list(special_tokens), **signs
    )
    made.train_from_iterator(checkpoints.CORPUS, trainer)
    for option, value in options.items():
        setattr(made.model, option, value)
    return made


def sentencepiece(**options):
    """Merges over the whole text, whose spaces are letters: as Llama 2 and Gemma have them."""
    made = pairs(pre_tokenizers.Metaspace(), special_tokens=["<unk>", *BYTES], unk_token="<unk>", **options)
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.pre_tokenizer = None
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return made


def fallback():
    """Unigram with a token for each byte."""
    table = [("<unk>", 0.0), *((one, -9.0) for one in BYTES), ("▁the", -2.0), ("▁", -2.5), ("t", -3.0)]
    table += [
        ("he", -3.5),
        ("h", -4.0),
        ("e", -4.0),
        ("▁t", -3.0),
        ("bank", -3.0),
        ("ban", -2.0),
        ("k", -2.5),
    ]
    made = tokenizers.Tokenizer(models.Unigram(table, 0, byte_fallback=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    return made


def words_only():
    made = tokenizers.Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "bank": 2}, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


def named():
    """With tokens that were added by name, which take the spaces beside them or stand alone."""
    made = tokenizers.Tokenizer.from_str(checkpoints.tokenizer("wordpiece").to_str())
    made.add_special_tokens([AddedToken("[MASK]", lstrip=True)])
    made.add_tokens([AddedToken("<x>", normalized=False)])
    return made


MADE = {
    "bytes": lambda: checkpoints.tokenizer("bytes"),
    "whole words first": lambda: pairs(special_tokens=["<unk>"], unk_token="<unk>", ignore_merges=True),
    "ends of words": lambda: pairs(
        special_tokens=["<unk>"], unk_token="<unk>", signs={"end_of_word_suffix": "</w>"}
    ),
    "insides of words": lambda: pairs(
        special_tokens=["<unk>"], unk_token="<unk>", signs={"continuing_subword_prefix": "@@"}
    ),
    "no unknown": pairs,
    "fused": lambda: sentencepiece(fuse_unk=True),
    "fallback": lambda: sentencepiece(byte_fallback=True),
    "wordpiece": lambda: checkpoints.tokenizer("wordpiece"),
    "named": named,
    "unigram": lambda: checkpoints.tokenizer("unigram"),
    "unigram of bytes": fallback,
    "words": words_only,
}


@cache
def tokenizer(kind):
    return HubTokenizer(MADE[kind](), None)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", MADE)
def test_our_ids_are_the_librarys(kind, text):
    assert tokenizer(kind).words(text) is not None


@pytest.mark.parametrize("kind", MADE)
@given(text=st.text(st.sampled_from("the bankriv—é🏞\n▁"), max_size=30))
@settings(deadline=None, max_examples=60)
def test_our_ids_of_any_text_are_the_librarys(kind, text):
    assert tokenizer(kind).words(text) is not None


@pytest.mark.skipif(files.installed(NAME) is None, reason=LINE)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=40))
@settings(deadline=None, max_examples=60)
def test_so_are_those_of_a_real_tokenizer(text):
    made = open_model(NAME, download=False).tokenizer
    assert made.words(text) is not None
    (word,) = made.words("embankments")
    assert [step.tokens for step in made.cutter.steps(word.spelled)] == [
        ("embankments",),
        ("embankment", "##s"),
        ("embankment", "##s"),
    ]


def test_what_does_not_give_the_librarys_ids_is_not_shown():
    changed = HubTokenizer(checkpoints.tokenizer("wordpiece"), None)
    changed.description["model"]["max_input_chars_per_word"] = 2
    assert changed.words("the river") is None


@pytest.mark.parametrize("kind", MADE)
def test_each_step_makes_one_thing(kind):
    made = tokenizer(kind)
    for word in made.words("the banks of the other embankment, bankbank"):
        steps = made.cutter.steps(word.spelled)
        if made.kind == "BPE":
            ranks = [step.rank for step in steps[1:]]
            assert ranks == sorted(set(ranks))  # as learned from a text
            for before, step in pairwise(steps):
                assert len(before.tokens) - len(step.tokens) == len(step.made)
        if made.kind == "Unigram":
            scores = [step.score for step in steps]
            assert scores == sorted(scores) and len(set(one.tokens for one in steps)) == len(steps)
        if step_ids := [made.cutter.vocabulary.get(one) for one in steps[-1].tokens]:
            assert None in step_ids or step_ids == word.ids


def test_merges_by_hand():
    ranks = {("a", "b"): 1, ("b", "a"): 0, ("ba", "b"): 2}
    steps = [(step.tokens, step.made, step.rank) for step in merges("abab", ranks)]
    assert steps == [
        (("a", "b", "a", "b"), (), None),
        (("a", "ba", "b"), (1,), 0),  # though a b stands before it
        (("a", "bab"), (1,), 2),
    ]
    assert [one.tokens for one in merges(["a", "##b"], {("a", "##b"): 0}, "##")][-1] == ("ab",)


def test_the_longest_match_by_hand():
    vocabulary = {"un", "una", "##aff", "##ff", "##able"}
    assert [one.tokens for one in longest("unaffable", vocabulary, "##")] == [
        ("unaffable",),
        ("una", "##ffable"),  # greedy: "un" would do as well
        ("una", "##ff", "##able"),
        ("una", "##ff", "##able"),  # the rest is a piece
    ]
    assert [one.tokens for one in longest("unable", vocabulary, "##")][-1] == (
        "una",
        "##ble",
    )  # and no way on


def test_the_likeliest_pieces_by_hand():
    scores = {"ab": math.log(0.4), "a": math.log(0.3), "b": math.log(0.2), "bc": math.log(0.1)}
    best, second, *rest = likeliest("abc", scores, unknown=math.log(0.001), width=2)
    assert best.tokens == ("a", "bc") and math.isclose(best.score, math.log(0.03))
    assert second.tokens == ("ab", "c") and math.isclose(second.score, math.log(0.0004))
    assert [one.tokens for one in rest] == [("a", "b", "c")]


def test_merges_over_a_whole_text_are_shown_word_by_word_where_none_joins_two():
    made = tokenizer("fallback")
    assert [word.spelled for word in made.words("the river bank")] == ["▁the", "▁river", "▁bank"]
    crossing = HubTokenizer(MADE["fallback"](), None)
    crossing.description["model"]["merges"].append(["▁the", "▁"])
    assert [word.spelled for word in crossing.words("the river bank")] == [
        "▁the▁river",
        "▁bank",
    ]  # e▁, not r▁


def test_a_word_that_is_too_long_to_be_cut_step_by_step_is_said():
    with pytest.raises(ValueError, match="A word of 1,001 letters"):
        tokenizer("bytes").words("a" * 1_001)
