"""WordNet's senses: which example belongs to which, what is shown of them, and which two fit two
sentences.
"""

from itertools import combinations, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import load
from model.analysis import senses, words
from model.train import wordnet
from model.train.wordnet import Synset

EVERY = wordnet.synsets(
    [
        "bank: sloping land",
        "bank, trust: an institution that takes money",
        "bend, bank: tip sideways",
    ]
)
LINES = ["the banks of the river", "money in the bank", "trust keeps it", "the plane banked", "nothing here"]


def longest(rows):
    """Every longest chain that never falls, by trying all: a list of {row: place}."""
    for count in range(len(rows), 0, -1):
        chains = [
            dict(zip(some, places, strict=True))
            for some in combinations(range(len(rows)), count)
            for places in product(*(rows[row] for row in some))
            if all(a <= b for a, b in pairwise(places))
        ]
        if chains:
            return chains
    return []


def test_candidates_are_the_synsets_of_which_a_line_holds_a_word():
    assert list(wordnet.candidates(LINES, EVERY)) == [[2, 1, 0], [2, 1, 0], [1], [2, 1, 0], []]


@given(
    st.lists(st.sets(st.integers(0, 5), max_size=3).map(lambda some: sorted(some, reverse=True)), max_size=5)
)
def test_a_line_is_matched_where_all_longest_chains_agree(rows):
    chains = longest(rows)
    expected = [{chain[row] for chain in chains if row in chain} for row in range(len(rows))]
    assert wordnet.matched(rows, 6) == [next(iter(some)) if len(some) == 1 else None for some in expected]


def test_a_sense_always_has_two_lines_that_hold_the_word():
    single = Synset(("date",), "a sweet fruit")
    assert wordnet.lines_of("date", single, []) == ("date: a sweet fruit", "a sweet fruit: date")
    parted = Synset(("crane",), "lifts objects; has a boom")
    assert wordnet.lines_of("crane", parted, []) == ("crane: lifts objects", "crane: has a boom")
    shown = wordnet.lines_of("bank", Synset(("bank",), "(a slope) land"), ["the banks", "no word"])
    assert shown == ("bank: land", "the banks")


def test_a_sense_is_named_by_a_clear_word_or_by_its_definition():
    synset = Synset(("bank", "trust", "depository"), "an institution that takes money")
    assert (
        wordnet.name_of("bank", synset, {"bank": 18, "trust": 9, "depository": 1}.get, lambda _: 99)
        == "depository"
    )
    assert wordnet.name_of("bank", synset, lambda _: 9, lambda _: 99) == "institution that takes money"


def test_mentions_are_counted_for_the_sense_they_share_most_with():
    mentions = wordnet.Mentions(
        ["river bank mud", "muddy bank of a river", "bank money", "other words", "some more"]
    )
    counts = wordnet.counted("bank", [{"river", "mud"}, {"money"}], mentions)
    assert counts == [2, 1]


def test_the_inventory_has_lines_that_hold_their_word_and_names_that_differ():
    every = senses.wordnet()
    assert len(every) > 3000
    for word, some in list(every.items())[::37]:
        assert len({sense.name for sense in some}) == len(some) >= 2
        assert [sense.count for sense in some] == sorted((sense.count for sense in some), reverse=True)
        for sense in some:
            assert len(sense.lines) >= 2 and all(words.find(line, word) for line in sense.lines)


@pytest.mark.parametrize(
    ("first", "second", "word", "names"),
    [
        ("The elephant raised its trunk", "The trunk of the oak was thick", "trunk", ("snout", "stem")),
        ("He took his bow and arrows", "She tied a bow in her hair", "bow", ("weapon", "knot")),
        ("the star shone in the sky", "the film star signed autographs", "star", ("celestial", "actor")),
    ],
)
def test_the_senses_offered_fit_the_sentences(first, second, word, names):
    every = senses.wordnet()[word]
    found = [words.find(text, word)[0] for text in (first, second)]
    chosen = senses.likely(load("encoder"), found, word, every)
    assert all(name in every[i].name + every[i].lines[0] for name, i in zip(names, chosen, strict=True))
    assert senses.listed(f"{word}s") == (word, every)
