"""Masks, and what they promise: nothing flows back from what may not be seen."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import masks
from model.analysis import heads, leak, order, reach
from model.network.attention import attend, fused
from model.network.encodings import ENCODINGS
from viz.component import lines

pytestmark = pytest.mark.usefixtures("doubles")


def test_masks_of_four_tokens_by_hand():
    assert masks.causal(4).int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert masks.window(4, 2).int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    assert masks.full(2, 3).int().tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    "mask", [masks.full(5), masks.causal(5), masks.window(5, 3)], ids=["full", "causal", "window"]
)
def test_a_mask_is_square_and_bool(mask):
    assert mask.shape == (5, 5)
    assert mask.dtype == torch.bool


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 13), st.integers(0, 13))
def test_a_window_as_long_as_the_text_is_the_causal_mask(tokens, more):
    assert torch.equal(masks.window(tokens, tokens + more), masks.causal(tokens))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 13), st.integers(1, 13))
def test_row_i_of_a_window_sees_the_last_tokens_up_to_i(tokens, size):
    seen = [row.nonzero().flatten().tolist() for row in masks.window(tokens, size)]
    assert seen == [list(range(max(0, i - size + 1), i + 1)) for i in range(tokens)]


def test_a_window_of_one_token_is_the_identity():
    assert torch.equal(masks.window(7, 1), torch.eye(7, dtype=torch.bool))


@pytest.mark.parametrize("size", [0, -3])
def test_a_window_of_nothing_is_an_error(size):
    with pytest.raises(ValueError, match=f"a window of {size} tokens sees nothing"):
        masks.window(5, size)


def influence(network, T, allowed=None):
    """(T, T): the largest gradient of output i with respect to input embedding j."""
    record = network(torch.arange(97, 97 + T), allowed)
    mixed = record.final @ torch.randn(
        network.config.width
    )  # not the sum, which the last norm keeps nearly constant
    return torch.stack(
        [
            torch.autograd.grad(output, record.embedded, retain_graph=True)[0].abs().amax(dim=-1)
            for output in mixed
        ]
    )


@pytest.mark.parametrize("positions", ENCODINGS)
def test_a_decoder_sees_all_before_and_nothing_after(make_network, positions):
    assert torch.equal(influence(make_network(positions), 7) > 0, masks.causal(7))


@pytest.mark.parametrize("positions", ENCODINGS)
def test_an_encoder_sees_everything(make_network, positions):
    assert (influence(make_network(positions, causal=False), 7) > 0).all()


def test_windows_add_up_from_layer_to_layer(make_network):
    network = make_network(layers=3)  # each layer of window 3 reaches 2 tokens further back
    assert torch.equal(influence(network, 11, masks.window(11, 3)) > 0, masks.window(11, 7))


def test_a_prefix_of_four_tokens_by_hand():
    assert masks.prefix(4, 3).int().tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1]]


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 13), st.integers(0, 13))
def test_row_i_of_a_prefix_sees_all_of_it_and_all_before(tokens, length):
    seen = [row.nonzero().flatten().tolist() for row in masks.prefix(tokens, length)]
    assert seen == [list(range(min(tokens, max(i + 1, length)))) for i in range(tokens)]


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 13), st.integers(0, 13))
def test_a_prefix_lies_between_the_causal_mask_and_the_full_one(tokens, more):
    assert torch.equal(masks.prefix(tokens, 0), masks.causal(tokens))
    assert torch.equal(masks.prefix(tokens, 1), masks.causal(tokens))
    assert torch.equal(masks.prefix(tokens, tokens + more), masks.full(tokens))


def test_a_prefix_shorter_than_nothing_is_an_error():
    with pytest.raises(ValueError, match="a prefix of -1 tokens does not exist"):
        masks.prefix(5, -1)


def test_within_a_prefix_all_see_all_and_nobody_sees_past_it(make_network):
    assert torch.equal(influence(make_network(), 7, masks.prefix(7, 3)) > 0, masks.prefix(7, 3))


# ---- what counts as a mask ----

ADDED = np.where(np.tri(5, dtype=bool), 0.0, -np.inf)  # the other convention, in which 0 is "may look"


@pytest.mark.parametrize(
    "reader",
    [
        masks.checked,
        lambda allowed: attend(*torch.zeros(3, 5, 2), allowed),
        lambda allowed: fused(*torch.zeros(3, 5, 2), allowed),
        lambda allowed: reach.attention_cone(allowed, 2, 4),
        lambda allowed: reach.measured_attention(allowed, 2, 4),
        lambda allowed: reach.needed_by_attention(allowed, 4),
        lambda allowed: leak.reachable(allowed, 2),
        lambda allowed: order.credit({"content": np.ones((5, 5))}, allowed),
        heads.uniform,
        lambda allowed: lines.strongest(np.ones((1, 5, 5)), allowed),
    ],
)
@pytest.mark.parametrize("form", [np.float64, np.float32, torch.tensor])
def test_whatever_reads_a_mask_refuses_one_that_is_to_be_added(reader, form):
    with pytest.raises(ValueError, match="allowed must hold True"):
        reader(form(ADDED))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31))
@settings(deadline=None)
def test_ones_and_zeros_of_any_type_are_true_and_false(T, S, seed):
    allowed = np.random.default_rng(seed).random((T, S)) < 0.5
    for form in (bool, np.int8, np.uint16, float, np.float32):
        checked = masks.checked(allowed.astype(form))
        assert checked.dtype == torch.bool
        assert np.array_equal(checked.numpy(), allowed)
