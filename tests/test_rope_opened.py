"""RoPE of opened models: speeds, scaling, width and pairs are those of the model's own module, whatever the
family, and the clocks add up to its scores.
"""

import contextlib
import io

import numpy as np
import pytest

from model import load
from model.analysis import rotation
from tests import checkpoints
from tests.session import control, pictures, said, visit
from viz import rotation as figures

FOLDS = {f"rope.{name}": "True" for name in ("sum", "distance", "hand", "speed", "convention", "python")}
TEXT = "I swam across the river to get to the other bank"


def scaled(kind, **more):
    stated = {"rope_type": kind, "rope_theta": 500.0, "factor": 4.0, "original_max_position_embeddings": 16}
    return {"rope_parameters": stated | more}


# name: family, and what its config says besides
MODELS = {
    "default": ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}}),
    "linear": ("llama", scaled("linear")),
    "dynamic": ("llama", scaled("dynamic") | {"max_position_embeddings": 16}),
    "yarn": ("llama", scaled("yarn")),
    "llama3": ("llama", scaled("llama3", low_freq_factor=1.0, high_freq_factor=4.0)),
    "partial": ("phi", {}),
    "neox": ("gpt_neox", {}),
    "adjacent": ("cohere", {}),
    "both": ("glm", {}),
    "layers": ("gemma3", {}),
    "some": ("smollm3", {}),
    "none": ("bert", {}),
    "learned": ("gpt2", {}),
}
MORE = {
    "cohere": ("CohereForCausalLM", "CohereConfig", checkpoints.GROUPED, "bytes"),
    "glm": ("GlmForCausalLM", "GlmConfig", checkpoints.GROUPED | {"head_dim": 8}, "bytes"),
}
TURNING = [name for name in MODELS if name not in ("none", "learned")]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "EVERY", checkpoints.EVERY | MORE)
        for name, (family, sizes) in MODELS.items():
            checkpoints.save(family, folder / name, **sizes)
    return folder


def seen(model, **query):
    at = visit("rope", {"model": model, "text": TEXT, "layer": "1", "head": "2"} | query).run()
    assert not at.exception and not at.error
    return at


@pytest.mark.parametrize("model", TURNING)
def test_the_turned_hands_are_what_the_model_compares(name, model):
    bundle = load(name(model))
    trace = bundle.explain(TEXT)
    for layer, one in enumerate(trace.layers):
        turning = rotation.turning(bundle, layer, len(trace.tokens))
        if one.attention.q_rot is None:
            assert turning is None and model == "some"
            continue
        first, second = rotation.PAIRS[turning.pairing](turning.width)
        for before, after in ((one.attention.q, one.attention.q_rot), (one.attention.k, one.attention.k_rot)):
            places = np.arange(len(trace.tokens))
            hands = np.stack(
                [rotation.turned(head, places, turning.frequency) for head in turning.hands(before)]
            )
            np.testing.assert_allclose(hands.real, after[..., first], atol=2e-5)
            np.testing.assert_allclose(hands.imag, after[..., second], atol=2e-5)
            np.testing.assert_array_equal(before[..., turning.width :], after[..., turning.width :])


def test_the_token_that_asks_first_is_the_last_of_the_text_and_no_mark(name):
    trace = load(name("linear")).explain(TEXT)
    assert trace.last == len(trace.tokens) - 2  # its tokenizer ends a text with </s>
    assert control(seen(name("linear")), "rope.query").value == trace.last


def test_speeds_and_scaling_are_those_of_the_modules(name):
    for model in ("default", "linear", "yarn", "llama3", "partial", "adjacent"):
        bundle = load(name(model))
        (module,) = (one for one in bundle.network.base.modules() if hasattr(one, "inv_freq"))
        turning = rotation.turning(bundle, 0, 9)
        np.testing.assert_array_equal(turning.frequency, module.inv_freq.double().numpy())
        assert turning.scaling == module.attention_scaling
        assert turning.kind == module.config.rope_parameters["rope_type"]
    assert rotation.turning(load(name("yarn")), 0, 9).scaling > 1.1


def test_what_is_stated_is_the_layers_own(name):
    known = {model: rotation.turning(load(name(model)), 0, 9) for model in TURNING}
    assert {model: one.pairing for model, one in known.items() if one.pairing == "adjacent"} == {
        "adjacent": "adjacent",
        "both": "adjacent",
    }
    assert [known[model].width for model in ("default", "partial", "neox", "both")] == [8, 4, 2, 4]
    np.testing.assert_allclose(known["linear"].slower, 4, rtol=1e-6)
    np.testing.assert_allclose(known["default"].slower, 1, rtol=1e-6)
    near, far = (rotation.turning(load(name("layers")), layer, 9).base for layer in (0, 1))
    assert (near, far) == (10_000, 1_000_000)  # Gemma 3: of a window, and of the whole text


def test_dynamic_scaling_grows_with_the_text(name):
    bundle = load(name("dynamic"))
    short, long = (rotation.turning(bundle, 0, tokens) for tokens in (16, 48))
    np.testing.assert_allclose(short.slower, 1, rtol=1e-5)
    assert long.slower[-1] > 2 and abs(long.slower[0] - 1) < 1e-5
    first = bundle.explain("I swam")
    assert bundle.explain(TEXT).layers[0].attention.q_rot.shape[1] > 16
    again = bundle.explain("I swam")  # nothing is left of the long text
    np.testing.assert_array_equal(first.layers[0].attention.q_rot, again.layers[0].attention.q_rot)
    assert abs(rotation.turning(bundle, 0, 16).slower - 1).max() < 1e-5


@pytest.mark.parametrize("model", TURNING)
def test_the_page_shows_the_models_own_rotation(name, model):
    at = seen(name(model), **FOLDS)
    bundle, (text,) = load(name(model)), [one for one in at.code if one.value.startswith("from model")]
    turning = rotation.turning(bundle, 0, len(bundle.read(TEXT)))
    np.testing.assert_allclose(pictures(at)["rope.clocks"]["frequency"], turning.frequency)
    words = said(at)
    assert f"base {turning.base:,.0f}**" in words and f"of **{turning.pairing}**" in words
    assert "differ by at most" in words and f"{len(turning.frequency)} contributions" in words
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(text.value, {})
    mine, models = map(float, printed.getvalue().split())
    assert abs(mine - models) < 1e-4


def test_scaling_is_named(name):
    assert "every position is divided by 4" in said(seen(name("linear")))
    assert "YaRN (Peng 2023)" in said(seen(name("yarn")))
    assert "as in Llama 3.1" in said(seen(name("llama3")))
    assert "dynamically (NTK)" in said(seen(name("dynamic")))


def test_a_model_without_rope_says_so_in_a_line(name):
    at = seen(name("none"))
    (line,) = (one.value for one in at.info)
    assert "has no RoPE" in line and "learned vector for each position" in line and not pictures(at)
    assert control(at, "model").value == name("none")
    at = seen(name("some"), layer="2")
    assert [one.value for one in at.info] == ["Layer 2 turns nothing. Choose another layer in the sidebar."]


def test_a_wide_head_has_no_more_numbers_of_pairs_than_fit():
    for pairs, shown in ((4, 4), (32, 32), (64, 32), (128, 32)):
        turns = np.arange(1.0, pairs + 1)
        figure = figures.wavelengths(turns, turns, lengths={"a": 5, "b": 9}, chosen_name="own")
        assert len(figure.layout.xaxis.tickvals) == shown and figure.layout.xaxis.tickvals[0] == 1
