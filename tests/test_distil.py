"""Distillation: words are aligned by characters, targets are what they say, and the senses are judged as by hand."""

import random

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from model.config import ModelConfig
from model.train import distil, reading, senses, teacher
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
    states = torch.arange(12.0).reshape(2, 3, 2)
    owner = teacher.numbered(torch.tensor([[0, 0, -1], [-1, 1, 1]]), [1, 2])
    assert owner.tolist() == [[0, 0, -1], [-1, 2, 2]]
    wanted = torch.stack([states[0, :2].mean(0), torch.zeros(2), states[1, 1:].mean(0)])
    torch.testing.assert_close(teacher.word_vectors(states, owner, 3), wanted)
    torch.testing.assert_close(teacher.word_vectors(states[..., None], owner, 3), wanted[..., None])


def test_what_was_written_is_read_back_and_other_lines_are_refused(written, tmp_path):
    lines, starts, vectors = written
    assert lines == LINES
    assert starts.tolist() == [0, 3, 10, 11]
    assert vectors.shape == (11, 384)
    with pytest.raises(ValueError, match="other lines"):
        teacher.write(None, ["another"] * 3, tmp_path)
    teacher.refuse_others(lines, [*LINES, "and one more"], tmp_path)
    with pytest.raises(ValueError, match="other lines"):
        teacher.refuse_others(lines, LINES[:2], tmp_path)


def read_again(written, row):
    """The targets made of what was written, and one line's vectors, kinds and home for them."""
    lines, starts, vectors = written
    targets = distil.Targets(lines, starts, vectors, 8)
    targets.axes = torch.eye(384)
    kinds = targets.kinds(lines[row])
    return targets, torch.from_numpy(np.array(vectors[starts[row] : starts[row + 1]])).float(), torch.tensor(kinds), torch.zeros(len(kinds), dtype=torch.long)


def test_the_target_is_the_vector_less_its_words_mean_plus_the_mean_of_the_others(written):
    targets, vectors, kinds, home = read_again(written, 1)
    found, weights = targets(vectors, kinds, home)
    line = vectors - targets.centre
    assert [targets.names[kind] for kind in kinds] == LINES[1].replace(",", "").split()
    for j, kind in enumerate(kinds):
        others = [i for i in range(len(line)) if i != j]
        heaviness = [float(targets.rarity[kinds[i]]) for i in others]
        mean = sum(weight * line[i] for weight, i in zip(heaviness, others, strict=True)) / sum(heaviness)
        torch.testing.assert_close(found[j], line[j] - targets.own[kind] + targets.OTHERS * mean, rtol=1e-3, atol=1e-4)
    assert len(weights) == len(line) and (weights > 0).all() and (weights <= 1).all()


def test_a_line_has_the_same_targets_beside_other_lines(written):
    targets, vectors, kinds, home = read_again(written, 1)
    _, first, few, _ = read_again(written, 0)
    both, _ = targets(torch.cat([first, vectors]), torch.cat([few, kinds]), torch.cat([home[:3], home + 1]))
    torch.testing.assert_close(both[3:], targets(vectors, kinds, home)[0], rtol=1e-4, atol=1e-4)


def test_a_word_alone_in_its_line_has_no_others_and_an_unknown_one_no_mean(written):
    targets, vectors, kinds, home = read_again(written, 2)
    torch.testing.assert_close(targets(vectors, kinds, home)[0], vectors - targets.centre - targets.own[kinds])
    unknown = torch.tensor(targets.kinds("zebra"))
    torch.testing.assert_close(targets(vectors, unknown, home)[0], vectors - targets.centre)
    assert targets(vectors, unknown, home)[1] == targets.weight.max()


class Letters:
    """A reader that takes each character for a piece, in the place of the teacher's."""

    def read(self, lines):
        ids = pad_sequence([torch.tensor([ord(letter) for letter in line]) for line in lines], True, teacher.PAD)
        owner = [torch.tensor(teacher.owners([(i, i + 1) for i in range(len(line))], teacher.spans(line))) for line in lines]
        return ids, pad_sequence(owner, True, -1)


def test_lessons_hold_every_line_once_and_both_readers_agree_on_its_words(tokenizer):
    lines = [f"{'river ' * (i % 5)}bank {i}" for i in range(40)]
    lessons = distil.Lessons(tokenizer, Letters().read, lambda line: [len(word) for word in line.split()], lambda chance: lines, tokens=30, seed=1)
    found = []
    for batch in lessons:
        assert batch.ids.shape == batch.owner.shape and batch.pieces.shape == batch.holder.shape
        assert len(batch.ids) == 1 or batch.ids.numel() <= 30 + batch.ids.shape[1]
        for row, owner, pieces, holder in zip(batch.ids, batch.owner, batch.pieces, batch.holder, strict=True):
            line = "".join(map(chr, pieces[pieces != teacher.PAD].tolist()))
            assert tokenizer.decode(row.tolist()) == line
            words = [word for word in range(len(batch.home)) if word in owner]
            spelled = ["".join(chr(piece) for piece, of in zip(pieces.tolist(), holder.tolist(), strict=True) if of == word) for word in words]
            assert spelled == line.split()
            assert batch.kinds[words].tolist() == list(map(len, spelled))
            found.append(line)
    assert sorted(found) == sorted(lines)


def test_two_workers_have_streams_of_their_own_and_the_same_ones_again(tokenizer):
    def numbers(chance):
        return (f"bank {chance.randrange(10**6)}" for _ in range(20))

    def drawn():
        lessons = distil.Lessons(tokenizer, Letters().read, lambda line: [0, 0], numbers, tokens=10, seed=1)
        return [batch.ids.tolist() for batch in torch.utils.data.DataLoader(lessons, batch_size=None, num_workers=2)]

    first = drawn()
    assert sum(map(len, first)) == 40
    assert len({tuple(row) for batch in first for row in batch}) > 30
    assert first == drawn()


def test_variations_are_lines_as_they_are_pieces_of_them_and_lines_with_other_words():
    lines = ["The boats passed under the bridge near the river bank.", "She keeps her savings in a bank."]
    stream = reading.variations(lines, {"crane": 8, "seal": 300, "rare": 7}, random.Random(1))
    found = [next(stream) for _ in range(400)]
    same = [line for line in found if line in lines]
    changed = [line for line in found if {"crane", "seal"} & set(teacher.WORD.findall(line))]
    cut = [line for line in found if line not in same and line not in changed]
    assert len(same) > 100 and len(changed) > 100 and len(cut) > 50
    assert all(any(line in whole and len(line.split()) > 1 for whole in lines) for line in cut)
    for line in changed:
        whole = max(lines, key=lambda whole: len(set(whole.split()) & set(line.split())))
        assert 1 <= sum(a != b for a, b in zip(teacher.WORD.findall(line), teacher.WORD.findall(whole), strict=True)) <= 3
    assert sum("crane" in line for line in changed) > 0.25 * len(changed)


def test_the_teacher_reads_a_line_the_same_alone_and_beside_longer_ones():
    chance = torch.Generator().manual_seed(1)
    master = teacher.Teacher.__new__(teacher.Teacher)
    master.heads, master.layers, master.device = 2, 1, "cpu"
    square = [f"encoder.layer.0.{part}" for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")]
    norms = ["embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"]
    shapes = {f"embeddings.{name}_embeddings.weight": (9, 4) for name in ("word", "position", "token_type")}
    shapes |= {name + ".weight": (4, 4) for name in square} | {name + ".bias": (4,) for name in square}
    shapes |= {"encoder.layer.0.intermediate.dense.weight": (8, 4), "encoder.layer.0.intermediate.dense.bias": (8,)}
    shapes |= {"encoder.layer.0.output.dense.weight": (4, 8), "encoder.layer.0.output.dense.bias": (4,)}
    shapes |= {f"{name}.LayerNorm.{part}": (4,) for name in norms for part in ("weight", "bias")}
    master.tensors = {name: torch.randn(shape, generator=chance) for name, shape in shapes.items()}
    alone = master.states(torch.tensor([[3, 1, 4]]))[-1]
    beside = master.states(torch.tensor([[3, 1, 4, teacher.PAD, teacher.PAD], [5, 2, 6, 5, 3]]))[-1]
    torch.testing.assert_close(beside[0, :3], alone[0])


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
