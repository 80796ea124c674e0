"""The bundled models are what their cards say."""

import json
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors import safe_open

from model import zoo
from model.analysis.strings import strings
from model.network.config import KINDS
from model.network.encodings import ENCODINGS
from model.train import evaluate, toys

NAMES = zoo.names()
FAMILY = [f"decoder-{positions}" for positions in ENCODINGS]


def test_all_that_read_texts_are_there_and_fit_into_70_megabytes():
    assert set(NAMES) == {
        *FAMILY,
        "decoder-unmasked",
        "decoder-cnn",
        "encoder",
        "encoder-cnn",
        *(f"toy-{positions}" for positions in ENCODINGS),
    }
    files = [path for path in zoo.FOLDER.rglob("*") if path.is_file() and path.parent.name != "vision"]
    assert sum(path.stat().st_size for path in files) <= 70e6


def test_names_come_in_groups():
    kinds = [zoo.load(name).config.kind for name in NAMES]
    assert kinds == sorted(kinds, key=KINDS.index)
    assert [name for kind in KINDS for name in zoo.names(kind)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_card_tells_where_the_model_comes_from(name):
    card = zoo.load(name).card
    assert card["name"] == name
    assert card["corpus"] and all(licence != "not stated" for licence in card["corpus"].values())
    assert {"seed", "steps", "tokens_seen", "curve", "parameters", "sha256"} <= card.keys()
    losses = [row[1] for row in card["curve"]]
    assert losses[-1] < losses[0] and np.isfinite(losses).all()
    assert card["parameters"] == sum(parameter.numel() for parameter in zoo.load(name).network.parameters())


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("decoder")])
def test_a_decoder_has_the_loss_of_its_card_on_a_short_text(name):
    bundle = zoo.load(name)
    assert bundle.card["sample"]["text"] == evaluate.SAMPLE
    assert evaluate.sample_loss(bundle) == pytest.approx(bundle.card["sample"]["nats_per_token"], abs=1e-4)


@pytest.mark.parametrize("name", ["encoder", "encoder-cnn"])
def test_an_encoder_has_the_cosine_of_its_card_between_two_banks(name):
    bundle = zoo.load(name)
    assert evaluate.sample_cosine(bundle) == pytest.approx(bundle.card["sample"]["cosine"], abs=1e-4)


def test_the_six_decoders_differ_in_their_positions_alone():
    cards = [zoo.load(name).card for name in FAMILY]
    shared = [
        {key: value for key, value in card["config"].items() if key not in ("positions", "max_tokens")}
        for card in cards
    ]
    assert all(one == shared[0] for one in shared)
    assert [card["config"]["positions"] for card in cards] == list(ENCODINGS)
    for fact in ("seed", "steps", "tokens_seen", "corpus", "held_out"):
        assert all(card[fact] == cards[0][fact] for card in cards), fact
    assert all(zoo.load(name).tokenizer.merges == zoo.load(FAMILY[0]).tokenizer.merges for name in FAMILY)


@pytest.mark.parametrize("name", FAMILY)
def test_a_family_card_has_the_loss_by_position_as_far_as_the_model_goes(name):
    card, config = zoo.load(name).card, zoo.load(name).config
    rows = card["loss_by_position"]
    assert rows[0][0] == 0 and rows[-1][1] == min(config.max_tokens, 8 * config.context)
    assert all(one[1] == other[0] for one, other in pairwise(rows))
    assert len(card["short_training"]["bits_per_byte"]) == 3
    assert ("note" in card) == (name == "decoder-learned")


def test_learned_positions_end_in_a_sentence():
    bundle = zoo.load("decoder-learned")
    with pytest.raises(ValueError, match=r"takes at most 128"):
        bundle.explain("the river " * 100)


def test_the_model_that_cheats_reads_the_answer_off_its_input():
    card = zoo.load("decoder-unmasked").card
    assert card["bits_per_byte"] < 0.1 < zoo.load("decoder-rope").card["bits_per_byte"]


def test_the_twins_are_alike_in_size_and_the_encoders_see_nine_tokens_and_all():
    for kind in ("decoder", "encoder"):
        sizes = [
            zoo.load(name).card["parameters"]
            for name in (f"{kind}-cnn", "decoder-none" if kind == "decoder" else "encoder")
        ]
        assert sizes[0] == pytest.approx(sizes[1], rel=0.01)
    assert zoo.load("encoder-cnn").network.field == 9
    assert asdict(zoo.load("encoder").config)["positions"] == "rope"


# ---- the toys ----


@pytest.mark.parametrize("positions", ENCODINGS)
def test_a_toy_copies_as_well_as_its_card_says(positions):
    bundle = zoo.load(f"toy-{positions}")
    found = toys.measure(bundle.network)
    assert found["copy_accuracy"] == pytest.approx(bundle.card["copy_accuracy"], abs=0.01)
    for heads in ("previous_token", "induction"):
        np.testing.assert_allclose(found[heads], bundle.card[heads], atol=0.01)


@pytest.mark.parametrize("positions", ENCODINGS)
def test_a_birth_is_twelve_snapshots_of_causal_weights_the_last_being_the_toys_own(positions):
    path = zoo.FOLDER / "births" / f"toy-{positions}.safetensors"
    with safe_open(path, "np") as file:
        text = file.metadata()["text"]
        births = {int(key.split()[1]): file.get_tensor(key).astype(np.float32) for key in file.keys()}  # noqa: SIM118
    assert sorted(births) == list(toys.SNAPSHOTS) and len(births) == 12
    network = zoo.load(f"toy-{positions}").network
    for weights in births.values():
        assert weights.shape == (2, 4, len(text), len(text))
        np.testing.assert_allclose(weights.sum(-1), 1, atol=0.01)
        assert (np.triu(weights, 1) == 0).all()
    ids = torch.tensor(zoo.load(f"toy-{positions}").tokenizer.encode(text))
    np.testing.assert_allclose(toys.weights_of(network, ids).numpy(), births[toys.SNAPSHOTS[-1]], atol=0.02)


def test_a_repeating_string_repeats_with_its_period():
    ids, periods = strings(20, 96, seed=3)
    assert set(periods.tolist()) <= set(range(8, 41)) and len(set(periods.tolist())) > 5
    for row, period in zip(ids, periods, strict=True):
        assert torch.equal(row[period:], row[:-period])
        assert len(set(row[:period].tolist())) > 3
    again, _ = strings(20, 96, seed=3)
    assert torch.equal(ids, again)


def test_the_cards_are_plain_json():
    for path in zoo.FOLDER.glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["name"] == path.stem
