"""The page about RoPE, without a browser: its clocks, sums and curves are the model's, every control moves,
links and bad input are answered.
"""

import base64
import io
import re
from contextlib import redirect_stdout
from urllib.parse import parse_qsl

import numpy as np
import pytest

from model import load
from model.analysis import rotation
from tests.session import (
    BRIEF,
    LONG,
    NUMBER,
    SHORT,
    address,
    click,
    control,
    escaped,
    figures,
    move,
    numeric,
    opened,
    pictures,
    unfold,
)
from viz.component import clocks as component

MODEL = load("decoder-rope")
TRACE = MODEL.explain(LONG)
T, P = len(TRACE.tokens), MODEL.config.head_width // 2
LAYER, HEAD = 2, 3  # what the page shows first, counted from 0
CHOICES = {
    "query": [3, 0, T - 1],
    "key": [5, 0],
    "order": ["by contribution", "by frequency"],
    "base": [100, 10_000_000, 500_000, 10_000],
}


FOLDS = {f"rope.{name}": "True" for name in ("sum", "distance", "hand", "speed", "convention", "python")}


@pytest.fixture
def at():
    """The page with all its folds open."""
    return opened("rope", text=LONG, **FOLDS)


def clocks(at):
    return pictures(at)["rope.clocks"]


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption))


def score(query, key, layer=LAYER, head=HEAD, trace=TRACE):
    return float(trace.layers[layer].attention.scaled(head)[query, key])


def parts(query, key, places=None, layer=LAYER, head=HEAD):
    """The contributions of two tokens, at their own places or at others, by way of the rotated vectors."""
    attention, frequency = TRACE.layers[layer].attention, rotation.frequencies(2 * P)
    q, k = attention.q[head, query].astype(float), attention.k[head, key].astype(float)
    turned = [rotate(x, place, frequency) for x, place in zip((q, k), places or (query, key), strict=True)]
    return attention.scale * (turned[0] * turned[1]).reshape(P, 2).sum(1)


def rotate(x, place, frequency):
    """x (D,) turned by 2 x 2 matrices, one by one."""
    turns = [
        [[np.cos(place * w), -np.sin(place * w)], [np.sin(place * w), np.cos(place * w)]] for w in frequency
    ]
    return np.concatenate([np.array(turn) @ pair for turn, pair in zip(turns, x.reshape(P, 2), strict=True)])


def chart(at, key):
    """The curves of a chart by name, each as (x, y)."""
    drawn = figures(at)[key]["data"]
    return {curve["name"]: (array(curve["x"]), array(curve["y"])) for curve in drawn if "name" in curve}


def array(values):
    if isinstance(values, list):
        return np.array(values, float)
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


# ---- the clocks ----


def test_the_clocks_get_the_models_own_vectors(at):
    shown, attention = clocks(at), TRACE.layers[LAYER].attention
    key = int(attention.weights(HEAD)[T - 1].argmax())
    np.testing.assert_array_equal(shown["q"], attention.q[HEAD, T - 1])
    np.testing.assert_array_equal(shown["k"], attention.k[HEAD, key])
    np.testing.assert_allclose(shown["frequency"], [10_000 ** (-i / P) for i in range(P)])
    assert shown["home"] == shown["places"] == [T - 1, key]
    assert shown["scale"] == pytest.approx((2 * P) ** -0.5)
    assert shown["last"] == MODEL.config.context - 1
    assert shown["words"] == [TRACE.tokens[T - 1], TRACE.tokens[key]]


@pytest.mark.parametrize(("query", "key", "layer", "head"), [(T - 1, 4, 2, 3), (5, 5, 0, 0), (3, 9, 3, 5)])
def test_the_contributions_add_up_to_the_score_of_the_model(at, query, key, layer, head):
    move(at, {"layer": layer + 1, "head": head + 1, "rope.query": query, "rope.key": key})
    numbers = re.search(
        rf"contributions add up to \*\*({NUMBER})\*\*.*is \*\*({NUMBER})\*\*.*differ by at most ({NUMBER}), "
        rf"and the turned hands by ({NUMBER}):",
        said(at),
        re.DOTALL,
    )
    total, model, apart, turned = map(numeric, numbers.groups())
    assert model == pytest.approx(score(query, key, layer, head), abs=1e-6)
    assert total == pytest.approx(parts(query, key, layer=layer, head=head).sum(), abs=1e-6)
    assert 0 < apart < 1e-5 and 0 < turned < 1e-5
    assert ("causal mask" in said(at)) == (key > query)


def test_the_link_leads_to_the_same_number_in_the_heatmap(at):
    move(at, {"layer": 2, "head": 5, "rope.query": 9, "rope.key": 4})
    query = dict(parse_qsl(re.search(r"\]\(attention\?(\S+)\)", said(at))[1]))
    header, matrix = pictures(opened("attention", **query))["attention.matrix"]
    assert header["selected"] == [9, 4]
    assert matrix[9, 4] == np.float32(score(9, 4, 1, 4))


def test_moving_both_keeps_the_score_and_moving_the_key_does_not(at):
    move(at, {"rope.query": 9, "rope.key": 4})
    click(at, "rope.clocks", {"places": [49, 44, 1700000000000]})
    assert clocks(at)["places"] == [49, 44] and clocks(at)["home"] == [9, 4]
    link = address(at).items() - FOLDS.items()
    assert dict(link) == {"text": LONG, "rope.query": "10", "rope.key": "5", "rope.both": "40"}
    assert "moved" not in chart(at, "rope.distances")
    click(at, "rope.clocks", {"places": [49, 47, 1700000000001]})
    assert address(at)["rope.alone"] == "3"
    (offset,), (moved,) = chart(at, "rope.distances")["moved"]
    assert (offset, moved) == (-2, pytest.approx(parts(9, 4, (49, 47)).sum()))


def test_other_tokens_start_where_the_text_has_them(at):
    move(at, {"rope.query": 9, "rope.key": 4})
    click(at, "rope.clocks", {"places": [49, 47, 1700000000000]})
    move(at, {"rope.query": 7})
    key = int(TRACE.layers[LAYER].attention.weights(HEAD)[7].argmax())
    assert clocks(at)["places"] == clocks(at)["home"] == [7, key]


def test_clocks_are_sorted_by_what_they_add_where_the_tokens_stand(at):
    move(at, {"rope.query": 9, "rope.key": 4})
    assert clocks(at)["order"] == list(range(P))
    move(at, {"rope.order": "by contribution"})
    assert clocks(at)["order"] == np.argsort(-parts(9, 4)).tolist()
    click(at, "rope.clocks", {"places": [70, 4, 1700000000000]})
    assert clocks(at)["order"] == np.argsort(-parts(9, 4, (70, 4))).tolist()


@pytest.mark.parametrize(("name", "choices"), CHOICES.items())
def test_every_control_can_be_moved(at, name, choices):
    for choice in choices:
        move(at, {f"rope.{name}": choice})
        assert control(at, f"rope.{name}").value == choice


# ---- the curves ----


def test_the_curve_goes_through_the_scores_of_the_model(at):
    move(at, {"rope.query": 9, "rope.key": 4})
    curves = chart(at, "rope.distances")
    offsets, content = curves["these two tokens"]
    assert (offsets[0], offsets[-1]) == (1 - MODEL.config.context, MODEL.config.context - 1)
    assert content[offsets == -5] == pytest.approx(score(9, 4), abs=1e-5)
    for offset in (-100, 0, 30):
        assert content[offsets == offset] == pytest.approx(parts(9, 4, (200, 200 + offset)).sum())
    _, without = curves["without content"]
    _, envelope = curves["without content: envelope"]
    _, (high, _) = curves["all pairs in step: ± Σ |q| |k|"]
    assert (abs(without) <= envelope + 1e-9).all() and (abs(content) <= abs(high)).all()
    assert without.max() == pytest.approx(abs(high)) == pytest.approx(without[offsets == 0])


# ---- one pair, by hand ----


def test_the_matrices_have_their_numbers_filled_in(at):
    move(at, {"rope.query": 9, "rope.key": 4})
    click(at, "rope.clocks", {"pair": [2, 1700000000000]})
    assert clocks(at)["chosen"] == 2 and address(at)["rope.pair"] == "3"
    formula = "\n".join(
        element.value
        for element in at.markdown
        if "pmatrix" in element.value or "counter-clockwise" in element.value
    )
    attention, speed = TRACE.layers[LAYER].attention, 10_000 ** (-2 / P)
    for place, x in ((9, attention.q[HEAD, 9]), (4, attention.k[HEAD, 4])):
        cos, sin = np.cos(place * speed), np.sin(place * speed)
        assert rf"{cos:.3f} & {-sin:.3f} \\ {sin:.3f} & {cos:.3f}" in formula
        a, b = (float(value) for value in x[4:6])
        assert rf"{a:.3f} \\ {b:.3f}" in formula
        assert rf"{a * cos - b * sin:.3f} \\ {a * sin + b * cos:.3f}" in formula
    assert f"makes {parts(9, 4)[2]:+.3f}".replace("-", "−") in formula
    assert "counter-clockwise" in formula


def test_the_first_pair_chosen_adds_most(at):
    assert clocks(at)["chosen"] == parts(*clocks(at)["home"]).argmax()


# ---- the base ----


def test_another_base_reruns_the_real_model_and_leaves_the_clocks_alone(at):
    before = clocks(at)
    move(at, {"rope.base": 500})
    assert clocks(at) == before
    other = rotation.reread(MODEL, rope_base=500.0).explain(LONG)
    losses = chart(at, "rope.bases")
    assert losses["chosen"][0] == 500 and losses["chosen"][1] == pytest.approx(other.losses.mean())
    assert losses["as trained"][0] == 10_000 and losses["as trained"][1] == pytest.approx(TRACE.losses.mean())
    query, key = before["home"]
    assert f"goes from {score(query, key):.3f} to **{score(query, key, trace=other):.3f}**" in said(at)
    assert "trained with base 10,000" in said(at)


@pytest.mark.parametrize("base", [100, 10_000, 10_000_000])
def test_the_slow_pairs_are_counted(at, base):
    move(at, {"rope.base": base})
    waves = [2 * np.pi * base ** (i / P) for i in range(P)]
    for tokens in (MODEL.config.context, T):
        slow = sum(wave > tokens for wave in waves)
        assert re.search(
            rf"\*\*{slow} of {P} pairs\*\* \(pairs {P - slow + 1} to {P}\) turn less than once in "
            rf"[^.]*\b{tokens} tokens",
            said(at),
        )
    name = f"base {base:,}"
    np.testing.assert_allclose(chart(at, "rope.wavelengths")[name][1], waves)


@pytest.mark.parametrize(
    ("base", "turned", "limit"),
    [(200, "pairs 10 to 16", "4"), (10_000, "no pair", "128"), (1_000_000, "no pair", "715")],
)
def test_what_angles_are_new_follows_from_the_base_of_the_training(at, base, turned, limit):
    """At 200, 16 tokens back, pair i stands at 16 · 200^(-(i-1)/16), and met 127 · 10,000^(-(i-1)/16)."""
    move(at, {"rope.base": base})
    assert T == 17
    assert f"turns **{turned}** to angles that it never met: texts of more than {limit} tokens" in said(at)
    assert "with base 10,000, so that the model has met only the beginning" in said(at)


def test_a_difference_of_two_bases_comes_with_its_standard_error(at):
    move(at, {"rope.base": 100})
    apart = {
        base: rotation.reread(MODEL, rope_base=float(base)).explain(LONG).losses - TRACE.losses
        for base in (100, 200, 10_000_000)
    }
    for base, nats in apart.items():
        error = nats.std(ddof=1) / np.sqrt(len(nats))
        for mean, give in re.findall(rf"(?:with|bases|Base) {base:,}.*?({NUMBER}) ± ({NUMBER})", said(at)):
            assert numeric(mean) == pytest.approx(nats.mean(), abs=10 ** np.floor(np.log10(error)))
            assert numeric(give) == pytest.approx(error, rel=0.3)
    told = re.findall(r"± [\d.]+ over 16 tokens, (?:no )?more than noise", said(at))
    assert len(told) == 4  # the chosen base, the best, the one that changes most; and halves read as they are
    assert "suits this text best" not in said(at)


def test_of_a_single_prediction_nothing_is_concluded():
    assert "on a single token, which tells nothing" in said(opened("rope", text="The river", **FOLDS))


# ---- adjacent or halves ----


def test_the_table_says_that_reordering_keeps_the_model_and_misreading_does_not(at):
    rows = re.findall(r"\| (adjacent|halves), [^|]*\| (\S+) \| (.+) \|", said(at))
    wrong = rotation.reread(MODEL, rope_pairing="halves").explain(LONG)
    assert [row[0] for row in rows] == ["adjacent", "halves", "halves"]
    assert float(rows[0][1]) == float(rows[1][1]) == pytest.approx(TRACE.losses.mean(), abs=1e-4)
    assert float(rows[2][1]) == pytest.approx(wrong.losses.mean(), abs=1e-4)
    assert numeric(rows[0][2]) == 0 and 0 < numeric(rows[1][2]) < 1e-4
    assert numeric(rows[2][2]) == pytest.approx(abs(wrong.logits - TRACE.logits).max(), rel=1e-2)
    curves = chart(at, "rope.losses")
    np.testing.assert_allclose(curves["halves, rows reordered"][1], TRACE.losses, atol=1e-4)
    np.testing.assert_allclose(curves["halves, rows as they are"][1], wrong.losses, rtol=1e-5)
    assert " ".join(map(str, rotation.halves(2 * P))) in said(at)


# ---- Python ----


def test_the_printed_python_prints_the_sum_and_the_score(at):
    move(at, {"rope.query": 9, "rope.key": 4})
    out = io.StringIO()
    with redirect_stdout(out):
        exec(next(element.value for element in at.code if "import" in element.value), {})
    total, model = map(float, out.getvalue().split())
    assert model == pytest.approx(score(9, 4), rel=1e-6)
    assert total == pytest.approx(parts(9, 4).sum(), abs=1e-9)


# ---- texts and links ----


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_hostile_text_gives_a_sentence_or_the_clocks(at, text):
    plain = {element.value for element in at.markdown}
    move(at, {"text": text})
    assert control(at, "text").value == text
    for element in (*at.markdown, *at.caption, *at.warning, *at.info):
        prose = re.sub(r"\]\(attention\?[\w%+.=&~-]*\)", "", element.value)
        assert element.value in plain or not escaped(prose), prose
    assert bool(at.warning) == ("rope.clocks" not in pictures(at))
    move(at, {"text": SHORT})
    assert clocks(at)["revision"] == SHORT


def test_one_token_is_drawn_and_what_needs_more_says_so(at):
    move(at, {"text": "a"})
    assert clocks(at)["home"] == [0, 0]
    assert "One token has nothing to predict" in at.info[0].value
    assert "| adjacent, as trained | – | 0 |" in said(at)


def test_a_text_past_the_context_moves_to_its_own_end(at):
    text = "the river bank and the old boat " * 20
    move(at, {"text": text})
    tokens = len(MODEL.read(text))
    assert clocks(at)["last"] == tokens - 1 > MODEL.config.context
    assert chart(at, "rope.distances")["these two tokens"][0][0] == 1 - tokens


def test_a_link_restores_everything(at):
    move(at, {"layer": 2, "rope.query": 9, "rope.key": 4, "rope.order": "by contribution", "rope.base": 500})
    click(at, "rope.clocks", {"places": [49, 47, 1700000000000]})
    click(at, "rope.clocks", {"pair": [5, 1700000000001]})
    link = address(at)
    assert link == {
        "text": LONG,
        "layer": "2",
        "rope.query": "10",
        "rope.key": "5",
        "rope.order": "by contribution",
        "rope.base": "500",
        "rope.both": "40",
        "rope.alone": "3",
        "rope.pair": "6",
        **FOLDS,
    }
    again = opened("rope", **link)
    assert clocks(again) == clocks(at)
    assert address(again) == link


def test_until_a_fold_is_opened_the_page_is_a_sentence_the_clocks_and_their_caption():
    at = opened("rope", text=LONG)
    assert not figures(at) and not at.code
    assert len(at.markdown) == len(at.caption) == 1
    assert not FOLDS.keys() & address(at).keys()


def test_a_link_with_another_base_opens_what_it_does_and_closing_it_holds():
    at = opened("rope", text=LONG, **{"rope.base": "500"})
    assert chart(at, "rope.bases")["chosen"][0] == 500
    move(at, {"rope.base": 10_000})
    assert chart(at, "rope.bases")["chosen"][0] == 10_000
    move(at, {"rope.base": 500})
    unfold(at, "rope.speed", is_open=False)
    assert not figures(at) and address(at)["rope.base"] == "500"


@pytest.mark.parametrize("value", ["", "0", "9999", "-9999", "x", "nan", "$x$"])
def test_a_broken_link_opens_on_something_sensible(value):
    at = opened(
        "rope",
        text=LONG,
        **{f"rope.{name}": value for name in ("query", "key", "order", "base", "both", "alone", "pair")},
    )
    assert (
        clocks(at)["home"]
        == clocks(at)["places"]
        == [T - 1, int(TRACE.layers[LAYER].attention.weights(HEAD)[T - 1].argmax())]
    )


def test_a_move_that_a_shorter_text_does_not_reach_is_dropped(at):
    long = "the river bank and the old boat " * 20
    move(at, {"text": long})
    last = clocks(at)["last"]
    click(at, "rope.clocks", {"places": [last, last - 3, 1700000000000]})
    move(at, {"rope.query": 2})
    click(at, "rope.clocks", {"places": [last, last - 3, 1700000000001]})
    move(at, {"text": SHORT})
    assert all(0 <= place < MODEL.config.context for place in clocks(at)["places"])


def test_another_model_chosen_before_is_still_chosen_after():
    at = opened("attention", model="decoder-alibi")
    at.switch_page("rope/page.py").run()
    assert "rope.clocks" in pictures(at)
    assert control(at, "model").value == "decoder-rope"
    at.switch_page("attention/page.py").run()
    assert control(at, "model").value == "decoder-alibi"


# ---- the component ----


def test_clocks_that_do_not_fit_are_an_error():
    good = {
        "scale": 1.0,
        "home": (0, 1),
        "places": (0, 1),
        "last": 3,
        "order": range(2),
        "words": ("a", "b"),
        "key": "k",
    }
    with pytest.raises(ValueError, match="2 frequencies, q and k need 4 numbers"):
        component.clocks(np.zeros(3), np.zeros(4), np.ones(2), **good)
    with pytest.raises(ValueError, match="the order each pair once"):
        component.clocks(np.zeros(4), np.zeros(4), np.ones(2), **good | {"order": (0, 0)})
    with pytest.raises(ValueError, match="within 0 to 3"):
        component.clocks(np.zeros(4), np.zeros(4), np.ones(2), **good | {"places": (0, 4)})
