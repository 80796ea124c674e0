"""Flow: rollout's laws and a case worked by hand, and the page: three measures on one scale, as model.flow
and model.leak compute them.
"""

import re
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load
from model.analysis import flow, leak, ranks
from model.network.attention import attend
from tests.session import NUMBER, address, click, control, move, numeric, opened, pictures, said

TEXT = "I swam to the other bank"
SECTION = {"heads.section": "Across layers", "heads.meaning": "True", "heads.agree": "True"}
NOW = 1_700_000_000_000


def weights(layers, tokens, seed, causal=True):
    """Random rows that sum to 1, (L, T, T)."""
    amounts = np.random.default_rng(seed).random((layers, tokens, tokens)) + 0.01
    return flow.shares(np.tril(amounts) if causal else amounts)


# ---- the laws ----


def test_two_layers_of_two_tokens_by_hand():
    # A1 = ([[1, 0], [.4, .6]] + I) / 2 = [[1, 0], [.2, .8]];  A2 = ([[1, 0], [1, 0]] + I) / 2 = [[1, 0], [.5,
    # .5]]
    # A2 A1 = [[1, 0], [.5 + .5 * .2, .5 * .8]]
    found = flow.rollout(np.array([[[1, 0], [0.4, 0.6]], [[1, 0], [1, 0]]]))
    np.testing.assert_allclose(found, [[[1, 0], [0.2, 0.8]], [[1, 0], [0.6, 0.4]]], rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5), st.integers(1, 13), st.integers(0, 1000), st.booleans())
def test_rows_sum_to_1_and_the_future_stays_0(layers, tokens, seed, causal):
    found = flow.rollout(weights(layers, tokens, seed, causal))
    assert found.shape == (layers, tokens, tokens) and found.dtype == np.float64
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-12)
    assert (found >= 0).all()
    if causal:
        assert (found[:, np.triu(np.ones((tokens, tokens), bool), 1)] == 0).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 4), st.integers(1, 11), st.integers(0, 1000))
def test_layers_that_look_at_themselves_only_change_nothing(layers, tokens, seed):
    np.testing.assert_array_equal(flow.rollout(np.eye(tokens)[None]), np.eye(tokens)[None])
    some = weights(layers, tokens, seed)
    found = flow.rollout(np.concatenate([some, np.eye(tokens)[None]]))
    np.testing.assert_allclose(found[-1], found[-2], rtol=1e-12)


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 5), st.integers(0, 1000))
def test_it_is_the_sum_over_all_walks(tokens, seed):
    """Independent of any matrix product: three steps back, at each of which a token stays with one half or
    goes where it looks with the other.
    """
    some = weights(3, tokens, seed, causal=False)
    expected = np.zeros((tokens, tokens))
    stay = np.eye(tokens)
    for i, a, b, j in np.ndindex(*[tokens] * 4):
        expected[i, j] += (
            (some[2, i, a] + stay[i, a])
            / 2
            * (some[1, a, b] + stay[a, b])
            / 2
            * (some[0, b, j] + stay[b, j])
            / 2
        )
    np.testing.assert_allclose(flow.rollout(some)[-1], expected, rtol=1e-10)


def test_the_means_are_of_all_heads(make_bundle):
    trace = make_bundle(heads=4, key_heads=2).explain(TEXT)
    found = flow.means(trace)
    assert found.shape == (3, len(trace.tokens), len(trace.tokens))
    np.testing.assert_allclose(
        found[1], sum(trace.layers[1].attention.weights(head) for head in range(4)) / 4, rtol=1e-6
    )
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-5)


def test_shares_keep_a_row_of_zeros():
    np.testing.assert_array_equal(flow.shares(np.array([[1.0, 3.0], [0.0, 0.0]])), [[0.25, 0.75], [0, 0]])


def test_a_gradient_after_some_layers_goes_where_they_lead(make_network):
    network, ids = make_network(), list(range(97, 104))
    allowed = np.eye(7, k=-1, dtype=bool) | np.eye(7, dtype=bool)
    for depth in (1, 2, 3):
        found = leak.squares(network, ids, allowed, leak.direction(network.config.width, 1), depth)
        assert np.array_equal(found > 0, leak.reachable(allowed, depth))


# ---- the page ----


@pytest.fixture
def at():
    return opened("heads", text=TEXT, **SECTION)


def maps(at):
    header, values = pictures(at)["heads.flow"]
    return dict(zip(header["titles"], values.reshape(len(header["titles"]), header["tall"], -1), strict=True))


@cache
def gradient(name, depth, text=TEXT, outputs=None):
    """What the page should show: the whole Jacobian of these outputs, of all if none are named, by
    torch.autograd.functional; as shares of each row.
    """
    bundle = load(name)
    row = torch.tensor(bundle.read(text))
    outputs = list(range(len(row)) if outputs is None else outputs)

    def x(embedded):
        record = bundle.network(row, attend=attend, predict=False, embedded=embedded)
        last = depth == bundle.config.layers
        return (record.final if last else record.layers[depth - 1].resid_out)[outputs]

    whole = torch.autograd.functional.jacobian(x, bundle.network.embed(row), vectorize=True)  # (N, C, T, C)
    norms = whole.square().sum((1, 3)).sqrt().numpy()
    return norms / norms.sum(1, keepdims=True)


@pytest.mark.parametrize(("name", "depth"), [("decoder-rope", 4), ("decoder-rope", 2), ("encoder", 1)])
def test_the_three_are_what_the_model_says(at, name, depth):
    move(at, {"model": name, "heads.depth": depth})
    shown, means = maps(at), flow.means(load(name).explain(TEXT))
    allowed = load(name).network.mask(len(means[0])).numpy()
    expected = means[depth - 1], flow.rollout(means)[depth - 1], gradient(name, depth)
    assert list(shown) == [f"mean of layer {depth}", "rollout", "gradient"]
    for values, wish in zip(shown.values(), expected, strict=True):
        assert np.isnan(values[~allowed]).all()
        np.testing.assert_allclose(values[allowed], wish[allowed], rtol=1e-3, atol=1e-7)
        np.testing.assert_allclose(np.nansum(values, axis=1), 1, rtol=1e-4)
    assert "really do, exact;" in said(at)


def test_in_a_longer_text_the_row_that_asks_is_exact_and_the_others_say_how_sure_they_are(at):
    move(at, {"model": "toy-rope", "heads.query": 20})
    shown, exact = maps(at)["gradient"].astype(float), gradient("toy-rope", 2)
    np.testing.assert_allclose(shown[20, :21], exact[20, :21], rtol=1e-3, atol=1e-7)
    (told,) = re.findall(r"along 8 random directions, give or take (\d+) % a cell", said(at))
    may = np.tril(np.ones_like(exact, bool)) & (np.arange(len(exact))[:, None] != 20)
    strays = np.sqrt(np.mean((shown[may] / exact[may] - 1) ** 2))
    assert 0.01 < strays < 1.3 * int(told) / 100


def test_the_correlations_of_estimates_have_a_standard_error_that_holds(at):
    move(at, {"model": "toy-rope"})
    shown = {title: values.astype(float) for title, values in maps(at).items()}
    shown["gradient"] = gradient("toy-rope", 2)
    cells = np.isfinite(shown["rollout"])
    found = re.findall(
        rf"^\| (.+) and gradient \| .* \| ({NUMBER}) ± ({NUMBER}) \| ({NUMBER}) ± ({NUMBER}) \|$",
        said(at),
        re.MULTILINE,
    )
    assert len(found) == 2
    for one, average, its, whole, error in found:
        a, b = shown[one], shown["gradient"]
        rows = [ranks.correlation(x[c], y[c]) for x, y, c in zip(a, b, cells, strict=True) if c.sum() > 2]
        assert abs(numeric(average) - np.mean(rows)) < 4 * numeric(its) < 0.4
        assert abs(numeric(whole) - ranks.correlation(a[cells], b[cells])) < 4 * numeric(error) < 0.4


def test_the_table_has_the_rank_correlations(at):
    shown = {title: values.astype(float) for title, values in maps(at).items()}
    shown["gradient"] = gradient("decoder-rope", 4)
    query = control(at, "heads.query").value
    cells = np.isfinite(shown["rollout"])
    found = re.findall(r"^\| (.+) and (.+) \| \*\*(.+)\*\* \| (.+) \| (.+) \|$", said(at), re.MULTILINE)
    assert len(found) == 3
    for one, other, row, average, whole in found:
        a, b = shown[one], shown[other]
        number = [numeric(text) for text in (row, average, whole)]
        assert number[0] == pytest.approx(
            ranks.correlation(a[query][cells[query]], b[query][cells[query]]), abs=0.006
        )
        assert number[1] == pytest.approx(
            np.mean(
                [ranks.correlation(x[c], y[c]) for x, y, c in zip(a, b, cells, strict=True) if c.sum() > 2]
            ),
            abs=0.006,
        )
        assert number[2] == pytest.approx(ranks.correlation(a[cells], b[cells]), abs=0.006)
    assert f"rank correlation of **{found[2][2]}**" in said(at)


def test_a_click_chooses_the_pair_and_the_link_keeps_the_depth(at):
    click(at, "heads.flow", {"cell": [4, 2, NOW]})
    assert (control(at, "heads.query").value, control(at, "heads.key").value) == (4, 2)
    move(at, {"heads.depth": 2})
    link = address(at)
    assert (link["heads.depth"], link["heads.query"], link["heads.key"]) == ("2", "5", "3")
    again = opened("heads", **link)
    for title, values in maps(again).items():
        np.testing.assert_array_equal(values, maps(at)[title])


def test_a_long_text_is_drawn_in_part_and_asked_for_one_row(at):
    text = " ".join(f"{TEXT}." for _ in range(10))
    ids = load("decoder-rope").read(text)
    T = len(ids)
    move(at, {"text": text, "heads.query": 40})
    shown = maps(at)
    header, _ = pictures(at)["heads.flow"]
    assert T > 64 and header["tall"] == 48 and header["selected"][0] == 40 - min(40 - 24, T - 48)
    row = header["selected"][0]
    others = np.delete(shown["gradient"], row, axis=0)
    assert np.isnan(others).all() and np.isfinite(shown["gradient"][row]).sum() == row + 1
    first = 40 - row
    (expected,) = gradient("decoder-rope", 4, text, (40,))
    np.testing.assert_allclose(shown["gradient"][row][: row + 1], expected[first:41], rtol=1e-3)
    assert "the gradient is asked for that one’s row only" in said(at) and "| **–** |" not in said(at)
    assert re.search(r"rollout and gradient \| \*\*[+−]0\.\d\d\*\* \| – \| – \|", said(at))


@pytest.mark.parametrize("text", ["a", "I am"])
def test_a_text_too_short_to_correlate_says_so_with_a_dash(at, text):
    move(at, {"text": text})
    assert "rollout and gradient | **–** | – | " in said(at)
