"""What a trace of an opened model keeps, and what it refuses to show."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from model import Change, open_model
from model.hub import trace as traces
from pages._cache import Cache, size
from tests import checkpoints
from tests.checkpoints import TEXT
from tests.test_trace import mask, same


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2", "albert", "t5"])
def test_a_layer_computed_when_it_is_looked_at_is_that_of_the_pass(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    with torch.inference_mode():
        record = bundle.network(torch.tensor(trace.ids.copy()))
    for layer, whole in zip(trace.layers, record.layers, strict=True):
        np.testing.assert_allclose(layer.resid_out, whole.resid_out, atol=1e-6)
        np.testing.assert_allclose(layer.attention.heads, whole.attention.heads, atol=1e-6)
        np.testing.assert_allclose(layer.mlp_out, whole.mlp_out, atol=1e-6)


def test_a_mask_and_a_change_hold_when_a_layer_is_looked_at_later(opened):
    bundle, _ = opened("llama")
    T = len(bundle.read(TEXT))
    trace = bundle.explain(TEXT, allowed=mask(T, T), change=Change(temperature=2), layers=[1])
    second, first = trace.layers[1].attention, trace.layers[0].attention
    assert second.scale == pytest.approx(first.scale / 2)
    assert np.array_equal(first.allowed, mask(T, T)) and np.array_equal(second.allowed, mask(T, T))


def test_a_trace_keeps_the_stream_and_a_few_layers(opened, monkeypatch):
    bundle, _ = opened("llama")
    trace = bundle.explain(TEXT)
    assert all(output.shape == (1, *trace.final.shape) for _, _, output in trace.layers.held)
    assert "logits" not in vars(trace)
    assert trace.layers[1] is trace.layers[-1] and trace.layers[:1] == (trace.layers[0],)
    assert len(trace.layers.kept) == 2
    monkeypatch.setattr(traces, "KEPT", 1)
    other = bundle.explain(TEXT)
    assert [list(other.layers.kept) for _ in other.layers] == [[0], [1]]
    assert trace.logits is trace.logits and not trace.logits.flags.writeable
    with pytest.raises(IndexError):
        trace.layers[2]
    with pytest.raises(AttributeError):
        trace.nothing  # noqa: B018 it is asked for on purpose


def test_a_fresh_trace_keeps_little_more_than_the_stream_of_each_layer(tmp_path, monkeypatch):
    monkeypatch.setenv("RIVERBANK_MODELS", str(tmp_path))
    bundle = open_model(checkpoints.save("llama", tmp_path / "long", max_position_embeddings=512))
    trace = bundle.explain(4 * TEXT)
    T, L = len(trace.tokens), bundle.config.layers
    streams = (L + 2) * trace.final.nbytes  # the start, each layer's end, the normalised one
    assert streams < size(trace) < streams + 2 * T * T  # half of a matrix
    masked = bundle.explain(4 * TEXT, allowed=mask(L, 4, T, T), change=Change(temperature=2))
    assert size(trace) + 4 * L * T * T < size(masked) < size(trace) + 4 * L * T * T + 2 * T * T
    for layers in (trace.layers, masked.layers):
        _, recording = layers.again.args
        assert all(call.attended == [] and list(call.notes) == ["output"] for call in recording.calls)


def test_a_layer_that_does_otherwise_the_second_time_is_not_shown(opened):
    bundle, _ = opened("gpt2")
    trace = bundle.explain(TEXT)
    with torch.inference_mode():
        trace.layers.held[1][-1].add_(1)
    assert trace.layers[0].resid_out.shape == trace.final.shape
    with pytest.raises(ValueError, match="Layer 2 computed once more is off by 1"):
        trace.layers[1]


def test_what_is_added_to_attention_is_found_out_and_refused(opened):
    bundle, _ = opened("qwen3_next")
    assert bundle.config.fault > 1e-3
    with pytest.raises(ValueError, match="adds something to attention that is not modelled here"):
        bundle.explain(TEXT)


def test_what_is_added_on_longer_texts_only_is_found_out_when_a_layer_is_looked_at(opened):
    bundle, _ = opened("qwen3_next")
    trace = bundle.reread(bundle.read(TEXT))
    with pytest.raises(ValueError, match="Layer 1 adds something to attention that is not modelled here"):
        trace.layers[0]


def test_many_at_once_get_what_each_gets_alone(opened):
    bundle, _ = opened("llama")
    T = len(bundle.read(TEXT))
    asked = [{}, {"allowed": mask(T, T)}, {"change": Change(average=True)}, {"change": Change(temperature=3)}]
    alone = [bundle.explain(TEXT, **one) for one in asked]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda i: bundle.explain(TEXT, **asked[i % 4]), range(24)))
    for i, trace in enumerate(together):
        assert np.array_equal(trace.final, alone[i % 4].final)
        assert all(same(one, other) for one, other in zip(trace.layers, alone[i % 4].layers, strict=True))


def test_layers_that_were_looked_at_are_counted_the_next_time(opened):
    cache, computed = Cache(1e9), []
    trace = cache.get("text", lambda: computed.append(1) or opened("gpt2")[0].explain(TEXT))
    before = cache.bytes
    layer = trace.layers[1]
    assert cache.get("text", None) is trace and computed == [1]
    assert cache.bytes > before + traces.size(layer) / 2
    assert cache.bytes == pytest.approx(size(trace), abs=200)


def test_the_model_is_not_counted_among_what_a_trace_holds(opened):
    bundle, _ = opened("gpt2")
    trace, places = bundle.explain(TEXT), set()
    trace.layers[0].attention.weights(0)
    held = size(trace, places)
    streams = 3 * trace.final.nbytes
    assert held > streams
    parameters = {parameter.untyped_storage().data_ptr() for parameter in bundle.network.parameters()}
    assert not parameters & places
