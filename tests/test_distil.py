"""Distillation: words are aligned by characters, targets are what they say, and the senses are judged as by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model.config import ModelConfig
from model.train import distil, senses, teacher
from model.transformer import Transformer, initialise

LINES = ["The river bank", "a bank of snow, near the river", "bank"]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """What the teacher would write for LINES, with made-up vectors of 384 numbers."""

    class Made:
        def words(self, lines):
            counts = [len(teacher.spans(line)) for line in lines]
            chance = torch.Generator().manual_seed(len(lines))
            return [torch.randn(count, 1, 384, generator=chance) for count in counts]

    teacher.write(Made(), LINES, tmp_path, part=2)
    return teacher.read(tmp_path)


def test_words_are_runs_of_letters_and_digits():
    line = "Don't say “déjà vu” 3 times, naïve_child!"
    assert [line[a:b] for a, b in teacher.spans(line)] == ["Don", "t", "say", "déjà", "vu", "3", "times", "naïve", "child"]


def test_each_token_belongs_to_the_word_whose_characters_it_has(tokenizer):
    line = "The river-bank,  cash."
    words, tokens = teacher.spans(line), tokenizer.spans(line, tokenizer.encode(line))
    for (start, end), owner in zip(tokens, teacher.owners(tokens, words), strict=True):
        inside = [i for i, (a, b) in enumerate(words) if max(a, start) < min(b, end)]
        assert owner == (inside[0] if inside else -1)


def test_a_words_vector_is_the_mean_over_its_tokens():
    states = torch.arange(12.0).reshape(6, 2)
    first, second = teacher.word_means(states, [[0, 0, -1], [-1, 1, 1]], [1, 2])
    torch.testing.assert_close(first, states[:2].mean(0)[None])
    torch.testing.assert_close(second, torch.stack([torch.zeros(2), states[4:].mean(0)]))
    mine = distil.word_vectors(states.reshape(2, 3, 2), torch.tensor([[0, 0, -1], [-1, 2, 2]]), 3)
    torch.testing.assert_close(mine, torch.cat([first, second]))


def test_what_was_written_is_read_back_and_other_lines_are_refused(written, tmp_path):
    lines, starts, vectors = written
    assert lines == LINES
    assert starts.tolist() == [0, 3, 10, 11]
    assert vectors.shape == (11, 384)
    with pytest.raises(ValueError, match="other lines"):
        teacher.write(None, ["another"] * 3, tmp_path)


def test_the_target_is_the_vector_less_its_words_mean_plus_the_mean_of_the_others(written):
    lines, starts, vectors = written
    targets = distil.Targets(lines, starts, vectors, 8)
    targets.axes = torch.eye(384)
    found, weights = targets([1])
    line, kinds = torch.from_numpy(np.array(vectors[3:10])).float() - targets.centre, targets.kind[3:10].tolist()
    assert [targets.names[kind] for kind in kinds] == LINES[1].replace(",", "").split()
    for j, kind in enumerate(kinds):
        others = [i for i in range(len(line)) if i != j]
        heaviness = [float(targets.rarity[kinds[i]]) for i in others]
        mean = sum(weight * line[i] for weight, i in zip(heaviness, others, strict=True)) / sum(heaviness)
        torch.testing.assert_close(found[j], line[j] - targets.own[kind] + mean, rtol=1e-3, atol=1e-4)
    assert len(weights) == len(line) and (weights > 0).all() and (weights <= 1).all()


def test_a_word_alone_in_its_line_has_no_others(written):
    lines, starts, vectors = written
    targets = distil.Targets(lines, starts, vectors, 8)
    assert torch.isfinite(targets([2])[0]).all()


def test_an_epoch_reads_every_line_once_and_pads_nothing(tokenizer):
    lines = [f"{'river ' * (i % 5)}bank {i}" for i in range(40)]
    lessons = distil.Lessons(tokenizer, lines, range(40), tokens=30, seed=1)
    read, step = [], 0
    while len(read) < 40:
        rows, ids, owner, words = lessons.batch(step)
        assert ids.shape == owner.shape and int(owner.max()) < words
        assert words == sum(len(teacher.spans(lines[row])) for row in rows)
        read, step = read + rows, step + 1
    assert sorted(read) == list(range(40))


# ---- senses ----


@pytest.mark.parametrize("path", [senses.USAGE, senses.CLUES], ids=["usage", "clues"])
def test_the_sentences_have_their_word_and_their_clue_and_are_many(path):
    rows = senses.read(path)
    words = {row.word for row in rows}
    assert words == set(["bank", "bat", "spring", "seal", "bark", "match", "crane", "pitcher", "apple", "mouse"])
    assert all(sum(row.word == word for row in rows) >= 40 for word in words)
    assert all(len({row.sense for row in rows if row.word == word}) == 2 for word in words)
    assert len({row.sentence for row in rows}) == len(rows)
    for row in rows:
        assert row.distance() > 0
        assert senses.place(row.sentence, row.word)


def test_no_sentence_is_in_both_sets():
    assert not {row.sentence for row in senses.read(senses.USAGE)} & {row.sentence for row in senses.read(senses.CLUES)}


def test_a_hit_is_a_nearest_other_of_the_same_sense():
    found = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.8, 0.3]])
    assert senses.hits(found, ["a", "a", "b", "b"]).tolist() == [True, True, True, False]


def test_the_axis_is_minus_one_and_plus_one_at_the_two_means():
    rows = [senses.Row("bank", sense, "x", "bank") for sense in ("river", "river", "money", "money")]
    found = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    line = senses.axis(rows, found, "bank", "river")
    assert line.project(found[:2].mean(0).numpy()) == pytest.approx(-1, abs=1e-5)
    assert line.project(found[2:].mean(0).numpy()) == pytest.approx(1, abs=1e-5)


def test_blocking_the_clue_changes_the_word_and_nothing_else_in_the_mask(make_network, tokenizer):
    network = make_network("rope", causal=False, kind="encoder", predicts=False)
    allowed = senses.without(network, tokenizer, "the river bank", "bank", ("river",))
    _, asks = senses.tokens_of(tokenizer, "the river bank", "bank")
    blocked = {(i, j) for i, j in (~allowed).nonzero().tolist()}
    assert blocked == {(i, j) for i in asks for j in senses.tokens_of(tokenizer, "the river bank", "river")[1]}
    before, after = (senses.vectors(network, tokenizer, "the river bank", "bank", **how)[-1] for how in ({}, {"allowed": allowed}))
    assert F.cosine_similarity(before, after, dim=0) < 0.9999


def test_words_start_at_their_mean_vectors_and_their_case_does_not_matter(written, tmp_path):
    lines, starts, vectors = written
    small = distil.learn_tokens([line for line in lines for _ in range(3)], 300, tmp_path / "merges.npy")
    assert small.encode("THE river") == small.encode(" the River")
    targets = distil.Targets(lines, starts, vectors, 8)
    network = initialise(Transformer(ModelConfig(vocabulary=len(small), width=8, heads=2, key_heads=2, hidden=9, factor=3, predicts=False)), 1)
    before = network.embedding.weight.clone()
    targets.begin(network, small)
    known = [id for id in range(len(small)) if small.piece(id).strip() in targets.names]
    assert known
    for id in known:
        mean = targets.means[targets.names.index(small.piece(id).strip())] @ targets.axes[:, :3]
        assert F.cosine_similarity(network.embedding.weight[id], mean, dim=0) > 0.999
    torch.testing.assert_close(network.embedding.weight.norm(dim=1), before.norm(dim=1))
    torch.testing.assert_close(network.embed(torch.tensor([5]))[0, :3], network.embedding.weight[5] * 8**0.5)
