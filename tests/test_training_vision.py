"""The training of models that look at pictures: the split, the small changes, and that it can be resumed."""

import json
from functools import partial

import numpy as np
import pytest
import torch

from model.train import digits as corpus
from model.train import vision as training
from model.vision import VisionConfig, digits
from model.vision.checkpoints import load


@pytest.fixture(scope="module")
def pictures():
    random = np.random.default_rng(5)
    return random.integers(0, 256, (1030, 28, 28), dtype=np.uint8), random.integers(0, 10, 1030)


@pytest.fixture
def file(pictures, tmp_path):
    np.savez(tmp_path / "digits.npz", images=pictures[0], labels=pictures[1])
    return tmp_path / "digits.npz"


def test_the_split_knows_the_pictures_and_not_their_order(pictures, file, tmp_path):
    (images, _), (held, of_held) = corpus.split(file)
    assert len(held) == 1000 and len(images) == 30
    every = {one.tobytes(): int(label) for one, label in zip(*pictures, strict=True)}
    again = {one.tobytes(): int(label) for one, label in zip(held, of_held, strict=True)}
    assert again.items() < every.items() and not again.keys() & {one.tobytes() for one in images}
    np.savez(tmp_path / "reversed.npz", images=pictures[0][::-1], labels=pictures[1][::-1])
    assert np.array_equal(corpus.split(tmp_path / "reversed.npz")[1][0], held)


def test_a_changed_picture_is_the_picture_a_little_moved(monkeypatch):
    images = torch.tensor(digits.bright(digits.test()[0][:50]))
    changed = corpus.altered(images, torch.Generator().manual_seed(1))
    assert changed.shape == images.shape and changed.min() >= 0 and changed.max() <= 1
    ink = changed.sum((1, 2)) / images.sum((1, 2))
    assert not torch.equal(changed, images) and ink.min() > 0.6 and ink.max() < 1.6
    for name in ("TURN", "SCALE", "SHIFT"):
        monkeypatch.setattr(corpus, name, 0.0)
    assert torch.allclose(corpus.altered(images, torch.Generator()), images, atol=1e-5)


def test_a_shift_is_counted_in_pixels(monkeypatch):
    monkeypatch.setattr(corpus, "TURN", 0.0)
    monkeypatch.setattr(corpus, "SCALE", 0.0)
    dot = torch.zeros(200, 28, 28)
    dot[:, 14, 14] = 1
    changed = corpus.altered(dot, torch.Generator().manual_seed(1))
    rows = (changed * torch.arange(28.0)[:, None]).sum((1, 2)) / changed.sum((1, 2))
    assert 1.9 < (rows - 14).abs().max() <= 2.01


@pytest.fixture
def small(monkeypatch):
    sizes = {"width": 8, "layers": 1, "heads": 2, "hidden": 8}
    configs = {
        "vit": VisionConfig(**sizes),
        "vit-rope": VisionConfig(**sizes, positions="rope"),
        "cnn": VisionConfig(kind="convolution", channels=(2, 3), strides=(2, 2)),
    }
    monkeypatch.setattr(training, "CONFIGS", configs)
    monkeypatch.setattr(training, "BATCH", 4)


def test_a_training_writes_a_checkpoint_and_its_card(small, file, tmp_path):
    card = training.train("vit", file, seed=1, steps=3, work=tmp_path / "work", folder=tmp_path / "made")
    stored = json.loads((tmp_path / "made" / "vit.json").read_text())
    assert stored == json.loads(json.dumps(card)) and stored["pictures_seen"] == 12
    assert load("vit", tmp_path / "made").card["test_accuracy"] == stored["test_accuracy"]
    assert "12 degrees" in stored["augmentation"] and stored["corpus"] == {"MNIST": "CC BY-SA 3.0"}


def test_a_broken_training_goes_on_where_it_stopped(small, pictures, tmp_path, monkeypatch):
    images, labels = pictures
    monkeypatch.setattr(training, "fit", partial(training.fit, every=10))

    def trained(state, stop=None):
        def learned(network, *batch, real=training.learned, left=[stop]):  # noqa: B006
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] = None if left[0] is None else left[0] - 1
            return real(network, *batch)

        with monkeypatch.context() as patch:
            patch.setattr(training, "learned", learned)
            return training.fitted("cnn", images, labels, seed=2, steps=25, state=state)[0]

    whole = trained(tmp_path / "whole.pt").state_dict()
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "broken.pt", stop=15)
    resumed = trained(tmp_path / "broken.pt").state_dict()
    assert all(torch.equal(resumed[key], whole[key]) for key in whole)


def test_curves_are_trained_once_for_each_number_of_pictures_and_seed(small, file, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SEEDS", (1, 2))
    monkeypatch.setattr(training, "SIZES", (5, 20))
    monkeypatch.setattr(training, "SHORT", {"steps": 2, "batch": 3, "changed": False})
    done = []
    real = training.fitted

    def fitted(name, images, labels, **rest):
        done.append((name, len(images), rest["seed"]))
        return real(name, images, labels, **rest)

    monkeypatch.setattr(training, "fitted", fitted)
    for _ in range(2):  # the second time nothing is left to do
        training.curves(file, work=tmp_path / "work", folder=tmp_path)
    assert sorted(done) == [
        (name, size, seed) for name in ("cnn", "vit", "vit-rope") for size in (5, 20) for seed in (1, 2)
    ]
    stored = json.loads((tmp_path / "curves.json").read_text())
    assert stored["sizes"] == [5, 20] and np.array(stored["accuracy"]["vit"]).shape == (2, 2)
