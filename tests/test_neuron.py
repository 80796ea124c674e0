"""Inside one weight: the products add up to the model's own dot product, for every kind of head, and the page
shows those very numbers.
"""

import re

import numpy as np
import pytest

from model import load
from tests.session import NUMBER, address, click, control, move, numeric, opened, pictures, said

TEXT = "I swam across the river to get to the other bank"
NOW = 1_700_000_000_000


@pytest.fixture
def at():
    return opened("heads", text=TEXT, **{"heads.section": "Neuron", "heads.every": "True"})


def parts(at):
    """The attention, head, query and key that the page is about."""
    layer, head = control(at, "layer").value - 1, control(at, "head").value - 1
    trace = load(control(at, "model").value).explain(control(at, "text").value)
    return (
        trace.layers[layer].attention,
        head,
        control(at, "heads.query").value,
        control(at, "heads.key").value,
    )


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"positions": "alibi"},
        {"key_heads": 2},
        {"key_heads": 1, "rope_pairing": "halves"},
        {"causal": False},
    ],
    ids=str,
)
def test_the_products_add_up_to_the_dot_product(make_bundle, choices):
    trace = make_bundle(**choices).explain("the river bank")
    for layer in trace.layers:
        for head in range(4):
            dots = layer.attention.dots(head)
            found = [
                [layer.attention.products(head, query, key).sum() for key in range(len(dots))]
                for query in range(len(dots))
            ]
            np.testing.assert_allclose(found, dots, rtol=1e-4, atol=1e-4)
            assert layer.attention.products(head, 0, 0).shape == (6,)


@pytest.mark.parametrize(
    "name", ["decoder-rope", "decoder-alibi", "decoder-t5", "decoder-none", "encoder", "toy-rope"]
)
def test_every_number_is_the_models_own(at, name):
    move(at, {"model": name, "head": 2, "layer": 2, "heads.query": 7, "heads.key": 4})
    attention, head, query, key = parts(at)
    q, k, _, _, bias = attention.head(head)
    header, values = pictures(at)["heads.vectors"]
    turned = attention.q_rot is not None
    assert header["rows"] == (["q before", "q turned", "k before", "k turned"] if turned else ["q", "k"])
    before = [attention.q[head, query], attention.k[head, key]]
    np.testing.assert_array_equal(
        values, [before[0], q[query], before[1], k[key]] if turned else [q[query], k[key]]
    )
    assert header["columns"] == [f"d{d}" for d in range(q.shape[1])]
    text, weight = said(at), float(attention.weights(head)[query, key])
    total, dot, difference = map(
        numeric,
        re.search(
            rf"Summed here they give \*\*({NUMBER})\*\*, .* \*\*({NUMBER})\*\*: difference ({NUMBER})\.",
            text,
        ).groups(),
    )
    assert total == pytest.approx(float(attention.dots(head)[query, key]), abs=2e-5)
    assert dot == pytest.approx(float(attention.dots(head)[query, key]), abs=1e-6) and difference < 1e-4
    assert f"with {100 * weight:.1f} % of its attention" in text
    score = re.search(r"score.*= ([^$=]+)\$\$", text)[1].replace(r" \cdot 10^{", "e").rstrip("}")
    assert float(score) == pytest.approx(float(attention.scaled(head)[query, key]), rel=6e-3)
    assert ("bias of the positional encoding" in text) == (bias is not None)
    if turned:
        alone = float(before[0].astype(float) @ before[1].astype(float))
        assert numeric(
            re.search(rf"would have given ({NUMBER}): a distance of 3 tokens makes", text)[1]
        ) == pytest.approx(alone, rel=6e-3, abs=1e-6)


def test_the_rows_of_every_key_add_up_to_the_dot_products(at):
    attention, head, query, key = parts(at)
    header, values = pictures(at)["heads.products"]
    np.testing.assert_allclose(values.sum(1), attention.dots(head)[query], rtol=1e-4, atol=1e-4)
    assert header["selected"] == [key, int(np.abs(attention.products(head, query, key)).argmax())]
    move(at, {"heads.query": 3})
    _, values = pictures(at)["heads.products"]
    assert np.isnan(values[4:]).all() and np.isfinite(values[:4]).all()


def test_sorted_by_contribution_the_columns_follow(at):
    move(at, {"heads.dimensions": "largest product first"})
    attention, head, query, key = parts(at)
    order = np.argsort(-attention.products(head, query, key), kind="stable")
    header, values = pictures(at)["heads.vectors"]
    assert header["columns"] == [f"d{d}" for d in order]
    np.testing.assert_array_equal(values[1], attention.head(head).q[query][order])
    assert address(at)["heads.dimensions"] == "largest product first"


def test_another_token_asks_and_its_favourite_answers(at):
    move(at, {"heads.key": 1})
    assert address(at)["heads.key"] == "2"
    move(at, {"heads.query": 6})
    attention, head, query, key = parts(at)
    assert query == 6 and key == int(attention.weights(head)[6].argmax()) and "heads.key" not in address(at)


def test_a_click_on_a_row_chooses_who_answers(at):
    click(at, "heads.products", {"cell": [2, 5, NOW]})
    assert (control(at, "heads.query").value, control(at, "heads.key").value) == (10, 2)


def test_what_is_masked_gets_nothing(at):
    move(at, {"heads.query": 3, "heads.key": 8})
    assert "may not look at" in said(at) and "weight is **0**" in said(at)
