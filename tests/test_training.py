"""Training can be repeated and resumed bit for bit, and what is held out stays out."""

import math
from contextlib import suppress
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import tokenizer as bpe
from model.network.config import ModelConfig
from model.network.encodings import ENCODINGS
from model.network.transformer import Transformer, initialise
from model.train import corpus, language, muon
from model.train.fit import fit, schedule

TEXTS = [
    "Tom went to the river. He swam to the other bank.",
    "Ann went to the bank. She got cash from the other bank.",
] * 3
TOKENS, BATCH = 16, 4


@pytest.fixture(scope="module")
def words():
    return bpe.train("\n".join(TEXTS), 43)  # 256 bytes, 43 merges and the end: a vocabulary of 300


def fresh(positions="rope", seed=1, **choices):
    sizes = {
        "vocabulary": 300,
        "width": 16,
        "layers": 1,
        "heads": 2,
        "key_heads": 2,
        "hidden": 24,
        "context": TOKENS,
        "max_tokens": TOKENS,
    }
    return initialise(Transformer(ModelConfig(positions=positions, **(sizes | choices))), seed)


def run(words, state, steps=12, stop=None):
    """Train a fresh network, state kept every 3 steps, broken off before step `stop`; returns ({step: loss},
    curve, network).
    """
    network, row, losses = fresh(), corpus.stream(words, TEXTS), {}

    def backward(step):
        if step == stop:
            raise InterruptedError
        losses[step] = language.next_token_loss(
            network, corpus.windows([row], [1.0], tokens=TOKENS + 1, batch=BATCH, seed=5, step=step)
        )
        return losses[step]

    curve = None
    with suppress(InterruptedError):
        curve = fit(
            network,
            backward,
            steps=steps,
            rate=0.03,
            state=state,
            tokens_per_step=BATCH * TOKENS,
            every=3,
            validate=count(100).__next__,
        )
    return losses, curve, network


def same(one, other):
    """True where two networks have the same parameters bit for bit."""
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


# ---- the loop ----


def test_two_runs_from_one_seed_agree_bit_for_bit(words, tmp_path):
    (losses, curve, network), (again, curve_again, network_again) = (
        run(words, tmp_path / "one.pt", 20),
        run(words, tmp_path / "two.pt", 20),
    )
    assert losses == again
    assert curve == curve_again
    assert same(network, network_again)
    assert not same(network, fresh())


def test_a_run_that_was_stopped_resumes_as_if_it_had_not_been(words, tmp_path):
    whole, curve, network = run(words, tmp_path / "whole.pt")
    state = tmp_path / "broken.pt"
    assert run(words, state, stop=7)[1] is None
    rest, resumed_curve, resumed = run(words, state)
    assert list(rest) == [6, 7, 8, 9, 10, 11]  # on from the state kept after six steps
    assert rest == {step: whole[step] for step in rest}
    assert [row[:2] for row in resumed_curve] == [row[:2] for row in curve]
    assert same(resumed, network)


def test_a_finished_run_is_not_run_again(words, tmp_path):
    _, curve, network = run(words, tmp_path / "state.pt")
    losses, curve_again, network_again = run(words, tmp_path / "state.pt")
    assert losses == {}
    assert curve_again == curve
    assert same(network, network_again)


def test_the_curve_has_the_mean_loss_of_every_stretch(words, tmp_path):
    losses, curve, _ = run(words, tmp_path / "state.pt", steps=31)
    stretches = [range(start, min(start + 3, 31)) for start in range(0, 31, 3)]
    assert [row[:2] for row in curve] == [[s[-1] + 1, sum(losses[i] for i in s) / len(s)] for s in stretches]
    assert [row[0] for row in curve if len(row) == 3] == [
        30,
        31,
    ]  # validated at ten times three and at the end


def test_the_learning_rate_rises_stays_and_falls_to_nothing():
    shares = [schedule(step, 1000) for step in range(1000)]
    assert shares[0] == pytest.approx(1 / 21)
    assert shares[20:501] == [1.0] * 481
    assert shares[750] == pytest.approx(0.5)
    assert shares[999] == pytest.approx(0.002)


def test_the_schedule_sets_the_learning_rate_of_every_parameter(words, tmp_path, monkeypatch):
    monkeypatch.setattr("model.train.fit.schedule", lambda step, steps: 0.0)
    assert same(run(words, tmp_path / "state.pt")[2], fresh())


def test_training_on_a_few_sentences_learns_them(words, tmp_path):
    network = fresh()
    before = language.held_out_loss(network, words, TEXTS)["nats_per_token"]
    texts = {"one.txt": TEXTS, "two.txt": TEXTS[:3]}
    curve = language.train(
        network, words, texts, {"one.txt": TEXTS}, seed=1, steps=60, state=tmp_path / "state.pt", batch=BATCH
    )
    assert before == pytest.approx(
        math.log(300), rel=0.02
    )  # a network just made knows nothing: all 300 tokens are as likely
    assert curve[-1][0] == 60
    assert curve[-1][2] < before / 2


# ---- the start ----


def test_the_six_encodings_start_from_the_same_parameters_where_they_share_a_name():
    networks = {positions: dict(fresh(positions).named_parameters()) for positions in ENCODINGS}
    for parameters in networks.values():
        assert all(torch.equal(parameters[name], wanted) for name, wanted in networks["none"].items())
    extra = {
        positions: parameters.keys() - networks["none"].keys() for positions, parameters in networks.items()
    }
    assert {positions: names for positions, names in extra.items() if names} == {
        "learned": {"position_table"},
        "t5": {"t5_table"},
    }


def test_the_start_depends_on_the_seed_and_on_the_name_of_the_parameter():
    one, other = fresh(seed=1), fresh(seed=2)
    assert not torch.equal(one.embedding.weight, other.embedding.weight)
    assert not torch.equal(one.blocks[0].attention.query.weight, one.blocks[0].attention.key.weight)


def test_all_parameters_are_set_at_the_start():
    network = Transformer(fresh("t5").config)
    for parameter in network.parameters():
        parameter.data.fill_(math.nan)
    assert same(initialise(network, 1), fresh("t5"))
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


# ---- the loss ----


def plain(network, windows):
    """Cross entropy of windows and its gradient, by autograd alone."""
    loss = F.cross_entropy(network(windows[:, :-1]).logits.flatten(0, 1), windows[:, 1:].flatten())
    return loss.item(), torch.autograd.grad(loss, list(network.parameters()))


@pytest.mark.parametrize("rows", [7, 512])
@pytest.mark.parametrize("positions", ["learned", "rope", "t5"])
def test_the_loss_and_its_gradient_are_those_of_plain_cross_entropy(positions, rows):
    network = fresh(
        positions
    ).double()  # autocast leaves float64 alone, so that both ways compute the same numbers
    windows = torch.randint(300, (BATCH, TOKENS + 1), generator=torch.Generator().manual_seed(1))
    loss, gradients = plain(network, windows)
    assert language.next_token_loss(network, windows, rows) == pytest.approx(loss, rel=1e-12)
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-9, atol=1e-12)


def test_bfloat16_costs_the_gradient_less_than_two_percent(monkeypatch):
    monkeypatch.setattr(
        language, "precision", lambda device: torch.autocast(device, torch.bfloat16)
    )  # as on a GPU
    network = fresh()
    windows = torch.randint(300, (BATCH, TOKENS + 1), generator=torch.Generator().manual_seed(1))
    loss, gradients = plain(network, windows)
    # bfloat16 keeps 8 bits: each rounding is off by at most 2^-9 = 0.2 %. Ten or so of them lie in a row on
    # the way there and back; at random signs
    # they add up to sqrt(10) * 0.2 % = 0.6 %, at worst to 2 %. A wrong factor or a forgotten term would be
    # off by far more.
    assert language.next_token_loss(network, windows) == pytest.approx(loss, rel=0.02)
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        assert 1e-4 * gradient.norm() < (parameter.grad - gradient).norm() < 0.02 * gradient.norm()


def test_a_network_that_knows_nothing_loses_the_logarithm_of_its_vocabulary(words):
    network = fresh()
    network.embedding.weight.data.zero_()  # all logits 0: every token has 1 / 300
    found = language.held_out_loss(network, words, TEXTS)
    assert found["nats_per_token"] == pytest.approx(math.log(300), rel=1e-6)
    row = corpus.stream(words, TEXTS).tolist()
    judged = row[1 : (len(row) - 1) // TOKENS * TOKENS + 1]  # whole windows only, and never the first token
    size = len(words.decode(judged).encode()) + judged.count(words.end)
    assert found["bits_per_byte"] == pytest.approx(math.log2(300) * len(judged) / size, rel=1e-6)


# ---- the corpus ----


@pytest.fixture
def files(tmp_path):
    """A file with a document per line, and a book with a paragraph per line; 83 and 1,100 lines, no two
    alike.
    """
    tales, book = tmp_path / "tales.txt", tmp_path / "gutenberg_fairy.txt"
    tales.write_text("CHAPTER ONE\n\n" + "".join(f"Tale {i} of the river.\n" for i in range(83)))
    book.write_text("".join(f"Paragraph {i} of the book.\n" for i in range(1100)))
    return [tales, book]


def test_what_is_held_out_is_never_trained_on_and_nothing_is_lost(files):
    training, held = corpus.split(files)
    assert {name: (len(training[name]), len(held[name])) for name in training} == {
        "tales.txt": (78, 5),
        "gutenberg_fairy.txt": (10, 1),
    }
    for path in files:
        trained, kept = (
            {line for text in part[path.name] for line in text.splitlines()} for part in (training, held)
        )
        assert trained.isdisjoint(kept)
        assert trained | kept == {
            line for line in path.read_text().splitlines() if line and line != "CHAPTER ONE"
        }


class Listener:
    """In the place of a network: notes what it is given and says nothing about it."""

    def __init__(self, longest):
        self.config, self.heard = SimpleNamespace(max_tokens=longest), []

    def __call__(self, ids):
        self.heard.append(ids.tolist())
        return SimpleNamespace(logits=torch.zeros(len(ids), 300))


def test_the_loss_by_position_asks_every_model_about_the_same_tokens(words):
    long, short = Listener(1024), Listener(128)
    texts = ["the river bank and the road to the other bank " * 40] * 30
    rows = [language.loss_by_position(one, words, texts, count=12) for one in (long, short)]
    assert len(long.heard) == len(short.heard) == 12 and len(set(map(tuple, short.heard))) > 6
    assert [window[:128] for window in long.heard] == short.heard
    assert rows[0][:6] == rows[1] and rows[0][-1][:2] == [768, 1024]


def test_a_document_that_occurs_twice_is_not_both_held_out_and_trained_on(tmp_path):
    path = tmp_path / "twice.txt"
    path.write_text("".join(f"Tale {i % 30} of the river.\n" for i in range(60)))
    training, held = corpus.split([path])
    assert set(training[path.name]).isdisjoint(held[path.name])


def test_the_tokenizer_learns_from_training_texts_only(files):
    training, held, sample = language.gather(files)
    assert all(text in sample for found in training.values() for text in found)
    assert not any(text in sample for found in held.values() for text in found)


def test_a_stream_ends_every_document_with_the_end_token(words):
    row = corpus.stream(words, ["the bank", "the river"]).tolist()
    assert row == [*words.encode("the bank"), words.end, *words.encode("the river"), words.end]


def test_windows_depend_on_seed_and_step_alone():
    streams = [np.arange(1000), np.arange(5000, 6000)]
    draw = {
        (seed, step): corpus.windows(streams, [1, 3], tokens=7, batch=5, seed=seed, step=step)
        for seed in (1, 2)
        for step in (0, 1, 2)
    }
    for (seed, step), windows in reversed(draw.items()):
        assert torch.equal(corpus.windows(streams, [1, 3], tokens=7, batch=5, seed=seed, step=step), windows)
    assert len({tuple(windows.flatten().tolist()) for windows in draw.values()}) == 6


def test_windows_are_stretches_of_the_streams_in_their_shares():
    windows = corpus.windows(
        [np.arange(1000), np.arange(5000, 6000), np.arange(9000, 9999)],
        [1, 3, 0],
        tokens=7,
        batch=4000,
        seed=1,
        step=0,
    )
    assert windows.shape == (4000, 7)
    assert (windows.diff(dim=1) == 1).all()
    second = (windows[:, 0] >= 5000).float().mean().item()
    assert second == pytest.approx(0.75, abs=0.03)  # four standard deviations of 4,000 draws
    assert windows.max() < 9000


# ---- the optimiser ----


@pytest.mark.parametrize("shape", [(5, 13), (13, 5), (7, 7)])
def test_an_orthogonalised_matrix_keeps_its_singular_vectors_and_has_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    values = u.T @ muon.orthogonal(matrix[None])[0] @ v.T
    assert torch.diag(values).min() > 0.3 and torch.diag(values).max() < 1.3
    torch.testing.assert_close(values, torch.diag(torch.diag(values)), atol=1e-4, rtol=0)


def test_muon_goes_where_torchs_goes_but_for_rounding():
    ends = []
    for optimiser in (muon.Muon, torch.optim.Muon):
        matrix = torch.nn.Parameter(torch.randn(6, 11, generator=torch.Generator().manual_seed(2)))
        tool = optimiser([matrix], lr=0.1, weight_decay=0.05)
        for step in range(6):
            matrix.grad = torch.sin(matrix.detach() * (step + 1))
            tool.step()
        ends.append(matrix.detach())
    torch.testing.assert_close(*ends, atol=0.05, rtol=0)
    assert (ends[0] - torch.randn(6, 11, generator=torch.Generator().manual_seed(2))).abs().max() > 0.1
