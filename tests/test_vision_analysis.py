"""What is measured of models that look at pictures: fields, influence, rollout, likeness, accuracies."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.analysis import vision
from model.analysis.vision.influence import outputs
from model.vision import Bundle, VisionConfig, digits, patches, untrained, window
from model.vision.network import build, initialise
from tests.test_vision import CONFIGS, random_bundle


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(3).random((28, 28), dtype=np.float32)


def exact(name, **sizes):
    """A random model in float64, in which no gradient is lost to rounding."""
    network = initialise(build(replace(CONFIGS[name], **sizes)), 1).double()
    return Bundle(name, {}, network.eval().requires_grad_(False))


# ---- what can be seen ----


@pytest.mark.parametrize("place", [(0, 0), (3, 3), (6, 2)])
@pytest.mark.parametrize("layer", [0, 1, 2, 3, 4, 5])
def test_the_field_by_formula_is_where_gradients_are(image, place, layer):
    config = VisionConfig(kind="convolution")
    bundle = exact("cnn", channels=(3, 4, 3, 4, 3, 4), strides=config.strides)
    gradient = vision.gradient_reach(bundle, image, vision.Place(layer, *place))
    assert np.array_equal(gradient > 0, vision.field(config, layer, place))


@pytest.mark.parametrize(("size", "patch"), [(30, 5), (64, 16)])
def test_random_models_see_what_the_formula_says_of_a_picture_of_any_size(size, patch):
    picture = np.random.default_rng(4).random((size, size), dtype=np.float32)
    random, place = untrained("convolution", size, patch), (1, 2)
    for layer in range(random.config.depth):
        gradient = vision.gradient_reach(random, picture, vision.Place(layer, *place))
        assert np.array_equal(gradient > 0, vision.field(random.config, layer, place))
    near, allowed = untrained("transformer", size, patch), window(1, size // patch)
    gradient = vision.gradient_reach(near, picture, vision.Place(1, *place), allowed)
    assert np.array_equal(gradient > 0, vision.attended_field(near.config, allowed, 1, place))
    assert random.name == "random convolution" and untrained("transformer", size, patch, 2).card == {}


def test_the_field_grows_by_the_kernel_times_the_strides_before():
    config = VisionConfig(kind="convolution")
    assert [vision.field_size(config, layer) for layer in range(6)] == [3, 5, 9, 13, 21, 29]
    assert vision.field(config, 3, (3, 3)).sum() == 13**2  # nothing of it lies past an edge
    rows = np.flatnonzero(vision.field(config, 0, (2, 5)).any(1))
    assert rows.tolist() == [9, 10, 11]  # around pixel 10, the third of patch 2
    with pytest.raises(ValueError, match="no layer 6"):
        vision.field(config, 6, (0, 0))


def test_on_the_last_maps_a_patch_has_its_own_cell():
    config = VisionConfig(kind="convolution")
    assert vision.cell(config, 5, (2, 6)) == vision.cell(config, 3, (2, 6)) == (2, 6)
    assert vision.cell(config, 1, (2, 6)) == (5, 13) and vision.cell(config, 0, (0, 6)) == (2, 26)


@pytest.mark.parametrize("name", ["vit", "vit-rope", "vit-none"])
@pytest.mark.parametrize("radius", [0, 1, 2])
def test_what_is_seen_through_windows_is_where_gradients_are(image, name, radius):
    bundle, allowed = exact(name), window(radius)
    for layer in range(3):
        seen = vision.attended_field(bundle.config, allowed, layer, (1, 4))
        gradient = vision.gradient_reach(bundle, image, vision.Place(layer, 1, 4), allowed)
        assert np.array_equal(gradient > 0, seen)
        reach = radius * (layer + 1)
        rows, columns = np.arange(28) // 4, np.arange(28) // 4
        assert np.array_equal(seen, (abs(rows - 1) <= reach)[:, None] & (abs(columns - 4) <= reach))


def test_without_a_mask_a_patch_sees_the_whole_picture(image):
    bundle = exact("vit")
    assert vision.attended_field(bundle.config, np.ones((50, 50)), 0, (0, 0)).all()
    assert (vision.gradient_reach(bundle, image, vision.Place(0, 0, 0)) > 0).all()


# ---- influence ----


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("target", [4, vision.Place(1, 2, 3)])
def test_the_gradient_is_the_length_of_all_numbers_gradients(image, name, target):
    bundle = exact(name)

    def numbers(pixels):
        return outputs(bundle.config, bundle.network(pixels), target)

    pixels = torch.tensor(image).double()
    jacobian = torch.autograd.functional.jacobian(numbers, pixels)  # (K, 28, 28)
    assert np.allclose(vision.gradient_reach(bundle, image, target), jacobian.norm(dim=0))


@pytest.mark.parametrize("name", CONFIGS)
def test_occlusion_is_the_difference_of_two_passes(image, name):
    bundle = random_bundle(name)
    painted = image.copy()
    painted[8:12, 20:24] = 0  # patch (2, 5)
    before, after = bundle.explain(image).logits[7], bundle.explain(painted).logits[7]
    assert vision.support(bundle, image, 7)[2, 5] == pytest.approx(before - after, abs=1e-4)
    assert np.allclose(vision.occlusion(bundle, image, 7), np.abs(vision.support(bundle, image, 7)))


@pytest.mark.parametrize(("name", "allowed"), [("vit", window(1)), ("cnn", None)])
def test_what_cannot_be_seen_has_no_influence_at_all(image, name, allowed):
    bundle, place = random_bundle(name), vision.Place(0, 3, 3)
    changed = vision.occlusion(bundle, image, place, allowed)
    if allowed is None:
        seen = vision.field(bundle.config, 0, (3, 3))
    else:
        seen = vision.attended_field(bundle.config, allowed, 0, (3, 3))
    assert np.array_equal(changed > 0, patches(seen, 4).any(-1).reshape(7, 7))


def test_pixels_are_summed_by_patch():
    influence = np.zeros((28, 28))
    influence[4, 8], influence[7, 11] = 3, 4
    assert vision.by_patch(influence, 4)[1, 2] == 5 and np.count_nonzero(vision.by_patch(influence, 4)) == 1


def test_rollout_starts_from_half_of_the_first_layers_weights(image):
    trace = random_bundle("vit").explain(image)
    shares = vision.rollout(trace)
    mean = np.mean([trace.layers[0].attention.weights(head) for head in range(2)], axis=0)
    assert shares.shape == (3, 7, 7) and np.allclose(shares[0], mean[0, 1:].reshape(7, 7) / 2)
    patch = vision.rollout(trace, trace.token(4, 1))
    assert patch[0, 4, 1] > 0.5 and (patch.sum((1, 2)) < 1).all()


# ---- what was learned ----


def test_filters_are_the_first_parameters():
    cnn, vit = random_bundle("cnn"), random_bundle("vit")
    assert vision.filters(cnn).shape == (3, 3, 3) and vision.filters(vit).shape == (24, 4, 4)
    assert vision.filters(vit)[5, 1, 2] == vit.network.patch_embedding.weight[5, 6]


def test_places_are_alike_by_their_vectors_or_their_angles():
    likeness = vision.position_likeness(random_bundle("vit"))
    table = random_bundle("vit").network.position_table[1:].numpy()
    assert likeness.shape == (49, 49) and np.allclose(np.diag(likeness), 1, atol=1e-6)
    by_hand = table[3] @ table[40] / np.linalg.norm(table[3]) / np.linalg.norm(table[40])
    assert likeness[3, 40] == pytest.approx(by_hand, abs=1e-6)
    turned = vision.position_likeness(random_bundle("vit-rope"))
    assert np.allclose(np.diag(turned), 1) and turned[0, 1] == pytest.approx(turned[10, 11], abs=1e-6)
    assert turned[24, 25] > turned[24, 27]  # with the distance places become less alike
    for name in ("vit-none", "cnn"):
        with pytest.raises(ValueError, match="no positions"):
            vision.position_likeness(random_bundle(name))


# ---- how many are read ----


def test_a_shift_loses_what_leaves_and_brings_in_black():
    picture = np.arange(1, 7).reshape(1, 2, 3)
    assert vision.shifted(picture, 0, 1).tolist() == [[[0, 1, 2], [0, 4, 5]]]
    assert vision.shifted(picture, -1, 0).tolist() == [[[4, 5, 6], [0, 0, 0]]]
    assert vision.shifted(picture, 1, -2).tolist() == [[[0, 0, 0], [3, 0, 0]]]
    assert not vision.shifted(picture, 0, 9).any() and np.array_equal(vision.shifted(picture, 0, 0), picture)


def test_shuffled_patches_are_the_same_patches_in_another_order(image):
    moved = vision.shuffled(np.stack([image, image]), 4)
    for one in moved:
        assert np.array_equal(np.sort(patches(one, 4), axis=0), np.sort(patches(image, 4), axis=0))
    assert not np.array_equal(moved[0], moved[1]) and not np.array_equal(moved[0], image)


def test_an_accuracy_counts_the_digits_that_are_read_right():
    bundle = random_bundle("cnn")
    guesses = bundle.predict(digits.bright(digits.test()[0])).argmax(-1)
    assert vision.accuracy(bundle) == np.mean(guesses == digits.test()[1])
