"""Vision transformers of the library on photographs, as the page about pictures asks them."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from model.analysis import vision as analysis
from model.hub.library import library
from model.hub.pictures import accepts
from model.vision import at_hand, opened
from model.zoo import Unavailable

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 224,
    "patch_size": 32,
    "num_labels": 3,
    "id2label": {0: "a cat", 1: "a bridge", 2: "a river"},
}
KINDS = {  # class, config, its sizes, marks before the patches
    "vit": ("ViTForImageClassification", "ViTConfig", {"intermediate_size": 48}, 1),
    "deit": ("DeiTForImageClassification", "DeiTConfig", {"intermediate_size": 48}, 2),
    "deit-taught": ("DeiTForImageClassificationWithTeacher", "DeiTConfig", {"intermediate_size": 48}, 2),
    "dinov2": ("Dinov2ForImageClassification", "Dinov2Config", {"mlp_ratio": 2, "image_size": 256}, 1),
    "registers": (
        "Dinov2WithRegistersForImageClassification",
        "Dinov2WithRegistersConfig",
        {"mlp_ratio": 2, "num_register_tokens": 3},
        4,
    ),
    "nameless": ("ViTModel", "ViTConfig", {"intermediate_size": 48}, 1),
}
kinds = pytest.mark.parametrize("name", KINDS)
PREPARED = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.4], "resample": 3}
WHOLE = {"size": {"height": 224, "width": 224}, "do_center_crop": False}
CUT = {"size": {"shortest_edge": 256}, "do_center_crop": True, "crop_size": {"height": 224, "width": 224}}


def photograph(height=300, width=400):
    """Soft colours, as photographs have them."""
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin(rows / 31) + np.cos(columns / (23 + 9 * i)) for i in range(3)]
    return ((np.stack(waves, axis=-1) + 2) * 63).astype(np.uint8)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """seen(name) -> the opened model of a small random checkpoint, and the library's own of its files."""
    place, made = tmp_path_factory.mktemp("photographs"), {}

    def get(name):
        if name not in made:
            kind, config, sizes, _ = KINDS[name]
            torch.manual_seed(1)
            model = getattr(library(), kind)(getattr(library(), config)(**SIZES | sizes))
            with torch.no_grad():
                for parameter in model.parameters():
                    if parameter.ndim == 2:
                        parameter.mul_(8)
            model.save_pretrained(place / name)
            stated = PREPARED | (CUT if config != "ViTConfig" else WHOLE)
            (place / name / "preprocessor_config.json").write_text(json.dumps(stated))
            own = getattr(library(), kind).from_pretrained(place / name, attn_implementation="eager").eval()
            made[name] = opened(str(place / name)), own
        return made[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIVERBANK_MODELS", str(place))
        yield get


@kinds
def test_a_photograph_gives_the_trace_that_our_own_models_give(seen, name):
    model, own = seen(name)
    trace = model.explain(photograph())
    marks = KINDS[name][3]
    assert trace.image.shape == (224, 224, 3) and trace.grid == (7, 7) and trace.marks == marks
    mean, spread = np.array(PREPARED["image_mean"]), np.array(PREPARED["image_std"])
    pixels = torch.tensor((trace.image / 255 - mean) / spread).permute(2, 0, 1).float()[None]
    with torch.inference_mode():
        expected = own(pixel_values=pixels, output_attentions=True)
    for layer, weights in zip(trace.layers, expected.attentions, strict=True):
        shown = np.stack([layer.attention.weights(head) for head in range(4)])
        assert shown.shape == (4, 49 + marks, 49 + marks)
        np.testing.assert_allclose(shown, weights[0], atol=1e-5)
        assert layer.attention.q.shape == layer.attention.v.shape == (4, 49 + marks, 8)
    assert trace.error() < 1e-4
    if name == "nameless":
        assert trace.labels == () and trace.logits is None
    else:
        np.testing.assert_allclose(trace.probabilities, expected.logits[0].softmax(-1), atol=1e-5)
        assert trace.labels == ("a cat", "a bridge", "a river") and trace.labels[trace.guess]


@pytest.mark.parametrize(
    ("name", "processor"), [("vit", "ViTImageProcessor"), ("deit", "DeiTImageProcessor")]
)
@pytest.mark.parametrize("size", [(300, 400), (500, 260)])
def test_a_photograph_is_cut_and_made_smaller_as_the_library_does_it(seen, name, processor, size):
    model, _ = seen(name)
    picture = photograph(*size)
    stated = PREPARED | (CUT if name == "deit" else WHOLE)
    own = getattr(library(), processor)(**stated)(picture, return_tensors="np")["pixel_values"][0]
    colours = own.transpose(1, 2, 0) * PREPARED["image_std"] + PREPARED["image_mean"]
    off = np.abs(colours * 255 - model.explain(picture).image)
    assert off.mean() < 1 and np.quantile(off, 0.99) < 3  # of 255


def test_a_window_and_the_rollout_work_on_a_photograph(seen):
    model, _ = seen("deit")
    shares = analysis.rollout(model.explain(photograph()))
    assert shares.shape == (2, 7, 7) and (shares > 0).all() and (shares.sum((1, 2)) < 1).all()
    near = np.eye(51, dtype=bool)
    trace = model.explain(photograph(), allowed=near)
    np.testing.assert_allclose(trace.layers[1].attention.weights(2), near, atol=1e-6)


def test_what_cannot_be_opened_or_seen_is_a_sentence(seen, tmp_path):
    with pytest.raises(ValueError, match="A picture has the axes"):
        seen("vit")[0].explain(np.zeros((28, 28)))
    with pytest.raises(Unavailable):
        opened("no/such-model", download=False)


def test_vision_transformers_that_are_at_hand_are_told_from_models_of_texts(seen):
    model, _ = seen("vit")
    words = Path(os.environ["RIVERBANK_MODELS"]) / "words"
    library().GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=20).save_pretrained(words)
    assert model.name in at_hand() and words.name not in at_hand()


def test_a_size_that_would_make_too_many_patches_is_not_tried():
    config = library().Dinov2Config(**SIZES | {"mlp_ratio": 2, "patch_size": 14})
    base = library().Dinov2Model(config).eval()
    assert accepts(base, 280) and not accepts(base, 1008) and not accepts(base, 7)
