"""The bundled models of pictures: they load at once, and are as good as their cards say."""

import json
import shutil
import time

import numpy as np
import pytest

from model.analysis import vision as analysis
from model.vision import NAMES, digits, load, window
from model.vision.checkpoints import FOLDER
from model.zoo import Unavailable

BARS = {"vit": 0.97, "vit-rope": 0.97, "vit-none": 0, "cnn": 0.985}
names = pytest.mark.parametrize("name", NAMES)


@names
def test_a_model_is_as_good_as_its_card_says_and_as_it_must_be(name):
    bundle = load(name)
    assert analysis.accuracy(bundle) == bundle.card["test_accuracy"] >= BARS[name]
    assert analysis.shuffle_accuracy(bundle) == pytest.approx(bundle.card["shuffle_accuracy"], abs=0.002)


@names
def test_digits_that_are_moved_are_read_as_the_card_says(name):
    measured = analysis.shift_accuracy(load(name), 4)
    assert measured == pytest.approx(load(name).card["shift_accuracy"][4], abs=0.001)


def test_shuffled_patches_are_the_same_to_the_model_without_positions_only():
    lost = {name: load(name).card["test_accuracy"] - load(name).card["shuffle_accuracy"] for name in NAMES}
    assert abs(lost.pop("vit-none")) <= 0.002 and min(lost.values()) > 0.5


@names
def test_what_is_shown_of_a_digit_is_what_the_model_computed(name):
    image = digits.bright(digits.test()[0][0])
    assert load(name).explain(image).error() < 1e-5


@names
def test_a_model_loads_in_the_blink_of_an_eye(name):
    load(name)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        load.__wrapped__(name)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.1


def test_all_together_are_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6e6


def test_thirty_digits_are_shown_all_kinds_and_some_that_each_model_gets_wrong():
    images, labels = digits.test()
    shown = np.array(digits.SHOWN)
    assert len(set(shown)) == 30 and set(labels[shown]) == set(range(10))
    for name in NAMES:
        wrong = load(name).predict(digits.bright(images[shown])).argmax(-1) != labels[shown]
        assert 1 <= wrong.sum() <= 15


def test_the_curves_have_five_seeds_from_fifty_digits_to_nine_thousand():
    curves = analysis.curves()
    assert curves.sizes[0] == 50 and curves.sizes[-1] == 9000 and len(curves.seeds) == 5
    assert set(curves.accuracy) >= {"vit", "vit-rope", "cnn"}
    for table in curves.accuracy.values():
        assert table.shape == (len(curves.sizes), 5) and ((table > 0.05) & (table < 1)).all()
        assert (np.diff(table.mean(1)) > 0).all()  # more pictures, more accuracy
        assert not table.flags.writeable
    assert (curves.accuracy["cnn"].mean(1) > curves.accuracy["vit"].mean(1)).all()


def test_a_trained_model_that_sees_through_a_window_is_measured_as_well():
    assert 0.05 < analysis.accuracy(load("vit"), allowed=window(1)) < load("vit").card["test_accuracy"]


def test_no_such_model_and_a_damaged_one_are_sentences(tmp_path):
    with pytest.raises(Unavailable, match="There is no model “dog” that looks at pictures"):
        load("dog")
    for part in ("cnn.safetensors", "cnn.json"):
        shutil.copy(FOLDER / part, tmp_path / part)
    (tmp_path / "cnn.safetensors").write_bytes(b"nothing")
    with pytest.raises(Unavailable, match=r"checksum differs .* model/checkpoints/vision/cnn\.safetensors"):
        load("cnn", tmp_path)
    card = json.loads((tmp_path / "cnn.json").read_text())
    del card["sha256"]
    (tmp_path / "cnn.json").write_text(json.dumps(card))
    with pytest.raises(Unavailable, match=r"Restore model/checkpoints/vision/cnn\.json"):
        load("cnn", tmp_path)
