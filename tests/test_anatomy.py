"""Laws of the boxes and of what they cost: against the loaded network, against torch's own count, and against
real passes.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from model import decoding, load, masks, names
from model.analysis import activations, anatomy, cost, pooling, stream
from model.network.attention import attend
from model.network.config import ModelConfig
from model.network.convolution import build
from model.network.encodings import ENCODINGS
from model.network.transformer import initialise

TEXT = "I swam across the river to get to the other bank"
BUNDLED = [name for kind in ("encoder", "decoder") for name in names(kind)]
bundled = pytest.mark.parametrize("name", BUNDLED)


@st.composite
def configs(draw):
    """Random sizes, with grouped heads, factorised tables, every encoding, encoders and decoders."""
    key_heads = draw(st.integers(1, 3))
    heads = key_heads * draw(st.integers(1, 3))
    return ModelConfig(
        kind="decoder",
        vocabulary=draw(st.integers(2, 43)),
        width=heads * 2 * draw(st.integers(1, 4)),
        factor=draw(st.none() | st.integers(1, 7)),
        layers=draw(st.integers(1, 3)),
        heads=heads,
        head_width=draw(st.none() | st.sampled_from([2, 4, 10])),
        key_heads=key_heads,
        hidden=draw(st.integers(1, 37)),
        positions=draw(st.sampled_from(list(ENCODINGS))),
        causal=draw(st.booleans()),
        predicts=draw(st.booleans()),
        context=19,
        max_tokens=19,
    )


def random_network(config, seed=1):
    return initialise(build(config), seed).eval().requires_grad_(False)


def by_torch(network, ids):
    """Multiply-adds as torch counts them, two operations each; in all and for each module."""
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(torch.tensor(ids), attend=attend)
    return counter.get_total_flops() / 2, {
        name.partition(".")[2]: sum(of.values()) / 2 for name, of in counter.get_flop_counts().items()
    }


def owned(network, box):
    """A box's parameters as the network holds them, in all layers: {name: how many numbers}."""
    known = {name: parameter.numel() for name, parameter in network.named_parameters()}
    names = {name.replace("#", str(layer)) for name in box.owns for layer in range(network.config.layers)}
    return {name: known[name] for name in sorted(names)}


def assert_anatomy(network, ids):
    """Every parameter is in one box, all boxes together take what torch counts, and the formulas of the whole
    say the same.
    """
    made = anatomy.boxes(network, len(ids))
    found = {}
    for box in made:
        own = owned(network, box)
        assert not set(own) & set(found)
        assert sum(own.values()) == anatomy.parameters([box])
        found |= own
    assert found == {name: parameter.numel() for name, parameter in network.named_parameters()}
    assert anatomy.parameters(made) == sum(found.values()) == cost.parameters(network.config)
    takes, modules = by_torch(network, ids)
    assert anatomy.multiply_adds(made) == takes == cost.multiply_adds(len(ids), network.config)
    boxes = {box.name: box for box in made}
    for name, module in {
        "query": "attention.query",
        "key": "attention.key",
        "output": "attention.output",
        "mlp_in": "mlp.0",
        "mlp_out": "mlp.2",
    }.items():
        assert boxes[name].multiply_adds == modules[f"blocks.0.{module}"]
    return boxes


# ---- boxes ----


@bundled
def test_the_boxes_of_a_bundled_model_are_the_model(name):
    bundle = load(name)
    assert_anatomy(bundle.network, bundle.read(TEXT))


@settings(deadline=None, max_examples=60)
@given(configs(), st.integers(1, 19))
def test_the_boxes_of_any_model_are_the_model(config, tokens):
    assert_anatomy(random_network(config), [i % config.vocabulary for i in range(tokens)])


@pytest.mark.parametrize("positions", ENCODINGS)
@pytest.mark.parametrize(
    "choices",
    [{}, {"key_heads": 2}, {"key_heads": 1, "factor": 5}, {"predicts": False, "causal": False}],
    ids=str,
)
def test_what_went_through_a_box_has_its_shape_and_is_what_the_pass_produced(make_bundle, positions, choices):
    bundle = make_bundle(positions, **choices)
    trace = bundle.explain("I swam to the other bank.")
    made = anatomy.boxes(bundle.network, len(trace.tokens))
    for layer, head in ((0, 3), (2, 1)):
        for box in made:
            found = activations.activation(bundle.network, trace, box.name, layer, head)
            assert found.values.shape == (box.shape[-2:] if len(box.shape) > 1 else (*box.shape, 1))
            assert found.difference is None or found.difference < 2e-4, box.name
    assert len({box.name for box in made}) == len(made)
    assert {source for box in made for source in box.reads} <= {box.name for box in made}


def test_what_went_through_a_box_is_what_its_formula_says(make_bundle):
    bundle = make_bundle("learned", factor=5, key_heads=2)
    trace, block = bundle.explain("I swam to the other bank."), bundle.network.blocks[1]
    one = {
        name: activations.activation(bundle.network, trace, name, 1, 3).values
        for name in [box.name for box in anatomy.boxes(bundle.network, 7)]
    }

    def normed(x, norm):
        x = x.astype(np.float64)
        spread = np.sqrt(x.var(axis=-1, keepdims=True) + norm.eps)
        return (
            x - x.mean(axis=-1, keepdims=True)
        ) / spread * norm.weight.detach().numpy() + norm.bias.detach().numpy()

    close = {"rtol": 1e-3, "atol": 1e-3}
    layer, T = trace.layers[1], len(trace.tokens)
    np.testing.assert_array_equal(one["tokens"][:, 0], trace.ids)
    np.testing.assert_allclose(one["positions"], bundle.network.position_table.detach()[:T], **close)
    np.testing.assert_allclose(one["attention_norm"], normed(layer.resid_in, block.attention_norm), **close)
    np.testing.assert_allclose(one["mlp_norm"], normed(layer.resid_mid, block.mlp_norm), **close)
    np.testing.assert_allclose(one["norm"], normed(trace.layers[-1].resid_out, bundle.network.norm), **close)
    before = one["mlp_norm"] @ block.mlp[0].weight.detach().numpy().T + block.mlp[0].bias.detach().numpy()
    np.testing.assert_allclose(one["mlp_in"], before, **close)
    bell = np.vectorize(lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2)
    np.testing.assert_allclose(one["gelu"], bell(one["mlp_in"].astype(np.float64)), **close)
    np.testing.assert_allclose(
        one["weights"] @ layer.attention.v[1], one["mix"].reshape(T, 4, -1)[:, 3], **close
    )  # of four heads two share the second values
    np.testing.assert_array_equal(one["add_attention"] - layer.resid_in, layer.resid_mid - layer.resid_in)
    np.testing.assert_allclose(
        one["narrow"] @ bundle.network.embedding.weight.detach().numpy().T, trace.logits, **close
    )


def test_a_damaged_pass_is_told_by_the_difference(make_bundle):
    bundle = make_bundle("rope")
    trace = bundle.explain("I swam to the other bank.")
    bundle.network.blocks[0].mlp[2].bias.data += 0.5
    try:
        assert activations.activation(bundle.network, trace, "gelu", 0).difference == pytest.approx(
            0.5, abs=1e-4
        )
        assert activations.activation(bundle.network, trace, "gelu", 1).difference < 1e-4
    finally:
        bundle.network.blocks[0].mlp[2].bias.data -= 0.5


def test_a_convolution_has_other_parts():
    with pytest.raises(ValueError, match="this is a Convolutional"):
        anatomy.boxes(load("encoder-cnn").network, 5)


# ---- what it costs ----


@settings(deadline=None, max_examples=30)
@given(configs(), st.integers(1, 19), st.integers(1, 23))
def test_bytes_are_those_of_real_tensors(config, tokens, window):
    network = random_network(config)
    ids = [i % config.vocabulary for i in range(tokens)]
    cache, weights = cost.stored(network, ids)
    assert cache == cost.cache_bytes(tokens, config)
    assert weights == cost.weights_bytes(tokens, config)
    assert cost.stored(network, ids[:window])[0] == cost.cache_bytes(tokens, config, window)
    with torch.inference_mode():
        held = decoding.Cache.of(network(torch.tensor(ids)))
    assert sum(part.numpy().nbytes for layer in held.layers for part in layer) == cache
    assert cost.counted(network, ids) == cost.multiply_adds(tokens, config)


@settings(deadline=None)
@given(configs(), st.integers(1, 4096), st.integers(1, 4096))
def test_a_window_costs_no_more_than_all_and_the_same_once_it_holds_all(config, tokens, window):
    for formula in (cost.multiply_adds, cost.cache_bytes, cost.weights_bytes):
        assert formula(tokens, config, window) <= formula(tokens, config)
        assert formula(tokens, config, tokens + window) == formula(tokens, config)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 80))
def test_the_pairs_of_a_window_are_a_full_row_each(tokens, window):
    assert cost.pairs(tokens) == tokens * tokens
    rows = masks.window(tokens, window).sum(1)  # the first tokens have fewer before them than fit
    assert cost.pairs(tokens, window) == tokens * int(rows.max())


@settings(deadline=None)
@given(configs())
def test_the_square_term_overtakes_where_it_says(config):
    place = cost.overtaking(config)
    for tokens in {max(1, math.floor(place)), math.ceil(place), math.ceil(place) + 1}:
        pairs = config.layers * cost.mixing(tokens, config)
        rest = cost.multiply_adds(tokens, config) - pairs
        assert (pairs > rest) == (tokens > place)
        assert (pairs < rest) == (tokens < place)


def test_the_formulas_by_hand():
    config = ModelConfig(vocabulary=11, width=6, layers=2, heads=3, key_heads=1, hidden=5, positions="none")
    # query and output 6 x 6, key and value 6 x 2; MLP 6 x 5 + 5 + 5 x 6 + 6; table 11 x 6; norms 2 x 6 each,
    # five of them
    assert cost.attention_parameters(config) == 36 + 36 + 12 + 12 == 96
    assert cost.mlp_parameters(config) == 71
    assert cost.parameters(config) == 66 + 2 * (96 + 71) + 5 * 12
    assert cost.mixing(7, config) == 2 * 3 * 2 * 49
    assert cost.multiply_adds(7, config) == 7 * (2 * (96 + 60) + 66) + 2 * 588
    assert cost.cache_bytes(7, config) == 2 * 2 * 1 * 2 * 7 * 4
    assert cost.weights_bytes(7, config, window=3) == 2 * 3 * 7 * 3 * 4


@pytest.mark.parametrize(
    ("tokens", "window", "chunk"),
    [(7, 3, 2), (131, 50, 64), (64, 64, 64), (29, 1, 7), (11, 99, 3), (1, 1, 64)],
)
def test_windowed_attention_is_attention_with_a_window(tokens, window, chunk):
    q, k, v = (
        torch.randn(3, tokens, 5, generator=torch.Generator().manual_seed(i), dtype=torch.float64)
        for i in range(3)
    )
    expected = attend(q, k, v, masks.window(tokens, min(window, tokens)))
    torch.testing.assert_close(cost.windowed(q, k, v, window, chunk), expected)


def test_windowed_attention_saves_what_it_says(monkeypatch):
    q, k, v = (torch.randn(2, 300, 8, generator=torch.Generator().manual_seed(i)) for i in range(3))
    config = ModelConfig(width=16, heads=2, key_heads=2, positions="none")
    monkeypatch.setattr(cost, "fused", attend)  # of which torch counts every product
    with FlopCounterMode(display=False) as counter:
        cost.windowed(q, k, v, 50)
    taken = counter.get_total_flops() / 2
    assert taken <= 2 * 2 * 8 * 300 * (50 + 63)
    assert taken < cost.mixing(300, config) / 2


def test_seconds_are_measured():
    layer = load("decoder-rope").network.blocks[0].attention
    assert cost.seconds(layer, 64) > 0
    assert cost.seconds(layer, 64, window=16) > 0


# ---- the stream ----


def test_the_stages_are_the_stream_and_what_is_added_adds_up():
    trace = load("decoder-alibi").explain(TEXT)
    stages, added = stream.stages(trace), stream.added(trace)
    assert len(stages) == len(stream.names(trace.config)) == 2 * trace.config.layers + 1
    np.testing.assert_array_equal(stages[0], trace.embedded)
    for i, layer in enumerate(trace.layers):
        np.testing.assert_array_equal(stages[2 * i + 2], layer.resid_out)
        np.testing.assert_allclose(
            np.linalg.norm(stages[2 * i + 1] - stages[2 * i], axis=-1), added[0, i], rtol=1e-4
        )
        np.testing.assert_allclose(
            np.linalg.norm(stages[2 * i + 2] - stages[2 * i + 1], axis=-1), added[1, i], rtol=1e-4
        )
    expected = torch.nn.functional.cosine_similarity(
        torch.tensor(stages[1:]), torch.tensor(stages[:-1]), dim=-1
    )
    np.testing.assert_allclose(stream.cosines(stages[1:], stages[:-1]), expected, rtol=1e-4, atol=1e-5)
    assert stream.cosines(np.zeros((1, 3)), np.ones((1, 3))) == [0]


def test_the_neurons_that_fire_most_come_first():
    after = np.array([[0.0, 3.0, -1.0, 3.0, 5.0], [9.0, 0.0, 0.0, 0.0, 1.0]])
    assert stream.firing(after, 0, 3).tolist() == [4, 1, 3]
    assert stream.firing(after, 1, 2).tolist() == [0, 4]
    np.testing.assert_allclose(
        stream.gelu(np.array([-1.0, 0.0, 2.0])), [-0.15865525, 0, 1.95449974], rtol=1e-6
    )


@pytest.mark.parametrize("choices", [{}, {"factor": 5}], ids=str)
def test_a_neuron_pushes_the_logits_as_if_the_spread_stood_still(make_bundle, choices):
    network = make_bundle("rope", **choices).network
    pushed = stream.pushed(network, 1, 17)
    x = torch.randn(24, generator=torch.Generator().manual_seed(5))
    moved = x + 0.5 * network.blocks[1].mlp[2].weight[:, 17].detach()
    spread = (x.var(unbiased=False) + network.norm.eps).sqrt()
    with torch.inference_mode():
        logits = [
            network.unembed((one - one.mean()) / spread * network.norm.weight + network.norm.bias)
            for one in (x, moved)
        ]
    np.testing.assert_allclose(
        (logits[1] - logits[0]) * spread / 0.5, pushed, rtol=1e-2, atol=1e-3 * abs(pushed).max()
    )


# ---- the end ----


def test_what_each_token_received_sums_to_one_and_is_the_mean_of_the_last_weights():
    trace = load("encoder").explain(TEXT)
    received = pooling.received(trace)
    every = [trace.layers[-1].attention.weights(head) for head in range(trace.config.heads)]
    np.testing.assert_allclose(
        received, np.mean([row for weights in every for row in weights], axis=0), rtol=1e-5
    )
    assert received.sum() == pytest.approx(1)
    mean, first, weighted = pooling.pooled(trace.final, received)
    np.testing.assert_allclose(mean, trace.final.mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(first, trace.final[0])
    np.testing.assert_allclose(
        weighted,
        sum(share * row for share, row in zip(received, trace.final, strict=True)),
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_nearest_is_the_one_with_the_largest_cosine():
    others = np.array([[1.0, 0.0], [5.0, 5.0], [0.0, -2.0], [2.0, 0.1]])
    cosines, order = pooling.nearest(np.array([3.0, 0.0]), others)
    np.testing.assert_allclose(cosines, [1, math.sqrt(0.5), 0, 2 / math.hypot(2, 0.1)])
    assert order.tolist() == [0, 3, 1, 2]


def test_leaving_one_out_never_asks_the_sentence_itself():
    vectors = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0], [1.0, 0.9]])
    expected = []
    for i in range(5):
        rest = [j for j in range(5) if j != i]
        expected.append(
            "aabbc"[
                max(
                    rest,
                    key=lambda j: (
                        vectors[i] @ vectors[j] / np.linalg.norm(vectors[i]) / np.linalg.norm(vectors[j])
                    ),
                )
            ]
        )
    assert pooling.left_out(vectors, list("aabbc")) == expected
    with pytest.raises(ValueError, match="two sentences or more"):
        pooling.left_out(vectors[:1], ["a"])
