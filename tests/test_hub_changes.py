"""Masks, changes, layers and generation on models of the library."""

import numpy as np
import pytest
import torch

from model import Change, decoding
from model.analysis import knockouts, leak
from model.decoding import Cache, beams, generate
from model.network.attention import attend
from tests.checkpoints import TEXT
from tests.test_trace import CHANGES, mask

KINDS = ["gpt2", "gpt_neox", "llama", "mistral", "gemma2", "gpt_oss", "opt", "bert", "modernbert"]
MIXED = ["gemma2", "gpt_oss", "modernbert"]  # their layers differ in their masks
CAUSAL = [name for name in KINDS if "bert" not in name]
kinds = pytest.mark.parametrize("name", KINDS)
causal = pytest.mark.parametrize("name", CAUSAL)


def weights_of(layer):
    return np.stack([layer.attention.weights(head) for head in range(4)])


@kinds
@pytest.mark.parametrize("axes", [2, 3, 4])
def test_a_mask_takes_the_place_of_the_models_own(opened, name, axes):
    bundle, _ = opened(name)
    T, L = len(bundle.read(TEXT)), bundle.config.layers
    allowed = mask(*(L, 4, T, T)[4 - axes :])
    trace = bundle.explain(TEXT, allowed=allowed)
    for i, layer in enumerate(trace.layers):
        wanted = allowed[i] if axes == 4 else allowed
        assert np.array_equal(layer.attention.allowed, wanted)
        assert np.array_equal(weights_of(layer) > 0, np.broadcast_to(wanted, (4, T, T)))
    assert trace.error() < 1e-4


@kinds
def test_the_models_own_mask_asked_for_changes_nothing(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    own = bundle.network.mask(len(trace.tokens))
    np.testing.assert_allclose(bundle.explain(TEXT, allowed=own).final, trace.final, atol=1e-5)


@kinds
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_does_what_it_says_in_the_layers_that_were_asked(opened, name, change):
    bundle, _ = opened(name)
    before, after = bundle.explain(TEXT), bundle.explain(TEXT, change=change, layers=[-1])
    for one, other in zip(before.layers[:-1], after.layers[:-1], strict=True):
        np.testing.assert_allclose(one.resid_out, other.resid_out, atol=1e-5)
    first, last = before.layers[-1].attention, after.layers[-1].attention
    assert after.error() < 1e-4
    if change.average:
        sinks = 0 if last.sinks is None else 1
        expected = first.allowed / (first.allowed.sum(-1, keepdims=True) + sinks)
        np.testing.assert_allclose(weights_of(after.layers[-1]), np.stack([expected] * 4), atol=1e-6)
    elif not change.scaled:
        assert last.scale == 1.0
    else:
        given = np.stack([first.scores(head) for head in range(4)]) / change.temperature
        if first.sinks is not None:
            sink = np.broadcast_to(first.sinks[:, None, None] / change.temperature, (*given.shape[:2], 1))
            given = np.concatenate((given, sink), axis=-1)
        powers = np.exp(given - given.max(-1, keepdims=True))
        expected = (powers / powers.sum(-1, keepdims=True))[..., : first.k.shape[1]]
        np.testing.assert_allclose(weights_of(after.layers[-1]), expected, atol=1e-5)


@kinds
def test_a_silenced_head_puts_out_nothing(opened, name):
    bundle, _ = opened(name)
    network, ids = bundle.network, torch.tensor(bundle.read(TEXT))
    keep = torch.ones(bundle.config.layers, 4, dtype=torch.bool)
    keep[0, 2] = False
    with torch.inference_mode():
        before, after = network(ids), network(ids, keep=keep)
    assert not after.layers[0].attention.heads[2].any()
    np.testing.assert_array_equal(after.layers[0].attention.heads[1], before.layers[0].attention.heads[1])
    assert (after.final - before.final).abs().max() > 1e-3


@kinds
@pytest.mark.parametrize("kind", [knockouts.silence, knockouts.level, knockouts.unsink])
def test_knock_outs_of_many_copies_are_those_of_one(opened, name, kind):
    bundle, _ = opened(name)
    ids, network = bundle.read(TEXT), bundle.network
    groups = knockouts.singles(bundle.config)[:3]
    out = knockouts.marked(bundle.config, groups)
    together = knockouts.run(network, ids, kind, out)
    assert together.final.shape == (3, len(ids), bundle.config.width)
    for row in range(3):
        alone = knockouts.run(network, ids, kind, out[row : row + 1]).final[0]
        np.testing.assert_allclose(together.final[row], alone, atol=1e-5)


@kinds
def test_both_ways_to_attend_give_the_same(opened, name):
    network, ids = opened(name)[0].network, torch.tensor(opened(name)[0].read(TEXT))
    with torch.inference_mode():
        np.testing.assert_allclose(network(ids).final, network(ids, attend=attend).final, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in KINDS if name not in MIXED])
def test_gradients_reach_no_further_than_the_mask(opened, name):
    bundle, _ = opened(name)
    ids = bundle.read(TEXT)
    network, own = bundle.network, bundle.network.mask(len(ids))
    reached = leak.squares(network, ids, own, leak.direction(bundle.config.width, 1)) > 0
    assert np.array_equal(reached, leak.reachable(own.numpy(), bundle.config.layers))


@kinds
def test_the_stream_can_be_given(opened, name):
    network, ids = opened(name)[0].network, torch.tensor(opened(name)[0].read(TEXT))
    with torch.inference_mode():
        embedded, usual = network.embed(ids), network(ids)
        np.testing.assert_array_equal(embedded, usual.embedded)
        np.testing.assert_array_equal(network(ids, embedded=embedded).final, usual.final)
        other = network(ids, embedded=2 * embedded)
        np.testing.assert_array_equal(other.embedded, 2 * embedded)


@causal
def test_the_lens_at_the_end_is_what_the_model_says(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    np.testing.assert_allclose(
        decoding.lens(bundle.network, trace.layers[-1].resid_out), trace.logits, atol=1e-4
    )


@causal
def test_a_cache_changes_nothing(opened, name):
    bundle, own = opened(name)
    ids = bundle.read(TEXT)
    written = {}
    for cached in (True, False):
        steps = generate(bundle.network, ids, cached=cached)
        written[cached] = [next(steps) for _ in range(6)]
    for one, other in zip(written[True], written[False], strict=True):
        assert one.id == other.id
        np.testing.assert_allclose(one.stages[-1], other.stages[-1], atol=1e-4)
    assert written[True][3].cache.tokens == len(ids) + 3
    assert written[True][3].record.layers[0].attention.q.shape[1] == 1
    expected = own.generate(
        torch.tensor(ids)[None], max_new_tokens=6, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    assert [step.id for step in written[True]] == expected[0, len(ids) :].tolist()


@causal
def test_beams_are_the_same_with_one_token_at_a_time(opened, name):
    bundle, _ = opened(name)
    ids = bundle.read(TEXT)
    *_, best = beams(bundle.network, ids, 3, 3)
    read = bundle.reread([*ids, *best[0].ids])
    scores = torch.tensor(read.logits).double().log_softmax(-1)
    own = sum(float(scores[len(ids) - 1 + i, id]) for i, id in enumerate(best[0].ids))
    assert best[0].score == pytest.approx(own, abs=1e-3)


@causal
def test_the_mask_after_a_past_is_the_end_of_the_whole(opened, name):
    network, ids = opened(name)[0].network, torch.tensor(opened(name)[0].read(TEXT))
    with torch.inference_mode():
        past = Cache.of(network(ids[:-3]))
        rest = network(ids[-3:], past=past)
        whole = network(ids)
    np.testing.assert_allclose(rest.final, whole.final[-3:], atol=1e-5)
    for one, other in zip(rest.layers, whole.layers, strict=True):
        assert np.array_equal(one.attention.allowed, other.attention.allowed[-3:])


def test_wrong_masks_and_layers_are_refused_as_by_our_own(opened):
    bundle, _ = opened("llama")
    with pytest.raises(ValueError, match="allowed has shape"):
        bundle.explain(TEXT, allowed=np.ones((2, 2), bool))
    with pytest.raises(ValueError, match="there is no layer 2"):
        bundle.explain(TEXT, change=Change(), layers=[2])
    with pytest.raises(ValueError, match="There is no text yet"):
        bundle.explain("  ")


def test_a_mask_for_each_layer_where_they_differ(opened):
    for name in KINDS:
        mask_of = opened(name)[0].network.mask
        assert mask_of(3).shape == (3, 3), name
        assert mask_of(13).shape == ((2 + (name == "modernbert"), 4, 13, 13) if name in MIXED else (13, 13))
