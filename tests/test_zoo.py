"""Checkpoints come back as they were saved, or not at all."""

import hashlib
import json
import subprocess
import sys

import pytest
import torch

from model import zoo
from model.network.config import ModelConfig
from model.network.encodings import ENCODINGS

TEXT = "I swam to the other bank."


@pytest.fixture
def folder(tmp_path, make_network, tokenizer):
    """A folder with the models rope and alibi."""
    for name in ("rope", "alibi"):
        zoo.save(name, make_network(name), tokenizer, {"corpus": "made up", "steps": 7}, tmp_path)
    return tmp_path


def change_card(folder, **facts):
    path = folder / "rope.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


@pytest.mark.parametrize("positions", ENCODINGS)
def test_a_saved_model_loads_with_its_parameters_rounded_to_float16(tmp_path, make_bundle, positions):
    made = make_bundle(positions, key_heads=2)
    zoo.save("model", made.network, made.tokenizer, {}, tmp_path)
    loaded = zoo.load("model", tmp_path)
    assert loaded.config == made.config
    assert loaded.tokenizer.merges == made.tokenizer.merges
    kept, saved = loaded.network.state_dict(), made.network.state_dict()
    assert kept.keys() == saved.keys()
    assert all(torch.equal(kept[key], saved[key].half().float()) for key in kept)
    assert (
        abs(loaded.explain(TEXT).logits - made.explain(TEXT).logits).max() < 0.1
    )  # logits of about 5, eleven bits per parameter


def test_a_card_says_the_width_of_heads_and_one_without_it_means_their_share(tmp_path, make_bundle):
    for head_width in (10, None):
        made = make_bundle(head_width=head_width)
        zoo.save(f"heads-{head_width}", made.network, made.tokenizer, {}, tmp_path)
        assert zoo.load(f"heads-{head_width}", tmp_path).config == made.config
    card = json.loads((tmp_path / "heads-None.json").read_text())
    assert card["config"].pop("head_width") == 24 // 4
    (tmp_path / "heads-None.json").write_text(json.dumps(card))
    zoo.load.cache_clear()
    assert zoo.load("heads-None", tmp_path).config.head_width == 6
    assert zoo.load("decoder-rope").config.head_width == 192 // 6


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ({"width": 25, "heads": 4, "key_heads": 4}, "a width of 25 cannot be shared out among 4 heads"),
        ({"heads": 6, "key_heads": 4}, "6 heads cannot share 4 key heads"),
        ({"heads": 6, "key_heads": 0}, "6 heads cannot share 0 key heads"),
        ({"head_width": 0}, "head_width is 0; it must be at least 1"),
    ],
)
def test_sizes_that_do_not_fit_are_an_error(sizes, reason):
    with pytest.raises(ValueError, match=reason):
        ModelConfig(**sizes)


def test_the_card_tells_what_was_saved(folder, make_network):
    card = zoo.load("rope", folder).card
    network, data = make_network("rope"), (folder / "rope.safetensors").read_bytes()
    assert (card["name"], card["corpus"], card["steps"], card["bytes"]) == ("rope", "made up", 7, len(data))
    assert card["parameters"] == sum(parameter.numel() for parameter in network.parameters())
    assert card["sha256"] == hashlib.sha256(data).hexdigest()


def test_everybody_gets_the_same_model(folder):
    assert zoo.load("rope", folder) is zoo.load("rope", folder)
    assert zoo.load("rope", folder) is not zoo.load("alibi", folder)


def test_a_loaded_network_is_in_evaluation_mode_and_without_gradients(folder):
    network = zoo.load("rope", folder).network
    assert not any(module.training for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_names_are_sorted(folder, tmp_path):
    assert zoo.names(folder=folder) == ["alibi", "rope"]
    assert zoo.names(folder=tmp_path / "nothing") == []


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(folder):
    with pytest.raises(ValueError, match=r"There is no model “ropes”\. The bundled ones are: alibi, rope\."):
        zoo.load("ropes", folder)


@pytest.mark.parametrize("name", ["../rope", "", "rope.safetensors", "."])
def test_a_name_is_no_path(folder, name):
    (folder / "inside").mkdir()
    with pytest.raises(ValueError, match="There is no model"):
        zoo.load(name, folder / "inside")


def flip_one_bit(folder):
    path = folder / "rope.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_short(folder):
    path = folder / "rope.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    change_card(folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


DAMAGES = {
    "one bit is flipped": (flip_one_bit, "its checksum differs from its card's"),
    "cut short, checksum and all": (cut_short, "incomplete"),
    "the card is no JSON": (lambda folder: (folder / "rope.json").write_text("{"), "Expecting"),
    "the card is no UTF-8": (lambda folder: (folder / "rope.json").write_bytes(b"\xff"), "can't decode"),
    "the card is no table": (
        lambda folder: (folder / "rope.json").write_text("[]"),
        "holds no facts",
    ),
    "the card has no config": (lambda folder: change_card(folder, config=None), "mapping"),
    "the card has an unknown setting": (lambda folder: change_card(folder, config={"depth": 3}), "depth"),
    "the card's sizes are others": (
        lambda folder: change_card(folder, config={"vocabulary": 7}),
        "size mismatch",
    ),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_checkpoint_is_an_error_that_names_it(folder, damage, reason):
    damage(folder)
    with pytest.raises(
        ValueError,
        match=f"(?s)The checkpoint of “rope” is damaged: .*{reason}.*rope.safetensors and its card",
    ):
        zoo.load("rope", folder)
    assert zoo.load("alibi", folder).explain(TEXT).text == TEXT


def test_to_read_a_model_and_run_it_takes_no_more_than_torch_itself():
    code = "import sys, model; model.load('decoder-rope').explain('The bank'); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "model.network.transformer" in loaded
    assert "torch._dynamo" not in loaded  # its compiler: a second, and 70 MB in each process
