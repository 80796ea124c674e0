"""Sense accuracy, the axis of a word and its clues: the figures of the cards are those that a reader would
count by hand.
"""

import pytest
import torch
from torch.nn import functional as F

from model.train import accuracy, example, sentences


@pytest.mark.parametrize("path", [sentences.USAGE, sentences.CLUES], ids=["usage", "clues"])
def test_the_sentences_have_their_word_and_their_clue_and_are_many(path):
    rows = sentences.read(path)
    words = {row.word for row in rows}
    assert words == set(
        ["bank", "bat", "spring", "seal", "bark", "match", "crane", "pitcher", "apple", "mouse"]
    )
    assert all(sum(row.word == word for row in rows) >= 40 for word in words)
    assert all(len({row.sense for row in rows if row.word == word}) == 2 for word in words)
    assert len({row.sentence for row in rows}) == len(rows)
    for row in rows:
        assert row.distance() > 0
        assert sentences.place(row.sentence, row.word)


def test_no_sentence_is_in_both_sets():
    assert not {row.sentence for row in sentences.read(sentences.USAGE)} & {
        row.sentence for row in sentences.read(sentences.CLUES)
    }


def test_a_hit_is_a_nearest_other_of_the_same_sense():
    found = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.8, 0.3]])
    assert accuracy.hits(found, ["a", "a", "b", "b"]).tolist() == [True, True, True, False]


def test_rows_on_their_side_are_those_nearer_to_their_own_senses_mean_than_to_the_others():
    rows = [
        sentences.Row(word, sense, "x", word)
        for word in ("bank", "bat")
        for sense in "abab"
        for _ in range(3)
    ]
    found = (
        torch.randn(len(rows), 2, 5, generator=torch.Generator().manual_seed(1))
        + torch.tensor([row.sense == "a" for row in rows])[:, None, None]
    )
    shares = []
    for layer in range(2):
        right = []
        for i, row in enumerate(rows):
            others = [j for j, other in enumerate(rows) if other.word == row.word and j != i]
            means = {
                sense: found[[j for j in others if rows[j].sense == sense], layer].mean(0) for sense in "ab"
            }
            right.append(min(means, key=lambda sense: (found[i, layer] - means[sense]).norm()) == row.sense)
        shares.append(sum(right) / len(right))
    assert accuracy.on_their_side(rows, found).tolist() == pytest.approx(shares)
    assert 0.5 < shares[0] < 1


def test_the_axis_is_minus_one_and_plus_one_at_the_two_means():
    rows = [sentences.Row("bank", sense, "x", "bank") for sense in ("river", "river", "money", "money")]
    found = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    line = example.axis(rows, found, "bank", "river")
    assert line.project(found[:2].mean(0).numpy()) == pytest.approx(-1, abs=1e-5)
    assert line.project(found[2:].mean(0).numpy()) == pytest.approx(1, abs=1e-5)


def test_blocking_the_clue_changes_the_word_and_nothing_else_in_the_mask(make_network, tokenizer):
    network = make_network("rope", causal=False, kind="encoder", predicts=False)
    allowed = example.without(network, tokenizer, "the river bank", "bank", ("river",))
    _, asks = sentences.tokens_of(tokenizer, "the river bank", "bank")
    blocked = {(i, j) for i, j in (~allowed).nonzero().tolist()}
    assert blocked == {
        (i, j) for i in asks for j in sentences.tokens_of(tokenizer, "the river bank", "river")[1]
    }
    before, after = (
        sentences.vectors(network, tokenizer, "the river bank", "bank", **how)[-1]
        for how in ({}, {"allowed": allowed})
    )
    assert F.cosine_similarity(before, after, dim=0) < 0.9999
