"""Digits learned while somebody watches: the steps of the models' own training, and a view that begins and
pauses.
"""

import numpy as np
import pytest
import torch

from model.analysis.learning import pictures
from model.analysis.learning.pictures import KINDS, Pictures
from model.train import pictures as watched
from model.train import vision
from model.vision import digits
from pages import _cache, _trainings
from pages._cache import Cache
from pages.vision import training
from tests.session import address, click, control, opened
from tests.session import pictures as shown

THREE = digits.test()[0][digits.SHOWN[0]].tobytes()
NOW = 1_700_000_000_000


def test_no_digit_is_both_learned_and_measured_and_the_samples_are_measured_alone():
    order = pictures.order()
    assert sorted(order) == list(range(1000)) and set(digits.SHOWN) <= set(order[pictures.TRAINING :])
    images, labels = pictures.learned()
    assert len(images) == len(labels) == 800 and len(pictures.held()[0]) == 200
    np.testing.assert_array_equal(images[5], digits.test()[0][order[5]])


def test_the_first_losses_are_those_of_the_models_training(tmp_path, monkeypatch):
    found = []

    def three(network, backward, **how):
        found.extend(backward(0) for _ in range(1))
        return []

    monkeypatch.setattr(vision, "fit", three)
    vision.fitted("vit", *pictures.learned(), seed=2, steps=400, state=tmp_path / "x", batch=pictures.BATCH)
    *_, (last, _) = watched.train(Pictures("vit", THREE, 2), until=1)
    assert last.losses.tolist() == pytest.approx(found, abs=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_what_the_network_sees(kind):
    chosen = Pictures(kind, THREE)
    (first, state), (second, _) = watched.train(chosen, until=2)
    assert (first.step, second.step, state.step, len(second.losses)) == (0, 2, 0, 2)
    network = vision.begun(kind, *pictures.learned(), seed=1, batch=2)[0]
    with torch.inference_mode():
        images, labels = pictures.held()
        right = (network(images).logits.argmax(-1) == labels).double().mean().item()
        record = network(torch.tensor(chosen.image))
    assert first.inside == pytest.approx(right) and first.maps.max() == 255
    if record.layers:
        row = record.layers[1].attention.weights()[2, 0, 1:].reshape(7, 7).numpy()
        np.testing.assert_allclose(first.maps[6] / 255, row / row.max(), atol=0.003)
        assert first.ink[6] == pytest.approx((row * chosen.ink).sum() / row.sum(), abs=1e-5)
    again = list(watched.train(chosen, state=state, until=2))
    assert again[0][0].losses.tobytes() == second.losses.tobytes()


def test_an_untrained_model_is_measured_once_for_all_digits(monkeypatch):
    monkeypatch.setattr(_cache, "CACHE", Cache(1e8))
    asked, held_out = [], pictures.held_out
    monkeypatch.setattr(pictures, "held_out", lambda network: asked.append(network) or held_out(network))
    digit = [Pictures("vit", digits.test()[0][place].tobytes()) for place in digits.SHOWN[:3]]
    one, two, three = map(training.first, digit)
    assert len(asked) == 1 and one.inside == two.inside == three.inside
    assert not np.array_equal(one.maps, two.maps)


@pytest.mark.parametrize("kind", KINDS)
def test_the_view_trains_pauses_and_shows_what_was_recorded(kind, monkeypatch):
    monkeypatch.setattr(_trainings, "PORTION", 0.0)
    monkeypatch.setattr(_cache, "CACHE", Cache(1e8))
    at = opened("vision", **{"vision.section": "Train it now", "vision.variant": kind})
    header, maps = shown(at)["vision.course"]
    expected = training.first(Pictures(kind, digits.test()[0][digits.SHOWN[0]].tobytes()))
    np.testing.assert_array_equal(maps[0], expected.maps)
    assert header["steps"] == [0] and header["sources"] == np.argwhere(Pictures(kind, THREE).ink).tolist()
    control(at, "vision.live.train").click()
    for _ in range(2):
        at.run()
        assert not at.exception
    control(at, "vision.live.train").click()
    at.run()
    assert shown(at)["vision.course"][0]["steps"] == [0, 3]
    click(at, "vision.course", {"place": [0, 1, NOW]})
    assert address(at)["vision.live.step"] == "0"
    assert address(at)["vision.live.head"] == training.names(kind)[1]
