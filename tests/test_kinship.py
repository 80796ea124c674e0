"""Like neither of two senses: laws, and the shares that its docstring tells, measured anew on sentences that
are no examples.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from model import load
from model.analysis import senses
from model.analysis.senses import Kinship
from model.train import sentences

MODEL = load("encoder")
BEST = MODEL.card["senses"]["usage"]["best_layer"]
REPORTED = "match", "crane", "pitcher", "apple", "mouse"  # the score was chosen on the other five words


def group(seed, size, centre=0.0):
    return np.random.default_rng(seed).normal(centre, 1, (size, 3, 7)).astype(np.float32)  # (N, S, C)


def vectors(word, texts):
    return senses.vectors(MODEL, [senses.find(text, word)[0] for text in texts])


@pytest.fixture(scope="module")
def known():
    """{word: vectors of its examples, left and right}."""
    return {word: [vectors(word, texts) for texts in senses.bundled()[word].values()] for word in REPORTED}


def test_what_lies_between_the_examples_is_like_them_and_what_lies_across_is_not():
    across = np.zeros((3, 7), np.float32)
    across[:, 0] = 9
    left, right = (group(seed, 20) / 9 + across * side for seed, side in ((1, -1), (2, 1)))
    kin = Kinship.between(left, right)
    assert not kin.neither(left.mean(0)).any() and not kin.neither(right[:1]).any()
    assert kin.neither(np.roll(across, 1, axis=1)).all()
    assert kin.neither(np.stack([np.roll(across, 1, axis=1)] * 4)).shape == (4, 3)


def test_where_all_are_one_vector_and_with_few_examples_nothing_is_like_neither():
    same = np.repeat(group(1, 1), 8, axis=0)
    assert not Kinship.between(same, same).neither(same[0] * np.float32(1.00001)).any()
    few = Kinship.between(group(1, 4), group(2, 4))
    assert not few.neither(-100 * few.left).any()


def test_sentences_of_the_senses_are_seldom_called_neither_and_those_of_a_third_sense_mostly(known):
    with open(Path(__file__).with_name("foreign.tsv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    foreign = {word: [row["sentence"] for row in rows if row["word"] == word] for word in REPORTED}
    own = {
        word: [row.sentence for row in sentences.read(sentences.CLUES) if row.word == word]
        for word in REPORTED
    }
    for texts, layer, end in ((own, 0.083, 0.067), (foreign, 0.825, 0.7)):
        called = [
            Kinship.between(*known[word]).neither(vectors(word, texts[word]))[:, [BEST, -1]]
            for word in REPORTED
        ]
        np.testing.assert_allclose(np.concatenate(called).mean(0), [layer, end], atol=0.005)
    assert sum(map(len, own.values())) == 240 and sum(map(len, foreign.values())) == 40


def test_from_five_examples_on_the_share_on_their_own_side_says_something(known):
    chance = np.random.default_rng(0)
    off = {}
    for count in (2, 3, senses.ENOUGH):
        errors = []
        for left, right in known.values():
            for _ in range(20):
                some, rest = zip(
                    *(
                        np.split(chance.permutation(side[:, BEST : BEST + 1]), [count])
                        for side in (left, right)
                    ),
                    strict=True,
                )
                axis = senses.Axis.between(some[0].mean(0), some[1].mean(0))
                true = [*(axis.project(rest[0]) < 0), *(axis.project(rest[1]) > 0)]
                errors.append(abs(senses.separate(*some).accuracy[0] - np.mean(true)))
        off[count] = np.mean(errors)
    assert off[2] > 0.35 and off[3] > 0.17 and off[senses.ENOUGH] < 0.15
