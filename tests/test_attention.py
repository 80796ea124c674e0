"""Attention equals torch's own, and knows nothing of order unless it is told."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from model import masks
from model.network.attention import MultiHeadAttention, attend, fused
from model.network.config import ModelConfig
from model.network.encodings import ENCODINGS, rope, sinusoidal

pytestmark = pytest.mark.usefixtures("doubles")

EXACT = {"rtol": 1e-12, "atol": 1e-12}
size = st.integers(1, 7)


@st.composite
def problems(draw):
    """(q, k, v, allowed or None, bias or None, scale or None) of one random problem; every row is allowed to
    look somewhere.
    """
    lead, T, S, D, E = (
        draw(st.sampled_from([(), (3,), (2, 3)])),
        draw(size),
        draw(size),
        draw(size),
        draw(size),
    )
    torch.manual_seed(draw(st.integers(0, 10**6)))
    q, k, v = torch.randn(*lead, T, D), torch.randn(*lead, S, D), torch.randn(*lead, S, E)
    allowed = (torch.rand(T, S) < 0.5) | (torch.randint(S, (T, 1)) == torch.arange(S))
    bias = torch.randn(*lead[-1:], T, S)
    return (
        q,
        k,
        v,
        draw(st.sampled_from([None, allowed])),
        draw(st.sampled_from([None, bias])),
        draw(st.sampled_from([None, 0.0, 0.3, 2.0])),
    )


@settings(deadline=None, max_examples=150)
@given(problems())
def test_attend_equals_torchs_scaled_dot_product_attention(problem):
    q, k, v, allowed, bias, scale = problem
    mask = torch.zeros(q.shape[-2], k.shape[-2]) if bias is None else bias
    if allowed is not None:
        mask = mask.masked_fill(~allowed, -math.inf)
    expected = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
    torch.testing.assert_close(attend(q, k, v, allowed, bias, scale), expected, **EXACT)


@settings(deadline=None, max_examples=150)
@given(problems())
def test_fused_equals_attend(problem):
    torch.testing.assert_close(fused(*problem), attend(*problem), **EXACT)


@settings(deadline=None, max_examples=100)
@given(problems())
def test_weights_sum_to_one_and_are_exactly_zero_where_masked(problem):
    q, k, _, allowed, bias, scale = problem
    weights = attend(q, k, torch.eye(k.shape[-2]), allowed, bias, scale)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(q.shape[:-1]), **EXACT)
    if allowed is not None:
        assert torch.equal(weights > 0, allowed.expand_as(weights))


def test_two_tokens_worked_by_hand():
    # D = 4, so the dot products are halved. Row 1: scores (2 ln 3, 0) / 2 = (ln 3, 0), e^ of them (3, 1),
    # weights (3/4, 1/4).
    # Row 2: scores (0, 0), weights (1/2, 1/2). Out: 3/4 (4, 0) + 1/4 (0, 8) = (3, 2) and (2, 4).
    q = torch.tensor([[2 * math.log(3), 0, 0, 0], [0, 0, 0, 0]])
    k = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    v = torch.tensor([[4.0, 0], [0, 8]])
    torch.testing.assert_close(attend(q, k, v), torch.tensor([[3.0, 2], [2, 4]]), **EXACT)
    causal = torch.tensor([[True, False], [True, True]])  # now row 1 sees only itself: (4, 0)
    torch.testing.assert_close(attend(q, k, v, causal), torch.tensor([[4.0, 0], [2, 4]]), **EXACT)
    bias = torch.tensor(
        [[-math.log(3), 0], [0, math.log(7)]]
    )  # row 1: scores (0, 0); row 2: e^ of the scores (1, 7), weights (1/8, 7/8)
    torch.testing.assert_close(attend(q, k, v, bias=bias), torch.tensor([[2.0, 4], [0.5, 7]]), **EXACT)


@pytest.mark.parametrize(
    "allowed",
    [torch.ones(5, 5).tril().bool(), torch.ones(3, 5, 5).tril().bool()],
    ids=["one mask", "a mask per head"],
)
@pytest.mark.parametrize("lead", [(3,), (2, 3)], ids=["one text", "a batch"])
def test_the_fused_kernel_does_the_work(lead, allowed):
    q = torch.randn(*lead, 5, 2)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):  # torch raises where this kernel cannot be used
        torch.testing.assert_close(fused(q, q, q, allowed), attend(q, q, q, allowed), **EXACT)


@pytest.fixture
def module():
    torch.manual_seed(1)
    return MultiHeadAttention(ModelConfig(width=15, heads=3, key_heads=3))


@pytest.mark.parametrize("work", [attend, fused])
def test_multi_head_attention_equals_torchs_with_the_same_parameters(module, work):
    reference = nn.MultiheadAttention(15, 3, bias=False, batch_first=True)
    reference.in_proj_weight.data = torch.cat(
        [module.query.weight, module.key.weight, module.value.weight]
    ).data
    reference.out_proj.weight.data = module.output.weight.data
    x, allowed = torch.randn(2, 7, 15), (torch.rand(7, 7) < 0.5) | torch.eye(7, dtype=torch.bool)
    expected, _ = reference(x, x, x, attn_mask=~allowed)  # its mask says who may not look
    torch.testing.assert_close(module(x, allowed, attend=work).out, expected, **EXACT)


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_grouped_key_heads_equal_key_heads_that_are_repeated(groups):
    grouped = MultiHeadAttention(ModelConfig(width=30, heads=6, key_heads=groups))
    whole = MultiHeadAttention(ModelConfig(width=30, heads=6, key_heads=6))
    whole.load_state_dict(
        grouped.state_dict()
        | {name: repeated(grouped.state_dict()[name], 6 // groups) for name in ("key.weight", "value.weight")}
    )
    x = torch.randn(7, 30)
    assert grouped(x).k.shape == grouped(x).v.shape == (groups, 7, 5)
    torch.testing.assert_close(grouped(x).out, whole(x).out, **EXACT)


def repeated(weight, times):
    """Rows of G heads 5 wide -> each head `times` times in a row."""
    return torch.cat([head for head in weight.split(5) for _ in range(times)])


def test_attention_without_a_mask_follows_any_order_of_the_tokens(module):
    x, order = torch.randn(7, 15), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    torch.testing.assert_close(module(x[order]).out, module(x).out[order], **EXACT)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_only_an_encoder_without_positions_follows_any_order_of_the_tokens(make_network, encoding):
    network = make_network(encoding, causal=False)
    ids, order = torch.arange(97, 104), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    difference = (network(ids[order]).final - network(ids).final[order]).abs().max()
    assert difference < 1e-12 if encoding == "none" else difference > 0.01


@pytest.mark.parametrize("pairing", ["adjacent", "halves"])
def test_rope_turns_queries_and_keys_in_the_same_pairs(make_network, pairing):
    network, ids = make_network("rope", rope_pairing=pairing, key_heads=2), torch.arange(97, 104)
    angle = sinusoidal.angles(torch.arange(7), network.config.head_width)
    for layer in network(ids).layers:
        q, k, _, q_rot, k_rot, *_ = layer.attention
        assert torch.equal(q_rot, rope.rotate(q, angle, pairing))
        assert torch.equal(k_rot, rope.rotate(k, angle, pairing))


def test_t5_tells_left_from_right_in_an_encoder_and_only_looks_left_in_a_decoder(make_network):
    for causal in (True, False):
        network = make_network("t5", causal=causal)
        bias = network(torch.arange(97, 104)).layers[0].attention.bias
        left, here, right = bias[:, 4, 3], bias[:, 4, 4], bias[:, 4, 5]
        assert torch.equal(left, network.t5_table[1])
        assert torch.equal(right, here if causal else network.t5_table[17])  # 16 buckets to each side


@pytest.mark.parametrize("causal", [True, False])
def test_a_network_without_positions_equals_torchs_transformer(make_network, causal):
    network, ids = make_network("none", causal=causal), torch.arange(97, 119).view(2, 11)
    layer = nn.TransformerEncoderLayer(
        24, 4, 37, dropout=0, activation="gelu", batch_first=True, norm_first=True
    )
    reference = nn.TransformerEncoder(layer, 3, norm=nn.LayerNorm(24), enable_nested_tensor=False)
    reference.norm.load_state_dict(network.norm.state_dict())
    for theirs, ours in zip(reference.layers, network.blocks, strict=True):
        attention = ours.attention
        theirs.self_attn.in_proj_weight.data = torch.cat(
            [attention.query.weight, attention.key.weight, attention.value.weight]
        ).data
        theirs.self_attn.out_proj.weight.data = attention.output.weight.data
        theirs.self_attn.in_proj_bias.data.zero_()
        theirs.self_attn.out_proj.bias.data.zero_()
        for copy, module in [
            (theirs.norm1, ours.attention_norm),
            (theirs.norm2, ours.mlp_norm),
            (theirs.linear1, ours.mlp[0]),
            (theirs.linear2, ours.mlp[2]),
        ]:
            copy.load_state_dict(module.state_dict())
    record, embedding = network(ids), network.embedding.weight
    expected = reference(embedding[ids] * math.sqrt(24), mask=~masks.causal(11) if causal else None)
    torch.testing.assert_close(record.final, expected, **EXACT)
    torch.testing.assert_close(record.logits, expected @ embedding.T, **EXACT)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_whole_network_computes_the_same_by_attend_as_by_fused(make_network, encoding):
    network, ids = make_network(encoding, key_heads=2), torch.arange(97, 108)
    torch.testing.assert_close(network(ids, attend=attend).logits, network(ids, attend=fused).logits, **EXACT)


def test_a_batch_gives_what_its_rows_give_one_by_one(make_network):
    network, ids = make_network("t5", key_heads=2), torch.arange(97, 119).view(2, 11)
    torch.testing.assert_close(
        network(ids).logits, torch.stack([network(row).logits for row in ids]), **EXACT
    )
