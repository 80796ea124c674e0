"""Models that look at pictures: the cutting, positions in two dimensions, masks, and what a pass gives."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.hub.library import library
from model.network.attention import attend
from model.network.encodings.rope import rotate
from model.vision import Bundle, VisionConfig, assembled, digits, patches, window
from model.vision.grid import places, turns
from model.vision.network import build, initialise

SMALL = {"width": 24, "layers": 3, "heads": 2, "hidden": 20}
CONFIGS = {
    "vit": VisionConfig(**SMALL),
    "vit-rope": VisionConfig(**SMALL, positions="rope"),
    "vit-none": VisionConfig(**SMALL, positions="none"),
    "cnn": VisionConfig(kind="convolution", channels=(3, 5, 7), strides=(1, 2, 2)),
}
TRANSFORMERS = ["vit", "vit-rope", "vit-none"]


def random_bundle(name, seed=1):
    """A model of that kind with random parameters, large enough for its attention to be uneven."""
    network = initialise(build(CONFIGS[name]), seed)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 2:
                parameter.mul_(6)
    return Bundle(name, {}, network.eval().requires_grad_(False))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(1).random((28, 28), dtype=np.float32)


# ---- patches ----


def test_patches_are_cut_row_by_row():
    picture = np.arange(24).reshape(4, 6)
    assert patches(picture, 2).tolist() == [
        [0, 1, 6, 7],
        [2, 3, 8, 9],
        [4, 5, 10, 11],
        [12, 13, 18, 19],
        [14, 15, 20, 21],
        [16, 17, 22, 23],
    ]


@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))
@settings(deadline=None)
def test_what_is_cut_and_put_together_is_the_picture(batch, rows, columns, size):
    picture = np.random.default_rng(0).random((batch, rows * size, columns * size))
    assert np.array_equal(assembled(patches(picture, size), columns), picture)
    assert torch.equal(assembled(patches(torch.tensor(picture), size), columns), torch.tensor(picture))


def test_patches_that_do_not_fill_a_picture_are_an_error():
    with pytest.raises(ValueError, match="patches of 3 x 3 pixels do not fill a picture of 28 x 28"):
        patches(np.zeros((28, 28)), 3)
    with pytest.raises(ValueError, match="make no picture with 5 in a row"):
        assembled(np.zeros((49, 16)), 5)


def test_patches_are_what_a_convolution_with_their_stride_reads(image):
    network = random_bundle("vit-none").network
    kernel = network.patch_embedding.weight.reshape(-1, 1, 4, 4)
    read = torch.nn.functional.conv2d(
        torch.tensor(image)[None, None], kernel, network.patch_embedding.bias, stride=4
    )
    embedded = network.embed(torch.tensor(image))
    assert torch.allclose(embedded[1:], read[0].flatten(1).T, atol=1e-5)


# ---- positions in two dimensions ----


def scores(q, k, side=9, width=16):
    """The scores of one query and one key at every pair of places of a grid, (N, N), in float64."""
    angle = turns(side, width, 100.0).double()[1:]
    return rotate(q.expand(side**2, -1), angle) @ rotate(k.expand(side**2, -1), angle).T


@pytest.fixture(scope="module")
def grid_of_scores():
    q, k = torch.randn(2, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return scores(q, k).reshape(9, 9, 9, 9)  # row and column that ask, row and column that answer


def test_rope_in_two_dimensions_knows_only_how_far_apart_two_patches_are(grid_of_scores):
    for down, right in ((1, 0), (0, 1), (3, 2)):
        moved = grid_of_scores[down:, right:, down:, right:]
        still = grid_of_scores[: 9 - down, : 9 - right, : 9 - down, : 9 - right]
        assert torch.allclose(moved, still, atol=1e-6)


def test_a_row_is_not_a_column(grid_of_scores):
    down, right = grid_of_scores[0, 0, :, 0], grid_of_scores[0, 0, 0, :]
    assert (down[1:] - right[1:]).abs().min() > 1e-3
    flipped = grid_of_scores.permute(1, 0, 3, 2)
    assert not torch.allclose(flipped, grid_of_scores, atol=1e-3)


def test_half_of_the_pairs_turn_with_the_row_and_half_with_the_column():
    angle = turns(7, 16, 100.0)
    assert not angle[0].any()  # the class token has no place
    by_place = angle[1:].reshape(7, 7, 8)
    assert torch.equal(by_place[..., :4], by_place[:, :1, :4].expand(7, 7, 4))
    assert torch.equal(by_place[..., 4:], by_place[:1, :, 4:].expand(7, 7, 4))
    assert torch.allclose(by_place[3, 0, :4], 3 * 100.0 ** (-torch.arange(4) / 4))


def test_the_class_token_is_not_turned(image):
    attention = random_bundle("vit-rope").explain(image).layers[0].attention
    assert np.array_equal(attention.q_rot[:, 0], attention.q[:, 0])
    assert np.abs(attention.q_rot[:, 30] - attention.q[:, 30]).max() > 0.1


def test_heads_that_cannot_turn_both_ways_are_an_error():
    with pytest.raises(ValueError, match="multiple of 4"):
        VisionConfig(width=60, heads=10, positions="rope")


@pytest.mark.parametrize(("name", "minds"), [("vit", True), ("vit-rope", True), ("vit-none", False)])
def test_only_a_model_without_positions_does_not_mind_shuffled_patches(image, name, minds):
    bundle = random_bundle(name)
    order = np.random.default_rng(2).permutation(49)
    still, moved = bundle.explain(image), bundle.explain(image, order=order)
    assert np.allclose(moved.logits, still.logits, atol=1e-4) != minds
    if not minds:  # each patch takes its stream along
        assert np.allclose(moved.layers[-1].resid_out[1:], still.layers[-1].resid_out[1:][order], atol=1e-4)
    painted = assembled(patches(image, 4)[order])
    assert np.array_equal(bundle.explain(painted).logits, moved.logits)


# ---- masks ----


def test_a_window_sees_the_patches_around_and_the_class_token_sees_all():
    allowed = window(1).numpy()
    assert allowed.shape == (50, 50) and allowed[0].all() and not allowed[1:, 0].any()
    corner, middle = allowed[1, 1:].reshape(7, 7), allowed[1 + 3 * 7 + 3, 1:].reshape(7, 7)
    assert corner.sum() == 4 and corner[:2, :2].all()
    assert middle.sum() == 9 and middle[2:5, 2:5].all()
    assert window(6)[1:, 1:].all() and torch.equal(window(0)[1:, 1:], torch.eye(49, dtype=torch.bool))
    with pytest.raises(ValueError, match="radius of -1"):
        window(-1)


def test_places_are_listed_row_by_row():
    assert places(3).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2]]


# ---- a pass ----


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_weights_times_values_are_what_the_heads_put_out(image, name):
    bundle = random_bundle(name)
    trace = bundle.explain(image)
    assert trace.error() < 1e-5
    stream = trace.layers[0].resid_in
    for layer in trace.layers:
        assert np.array_equal(layer.resid_in, stream)
        assert np.allclose(layer.resid_mid, layer.resid_in + layer.attention.out)
        stream = layer.resid_out
    assert len(trace.layers) == 3 and trace.layers[0].attention.weights(1).shape == (50, 50)
    assert not trace.layers[1].attention.q.flags.writeable and not trace.image.flags.writeable
    masked = bundle.explain(image, allowed=window(1))
    assert masked.error() < 1e-5 and (masked.layers[2].attention.weights(0)[~window(1).numpy()] == 0).all()


def test_the_fused_pass_is_what_attend_computes(image):
    network, pixels = random_bundle("vit-rope").network, torch.tensor(image)
    assert torch.allclose(network(pixels).logits, network(pixels, attend=attend).logits, atol=1e-4)


@pytest.mark.parametrize("name", CONFIGS)
def test_many_pictures_are_read_as_one_is(image, name):
    bundle = random_bundle(name)
    images = np.stack([image, image.T, 1 - image])
    assert np.allclose(bundle.predict(images)[1], bundle.explain(image.T).probabilities, atol=1e-5)
    assert bundle.predict(images).shape == (3, 10)


def test_a_convolution_gives_its_maps(image):
    bundle = random_bundle("cnn")
    trace = bundle.explain(image)
    assert [one.shape for one in trace.maps] == [(3, 28, 28), (5, 14, 14), (7, 7, 7)]
    assert trace.layers == () and trace.error() == 0
    first = bundle.network.convolutions[0]
    by_hand = (image[4:7, 9:12] * first.weight[2, 0].numpy()).sum() + float(first.bias[2])
    assert trace.maps[0][2, 5, 10] == pytest.approx(
        float(torch.nn.functional.gelu(torch.tensor(by_hand))), abs=1e-5
    )


def test_a_trace_knows_where_its_patches_are(image):
    trace = random_bundle("vit").explain(image)
    row = trace.layers[0].attention.weights(0)[0]
    assert trace.over(row)[2, 5] == row[trace.token(2, 5)] == row[1 + 2 * 7 + 5]
    assert trace.probabilities.sum() == pytest.approx(1) and trace.guess == trace.probabilities.argmax()


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (np.zeros((27, 28)), "28 x 28 pixels"),
        (np.zeros((1, 28, 28)), "28 x 28 pixels"),
        (np.full((28, 28), 255), "from 0, black, to 1, white"),
        (np.full((28, 28), np.nan), "from 0, black, to 1, white"),
    ],
)
def test_what_is_no_picture_is_a_sentence(picture, reason):
    with pytest.raises(ValueError, match=reason):
        random_bundle("cnn").explain(picture)


def test_an_order_or_a_mask_that_does_not_fit_is_a_sentence(image):
    bundle = random_bundle("vit")
    with pytest.raises(ValueError, match="each of the 49 patches once"):
        bundle.explain(image, order=[0] * 49)
    with pytest.raises(ValueError, match=r"for 50 tokens it is \(50, 50\)"):
        bundle.explain(image, allowed=np.ones((49, 49)))
    with pytest.raises(ValueError, match="cnn has no tokens"):
        random_bundle("cnn").explain(image, order=range(49))


def test_the_test_digits_are_there_and_read_only():
    images, labels = digits.test()
    assert images.shape == (1000, 28, 28) and images.dtype == np.uint8 and not images.flags.writeable
    assert set(labels) == set(range(10)) and np.bincount(labels).min() > 70
    assert digits.bright(images).max() == 1


# ---- beside the library ----

NAMES = {  # our name of a part of a block: the library's
    "attention_norm": "layernorm_before",
    "attention.query": "attention.q_proj",
    "attention.key": "attention.k_proj",
    "attention.value": "attention.v_proj",
    "attention.output": "attention.o_proj",
    "mlp_norm": "layernorm_after",
    "mlp.0": "mlp.fc1",
    "mlp.2": "mlp.fc2",
}


def as_the_librarys(network):
    """The library's ViT with the parameters of one of our transformers with learned positions."""
    config = network.config
    sizes = {"hidden_size": config.width, "num_hidden_layers": config.layers, "image_size": config.size}
    sizes |= {"num_attention_heads": config.heads, "intermediate_size": config.hidden, "num_labels": 10}
    options = {"num_channels": 1, "patch_size": config.patch, "qkv_bias": False, "layer_norm_eps": 1e-5}
    model = library().ViTForImageClassification(library().ViTConfig(**sizes, **options))
    model.set_attn_implementation("eager")
    own = network.state_dict()
    given = {
        "vit.embeddings.cls_token": own["class_token"][None],
        "vit.embeddings.position_embeddings": own["position_table"][None],
        "vit.embeddings.patch_embeddings.projection.weight": own["patch_embedding.weight"].reshape(
            -1, 1, 4, 4
        ),
        "vit.embeddings.patch_embeddings.projection.bias": own["patch_embedding.bias"],
    }
    for key, value in own.items():
        if key.startswith(("norm.", "readout.")):
            given[key.replace("readout", "classifier").replace("norm.", "vit.layernorm.")] = value
        elif key.startswith("blocks."):
            _, number, rest = key.split(".", 2)
            part, kind = rest.rsplit(".", 1)
            given[f"vit.layers.{number}.{NAMES[part]}.{kind}"] = value
    lacking = model.load_state_dict(given, strict=False)
    assert not lacking.unexpected_keys
    assert all(key.endswith("o_proj.bias") for key in lacking.missing_keys)  # which ours has not
    for layer in model.vit.layers:
        torch.nn.init.zeros_(layer.attention.o_proj.bias)
    return model.eval()


def test_the_transformer_computes_what_the_librarys_does(image):
    bundle = random_bundle("vit")
    with torch.inference_mode():
        pixels = torch.tensor(image)[None, None]
        theirs = as_the_librarys(bundle.network)(pixel_values=pixels, output_attentions=True)
    trace = bundle.explain(image)
    assert np.allclose(trace.logits, theirs.logits[0], atol=1e-4)
    for layer, weights in zip(trace.layers, theirs.attentions, strict=True):
        shown = np.stack([layer.attention.weights(head) for head in range(2)])
        assert np.allclose(shown, weights[0], atol=1e-5)
