"""Vision transformers of the library: their patches as tokens."""

import json

import numpy as np
import pytest
import torch

from model import Change, open_model
from model.hub.library import library

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 16,
    "patch_size": 4,
}
KINDS = {
    "vit": ("ViTModel", "ViTConfig", {"intermediate_size": 48}),
    "vit that names": ("ViTForImageClassification", "ViTConfig", {"intermediate_size": 48, "num_labels": 5}),
    "dinov2": ("Dinov2Model", "Dinov2Config", {"mlp_ratio": 2}),
    "dinov2 that names": ("Dinov2ForImageClassification", "Dinov2Config", {"mlp_ratio": 2, "num_labels": 5}),
}
kinds = pytest.mark.parametrize("name", KINDS)
PICTURE = np.random.default_rng(3).integers(0, 256, (16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """seen(name) -> the bundle of a small random checkpoint, and the library's own of the same files."""
    place, made = tmp_path_factory.mktemp("pictures"), {}

    def get(name):
        if name not in made:
            kind, config, sizes = KINDS[name]
            torch.manual_seed(1)
            model = getattr(library(), kind)(getattr(library(), config)(**SIZES | sizes))
            with torch.no_grad():
                for parameter in model.parameters():
                    if parameter.ndim == 2:
                        parameter.mul_(8)
            folder = place / name.replace(" ", "-")
            model.save_pretrained(folder)
            colours = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.4]}
            (folder / "preprocessor_config.json").write_text(json.dumps(colours))
            own = getattr(library(), kind).from_pretrained(folder, attn_implementation="eager").eval()
            made[name] = open_model(folder), own
        return made[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIVERBANK_MODELS", str(place))
        yield get


def told(own):
    """What the library itself tells of the picture."""
    mean, spread = np.array([0.4, 0.5, 0.6]), np.array([0.2, 0.3, 0.4])
    pixels = torch.tensor((PICTURE / 255 - mean) / spread).permute(2, 0, 1).float()[None]
    with torch.inference_mode():
        return own(pixel_values=pixels, output_attentions=True, output_hidden_states=True)


@kinds
def test_what_is_shown_of_a_picture_is_what_the_library_computes(seen, name):
    bundle, own = seen(name)
    trace, expected = bundle.explain(PICTURE), told(own)
    assert trace.tokens[:2] == ("[CLS]", "1·1") and trace.tokens[-1] == "4·4" and len(trace.tokens) == 17
    for layer, weights in zip(trace.layers, expected.attentions, strict=True):
        shown = np.stack([layer.attention.weights(head) for head in range(4)])
        np.testing.assert_allclose(shown, weights[0], atol=1e-5)
        np.testing.assert_allclose(layer.resid_mid, layer.resid_in + layer.attention.out, atol=1e-6)
        np.testing.assert_allclose(layer.resid_out, layer.resid_mid + layer.mlp_out, atol=1e-5)
    assert trace.error() < 1e-4 and not trace.config.causal and trace.config.positions == "learned"
    if bundle.names:
        np.testing.assert_allclose(bundle.named(PICTURE), expected.logits[0].softmax(-1), atol=1e-5)
        assert bundle.labels == tuple(f"LABEL_{i}" for i in range(5))
    else:
        np.testing.assert_allclose(trace.final, expected.last_hidden_state[0], atol=1e-5)
        with pytest.raises(ValueError, match="gives pictures no names"):
            bundle.named(PICTURE)


def test_masks_and_changes_work_on_patches(seen):
    bundle, _ = seen("vit")
    near = np.eye(17, dtype=bool)
    trace = bundle.explain(PICTURE, allowed=near)
    np.testing.assert_allclose(trace.layers[0].attention.weights(1), near, atol=1e-6)
    even = bundle.explain(PICTURE, change=Change(average=True), layers=[1])
    np.testing.assert_allclose(even.layers[1].attention.weights(0), 1 / 17, atol=1e-6)
    with pytest.raises(ValueError, match="allowed has shape"):
        bundle.explain(PICTURE, allowed=np.eye(16, dtype=bool))


def test_any_size_is_brought_to_the_models(seen):
    bundle, _ = seen("vit")
    assert bundle.size == (16, 16) and bundle.grid == (4, 4)
    even = np.full((40, 60, 3), 200, np.uint8)
    np.testing.assert_allclose(bundle.pixels(even), bundle.pixels(even[:16, :16]), atol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((16, 16)),
        np.zeros((16, 16, 4), np.uint8),
        np.zeros((16, 16, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_a_sentence(seen, wrong):
    with pytest.raises(ValueError, match="A picture has the axes"):
        seen("vit")[0].explain(wrong)
