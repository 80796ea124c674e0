"""Laws that every Trace satisfies, whatever the model, the mask or the change."""

import dataclasses
import re

import numpy as np
import pytest
import torch

from model import Change, Trace
from model.network.encodings import ENCODINGS

TEXT = "I swam to the other bank."
EXACT = {"rtol": 1e-6, "atol": 1e-6}
encodings = pytest.mark.parametrize("positions", ENCODINGS)
CHANGES = {
    "unscaled": Change(scaled=False),
    "hot": Change(temperature=3),
    "cold": Change(temperature=0.5),
    "average": Change(average=True),
}
changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


def mask(*shape, seed=7):
    """A random mask; each token may look at itself."""
    return (np.random.default_rng(seed).random(shape) < 0.5) | np.eye(shape[-1], dtype=bool)


def tokens_of(bundle):
    return len(bundle.read(TEXT))


def arrays(part, path=""):
    """Every array of a trace with its path, such as layers[1].attention.q."""
    if isinstance(part, np.ndarray):
        yield path, part
    elif isinstance(part, tuple):
        for i, item in enumerate(part):
            yield from arrays(item, f"{path}[{i}]")
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from arrays(getattr(part, field.name), f"{path}.{field.name}")


def same(one, other):
    """True where two traces, or parts of them, agree bit for bit."""
    one, other = dict(arrays(one)), dict(arrays(other))
    return one.keys() == other.keys() and all(np.array_equal(one[path], other[path]) for path in one)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def assert_laws(trace):
    stream = trace.embedded
    for layer in trace.layers:
        assert np.array_equal(layer.resid_in, stream)
        np.testing.assert_array_equal(layer.resid_mid, layer.resid_in + layer.attention.out)
        np.testing.assert_array_equal(layer.resid_out, layer.resid_mid + layer.mlp_out)
        for head in range(trace.config.heads):
            allowed, scores, weights = (
                layer.attention.head(head).allowed,
                layer.attention.scores(head),
                layer.attention.weights(head),
            )
            assert np.array_equal(np.isneginf(scores), ~allowed)
            assert np.array_equal(weights > 0, allowed)
            np.testing.assert_allclose(weights.sum(axis=-1), 1, **EXACT)
            np.testing.assert_allclose(softmax(scores), weights, **EXACT)
        stream = layer.resid_out
    assert trace.error() < 1e-5


@encodings
@pytest.mark.parametrize("key_heads", [2, 4])
@pytest.mark.parametrize("causal", [True, False])
def test_every_model_satisfies_the_laws(make_bundle, positions, key_heads, causal):
    assert_laws(make_bundle(positions, key_heads=key_heads, causal=causal).explain(TEXT))


@encodings
@pytest.mark.parametrize("head_width", [4, 10])
def test_heads_of_any_width_satisfy_the_laws(make_bundle, positions, head_width):
    bundle = make_bundle(positions, key_heads=2, head_width=head_width)
    trace = bundle.explain(TEXT)
    assert_laws(trace)
    for layer, block in zip(trace.layers, bundle.network.blocks, strict=True):
        assert layer.attention.heads.shape == (4, len(trace.tokens), head_width)
        assert layer.attention.k.shape == layer.attention.v.shape == (2, len(trace.tokens), head_width)
        assert layer.attention.out.shape == (len(trace.tokens), 24)
        joined = np.concatenate(layer.attention.heads, axis=-1)
        np.testing.assert_allclose(
            joined @ block.attention.output.weight.detach().numpy().T, layer.attention.out, atol=1e-5
        )


@pytest.mark.parametrize(("positions", "head_width", "width"), [("rope", 5, 24), ("sinusoidal", 6, 25)])
def test_dimensions_that_make_no_pairs_are_an_error(make_bundle, positions, head_width, width):
    with pytest.raises(ValueError, match=r"the width is (5|25); .* must be even"):
        make_bundle(positions, head_width=head_width, width=width).explain(TEXT)


@encodings
@changes
@pytest.mark.parametrize("layers", [None, [1]])
def test_every_change_satisfies_the_laws(make_bundle, positions, change, layers):
    assert_laws(make_bundle(positions).explain(TEXT, change=change, layers=layers))


@encodings
@pytest.mark.parametrize("axes", [2, 3, 4])
def test_every_mask_satisfies_the_laws_and_is_the_one_in_the_trace(make_bundle, positions, axes):
    bundle = make_bundle(positions, key_heads=2)
    T = tokens_of(bundle)
    allowed = mask(*(3, 4, T, T)[4 - axes :])
    trace = bundle.explain(TEXT, allowed=allowed, change=CHANGES["hot"])
    assert_laws(trace)
    for i, layer in enumerate(trace.layers):
        assert np.array_equal(layer.attention.allowed, allowed[i] if axes == 4 else allowed)


def test_halves_of_rope_satisfy_the_laws(make_bundle):
    assert_laws(make_bundle("rope", rope_pairing="halves").explain(TEXT))


def test_the_error_shows_when_the_heads_are_not_what_q_k_and_v_give(make_bundle):
    attention = make_bundle().explain(TEXT).layers[0].attention
    assert dataclasses.replace(attention, heads=attention.heads + 0.25).error() == pytest.approx(
        0.25, abs=1e-5
    )
    assert dataclasses.replace(attention, scale=2 * attention.scale).error() > 0.01
    first_row = attention.heads.copy()
    first_row[:, 0] += 0.25
    lies = dataclasses.replace(attention, heads=first_row)
    assert lies.error(slice(-1, None)) < 1e-5 and lies.error(slice(1)) == pytest.approx(0.25, abs=1e-5)


def test_true_in_a_mask_means_may_look(make_bundle):
    bundle = make_bundle(causal=False)
    allowed = np.eye(tokens_of(bundle), dtype=bool)
    allowed[4, 1] = True
    weights = bundle.explain(TEXT, allowed=allowed).layers[0].attention.weights(2)
    assert weights[4, 1] > 0
    assert np.array_equal(weights > 0, allowed)


@encodings
def test_the_models_own_mask_changes_nothing(make_bundle, positions):
    bundle = make_bundle(positions)
    T = tokens_of(bundle)
    assert same(bundle.explain(TEXT, allowed=np.tri(T, dtype=bool)), bundle.explain(TEXT))


@pytest.mark.filterwarnings("error")
def test_the_mask_of_one_trace_serves_for_the_next(make_bundle):
    bundle = make_bundle()
    trace = bundle.explain(TEXT)
    assert same(bundle.explain(TEXT, allowed=trace.layers[0].attention.allowed), trace)


def test_painting_on_a_mask_afterwards_leaves_the_trace_as_it_was(make_bundle):
    bundle = make_bundle()
    allowed = np.tri(tokens_of(bundle), dtype=bool)
    trace = bundle.explain(TEXT, allowed=allowed)
    allowed[:, 0] = False
    assert trace.layers[0].attention.allowed[:, 0].all()


def test_nothing_in_a_trace_can_be_written_to(make_bundle):
    bundle = make_bundle("rope", key_heads=2)
    trace = bundle.explain(TEXT, allowed=np.tri(tokens_of(bundle), dtype=bool))
    found = dict(arrays(trace))
    assert {
        ".ids",
        ".embedded",
        ".logits",
        ".layers[2].attention.q_rot",
        ".layers[0].attention.allowed",
    } <= found.keys()
    found |= {"weights": trace.layers[0].attention.weights(0), "probabilities": trace.probabilities}
    found |= {"bias": make_bundle("t5").explain(TEXT).layers[0].attention.bias}
    for path, array in found.items():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        assert not array.flags.writeable, path


def test_the_shapes_are_those_of_the_legend(make_bundle):
    bundle = make_bundle("rope", key_heads=2)
    T, H, G, D, C = tokens_of(bundle), 4, 2, 6, 24
    trace = bundle.explain(TEXT)
    assert (trace.ids.shape, trace.embedded.shape, trace.final.shape, trace.logits.shape) == (
        (T,),
        (T, C),
        (T, C),
        (T, len(bundle.tokenizer)),
    )
    assert len(trace.layers) == 3
    for layer in trace.layers:
        a = layer.attention
        assert a.q.shape == a.q_rot.shape == a.heads.shape == (H, T, D)
        assert a.k.shape == a.k_rot.shape == a.v.shape == (G, T, D)
        assert (
            layer.resid_in.shape
            == layer.resid_mid.shape
            == layer.mlp_out.shape
            == layer.resid_out.shape
            == a.out.shape
            == (T, C)
        )
        assert a.allowed.shape == a.weights(0).shape == (T, T)
        assert a.bias is None


def test_an_encoder_has_no_logits(make_bundle):
    assert make_bundle(causal=False, predicts=False).explain(TEXT).logits is None


def test_text_pieces_spans_and_ids_belong_together(make_bundle):
    bundle = make_bundle()
    text = "  the bank\n\n🏞 of the other river "
    trace = bundle.explain(text)
    assert trace.text == text
    assert trace.ids.tolist() == bundle.tokenizer.encode(text)
    assert len(trace.tokens) == len(trace.spans) == len(trace.ids)
    whole = [
        (token, text[start:end])
        for token, (start, end) in zip(trace.tokens, trace.spans, strict=True)
        if not token.startswith("⟨")
    ]
    assert len(whole) == len(trace.tokens) - 4
    assert all(token == part for token, part in whole)


def test_probabilities_are_the_softmax_of_the_logits(make_bundle):
    trace = make_bundle().explain(TEXT)
    np.testing.assert_allclose(trace.probabilities, softmax(trace.logits.astype(np.float64)), **EXACT)


# ---- changes ----


@changes
def test_a_change_in_one_layer_leaves_the_layers_before_it_bit_for_bit(make_bundle, change):
    bundle = make_bundle("t5")
    before, after = bundle.explain(TEXT), bundle.explain(TEXT, change=change, layers=[1])
    assert same(before.layers[0], after.layers[0])
    assert same(before.layers[1].resid_in, after.layers[1].resid_in)
    for field in "qkv":
        assert same(getattr(before.layers[1].attention, field), getattr(after.layers[1].attention, field))
    assert np.abs(before.layers[1].attention.heads - after.layers[1].attention.heads).max() > 0.01
    assert before.layers[2].attention.scale == after.layers[2].attention.scale


@encodings
def test_a_change_in_no_layer_changes_nothing(make_bundle, positions):
    bundle = make_bundle(positions)
    assert same(bundle.explain(TEXT, change=Change(average=True), layers=[]), bundle.explain(TEXT))
    assert same(bundle.explain(TEXT, change=Change()), bundle.explain(TEXT))


@pytest.mark.parametrize(
    ("layers", "meant"),
    [([-1], {2}), ([-3, 1], {0, 1}), ((2, -1), {2}), (np.array([1]), {1}), (range(3), {0, 1, 2})],
)
def test_layers_count_from_the_end_as_well(make_bundle, layers, meant):
    trace = make_bundle().explain(TEXT, change=Change(average=True), layers=layers)
    assert {i for i, layer in enumerate(trace.layers) if layer.attention.scale == 0} == meant


@pytest.mark.parametrize("change", [None, Change(average=True)])
@pytest.mark.parametrize("layer", [3, 9, -4])
def test_a_layer_that_does_not_exist_is_an_error(make_bundle, change, layer):
    expected = re.escape(f"there is no layer {layer}: tiny has layers 0 to 2, from the end -1 to -3")
    with pytest.raises(ValueError, match=expected):
        make_bundle().explain(TEXT, change=change, layers=[0, layer])


@pytest.mark.parametrize("layers", [[1.0], ["1"], [None], [True, False, True], 1, "01", [[0]]])
def test_layers_that_are_no_whole_numbers_are_an_error(make_bundle, layers):
    with pytest.raises(ValueError, match="it lists whole numbers"):
        make_bundle().explain(TEXT, change=Change(average=True), layers=layers)


@encodings
def test_average_weighs_all_allowed_keys_the_same(make_bundle, positions):
    bundle = make_bundle(positions)
    T = tokens_of(bundle)
    allowed = mask(4, T, T)
    for layer in bundle.explain(TEXT, allowed=allowed, change=Change(average=True)).layers:
        for head in range(4):
            np.testing.assert_allclose(
                layer.attention.weights(head),
                allowed[head] / allowed[head].sum(axis=-1, keepdims=True),
                **EXACT,
            )


@encodings
def test_temperature_divides_the_scores_with_their_bias(make_bundle, positions):
    bundle = make_bundle(positions)
    plain, hot = (
        bundle.explain(TEXT, change=change).layers[0].attention for change in (None, Change(temperature=3))
    )
    for head in range(4):
        np.testing.assert_allclose(hot.scores(head), plain.scores(head) / 3, rtol=1e-5, atol=1e-6)


@encodings
def test_unscaled_scores_are_the_bare_dot_products_and_the_bias(make_bundle, positions):
    attention = make_bundle(positions).explain(TEXT, change=Change(scaled=False)).layers[0].attention
    for head in range(4):
        bias = 0 if attention.bias is None else attention.bias[head]
        assert np.array_equal(attention.scaled(head), attention.dots(head) + bias)


def test_the_scale_of_heads_nine_wide_by_hand():
    assert Change().scale(9) == pytest.approx(1 / 3)
    assert Change(temperature=2).scale(9) == pytest.approx(1 / 6)
    assert Change(scaled=False, temperature=4).scale(9) == pytest.approx(1 / 4)
    assert Change(average=True, temperature=4).scale(9) == 0


@pytest.mark.parametrize("temperature", [0, -1.0, float("inf"), float("nan")])
def test_a_temperature_that_is_not_above_zero_is_an_error(temperature):
    with pytest.raises(ValueError, match=f"the temperature is {temperature}; it must be above 0"):
        Change(temperature=temperature)


# ---- what cannot be explained ----


@pytest.mark.parametrize("text", ["", "   ", "\n\t\u3000"])
def test_no_text_is_an_error_in_a_sentence(make_bundle, text):
    with pytest.raises(ValueError, match=r"There is no text yet\. Type a few words\."):
        make_bundle().explain(text)


def test_half_a_surrogate_pair_is_an_error_that_says_where(make_bundle):
    with pytest.raises(ValueError, match=r"Character 5 is half of a surrogate pair \(U\+D83C\)"):
        make_bundle().explain("the \ud83c bank")


def test_a_text_too_long_is_an_error_that_says_how_much_fits(make_bundle):
    bundle = make_bundle(max_tokens=7)
    text = "the other 🏞 bank"
    ids = bundle.tokenizer.encode(text)
    with pytest.raises(
        ValueError,
        match=f"This text has {len(ids)} tokens, and tiny takes at most 7: its first (.*) of {len(text)} "
        "characters",
    ) as caught:
        bundle.explain(text)
    fits = int(re.search(r"its first (\d+) of", str(caught.value)).group(1))
    assert len(bundle.explain(text[:fits]).tokens) <= 7
    assert len(bundle.tokenizer.encode(text[: fits + 1])) > 7


def test_as_many_tokens_as_fit_are_explained_and_not_one_more(make_bundle):
    bundle = make_bundle(max_tokens=7)
    assert len(bundle.explain("7-7-7-7").tokens) == 7
    with pytest.raises(
        ValueError, match="This text has 8 tokens, and tiny takes at most 7: its first 7 of 8 characters"
    ):
        bundle.explain("7-7-7-7-")


@pytest.mark.parametrize("letter", ["a", " ", "é", "🏞", "the ", "\ud83c"])
def test_millions_of_characters_are_refused_before_they_are_cut_into_tokens(make_bundle, letter, monkeypatch):
    bundle, longest = make_bundle(max_tokens=7), []
    encode = type(bundle.tokenizer).encode
    monkeypatch.setattr(
        type(bundle.tokenizer), "encode", lambda self, text: longest.append(len(text)) or encode(self, text)
    )
    text = letter * 1_000_000
    said = (
        f"This text has {len(text):,} characters, and tiny takes at most 7 tokens: its first (.*) characters"
    )
    with pytest.raises(ValueError, match=said) as caught:
        bundle.explain(text)
    assert max(longest) == 7 * bundle.tokenizer.longest + 1
    fits = int(re.search(said, str(caught.value)).group(1))
    assert len(encode(bundle.tokenizer, text[:fits])) <= 7 < len(encode(bundle.tokenizer, text[: fits + 1]))


def test_no_text_that_fits_is_refused_for_its_characters(make_bundle):
    bundle = make_bundle(max_tokens=7)
    word = max(bundle.tokenizer.bytes, key=len).decode()
    assert len(word) == bundle.tokenizer.longest > 3
    assert len(bundle.explain(7 * word).tokens) == 7


def test_a_mask_with_an_empty_row_is_an_error_that_names_the_row(make_bundle):
    bundle = make_bundle()
    T = tokens_of(bundle)
    allowed = mask(4, T, T)
    allowed[2, 5] = False
    with pytest.raises(ValueError, match="Row 6 of the mask allows nothing"):
        bundle.explain(TEXT, allowed=allowed)


@pytest.mark.parametrize("kind", [bool, int, np.uint8, float, np.float32])
def test_a_mask_of_ones_and_zeros_is_the_mask(make_bundle, kind):
    bundle = make_bundle()
    allowed = mask(tokens_of(bundle), tokens_of(bundle))
    expected = bundle.explain(TEXT, allowed=allowed)
    assert same(expected, bundle.explain(TEXT, allowed=allowed.astype(kind)))
    assert same(expected, bundle.explain(TEXT, allowed=torch.tensor(allowed.astype(kind))))
    assert same(expected, bundle.explain(TEXT, allowed=allowed.astype(kind).tolist()))


@pytest.mark.parametrize("form", [np.asarray, torch.tensor, np.ndarray.tolist])
@pytest.mark.parametrize("forbidden", [-np.inf, -1e9, np.nan, 2.0, 0.5])
def test_a_mask_of_other_numbers_is_an_error_that_names_it(make_bundle, form, forbidden):
    bundle = make_bundle()
    allowed = np.where(mask(tokens_of(bundle), tokens_of(bundle)), 0.0, forbidden)
    with pytest.raises(ValueError, match=f"allowed must hold True .* {re.escape(f'{forbidden:g}')} in it"):
        bundle.explain(TEXT, allowed=form(allowed))


@pytest.mark.parametrize("allowed", ["causal", [["yes", "no"]], [[None]], [[1j]]])
def test_a_mask_of_no_numbers_is_an_error_that_names_it(make_bundle, allowed):
    with pytest.raises(ValueError, match="allowed must hold True"):
        make_bundle().explain(TEXT, allowed=allowed)


@pytest.mark.parametrize(
    "shape", [(3, 3), (2, 0, 0), (3, 0, 0), (4, 3, 0, 0), (0,)]
)  # 0 stands for the number of tokens
def test_a_mask_of_the_wrong_shape_is_an_error_that_names_the_right_ones(make_bundle, shape):
    bundle = make_bundle()
    T = tokens_of(bundle)
    shape = tuple(size or T for size in shape)
    expected = re.escape(
        f"allowed has shape {shape}; for {T} tokens it is ({T}, {T}), (4, {T}, {T}) or (3, 4, {T}, {T})"
    )
    with pytest.raises(ValueError, match=expected):
        bundle.explain(TEXT, allowed=np.ones(shape, dtype=bool))


@encodings
def test_a_head_is_what_attend_got_for_it(make_bundle, positions):
    """Written out for the grouped case: of four query heads, two share each key head."""
    bundle = make_bundle(positions, key_heads=2)
    attention = bundle.explain(TEXT).layers[1].attention
    assert attention.turns == (positions == "rope")
    for head, group in enumerate((0, 0, 1, 1)):
        one, before = attention.head(head), attention.head(head, turned=False)
        assert attention.group(head) == group
        assert one._fields == ("q", "k", "v", "allowed", "bias")
        np.testing.assert_array_equal(one.q, (attention.q_rot if attention.turns else attention.q)[head])
        np.testing.assert_array_equal(one.k, (attention.k_rot if attention.turns else attention.k)[group])
        np.testing.assert_array_equal(one.v, attention.v[group])
        np.testing.assert_array_equal(before.q, attention.q[head])
        np.testing.assert_array_equal(before.k, attention.k[group])
        assert (one.bias is None) == (positions not in ("alibi", "t5"))


@encodings
def test_the_weights_of_a_record_are_those_of_the_trace(make_bundle, positions):
    bundle = make_bundle(positions, key_heads=2)
    trace, row = bundle.explain(TEXT), torch.tensor(bundle.read(TEXT))
    with torch.inference_mode():
        for layer, record in zip(trace.layers, bundle.network(row[None]).layers, strict=True):
            expected = [layer.attention.weights(head) for head in range(4)]
            np.testing.assert_allclose(record.attention.weights()[0], expected, **EXACT)


@pytest.mark.parametrize("head", [-1, 4])
def test_a_head_that_does_not_exist_is_an_error(make_bundle, head):
    attention = make_bundle().explain(TEXT).layers[0].attention
    with pytest.raises(ValueError, match=f"there is no head {head}; this layer has heads 0 to 3"):
        attention.weights(head)
    with pytest.raises(ValueError, match=f"there is no head {head}"):
        attention.head(head)


@encodings
def test_a_text_of_one_token_is_explained(make_bundle, positions):
    trace = make_bundle(positions).explain("a")
    assert isinstance(trace, Trace)
    assert trace.layers[2].attention.weights(3).tolist() == [[1.0]]
    assert_laws(trace)
