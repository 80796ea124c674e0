"""Distillation: words are aligned by characters, both readers read the same words, and targets are what they
say.
"""

import random
from collections import Counter

import pytest
import torch
from torch.nn import functional as F

from model import zoo
from model.network.config import ModelConfig
from model.network.convolution import build
from model.network.transformer import Transformer, initialise
from model.train import corpus, distil, lessons, reading, teacher
from model.train.lessons import Chunk, Lessons

LINES = ["The river bank", "a bank of snow, near the river", "bank"]
COUNTS = Counter(word.lower() for line in LINES for word in teacher.WORD.findall(line))


class Made:
    """In the place of the teacher: each character is a piece, with 384 made-up numbers of its own that its
    neighbours change.
    """

    ends = (0, 1)

    def __init__(self):
        self.table = torch.randn(200, 384, generator=torch.Generator().manual_seed(1))

    def pieces(self, text):
        return list(map(ord, text)), teacher.owners(
            [(i, i + 1) for i in range(len(text))], teacher.spans(text)
        )

    def states(self, ids):
        own = self.table[ids]
        return [own, own + own.roll(1, dims=1) / 2]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    file = tmp_path_factory.mktemp("merges") / "not yet there" / "merges.npy"
    learned = distil.learn_tokens(LINES * 3, 300, file)
    assert distil.learn_tokens(["other texts"], 300, file).merges == learned.merges  # read again, not learned
    return learned


def batches(small, lines, tokens=1):
    """The lines as Batches, each line in one of its own unless `tokens` says otherwise."""
    return list(
        Lessons(small, Made(), distil.numbers_of(COUNTS), lambda chance: lines, tokens=tokens, seed=1)
    )


@pytest.fixture
def targets(small):
    return distil.Targets(COUNTS, *distil.measure(Made(), batches(small, [*LINES, "zebra"]), len(COUNTS)))


def test_words_are_runs_of_letters_and_digits():
    line = "Don't say “déjà vu” 3 times, naïve_child!"
    assert [line[a:b] for a, b in teacher.spans(line)] == [
        "Don",
        "t",
        "say",
        "déjà",
        "vu",
        "3",
        "times",
        "naïve",
        "child",
    ]


def test_each_token_belongs_to_the_word_whose_characters_it_has(tokenizer):
    line = "The river-bank,  cash."
    words, tokens = teacher.spans(line), tokenizer.spans(line, tokenizer.encode(line))
    for (start, end), owner in zip(tokens, teacher.owners(tokens, words), strict=True):
        inside = [i for i, (a, b) in enumerate(words) if max(a, start) < min(b, end)]
        assert owner == (inside[0] if inside else -1)


def test_a_words_vector_is_the_mean_over_its_tokens():
    states = torch.arange(12.0).reshape(2, 3, 2)
    rows = [[Chunk([7, 7, 7], [0, 0, -1], [], [], [0])], [Chunk([7, 7, 7], [-1, 1, 1], [], [], [0, 0])]]
    owner = lessons.batch(rows).owner
    assert owner.tolist() == [[0, 0, -1], [-1, 2, 2]]
    wanted = torch.stack([states[0, :2].mean(0), torch.zeros(2), states[1, 1:].mean(0)])
    torch.testing.assert_close(teacher.word_vectors(states, owner, 3), wanted)
    torch.testing.assert_close(teacher.word_vectors(states[..., None], owner, 3), wanted[..., None])


def test_means_are_those_of_all_occurrences(small):
    sums, met = distil.measure(Made(), batches(small, [*LINES, "zebra, zebra"]), len(COUNTS))
    assert met.tolist() == [*COUNTS.values(), 2]
    found = [(batch.kinds, distil.vectors_of(Made(), batch)) for batch in batches(small, LINES)]
    bank = list(COUNTS).index("bank")
    torch.testing.assert_close(sums[bank], sum(vectors[kinds == bank].sum(0) for kinds, vectors in found))


def test_targets_refuse_the_means_of_other_words():
    with pytest.raises(ValueError, match="other lines"):
        distil.Targets(COUNTS, torch.zeros(4, 384), torch.zeros(4))


def wanted(targets, batch):
    """What the words of a batch are to point at, and the teacher's vectors of them."""
    vectors = distil.vectors_of(Made(), batch)
    return targets(vectors, batch.kinds, batch.home)[0], vectors


def test_the_target_is_the_vector_less_its_words_mean_plus_the_mean_of_the_others(targets, small):
    (batch,) = batches(small, LINES[1:2])
    found, vectors = wanted(targets, batch)
    line = vectors - targets.centre
    assert [list(COUNTS)[kind] for kind in batch.kinds] == LINES[1].replace(",", "").split()
    for j, kind in enumerate(batch.kinds):
        others = [i for i in range(len(line)) if i != j]
        heavy = [
            float(targets.rarity[batch.kinds[i]])
            * float(torch.exp(F.cosine_similarity(line[i], line[j], dim=0) / targets.NEAR))
            for i in others
        ]
        mean = sum(weight * line[i] for weight, i in zip(heavy, others, strict=True)) / sum(heavy)
        torch.testing.assert_close(
            found[j], line[j] - targets.means[kind] + targets.OTHERS * mean, rtol=1e-4, atol=1e-4
        )


def test_a_words_mean_counts_the_more_the_oftener_it_was_met_and_frequent_words_weigh_less():
    often = Counter({"the": 9000, "bank": 90, "crane": 1})
    sums, met = torch.ones(4, 384), torch.tensor([1000.0, 20.0, 0.0, 5.0])
    targets = distil.Targets(often, sums * met[:, None] * torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None], met)
    torch.testing.assert_close(targets.means[1], (2 - targets.centre) / 2)
    assert not targets.means[2].any() and not targets.means[3].any()
    weights = targets(torch.ones(3, 384), torch.tensor([0, 1, 3]), torch.zeros(3, dtype=torch.long))[1]
    assert weights[0] < weights[1] < weights[2] <= 1
    torch.testing.assert_close(weights[0] / weights[1], torch.tensor(0.1))


def test_a_line_has_the_same_targets_beside_other_lines(targets, small):
    lines = ["The river bank", "a bank: near river", "snow river of"]
    alone = {tuple(batch.kinds.tolist()): wanted(targets, batch)[0] for batch in batches(small, lines)}
    for batch in batches(small, lines, tokens=1000):
        found, _ = wanted(targets, batch)
        for row in range(len(batch.ids)):
            torch.testing.assert_close(
                found[batch.home == row], alone[tuple(batch.kinds[batch.home == row].tolist())]
            )


def test_a_word_alone_in_its_line_has_no_others_and_an_unknown_one_no_mean(targets, small):
    (known,) = batches(small, ["bank"])
    found, vectors = wanted(targets, known)
    torch.testing.assert_close(found, vectors - targets.centre - targets.means[known.kinds])
    (unknown,) = batches(small, ["zebra"])
    found, vectors = wanted(targets, unknown)
    torch.testing.assert_close(found, vectors - targets.centre)


def test_targets_turned_keep_what_they_can_of_their_products(targets):
    found = torch.randn(50, 3, generator=torch.Generator().manual_seed(2)) @ torch.randn(
        3, 384, generator=torch.Generator().manual_seed(3)
    )
    assert targets.turn(found, 3) == pytest.approx(1)
    turned = found @ targets.axes
    torch.testing.assert_close(turned @ turned.T, found @ found.T, rtol=1e-3, atol=1e-2)
    assert targets.turn(found, 2) < 0.999


def test_lessons_hold_every_line_once_and_both_readers_agree_on_its_words(small):
    lines = [f"{'river ' * (i % 5)}bank, {i}" for i in range(40)]
    found = []
    for batch in Lessons(small, Made(), {"river": 0}, lambda chance: lines, tokens=30, seed=1):
        assert batch.ids.shape == batch.owner.shape and batch.pieces.shape == batch.holder.shape
        assert len(batch.ids) == 1 or batch.ids.numel() <= 30 + batch.ids.shape[1]
        for row, owner, pieces, holder in zip(
            batch.ids, batch.owner, batch.pieces, batch.holder, strict=True
        ):
            there = pieces[pieces != teacher.PAD].tolist()
            assert (there[0], there[-1]) == Made.ends
            line = small.decode(row.tolist()).strip()
            assert "".join(map(chr, there[1:-1])) == line.replace(" ", "")
            words = [word for word in range(len(batch.home)) if word in owner]
            spelled = [
                "".join(
                    chr(piece)
                    for piece, of in zip(pieces.tolist(), holder.tolist(), strict=True)
                    if of == word
                )
                for word in words
            ]
            read = [
                small.decode(
                    [id for id, of in zip(row.tolist(), owner.tolist(), strict=True) if of == word]
                ).strip()
                for word in words
            ]
            assert spelled == read == line.replace(",", "").split()
            assert batch.kinds[words].tolist() == [word != "river" for word in spelled]
            found.append(line)
    assert sorted(found) == sorted(lines)


def test_a_line_read_in_chunks_is_the_line_read_whole(small):
    for line in ["He said, 'It's the river-bank' and 's went", "naïve_child... 12345 -- “bank”"]:
        (batch,) = batches(small, [line])
        assert batch.ids[0].tolist() == small.encode(line)
        assert batch.owner[0].tolist() == teacher.owners(
            small.spans(line, small.encode(line)), teacher.spans(line)
        )


def test_lessons_refuse_a_tokenizer_that_reads_a_word_otherwise_after_a_space(tokenizer):
    with pytest.raises(ValueError, match="small letters"):
        Lessons(tokenizer, Made(), {}, None, tokens=1, seed=1)


def test_two_workers_have_streams_of_their_own_and_the_same_ones_again(small):
    def numbers(chance):
        return (f"bank {chance.randrange(10**6)}" for _ in range(20))

    def drawn():
        made = Lessons(small, Made(), {}, numbers, tokens=10, seed=1)
        return [
            batch.ids.tolist() for batch in torch.utils.data.DataLoader(made, batch_size=None, num_workers=2)
        ]

    first = drawn()
    assert sum(map(len, first)) == 40
    assert len({tuple(row) for batch in first for row in batch}) > 30
    assert first == drawn()


def test_both_networks_learn_from_the_same_batches_and_each_gets_its_own_losses(targets, small, tmp_path):
    targets.turn(torch.randn(60, 384, generator=torch.Generator().manual_seed(2)), 8)
    sizes = {
        "vocabulary": len(small),
        "width": 8,
        "heads": 2,
        "key_heads": 2,
        "hidden": 9,
        "layers": 1,
        "causal": False,
        "predicts": False,
    }
    kinds = {"kind": "encoder"}, {"kind": "convolution", "positions": "none"}
    networks = torch.nn.ModuleList(initialise(build(ModelConfig(**sizes, **kind)), 1) for kind in kinds)
    found = batches(small, LINES[:2] * 70)
    curve = distil.train(
        networks,
        iter(found),
        found[:2],
        targets,
        Made(),
        steps=100,
        state=tmp_path / "state.pt",
        rate=0.03,
        tokens=10,
    )
    ((step, *losses),) = curve
    assert step == 100 and len(losses) == 4 and len(set(losses)) == 4
    assert all(
        after < before for before, after in zip(losses[:2], losses[2:], strict=True)
    )  # the mean over all steps, and the held-out loss at the end
    final = networks[1].requires_grad_(False)(found[0].ids, predict=False).final
    miss = 1 - F.cosine_similarity(
        teacher.word_vectors(final, found[0].owner, len(found[0].kinds)), wanted(targets, found[0])[0], dim=-1
    )
    assert float(miss.mean()) < 0.9


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
        assert (
            1
            <= sum(
                a != b for a, b in zip(teacher.WORD.findall(line), teacher.WORD.findall(whole), strict=True)
            )
            <= 3
        )
    assert sum("crane" in line for line in changed) > 0.25 * len(changed)


def test_mixed_lines_have_half_of_their_words_from_elsewhere_all_equally_often():
    lines = ["boats pass under wooden bridges near river banks", "ha"]
    stream = reading.mixed(lines, {"crane": 9000, "seal": 8, "rare": 7}, random.Random(1))
    found = [next(stream).split() for _ in range(400)]
    changed = [
        sum(a != b for a, b in zip(lines[0].split(), words, strict=True))
        for words in found
        if words != ["ha"]
    ]
    assert set(changed) == {4}
    counts = Counter(word for words in found for word in words)
    assert counts["crane"] == pytest.approx(counts["seal"], rel=0.2) and not counts["rare"]


def test_the_teacher_reads_a_line_the_same_alone_and_beside_longer_ones():
    chance = torch.Generator().manual_seed(1)
    master = teacher.Teacher.__new__(teacher.Teacher)
    master.heads, master.layers, master.device = 2, 1, "cpu"
    square = [
        f"encoder.layer.0.{part}"
        for part in (
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
        )
    ]
    norms = ["embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"]
    shapes = {f"embeddings.{name}_embeddings.weight": (9, 4) for name in ("word", "position", "token_type")}
    shapes |= {name + ".weight": (4, 4) for name in square} | {name + ".bias": (4,) for name in square}
    shapes |= {
        "encoder.layer.0.intermediate.dense.weight": (8, 4),
        "encoder.layer.0.intermediate.dense.bias": (8,),
    }
    shapes |= {"encoder.layer.0.output.dense.weight": (4, 8), "encoder.layer.0.output.dense.bias": (4,)}
    shapes |= {f"{name}.LayerNorm.{part}": (4,) for name in norms for part in ("weight", "bias")}
    master.tensors = {name: torch.randn(shape, generator=chance) for name, shape in shapes.items()}
    alone = master.states(torch.tensor([[3, 1, 4]]))[-1]
    beside = master.states(torch.tensor([[3, 1, 4, teacher.PAD, teacher.PAD], [5, 2, 6, 5, 3]]))[-1]
    torch.testing.assert_close(beside[0, :3], alone[0])
    master.ends, master.pieces = (3, 4), lambda line: ([1, 1, 1, 4], [0, 0, -1, 1])
    read = master.states(torch.tensor([[3, 1, 1, 1, 4, 4]]))
    assert master.words("ab, c").shape == (2, 2, 4)
    torch.testing.assert_close(master.words("ab, c")[0, 1], read[1][0, 1:3].mean(0))
    torch.testing.assert_close(master.words("ab, c")[1, 0], read[0][0, 4])


def test_words_start_at_their_mean_vectors_and_their_case_does_not_matter(targets, small):
    assert small.encode("THE river") == small.encode(" the River")
    targets.turn(torch.randn(60, 384, generator=torch.Generator().manual_seed(2)), 8)
    network = initialise(
        Transformer(
            ModelConfig(
                vocabulary=len(small), width=8, heads=2, key_heads=2, hidden=9, factor=3, predicts=False
            )
        ),
        1,
    )
    before = network.embedding.weight.clone()
    targets.begin(network, small)
    known = [id for id in range(len(small)) if small.piece(id).strip() in COUNTS]
    assert known
    for id in known:
        mean = targets.means[targets.numbers[small.piece(id).strip()]] @ targets.axes[:, :3]
        assert F.cosine_similarity(network.embedding.weight[id], mean, dim=0) > 0.999
    torch.testing.assert_close(network.embedding.weight.norm(dim=1), before.norm(dim=1))
    torch.testing.assert_close(network.embed(torch.tensor([5]))[0, :3], network.embedding.weight[5] * 8**0.5)


@pytest.fixture
def folder(tmp_path):
    """A folder of small texts under the names of the true ones."""
    texts = tmp_path / "texts"
    texts.mkdir()
    for name in corpus.STORIES:
        lines = [
            f"{name[:5]} {i}: the river bank was wet, {'so ' * (i % 4)}she took her savings to the bank."
            for i in range(60)
        ]
        (texts / name).write_text("\n".join(lines), encoding="utf-8")
    glosses = ["held: out", *(f"bank, shore: sloping land beside water number {i}" for i in range(9))]
    (texts / "oewn_glosses.txt").write_text("\n".join(glosses), encoding="utf-8")
    (texts / "oewn_examples.txt").write_text(
        "\n".join(f"They sat on the bank {i}" for i in range(30)), encoding="utf-8"
    )
    return texts


def test_the_encoder_and_its_twin_are_trained_from_a_folder_of_texts_kept_and_told(
    folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(teacher, "Teacher", lambda package, device: Made())
    for name, value in {
        "VOCABULARY": 320,
        "WIDTH": 24,
        "FACTOR": 12,
        "HELD": 20,
        "MEANS": 2000,
        "PART": 1000,
    }.items():
        monkeypatch.setattr(distil, name, value)

    def run(made):
        distil.distil(
            folder, None, steps=3, tokens=400, seed=1, work=tmp_path / "work", folder=made, workers=0
        )
        return [zoo.load(name, folder=made) for name in distil.NAMES]

    first = run(tmp_path / "first")
    assert [bundle.config.kind for bundle in first] == ["encoder", "convolution"]
    for bundle in first:
        ((step, *losses),) = bundle.card["curve"]
        assert (step, bundle.card["steps"], bundle.card["tokens_seen"]) == (3, 3, 1200)
        assert bundle.card["held_out_cosine"] == 1 - losses[-1]
        assert set(bundle.card["corpus"]) == {file.name for file in folder.iterdir()}
    assert first[0].card["curve"] != first[1].card["curve"]
    capsys.readouterr()
    again = run(tmp_path / "again")
    assert "resumed at step 3" in capsys.readouterr().out
    assert [bundle.card["sha256"] for bundle in again] == [bundle.card["sha256"] for bundle in first]
