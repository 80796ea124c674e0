"""Models of two halves, and models that tell their weights only."""

import numpy as np
import pytest
import torch

from model import Change, masks
from model.decoding import generate
from tests.checkpoints import HALVES, PLAIN, TEXT
from tests.test_hub import told

WRITTEN = "the bank and the river"


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("text", ["the ba", TEXT], ids=["short", "long"])
def test_encoder_decoder_and_cross_attention_are_what_the_library_computes(opened, name, text):
    bundle, own = opened(name)
    trace = bundle.explain(text, written=WRITTEN)
    decoder = trace.decoder
    with torch.inference_mode():
        ids, written = (torch.tensor(part.ids.copy())[None] for part in (trace, decoder))
        expected = own(input_ids=ids, decoder_input_ids=written, output_attentions=True)
    S, T = len(trace.tokens), len(decoder.tokens)
    assert S != T and decoder.ids[0] == own.config.decoder_start_token_id
    for layer, weights in zip(trace.layers, expected.encoder_attentions, strict=True):
        assert layer.cross is None
        shown = np.stack([layer.attention.weights(head) for head in range(4)])
        np.testing.assert_allclose(shown, weights[0], atol=1e-5)
    own_weights = zip(expected.decoder_attentions, expected.cross_attentions, strict=True)
    for layer, (within, across) in zip(decoder.layers, own_weights, strict=True):
        for attention, weights in ((layer.attention, within), (layer.cross, across)):
            shown = np.stack([attention.weights(head) for head in range(4)])
            np.testing.assert_allclose(shown, weights[0], atol=1e-5)
            assert attention.error() < 1e-4
        assert layer.cross.allowed.shape == (T, S) and layer.cross.allowed.all()
    np.testing.assert_allclose(decoder.logits, expected.logits[0], atol=1e-4)
    assert trace.logits is None and trace.error() < 1e-4 and decoder.error() < 1e-4
    assert decoder.config.causal and not trace.config.causal


def test_both_attentions_of_a_decoder_join_the_stream(opened):
    for layer in opened("t5")[0].explain(TEXT, written=WRITTEN).decoder.layers:
        joined = layer.resid_in + layer.attention.out + layer.cross.out
        np.testing.assert_allclose(layer.resid_mid, joined, atol=1e-6)
        np.testing.assert_array_equal(layer.resid_out, layer.resid_mid + layer.mlp_out)


def test_the_bias_of_t5_is_in_the_trace(opened):
    trace = opened("t5")[0].explain(TEXT, written=WRITTEN)
    assert trace.config.positions == "t5" and trace.layers[0].attention.bias.any()
    assert trace.layers[0].attention.scale == 1.0


@pytest.mark.parametrize("name", HALVES)
def test_a_decoder_writes_what_the_library_writes(opened, name):
    bundle, own = opened(name)
    trace = bundle.explain(TEXT)
    assert len(trace.decoder.tokens) == 1
    steps = generate(bundle.writer(trace), [bundle.start], ends=[bundle.tokenizer.end], cached=False)
    written = [step.id for step, _ in zip(steps, range(5), strict=False)]
    ids = torch.tensor(trace.ids.copy())[None]
    expected = own.generate(ids, max_new_tokens=5, do_sample=False, num_beams=1, forced_eos_token_id=None)
    assert written == expected[0, 1:].tolist()[: len(written)]


def test_queries_turned_in_an_unknown_way_are_shown_as_they_are_compared_and_the_model_says_so(opened):
    bundle, own = opened("gptj")
    trace, expected = bundle.explain(TEXT), told(own, bundle.read(TEXT))
    (sentence,) = trace.config.missing
    assert sentence.startswith("Its queries and keys are turned in a way that is not known here")
    for layer, weights in zip(trace.layers, expected.attentions, strict=True):
        shown = np.stack([layer.attention.weights(head) for head in range(4)])
        np.testing.assert_allclose(shown, weights[0], atol=1e-5)
        assert not layer.attention.turns and layer.attention.error() < 1e-4
    np.testing.assert_allclose(trace.logits, expected.logits[0], atol=1e-4)


def test_a_layer_without_attention_has_none_to_show_and_the_model_says_so(opened):
    bundle, own = opened("lfm2")
    trace, expected = bundle.explain(TEXT), told(own, bundle.read(TEXT))
    (sentence,) = trace.config.missing
    assert sentence.startswith("Some of its layers mix tokens without attention weights: they have none")
    assert trace.config.opaque and not opened("llama")[0].config.opaque
    mixing, attending = trace.layers
    assert mixing.attentions == [] and attending.attentions == [attending.attention]
    np.testing.assert_allclose(mixing.resid_out, mixing.resid_in + mixing.attention.out, atol=1e-6)
    np.testing.assert_array_equal(mixing.resid_out, attending.resid_in)
    assert trace.error() < 1e-4
    np.testing.assert_allclose(trace.logits, expected.logits[0], atol=1e-4)


@pytest.mark.parametrize("name", PLAIN)
def test_a_model_that_tells_its_weights_only_shows_these_and_says_so(opened, name):
    bundle, own = opened(name)
    trace, expected = bundle.explain(TEXT), told(own, bundle.read(TEXT))
    (sentence,) = trace.config.missing
    assert "Queries, keys, values, heads and positions are not" in sentence
    stream = trace.embedded
    for layer, weights in zip(trace.layers, expected.attentions, strict=True):
        shown = np.stack([layer.attention.weights(head) for head in range(4)])
        np.testing.assert_array_equal(shown, weights[0])
        assert layer.resid_mid is None and layer.mlp_out is None and not hasattr(layer.attention, "q")
        np.testing.assert_array_equal(layer.resid_in, stream)
        stream = layer.resid_out
    if bundle.config.predicts:
        np.testing.assert_allclose(trace.logits, expected.logits[0], atol=1e-5)
    assert bundle.config.causal == (name in ("bloom", "mpt", "falcon"))
    for asked in ({"allowed": masks.full(len(trace.tokens))}, {"change": Change(temperature=2)}):
        with pytest.raises(ValueError, match="no mask and no change can be tried"):
            bundle.explain(TEXT, **asked)
