"""Bugs: each is other lines in one function of the forward pass, changes what comes out, is found by its
measurement, and can be told from every other.
"""

import copy
import inspect
from functools import cache
from itertools import combinations

import numpy as np
import pytest
import torch

from model import load, masks
from model.analysis.diagnosis import (
    MEASUREMENTS,
    TELLS,
    Finding,
    Subject,
    explained,
    half,
    head_weights,
    read,
    useful,
)
from model.analysis.diagnosis.places import runs
from model.network.attention import MultiHeadAttention, attend
from model.network.bugs import BUGS, Patch, model, offered
from model.network.bugs.patch import edited
from model.network.encodings.alibi import alibi_slopes
from model.network.transformer import Block

TEXT = "I swam across the river to get to the other bank"
MODELS = [f"decoder-{name}" for name in ("rope", "alibi", "t5", "learned", "sinusoidal", "none", "unmasked")]
EVERYWHERE = {"axis", "constant", "last_head", "model_width", "no_norm", "reshape", "swapped", "undivided"}
CAUSAL = {"late_mask", "no_mask", "wrong_half"}
OFFERED = {
    "rope": {"halves", "backwards", "off_by_one", "anew"} | CAUSAL,
    "alibi": {"slopes", "off_by_one", "anew"} | CAUSAL,
    "t5": {"both_ways", "off_by_one", "anew"} | CAUSAL,
    "learned": {"wrong_row", "off_by_one", "anew"} | CAUSAL,
    "sinusoidal": {"off_by_one", "anew"} | CAUSAL,
    "none": CAUSAL,
    "unmasked": {"halves", "backwards", "off_by_one"},
}
CASES = [(name, bug) for name in MODELS for bug in sorted(OFFERED[name.partition("-")[2]] | EVERYWHERE)]
# What the tell-tale measurement says of a bug, and nobody of a right model.
FOUND = {
    "no_mask": "weight on later tokens",
    "late_mask": "rows do not sum to 1",
    "axis": "every column sums to 1",
    "undivided": "not divided",
    "model_width": "divided by √C",
    "swapped": "made by W_K",
    "reshape": "queries of other tokens move",
    "halves": "no place fits",
    "backwards": "at places 0 to −10",
    "off_by_one": "at places 0, 0 to 9",
    "anew": "other outputs in the second piece",
    "wrong_half": "weight on later tokens, none on earlier",
    "slopes": "no place fits",
    "both_ways": "at places 0 to 8, 8, 8",
    "wrong_row": "at places 117 to 127",
    "last_head": "silencing a head changes nothing",
    "no_norm": "queries grow with the stream",
    "constant": "the same on every token",
}


@cache
def subject(name, bug=None, text=TEXT):
    bundle = load(name)
    return Subject(bundle.network, bug and offered(bundle.config)[bug], bundle.read(text))


@cache
def findings(name, bug=None, text=TEXT):
    one = subject(name, bug, text)
    return {key: each.measure(one) for key, each in useful(load(name).config).items()}


def verdicts(name, bug=None, text=TEXT):
    return {key: finding.verdict for key, finding in findings(name, bug, text).items()}


@cache
def right(name, window):
    """The final vectors without a bug, once for all that have the same mask."""
    bundle = load(name)
    return read(model(bundle.network, window=window).network, bundle.read(TEXT)).final


def distance(name, bug):
    wrong, final = subject(name, bug), right(name, offered(load(name).config)[bug].window)
    return float((wrong.record.final - final).norm() / final.norm())


# ---- a patch ----


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.name}-{bug.patch.function.__qualname__}")
def test_a_bug_is_a_few_lines_of_one_function(bug):
    right, wrong = bug.patch.right().splitlines(), bug.patch.wrong().splitlines()
    assert inspect.getsource(bug.patch.function).splitlines()[-1].endswith(right[-1])
    signed = [line for line in bug.patch.diff().splitlines() if line[0] in "+-"]
    assert 2 <= len(signed) <= 8
    assert {line[1:] for line in signed if line[0] == "-"} <= set(right)
    assert {line[1:] for line in signed if line[0] == "+"} <= set(wrong)


def test_what_runs_is_the_text_that_is_shown():
    network, ids = load("decoder-rope").network, torch.tensor(load("decoder-rope").read(TEXT))
    doubled = Patch(attend, (("return weights @ v", "return 2 * (weights @ v)"),))
    before = model(network).network(ids).layers[0].attention.heads
    assert torch.equal(model(network, doubled).network(ids).layers[0].attention.heads, 2 * before)
    parted = Patch(Block.forward, (("resid_in + attention.out", "resid_in - attention.out"),))
    first = model(network, parted).network(ids).layers[0]
    assert torch.allclose(first.resid_mid, first.resid_in - first.attention.out)
    flat = Patch(alibi_slopes, (("(slopes + between)[:heads]", "[0.0] * heads"),))
    assert not model(load("decoder-alibi").network, flat).network(ids).layers[0].attention.bias.any()


@pytest.mark.parametrize("old", ["no such line", "scores"])
def test_an_edit_that_does_not_fit_is_an_error(old):
    with pytest.raises(ValueError, match="an edit needs it once"):
        edited(inspect.getsource(attend), ((old, ""),))


@pytest.mark.parametrize("name", MODELS)
def test_the_right_model_computes_what_the_network_does_and_shares_its_parameters(name):
    bundle = load(name)
    ids = torch.tensor(bundle.read(TEXT))
    twin = model(bundle.network).network
    assert torch.allclose(twin(ids).final, bundle.network(ids).final, atol=1e-4)
    pairs = zip(twin.parameters(), bundle.network.parameters(), strict=True)
    assert all(one is other for one, other in pairs)


def test_a_bug_stays_in_its_copy():
    network, ids = load("decoder-alibi").network, torch.tensor(load("decoder-alibi").read(TEXT))
    before = network(ids).final
    for bug in offered(network.config).values():
        bug.wrong(network).network(ids)
    assert torch.equal(network(ids).final, before)
    assert not any({"forward", "split", "mask"} & set(vars(part)) for part in network.modules())
    assert torch.equal(alibi_slopes(2), torch.tensor([1 / 16, 1 / 256]))


# ---- a bug ----


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_offered_the_bugs_that_can_be_made_in_it(name):
    assert set(offered(load(name).config)) == OFFERED[name.partition("-")[2]] | EVERYWHERE
    assert len({bug.title for bug in offered(load(name).config).values()}) == len(offered(load(name).config))


def test_an_encoder_has_no_mask_to_lose():
    assert not CAUSAL & set(offered(load("encoder").config))


@pytest.mark.parametrize(("name", "bug"), CASES)
def test_a_bug_changes_the_output_and_the_harmless_one_does_not(name, bug):
    if offered(load(name).config)[bug].harmless:
        assert distance(name, bug) < 1e-5
    else:
        assert distance(name, bug) > 0.01


def test_a_constant_in_a_row_of_scores_is_harmless_to_the_last_digits():
    network, ids = copy.deepcopy(load("decoder-t5").network).double(), load("decoder-t5").read(TEXT)
    constant = offered(network.config)["constant"]
    right, wrong = (
        read(one.network, ids).logits for one in (constant.right(network), constant.wrong(network))
    )
    assert (right - wrong).abs().max() < 1e-11


def test_a_bias_of_the_keys_cancels_where_no_rotation_turns_it():
    biased = Patch(
        MultiHeadAttention.forward, (("k = self.split(self.key(x))", "k = self.split(self.key(x)) + 1"),)
    )
    for name, cancels in (("decoder-alibi", True), ("decoder-rope", False)):
        network, ids = load(name).network, load(name).read(TEXT)
        right, wrong = (read(model(network, patch).network, ids).final for patch in (None, biased))
        assert torch.allclose(right, wrong, atol=1e-4) == cancels


@pytest.mark.parametrize(("name", "bug"), CASES)
def test_the_weights_that_are_shown_are_those_that_ran(name, bug):
    one = subject(name, bug)
    for shown, layer in zip(one.weights, one.record.layers, strict=True):
        assert torch.allclose(shown @ layer.attention.v, layer.attention.heads, atol=1e-4)
    trace = explained(load(name), TEXT, one.record)
    alone = head_weights(trace.layers[1].attention, 2, one.model.attend)
    assert np.allclose(np.nan_to_num(alone), one.weights[1, 2], atol=1e-6)
    assert np.array_equal(np.isfinite(alone), one.record.layers[1].attention.allowed)
    assert np.array_equal(trace.logits, one.record.logits)


def test_a_window_on_the_wrong_half_is_compared_with_one_on_the_right_half():
    bug = offered(load("decoder-rope").config)["wrong_half"]
    network = load("decoder-rope").network
    right, wrong = (one.network.mask(6) for one in (bug.right(network), bug.wrong(network)))
    assert torch.equal(right, masks.window(6, 4)) and torch.equal(wrong, right.T)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "decoder-unmasked"])
def test_two_pieces_are_one_text_in_a_right_model(name):
    ids = load(name).read(TEXT)
    network = model(load(name).network).network
    whole, pieces = read(network, ids), read(network, ids, half(ids))
    assert torch.allclose(whole.logits, pieces.logits, atol=1e-3)
    for one, other in zip(whole.layers, pieces.layers, strict=True):
        for field in ("q", "k", "v", "q_rot", "k_rot", "bias", "heads", "out"):
            a, b = getattr(one.attention, field), getattr(other.attention, field)
            assert (a is None) == (b is None), field
            if field != "bias":
                assert a is None or torch.allclose(a, b, atol=1e-3), field
        assert torch.equal(one.attention.allowed, other.attention.allowed)


# ---- finding it ----


@pytest.mark.parametrize(("name", "bug"), CASES)
def test_the_tell_tale_measurement_finds_it(name, bug):
    found, right = verdicts(name, bug)[TELLS[bug]], verdicts(name)[TELLS[bug]]
    assert found == FOUND[bug]
    assert (found != right) == (bug != "constant")


@pytest.mark.parametrize("name", MODELS)
def test_any_two_bugs_are_told_apart_by_some_measurement(name):
    names = offered(load(name).config)
    for a, b in combinations(names, 2):
        assert verdicts(name, a) != verdicts(name, b), (a, b)
    assert verdicts(name, "constant") == verdicts(name)  # nothing to be found


def test_every_bug_has_its_tell_tale_and_every_measurement_finds_one_bug_at_least():
    assert set(TELLS) == set(FOUND) == {bug.name for bug in BUGS}
    for measurement in MEASUREMENTS:
        assert any(
            verdicts(name, bug)[measurement] != verdicts(name)[measurement]
            for name, bug in CASES
            if measurement in verdicts(name)
        ), measurement


@pytest.mark.parametrize("text", ["a", "the the the the the", TEXT * 2, "é🙂\n\n"])
@pytest.mark.parametrize("name", MODELS)
def test_a_right_model_is_found_right_on_any_text(name, text):
    sound = verdicts(name) | {"shift": verdicts(name).get("shift")}
    for key, verdict in verdicts(name, None, text).items():
        assert verdict == sound[key] or verdict.startswith(("there ", "every column")), key


def test_one_token_leaves_little_to_find():
    for bug in offered(load("decoder-rope").config):
        for finding in findings("decoder-rope", bug, "a").values():
            assert isinstance(finding, Finding)
    assert verdicts("decoder-rope", "axis", "a") == verdicts("decoder-rope", None, "a")


def test_t5_buckets_that_are_shared_are_no_fault():
    text = "The river bank and the money bank were " * 14
    assert verdicts("decoder-t5", None, text)["places"] == "each token at its place"
    assert verdicts("decoder-t5", "off_by_one", text)["places"] != "each token at its place"


def test_places_are_named_in_runs():
    assert runs([0, 0, 1, 2, 3]) == "0, 0 to 3"
    assert runs([0, -1, -2]) == "0 to −2"
    assert runs([0]) == "0"
    assert runs([5, 5, 5, 5, 5, 5]) == "5, 5, 5, 5, …"
