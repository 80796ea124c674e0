"""Reach: the formula, the cone and the gradient say the same; influence is zero where nothing reaches."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load, masks
from model.analysis import reach, sensitivity

NAN = float("nan")
DILATIONS = st.sampled_from([1, 2, reach.EXPONENTIAL])
SLIDERS = {
    "layers": st.integers(1, 8),
    "kernel": st.integers(1, 7),
    "dilation": DILATIONS,
    "stride": st.sampled_from([1, 2]),
    "causal": st.booleans(),
}
MASKS = {"full": masks.full, "causal": masks.causal, "window": lambda T: masks.window(T, 3)}
TWINS = ["encoder", "encoder-cnn"]


def built(draw):
    """The stack that a draw of the sliders says, and whether it is causal."""
    causal = draw.pop("causal")
    return reach.stack(**draw), causal


def seen(array):
    return np.flatnonzero(array).tolist()


# ---- convolutions ----


def test_three_layers_by_hand():
    """Kernel 3, causal: the output at 6 reads 4-6, those read 2-6, those 0-6."""
    cone = reach.cone(reach.stack(3, 3), 8, 6, causal=True)
    assert [seen(level) for level in cone.levels] == [[6], [4, 5, 6], [2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]]
    assert [(first.tolist(), last.tolist(), gap) for first, last, gap in cone.reads[:2]] == [
        ([4], [6], 1),
        ([2, 3, 4], [4, 5, 6], 1),
    ]


def test_a_stride_and_a_dilation_by_hand():
    """Stride 2, kernel 2, dilation 2, causal: output 2 reads 4 and 2 of the 6 positions below, which read the
    tokens 8, 6, 4 and 2.
    """
    stack = reach.stack(2, 2, 2, 2)
    assert reach.steps(stack) == [1, 2, 4]
    assert [seen(level) for level in reach.cone(stack, 11, 2, causal=True).levels] == [
        [2],
        [2, 4],
        [2, 4, 6, 8],
    ]
    assert reach.size(stack) == 1 + 2 + 2 * 2 == 7


def test_an_even_kernel_leans_to_the_right():
    assert reach.Layer(4, 3).taps(causal=False).tolist() == [-3, 0, 3, 6]
    assert reach.Layer(4, 3).taps(causal=True).tolist() == [-9, -6, -3, 0]


def test_exponential_dilations_double():
    assert [layer.dilation for layer in reach.stack(4, 2, reach.EXPONENTIAL)] == [1, 2, 4, 8]
    assert reach.size(reach.stack(4, 2, reach.EXPONENTIAL)) == 16
    assert reach.size([]) == 1


@settings(deadline=None, max_examples=150)
@given(st.fixed_dictionaries(SLIDERS), st.integers(1, 40), st.data())
def test_formula_and_gradient_agree_cell_for_cell(sliders, tokens, data):
    stack, causal = built(sliders)
    output = data.draw(st.integers(0, (tokens - 1) // reach.steps(stack)[-1]))
    cone, gradients = reach.cone(stack, tokens, output, causal), reach.measured(stack, tokens, output, causal)
    assert reach.disagreement(cone, gradients) == []
    for level, step, gradient in zip(cone.levels, cone.steps, gradients, strict=True):
        assert level.shape == gradient.shape == (-(-tokens // step),)


@settings(deadline=None, max_examples=60)
@given(st.fixed_dictionaries(SLIDERS | {"layers": st.integers(1, 5)}))
def test_the_gradient_spans_as_many_tokens_as_the_formula_says(sliders):
    """In a text so long that nothing falls off its ends."""
    stack, causal = built(sliders)
    size = reach.size(stack)
    apart = reach.steps(stack)[-1]
    output = -(-size // apart)
    first, last = reach.ends(stack, output, causal)
    reached = seen(reach.measured(stack, last + 1 + apart, output, causal)[-1])
    assert (reached[0], reached[-1]) == (first, last)
    assert last - first + 1 == size


def test_the_largest_of_all_settings_spans_what_the_formula_says():
    stack = reach.stack(8, 7, reach.EXPONENTIAL, 2)
    assert reach.size(stack) == 131_071
    reached = seen(reach.measured(stack, 132_000, 515, causal=True)[-1])
    assert (
        (reached[0], reached[-1]) == reach.ends(stack, 515, causal=True) == (515 * 256 - 131_070, 515 * 256)
    )


@settings(deadline=None, max_examples=60)
@given(st.fixed_dictionaries(SLIDERS))
def test_the_ends_are_as_far_apart_as_the_formula_says_at_every_setting(sliders):
    stack, causal = built(sliders)
    first, last = reach.ends(stack, 3, causal)
    assert last - first + 1 == reach.size(stack)
    assert not causal or last == 3 * reach.steps(stack)[-1]


@settings(deadline=None, max_examples=60)
@given(st.fixed_dictionaries(SLIDERS), st.integers(2, 40), st.data())
def test_a_causal_convolution_sees_nothing_to_the_right_exactly(sliders, tokens, data):
    stack, _ = built(sliders)
    output = data.draw(st.integers(0, (tokens - 1) // reach.steps(stack)[-1]))
    for gradient, step in zip(
        reach.measured(stack, tokens, output, causal=True), reach.steps(stack)[::-1], strict=True
    ):
        assert (gradient[output * reach.steps(stack)[-1] // step + 1 :] == 0).all()


@settings(deadline=None, max_examples=60)
@given(st.fixed_dictionaries(SLIDERS), st.integers(1, 40), st.data())
def test_what_the_cone_reads_is_what_is_seen_below(sliders, tokens, data):
    stack, causal = built(sliders)
    output = data.draw(st.integers(0, (tokens - 1) // reach.steps(stack)[-1]))
    cone = reach.cone(stack, tokens, output, causal)
    for level, below, (first, last, gap) in zip(cone.levels, cone.levels[1:], cone.reads, strict=False):
        assert len(first) == len(last) == level.sum()
        assert {j for low, high in zip(first, last, strict=True) for j in range(low, high + 1, gap)} == set(
            seen(below)
        )


def test_a_wrong_cone_is_found():
    stack = reach.stack(2, 3)
    cone, gradients = reach.cone(stack, 9, 4, causal=False), reach.measured(stack, 9, 4, causal=False)
    cone.levels[2][8] = True
    gradients[1][4] = 0
    assert reach.disagreement(cone, gradients) == [(1, 4), (2, 8)]


# ---- attention ----


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(MASKS)), st.integers(1, 23), st.integers(1, 8), st.data())
def test_mask_and_gradient_agree_cell_for_cell(mask, tokens, layers, data):
    output = data.draw(st.integers(0, tokens - 1))
    allowed = MASKS[mask](tokens)
    gradients = reach.measured_attention(allowed, layers, output)
    assert reach.disagreement(reach.attention_cone(allowed, layers, output), gradients) == []
    assert mask == "full" or all((norm[output + 1 :] == 0).all() for norm in gradients)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 6), st.data())
def test_a_window_reaches_as_a_causal_kernel_of_its_size(tokens, layers, size, data):
    output = data.draw(st.integers(0, tokens - 1))
    attention = reach.attention_cone(masks.window(tokens, size), layers, output)
    convolution = reach.cone(reach.stack(layers, size), tokens, output, causal=True)
    for one, other in zip(attention.levels, convolution.levels, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(attention.reads, convolution.reads, strict=True):
        assert [part.tolist() for part in one[:2]] == [part.tolist() for part in other[:2]]


# ---- layers needed ----


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 7), DILATIONS, st.sampled_from([1, 2]), st.booleans(), st.integers(1, 30))
def test_needed_is_the_first_stack_whose_cone_reaches(kernel, dilation, stride, causal, tokens):
    most = 5
    needed = reach.needed(tokens, kernel, dilation, stride, causal)
    for layers in range(most + 1):
        stack = reach.stack(layers, kernel, dilation, stride)
        middle = 8000 // reach.steps(stack)[-1]
        start = middle * reach.steps(stack)[-1]
        level = reach.cone(stack, 16_000, middle, causal).levels[-1][start - tokens + 1 : start + tokens]
        np.testing.assert_array_equal(level, needed <= layers)


def test_needed_by_hand():
    np.testing.assert_array_equal(reach.needed(4, 3, 1, 1, True), [2, 1, 1, 0, NAN, NAN, NAN])
    np.testing.assert_array_equal(reach.needed(4, 3, 2, 1, False), [NAN, 1, NAN, 0, NAN, 1, NAN])
    np.testing.assert_array_equal(reach.needed(4, 1, 1, 1, False), [NAN, NAN, NAN, 0, NAN, NAN, NAN])
    np.testing.assert_array_equal(reach.needed(1, 3, 1, 1, False), [0])
    np.testing.assert_array_equal(reach.needed_by_attention(masks.causal(5), 2), [1, 1, 0, NAN, NAN])
    np.testing.assert_array_equal(reach.needed_by_attention(masks.full(3), 2), [1, 1, 0])
    np.testing.assert_array_equal(reach.needed_by_attention(masks.window(6, 3), 5), [3, 2, 2, 1, 1, 0])
    np.testing.assert_array_equal(reach.needed_by_attention(masks.window(3, 1), 1), [NAN, 0, NAN])


# ---- influence ----


def jacobian(bundle, ids, output):
    """Frobenius norm per token, the plain way: (T,)."""
    row = torch.tensor(ids)
    matrix = torch.autograd.functional.jacobian(
        lambda x: bundle.network(row, predict=False, embedded=x).final[output], bundle.network.embed(row)
    )
    return matrix.square().sum((0, 2)).sqrt().numpy()  # (C, T, C) -> (T,)


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_squares_add_up_to_the_jacobian(make_bundle, kind):
    bundle = make_bundle(kind=kind, causal=kind == "decoder")
    ids = bundle.read("I swam across the river")
    found = sum(sensitivity.squares(bundle.network, ids, 3, part)[0] for part in (range(5), range(5, 24)))
    np.testing.assert_allclose(np.sqrt(found), jacobian(bundle, ids, 3), rtol=1e-4)
    assert kind == "encoder" or (found[4:] == 0).all()


def occlusion(bundle, ids, output):
    """What replacing each token does to one output: (T,)."""
    return reach.occlusion(bundle, ids, range(len(ids)), reach.unchanged(bundle, ids, len(ids)))[:, output]


def test_occlusion_is_the_mean_change_over_the_words():
    bundle = load("encoder")
    text = "I swam across the river"
    ids = bundle.read(text)
    found, final = occlusion(bundle, ids, 4), bundle.network(torch.tensor(ids)).final[4]
    some = reach.occlusion(bundle, ids, [1, 3], reach.unchanged(bundle, ids, 2))
    np.testing.assert_allclose(some[:, 4], found[[1, 3]], rtol=1e-3)
    for place, old in enumerate(ids):
        words = reach.put(bundle.tokenizer, old)
        assert old not in words and len(set(words)) == reach.PUT
        changed = [
            bundle.network(torch.tensor([*ids[:place], word, *ids[place + 1 :]])).final[4] for word in words
        ]
        assert found[place] == pytest.approx(
            np.mean([float((one - final).norm() / final.norm()) for one in changed]), rel=1e-3
        )


@pytest.mark.parametrize("tokens", [1, 5, 16])
def test_the_convolutional_twin_feels_its_field_and_nothing_else_exactly(tokens):
    bundle = load("encoder-cnn")
    half = (bundle.network.field - 1) // 2
    ids = (
        bundle.read("I swam across the river to get to the other bank and saw a bat and a seal there. ") * 4
    )[:tokens]
    output = tokens // 2
    near = np.abs(np.arange(tokens) - output) <= half
    squares = sensitivity.squares(bundle.network, ids, output, range(bundle.config.width))[0]
    np.testing.assert_array_equal(squares > 0, near)
    np.testing.assert_array_equal(occlusion(bundle, ids, output) > 0, near)
    by_formula = reach.cone(
        reach.stack(bundle.config.layers, bundle.config.kernel), tokens, output, causal=False
    )
    np.testing.assert_array_equal(by_formula.levels[-1], near)


def test_the_encoder_feels_every_token():
    bundle = load("encoder")
    ids = bundle.read("I swam across the river to get to the other bank")
    assert (sensitivity.squares(bundle.network, ids, 10, range(8)) > 0).all()
    assert (occlusion(bundle, ids, 10) > 0).all()


def test_asking_for_gradients_leaves_the_shared_model_alone():
    bundle = load("encoder")
    ids = bundle.read("The river bank")
    before = {name: tensor.clone() for name, tensor in bundle.network.state_dict().items()}
    sensitivity.squares(bundle.network, ids, 1, range(4))
    occlusion(bundle, ids, 1)
    assert not any(
        parameter.requires_grad or parameter.grad is not None for parameter in bundle.network.parameters()
    )
    assert all(torch.equal(tensor, before[name]) for name, tensor in bundle.network.state_dict().items())


def test_the_twins_read_alike():
    one, other = (load(name).tokenizer for name in TWINS)
    assert one.merges == other.merges and one.cased == other.cased


def test_too_few_small_words_is_an_error(tokenizer):
    with pytest.raises(ValueError, match="occlusion needs 3"):
        reach.put(tokenizer, 0)


# ---- layers of any kind, one by one ----


def test_layers_one_by_one_by_hand():
    stack = reach.parsed("k3, k3 stride 2, pool 2/2, k3 dilation 2")
    assert stack == [(3, 1, 1, False), (3, 1, 2, False), (2, 1, 2, True), (3, 2, 1, False)]
    assert [field.size for field in reach.fields(stack, causal=True)] == [3, 5, 7, 23]
    assert [field.jump for field in reach.fields(stack, causal=True)] == [1, 2, 4, 4]
    # centred: one to the left, one of jump 1, none (an even kernel leans right), two of jump 4
    assert [field.start for field in reach.fields(stack, causal=False)] == [-1, -2, -2, -10]
    assert [field.start for field in reach.fields(stack, causal=True)] == [-2, -4, -6, -22]


@pytest.mark.parametrize(
    ("text", "stack"),
    [
        ("", []),
        (" , ;\n", []),
        ("3", [(3, 1, 1, False)]),
        ("K5 S2 D3", [(5, 3, 2, False)]),
        ("conv 3 dilation=4; k1", [(3, 4, 1, False), (1, 1, 1, False)]),
        ("k3d2s2\np3", [(3, 2, 2, False), (3, 1, 3, True)]),
        ("pool 3 s2, k4/2", [(3, 1, 2, True), (4, 1, 2, False)]),
    ],
)
def test_a_list_of_layers_may_be_written_in_several_forms(text, stack):
    assert reach.parsed(text) == stack


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("k3, x", "“x” is no layer"),
        ("k3 q2", "“k3 q2” is no layer"),
        ("k", "“k” is no layer"),
        ("k0", "“k0” has a kernel of 0; it may be 1 to 16"),
        ("k17", "has a kernel of 17"),
        ("k3 s9", "has a stride of 9"),
        ("k3 d65", "has a dilation of 65"),
        ("pool 2 d2", "is pooling, which has no dilation"),
        (",".join(["k3"] * 17), "These are 17 layers, and at most 16"),
        ("9" * 5000, "is no layer"),
    ],
)
def test_a_list_that_cannot_be_read_is_an_error_in_a_sentence(text, reason):
    with pytest.raises(ValueError, match=reason):
        reach.parsed(text)


LISTS = st.lists(
    st.builds(reach.Layer, st.integers(1, 5), st.integers(1, 3), st.integers(1, 2), st.just(False))
    | st.builds(
        lambda kernel, stride: reach.Layer(kernel, 1, stride, True), st.integers(1, 4), st.integers(1, 3)
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(LISTS, st.integers(1, 40), st.booleans(), st.data())
def test_formula_and_gradient_agree_for_any_layers(stack, tokens, causal, data):
    output = data.draw(st.integers(0, -(-tokens // reach.steps(stack)[-1]) - 1))
    cone = reach.cone(stack, tokens, output, causal)
    assert reach.disagreement(cone, reach.measured(stack, tokens, output, causal)) == []


@settings(deadline=None, max_examples=60)
@given(LISTS, st.booleans())
def test_field_jump_and_start_are_those_of_the_gradient(stack, causal):
    """Araujo's recursion against the first and the last token with a gradient, far from the text's ends."""
    size, jump, start = reach.fields(stack, causal)[-1]
    output = math.ceil(-start / jump)
    if (tokens := output * jump + start + size) > 4_000:
        return
    seen_by_gradient = np.flatnonzero(reach.measured(stack, max(1, tokens), output, causal)[-1])
    assert seen_by_gradient[0] == output * jump + start
    assert seen_by_gradient[-1] == tokens - 1
    assert (size, jump) == (reach.size(stack), reach.steps(stack)[-1])


@settings(deadline=None, max_examples=30)
@given(LISTS, st.booleans(), st.integers(2, 9))
def test_the_layer_that_connects_is_the_first_whose_cone_reaches(stack, causal, tokens):
    stack = [layer._replace(stride=1) for layer in stack]  # so that an output stands at every token
    line, middle = 12 * tokens, 6 * tokens
    needed = reach.needed_of(stack, tokens, causal)
    cones = [reach.cone(stack[:n], line, middle, causal).levels[-1] for n in range(len(stack) + 1)]
    for distance in range(1 - tokens, tokens):
        first = next((n for n, level in enumerate(cones) if level[middle + distance]), np.nan)
        assert np.array_equal(needed[distance + tokens - 1], first, equal_nan=True)


def test_sixteen_layers_are_drawn():
    stack = reach.stack(16, 3, reach.EXPONENTIAL)
    assert reach.size(stack) == 1 + 2 * (2**16 - 1)
    assert reach.disagreement(reach.cone(stack, 30, 29, True), reach.measured(stack, 30, 29, True)) == []
