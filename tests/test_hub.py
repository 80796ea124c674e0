"""Models of the library `transformers`, each family a small random checkpoint: what is shown is what the
library computes.
"""

import subprocess
import sys

import numpy as np
import pytest
import torch

from model import open_model
from model.analysis import conformance
from tests import checkpoints
from tests.checkpoints import FAMILIES, TEXT

SHORT, LONG = "the ba", TEXT
families = pytest.mark.parametrize("name", FAMILIES)


def told(own, ids):
    """What the library itself tells of a pass."""
    with torch.inference_mode():
        row = torch.tensor(np.array(ids))[None]
        return own(input_ids=row, output_attentions=True, output_hidden_states=True, use_cache=False)


@families
@pytest.mark.parametrize("text", [SHORT, LONG], ids=["short", "long"])
def test_what_is_shown_is_what_the_library_computes(opened, name, text):
    bundle, own = opened(name)
    trace, expected = bundle.explain(text), told(own, bundle.read(text))
    assert len(trace.tokens) > 9 if text == LONG else len(trace.tokens) <= 6
    for layer, weights in zip(trace.layers, expected.attentions, strict=True):
        for head in range(trace.config.heads):
            np.testing.assert_allclose(layer.attention.weights(head), weights[0, head], atol=1e-5)
    assert trace.error() <= 1e-4
    if trace.config.predicts:
        np.testing.assert_allclose(trace.logits, expected.logits[0], atol=1e-4)
    else:
        np.testing.assert_allclose(trace.final, expected.last_hidden_state[0], atol=1e-5)
        assert trace.logits is None


@families
def test_the_stream_adds_up_as_the_config_says(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    assert trace.config.residual in ("before", "after", "parallel") and not trace.config.missing
    stream = trace.embedded
    for layer in trace.layers:
        assert np.array_equal(layer.resid_in, stream)
        if trace.config.residual != "after":
            np.testing.assert_array_equal(layer.resid_mid, layer.resid_in + layer.attention.out)
            np.testing.assert_allclose(layer.resid_out, layer.resid_mid + layer.mlp_out, atol=1e-5)
        stream = layer.resid_out
    np.testing.assert_allclose(bundle.network.norm(torch.tensor(stream)), trace.final, atol=1e-5)


@families
def test_nothing_leaks_from_the_future(opened, name):
    bundle, _ = opened(name)
    assert bundle.config.causal == (checkpoints.EVERY[name][0].endswith(("CausalLM", "LMHeadModel")))
    ids = bundle.read(TEXT)
    others = [*ids[:-1], ids[0]]
    before, after = (bundle.reread(some).final[:-1] for some in (ids, others))
    moved = np.abs(before - after).max()
    assert moved < 1e-5 if bundle.config.causal else moved > 1e-3


@families
def test_each_row_sums_to_one_or_to_less_where_there_is_a_sink(opened, name):
    trace = opened(name)[0].explain(TEXT)
    for layer in trace.layers:
        sums = np.stack([layer.attention.weights(head) for head in range(4)]).sum(-1)
        if name == "gpt_oss":
            assert (sums < 0.999).all() and layer.attention.sinks.shape == (4,)
        else:
            np.testing.assert_allclose(sums, 1, atol=1e-5)
            assert layer.attention.sinks is None


@families
def test_every_identity_of_the_sheet_holds(opened, name):
    bundle, _ = opened(name)
    checks = conformance.checks(bundle, bundle.explain(TEXT))
    sums = bundle.config.residual in ("before", "parallel")
    assert len(checks) == 3 + 2 * sums + bundle.config.causal
    assert all(check.held for check in checks), checks


@families
def test_the_parts_own_as_many_parameters_as_the_library_counts(opened, name):
    bundle, own = opened(name)
    parts = bundle.card["parts"]
    assert sum(part.parameters for part in parts) == own.num_parameters()
    weights = {tuple(one.shape) for one in own.parameters()}
    assert {shape for part in parts for shape in part.shapes} == weights
    times = 1 if name == "albert" else bundle.config.layers  # all of its layers are one
    assert sum(part.times == times for part in parts) >= 4


@pytest.mark.parametrize("name", ["mistral", "gemma2", "gemma3", "gpt_oss"])
def test_a_window_is_in_the_mask(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    seen = [layer.attention.allowed.sum(-1).max() for layer in trace.layers]
    assert seen == ([5, 5] if name == "mistral" else [5, len(trace.tokens)])


TURNED = {"llama": 8, "llama yarn": 8, "qwen3": 12, "gemma3": 12, "phi": 4, "gpt_neox": 2, "gpt_oss": 8}


@pytest.mark.parametrize("name", TURNED)
def test_queries_before_rotation_are_what_the_family_rotates(opened, name, monkeypatch):
    bundle, own = opened(name)
    family, given = sys.modules[type(own).__module__], []
    rotation = family.apply_rotary_pos_emb

    def noted(q, k, *args, **kwargs):
        given.append((q, k))
        return rotation(q, k, *args, **kwargs)

    monkeypatch.setattr(family, "apply_rotary_pos_emb", noted)
    told(own, bundle.read(TEXT))
    monkeypatch.undo()
    for layer, (q, k) in zip(bundle.explain(TEXT).layers, given, strict=True):
        np.testing.assert_allclose(layer.attention.q[..., : q.shape[-1]], q[0], atol=1e-5)
        np.testing.assert_allclose(layer.attention.k[..., : k.shape[-1]], k[0], atol=1e-5)
        moved = np.abs(layer.attention.q - layer.attention.q_rot).max((0, 1)) > 1e-4
        assert moved[: TURNED[name]].any() and not moved[TURNED[name] :].any()


def test_a_layer_that_turns_nothing_says_so(opened):
    first, second = opened("smollm3")[0].explain(TEXT).layers
    assert first.attention.turns and not second.attention.turns


def test_key_heads_are_shared_by_neighbours(opened):
    attention = opened("llama")[0].explain(TEXT).layers[0].attention
    assert attention.k.shape[0] == attention.v.shape[0] == 2 and attention.q.shape[0] == 4
    assert [attention.group(head) for head in range(4)] == [0, 0, 1, 1]


def test_everybody_gets_the_same_model(opened):
    bundle, own = opened("gpt2")
    assert open_model(own.name_or_path) is bundle


OPENING = """
import sys
from model import open_model
assert "transformers" not in sys.modules
open_model({folder!r}).explain("the bank")
assert "transformers" in sys.modules
"""


def test_opening_a_model_is_what_brings_the_library_in_and_prints_nothing(tmp_path):
    folder = checkpoints.save("bert", tmp_path / "bert")
    code = OPENING.format(folder=str(folder))
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "RIVERBANK_MODELS": str(tmp_path)},
    )
    assert done.stdout == done.stderr == ""
