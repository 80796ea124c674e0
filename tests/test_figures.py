"""Figures by their numbers: what a chart or a component is given is what it shows."""

import json
import re
import struct
from urllib.parse import parse_qsl

import numpy as np
import plotly.graph_objects as go
import pytest

from viz import bars, cache, component, ranks, theme, vocabulary
from viz.component import address, chips, ranking

TOKENS = ["the", " bank", "the", " bank", " the"]
HOSTILE = [
    "<b>bold</b>",
    "a&b",
    "<img src=x onerror=alert(1)>",
    "$x$",
    "\n",
    "שלום",
    "e\u0301\u0302",
    "👩‍👩‍👧",
    "x" * 100,
]


def values(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def causal(size):
    return np.tri(size, dtype=bool)


# ---- labels ----


@pytest.mark.parametrize("text", HOSTILE)
def test_no_markup_gets_out_of_a_label(text):
    label = theme.token(text)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", label)
    assert label.startswith("\u2068") and label.endswith("\u2069")


def test_a_repeated_token_keeps_a_tick_of_its_own():
    axis = cache.axis(TOKENS)
    assert axis["tickvals"] == [0, 1, 2, 3, 4]
    assert axis["ticktext"] == [theme.token(token) for token in TOKENS]


def test_white_space_is_a_sign_and_a_long_token_is_cut():
    assert theme.token(" a\n\t") == "\u2068·a⏎⇥\u2069"
    assert len(theme.token("x" * 100)) == theme.LONGEST + 2


# ---- bars ----


def test_contributions_are_the_products_and_their_running_sum():
    products = values(7)
    bar, line = bars.contributions(products).data
    np.testing.assert_array_equal(bar.y, products)
    np.testing.assert_array_equal(line.y, np.cumsum(products))
    np.testing.assert_array_equal(bar.x, np.arange(7))
    assert line.y[-1] == pytest.approx(float(products.sum()), abs=1e-6)
    assert list(bar.marker.color) == [theme.QUERY if product < 0 else theme.KEY for product in products]


def test_contributions_in_another_order_keep_their_numbers():
    products, order = values(7), [3, 0, 6, 1, 2, 5, 4]
    figure = bars.contributions(products, order=order)
    bar, line = figure.data
    np.testing.assert_array_equal(bar.y, products[order])
    np.testing.assert_array_equal(bar.customdata, order)
    np.testing.assert_allclose(line.y, np.cumsum(products[order]), rtol=1e-6)
    assert [figure.layout.xaxis.ticktext[i] for i in range(7)] == [str(d) for d in order]


def test_plotly_does_not_check_whether_labels_leave_the_figure():
    for figure in (
        bars.contributions(values(7)),
        ranks.ranks({"own": np.array([0.6, 0.3, 0.1])}, cuts={}, chosen=0),
        vocabulary.cost([0, 64], np.array([9, 4]), np.array([3.0, 2.0]), chosen=0),
    ):
        axes = [*figure.select_xaxes(), *figure.select_yaxes()]
        assert {axis.ticklabeloverflow for axis in axes} == {"allow"}


def test_a_draft_makes_the_figure_that_plotly_puts_together():
    draft, figure = theme.Draft(), go.Figure()
    for one in (draft, figure):
        one.add_scatter(x=[1, 2], y=[3.0, 4.0], name="line", line={"dash": "dot"})
        one.add_bar(x=[1, 2], y=[1, 2])
        one.add_heatmap(z=[[1, 2]])
        one.add_vline(x=1, line={"color": "red"})
        one.add_hline(y=3, line={"width": 2})
        one.add_annotation(x=1, y=1, text="here")
        one.update_xaxes(title="steps", type="log")
        one.update_xaxes(dtick=1)
        one.update_yaxes(range=[0, 5])
    draft.add_vrect(x0=1, x1=2, fillcolor="red")
    figure.add_vrect(x0=1, x1=2, fillcolor="red", line_width=0)
    figure.update_layout(theme.look(height=200, title="all")).update_layout(
        margin_t=40, legend_y=1.1, hovermode="x"
    )
    drawn = theme.layout(draft, height=200, title="all", top=40, legend={"y": 1.1}, hovermode="x")
    ours, theirs = drawn.to_plotly_json(), figure.to_plotly_json()
    for layout in (ours["layout"], theirs["layout"]):
        layout.pop("template", None)  # the page's own takes its place
    assert ours == theirs


def test_what_plotly_does_not_know_is_an_error():
    draft = theme.Draft()
    draft.add_scatter(colour="red")
    with pytest.raises(ValueError, match="colour"):
        theme.layout(draft, height=200)


# ---- what crosses to the browser ----


def crossed(monkeypatch, module, draw):
    """What a component's browser side is sent."""
    sent = []
    monkeypatch.setattr(module, "mount", lambda **how: sent.append(how["data"]) or {})
    draw()
    return sent[0]


def test_a_ranking_sends_every_series_with_its_numbers(monkeypatch):
    before, after = np.array([0.5, 0.25, 0.125]), np.array([0.1, 0.6, 0.3])
    series = {"as trained": (before, "#111111"), "changed": (after, "#222222")}
    sent = crossed(
        monkeypatch,
        ranking,
        lambda: ranking.ranking(series, [" a", "<b>", " a"], key="ranking", label="next"),
    )
    assert (sent["tokens"], sent["label"]) == ([" a", "<b>", " a"], "next")
    assert [(one["name"], one["colour"]) for one in sent["series"]] == [
        ("as trained", "#111111"),
        ("changed", "#222222"),
    ]
    assert [one["values"] for one in sent["series"]] == [before.tolist(), after.tolist()]
    assert sent["series"][0]["texts"] == ["50.0 %", "25.0 %", "12.5 %"]


def test_a_ranking_writes_numbers_as_the_pages_do(monkeypatch):
    series = {"moves by": (np.array([-0.25, -1e-9, 1234.0, 0.0]), "#111111")}
    sent = crossed(monkeypatch, ranking, lambda: ranking.ranking(series, "abcd", key="r", shares=False))
    assert sent["series"][0]["texts"] == ["−0.25", "−1 × 10⁻⁹", "1,230", "0"]


def test_a_ranking_needs_a_value_per_token():
    with pytest.raises(ValueError, match="'as trained' has 3 values for 2 tokens"):
        ranking.ranking({"as trained": (np.ones(3), "#111111")}, ["a", "b"], key="ranking")


def test_an_address_is_sent_as_one_query_that_reads_back(monkeypatch):
    said = {"text": "a&b=c #1 שלום + 100%", "attention.query": "3"}
    sent = crossed(monkeypatch, address, lambda: address.address(said, page="masks"))
    assert dict(parse_qsl(sent["query"])) == said and sent["page"] == "masks"


# ---- what crosses to the canvas ----


def packed(given, **choices):
    """The payload of the canvas taken apart: (header, matrix)."""
    T, S = np.shape(given)
    how = {
        "rows": [f"r{i}" for i in range(T)],
        "columns": [f"c{i}" for i in range(S)],
        "kind": "weights",
        "allowed": None,
        "limit": None,
    }
    payload = component._pack(given, **how | {"selected": (), "digits": 3} | choices)
    (length,) = struct.unpack("<I", payload[:4])
    assert length % 4 == 0
    return json.loads(payload[4 : 4 + length]), np.frombuffer(payload[4 + length :], dtype="<f4").reshape(
        T, S
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, bool])
def test_the_payload_holds_the_float32_bytes_of_the_matrix(dtype):
    given = (values(3, 5) * 9).astype(dtype)
    _, sent = packed(given)
    assert sent.tobytes() == given.astype("<f4").tobytes()


def test_a_matrix_in_another_order_or_read_only_crosses_unharmed():
    given = values(5, 3)
    turned = given.T
    turned.flags.writeable = False
    assert packed(turned, allowed=np.zeros((3, 5), dtype=bool))[1].shape == (3, 5)
    np.testing.assert_array_equal(packed(turned)[1], given.T)
    np.testing.assert_array_equal(turned, values(5, 3).T)


def test_the_masked_cross_as_nan_and_their_numbers_stay_here():
    given = values(5, 5)
    given[4, 0] = np.inf
    _, sent = packed(given, allowed=causal(5))
    hidden = ~causal(5) | ~np.isfinite(given)
    np.testing.assert_array_equal(np.isnan(sent), hidden)
    np.testing.assert_array_equal(sent[~hidden], given[~hidden])


def test_labels_cross_as_they_are_duplicates_and_all():
    labels = [*HOSTILE, "the", "the", "\ud800"]
    header, _ = packed(
        values(len(labels), len(labels)),
        rows=labels,
        columns=labels,
        label="a <b>label</b>",
        revision="a text 👩‍👩‍👧",
    )
    assert header["rows"] == header["columns"] == labels
    assert (header["label"], header["revision"]) == ("a <b>label</b>", "a text 👩‍👩‍👧")


@pytest.mark.parametrize(
    ("given", "choices", "limits"),
    [
        (values(3, 3), {}, (0, 1)),
        (np.array([[1.0, -3.0]]), {"kind": "signed"}, (-3, 3)),
        (np.array([[1.0, -3.0]]), {"kind": "signed", "limit": 2}, (-2, 2)),
        (np.array([[1.0, -3.0]]), {"kind": "signed", "allowed": [[True, False]]}, (-1, 1)),
        (np.zeros((2, 2)), {"kind": "signed"}, (-1, 1)),
        (np.full((2, 2), np.nan), {"kind": "signed"}, (-1, 1)),
    ],
)
def test_the_canvas_has_the_same_scales(given, choices, limits):
    header, _ = packed(given, **choices)
    assert (header["low"], header["high"]) == limits


@pytest.mark.parametrize(
    ("choices", "cell"),
    [
        ([(2, 1), None], [2, 1]),
        ([None, [1, 0]], [1, 0]),
        ([(3, 0), [0, 2]], [0, 2]),
        ([(0, 3), (-1, 0)], None),
        ([np.array([1, 1])], [1, 1]),
        ([(1.5, 0), "12", {"cell": 1}, [1]], None),
        ([], None),
    ],
)
def test_a_choice_is_kept_only_where_it_fits(choices, cell):
    assert packed(values(3, 3), selected=choices)[0]["selected"] == cell


@pytest.mark.parametrize(
    ("given", "choices", "message"),
    [
        (values(2, 3), {"rows": ["a"]}, r"\(2, 3\).* 1 row labels and 3 column labels"),
        (values(2, 3), {"columns": ["a"] * 2}, "2 row labels and 2 column labels"),
        (values(2, 3), {"kind": "rainbow"}, "'weights' and 'signed', but kind is 'rainbow'"),
        (values(2, 3), {"limit": 0}, "positive, finite limit"),
        (values(2, 3), {"limit": float("nan")}, "positive, finite limit"),
        (values(2, 3), {"digits": 0}, "1 to 9 significant digits"),
        (values(2, 3), {"allowed": np.ones((3, 2))}, r"shape of values, \(2, 3\), but it has shape \(3, 2\)"),
        (np.ones((0, 3)), {}, r"T and S at least 1, but values has shape \(0, 3\)"),
    ],
)
def test_what_does_not_fit_is_an_error_in_a_sentence(given, choices, message):
    with pytest.raises(ValueError, match=message):
        packed(given, **choices)


def test_a_vector_is_no_matrix():
    with pytest.raises(ValueError, match=r"T and S at least 1, but values has shape \(3,\)"):
        component._pack(
            values(3), ["a"] * 3, [], kind="weights", allowed=None, limit=None, selected=(), digits=3
        )


# ---- chips ----


@pytest.mark.parametrize(
    ("notes", "values"),
    [(["1"], None), (["1", "2", "3"], None), (["1", "2"], [0.5]), (["1", "2"], np.ones(3))],
)
def test_chips_need_a_note_and_a_value_per_token(notes, values):
    with pytest.raises(ValueError, match=f"there are 2 tokens, {len(notes)} notes"):
        chips.chips(["a", "b"], key="chips", notes=notes, values=values)


def test_the_rows_of_a_cache_are_named_as_words_and_not_as_tokens():
    figure = cache.kept([(np.ones(3), np.ones(3))], ["I", " swam", "."], fresh=1)
    assert list(figure.layout.yaxis.ticktext) == ["layer 1 key", "layer 1 value"]
