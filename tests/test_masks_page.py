"""The page about masks, without a browser: every section, every control, and cells painted by hand; what it
shows is what the model computes.
"""

import base64
import re
from itertools import islice

import numpy as np
import pytest

from model import decoding, load, masks
from model.analysis import leak, sensitivity
from pages._numbers import number, plural
from tests import session
from tests.session import (
    BRIEF,
    HOSTILE,
    LONG,
    address,
    checked,
    click,
    control,
    escaped,
    move,
    opened,
    pictures,
)
from viz import component
from viz import masks as figures

TEXT = "The cat sat on the mat"
HONEST, CHEAT = "decoder-rope", "decoder-unmasked"
IDS = load(HONEST).read(TEXT)
T = len(IDS)
(DOG,) = load(HONEST).tokenizer.encode(" dog")
CAUSAL = masks.causal(T).numpy()
FOLDS = {f"masks.{name}": "True" for name in ("writing", "looks", "loss", "why", "formula", "pairs", "how")}
CHEATING, PAINTING, LEAKING, SEEING = "Can it cheat?", "Paint a mask", "Leak test", "Encoder and decoder"


def section(name, text=TEXT, **query):
    """A session with that section open, and all that folds in it."""
    return opened(
        "masks",
        text=text,
        **{"masks.section": name} | FOLDS | {f"masks.{key}": value for key, value in query.items()},
    )


def switch(at, **choices):
    return move(at, {f"masks.{name}": value for name, value in choices.items()})


def said(at):
    return "\n".join(element.value for element in at.markdown)


def captions(at):
    return "\n".join(element.value for element in at.caption)


def chart(at, place=0):
    return list(session.figures(at).values())[place]


def numbers(row):
    """A trace's y, which Plotly sends as base64."""
    y = row["y"]
    return np.frombuffer(base64.b64decode(y["bdata"]), y["dtype"]) if isinstance(y, dict) else np.array(y)


def bits(allowed):
    return base64.b64encode(np.packbits(allowed)).decode()


def link(allowed):
    return f"{len(allowed)}.{bits(allowed)}".rstrip("=").replace("+", "-").replace("/", "_")


def paint(at, allowed, time=1):
    """What the browser sends at the end of a stroke."""
    return click(at, "masks.painter", {"mask": [*allowed.shape, bits(allowed), time]})


def changed(*cells, base=CAUSAL):
    """The mask with these cells turned over."""
    other = base.copy()
    for cell in cells:
        other[cell] ^= True
    return other


def shown(at, key):
    """A picture's numbers, and where it is not masked."""
    header, values = pictures(at)[f"masks.{key}"]
    return header, values, np.isfinite(values)


# ---- the mask beside scores and weights ----

KINDS = {
    "causal": ({}, masks.causal(T)),
    "full": ({}, masks.full(T)),
    "window": ({"window": 2}, masks.window(T, 2)),
    "prefix": ({"prefix": 3}, masks.prefix(T, 3)),
    "painted": ({}, masks.causal(T)),
}


@pytest.mark.parametrize(
    ("kind", "sizes", "allowed"), [(kind, *rest) for kind, rest in KINDS.items()], ids=KINDS
)
def test_every_mask_is_drawn_with_the_scores_and_weights_of_the_model_that_ran_with_it(kind, sizes, allowed):
    at = move(switch(section(PAINTING), mask=kind, **sizes), {"layer": 2, "head": 5})
    attention = load(HONEST).explain(TEXT, allowed=allowed).layers[1].attention
    _, _, open_cells = shown(at, "painter")
    assert np.array_equal(open_cells, allowed.numpy())
    _, scores, finite = shown(at, "scores")
    assert np.array_equal(finite, allowed.numpy())
    np.testing.assert_allclose(scores[finite], attention.scores(4)[finite], rtol=1e-5, atol=1e-5)
    _, weights, finite = shown(at, "weights")
    np.testing.assert_allclose(np.where(finite, weights, 0), attention.weights(4), atol=1e-6)
    np.testing.assert_allclose(
        numbers(chart(at)["data"][0]),
        leak.divergence(load(HONEST).explain(TEXT), load(HONEST).explain(TEXT, allowed)),
        rtol=1e-3,
    )
    assert ("nothing has moved" in said(at)) == np.array_equal(allowed.numpy(), CAUSAL)


def test_the_models_own_mask_is_the_default():
    at = section(PAINTING)
    for name, own in ((HONEST, "causal"), (CHEAT, "full"), ("encoder", "full")):
        move(at, {"model": name})
        assert control(at, "masks.mask").value == own
        assert (numbers(chart(at)["data"][0]) == 0).all()
    assert "masks.mask" not in address(at)


def test_an_encoder_has_a_relative_change_instead_of_bits():
    at = switch(move(section(PAINTING), {"model": "encoder"}), mask="causal")
    bundle = load("encoder")
    expected = leak.change(
        bundle.explain(TEXT), bundle.explain(TEXT, allowed=masks.causal(len(bundle.read(TEXT))))
    )
    np.testing.assert_allclose(numbers(chart(at)["data"][0]), expected, rtol=1e-4)
    assert "relative change" in said(at)


def test_painted_cells_make_the_mask_that_the_model_runs_with():
    allowed = changed((3, 1), (2, 5))
    at = paint(section(PAINTING), allowed)
    assert control(at, "masks.mask").value == "painted"
    assert address(at) == {
        "text": TEXT,
        "masks.formula": "True",
        "masks.section": PAINTING,
        "masks.mask": "painted",
        "masks.paint": link(allowed),
    }
    expected = leak.divergence(load(HONEST).explain(TEXT), load(HONEST).explain(TEXT, allowed=allowed))
    np.testing.assert_allclose(numbers(chart(at)["data"][0]), expected, rtol=1e-3)
    assert "1 cell right of the diagonal" in said(at)
    again = opened("masks", **address(at))
    assert np.array_equal(shown(again, "painter")[2], allowed)
    assert address(again) == address(at)


def test_a_row_with_nothing_allowed_is_refused_by_name_and_the_painting_kept():
    allowed = CAUSAL.copy()
    allowed[[1, 4]] = False
    at = paint(section(PAINTING), allowed)
    (error,) = at.error
    assert re.search(r"^Row 2 \(.*cat.*\), row 5 \(.*the.*\) may look at nothing", error.value)
    assert set(pictures(at)) == {"masks.painter"}
    assert np.array_equal(shown(at, "painter")[2], allowed)
    allowed[1, 2] = allowed[4, 0] = True
    paint(at, allowed, time=2)
    assert not at.error
    assert shown(at, "weights")[1][1, 2] == 1


def test_undo_takes_back_stroke_after_stroke():
    one, two = changed((3, 1)), changed((3, 1), (0, 4))
    at = paint(paint(section(PAINTING), one), two, time=2)
    control(at, "masks.undo").click().run()
    assert np.array_equal(shown(checked(at), "painter")[2], one)
    control(at, "masks.undo").click().run()
    assert control(at, "masks.mask").value == "causal"
    assert "masks.paint" not in address(at)


def test_a_painting_outlives_other_masks_and_other_texts():
    allowed = changed((3, 1))
    at = switch(paint(section(PAINTING), allowed), mask="full")
    assert np.array_equal(shown(at, "painter")[2], np.ones((T, T)))
    switch(at, mask="painted")
    assert np.array_equal(shown(at, "painter")[2], allowed)
    move(at, {"text": TEXT + " and slept"})
    grown = shown(at, "painter")[2]
    assert np.array_equal(
        grown, changed((3, 1), base=masks.causal(len(grown)).numpy())
    )  # what was not painted is the model's own
    move(at, {"text": "The cat sat"})
    assert np.array_equal(shown(at, "painter")[2], masks.causal(3).numpy())
    move(at, {"text": TEXT})
    assert np.array_equal(shown(at, "painter")[2], allowed)


def test_a_text_too_long_for_the_painter_is_answered_in_a_sentence():
    at = paint(section(PAINTING), changed((3, 1)))
    move(at, {"text": "the river bank and " * 20})
    assert "up to 48 tokens" in at.info[0].value
    assert not shown(at, "painter")[0]["paints"]
    switch(at, mask="window")
    assert not at.info
    move(at, {"text": TEXT})
    switch(at, mask="painted")
    assert np.array_equal(shown(at, "painter")[2], changed((3, 1)))


@pytest.mark.parametrize(
    "value",
    ["", "x", "6", "6.", "6.!!!!", "999.AAAA", "0.", "-1.AA", "6.AAAAAAAAAAAAAAAA", "²." + "A" * 8, "6.ÄÖ"],
)
def test_a_broken_link_paints_nothing(value):
    at = section(PAINTING, mask="painted", paint=value)
    assert np.array_equal(shown(at, "painter")[2], CAUSAL)


@pytest.mark.parametrize("value", ["", "0", "999", "x", "-1", "$x$"])
@pytest.mark.parametrize("name", [CHEATING, PAINTING, LEAKING, SEEING, "no such section"])
def test_a_broken_link_opens_on_something_sensible(name, value):
    broken = {key: value for key in ("mask", "window", "prefix", "paint", "future", "output", "seed")}
    assert pictures(section(name, **broken))


# ---- the painter ----


def test_only_masks_are_painted():
    with pytest.raises(ValueError, match="paints masks, but kind is 'weights'"):
        component.heatmap(np.ones((2, 2)), rows=["a", "b"], columns=["a", "b"], key="k", on_paint=print)


# ---- the leak test ----


def test_not_a_bit_before_the_changed_token_moves_under_the_causal_mask():
    at = section(LEAKING)
    for place in range(T):
        switch(at, future=place)
        _, moved, seen = shown(at, "test")
        expected = leak.moved(load(HONEST).network, IDS, place, DOG, masks.causal(T))
        np.testing.assert_allclose(np.where(seen, moved, 0), expected / expected.max(), rtol=1e-5)
        assert not seen[:, :place].any()
        assert seen[-1, place:].all()
        if place:
            assert f"all {6 * place * 192:,} numbers" in said(at)
    assert "none has moved" in said(at)


def test_without_the_mask_all_move():
    at = switch(section(LEAKING), mask="full", future=4)
    assert shown(at, "test")[2][-1].all()
    assert "**4 moved**" in said(at)
    assert "it leaks" in said(at)


@pytest.mark.parametrize("kind", ["causal", "full", "window", "prefix"])
def test_both_measures_are_0_exactly_where_no_path_leads(kind):
    at = switch(section(LEAKING), mask=kind)
    allowed = (
        masks.window(T, 4)
        if kind == "window"
        else masks.prefix(T, 4)
        if kind == "prefix"
        else getattr(masks, kind)(T)
    )
    can = leak.reachable(allowed.numpy(), 4)
    for key in ("moves", "gradient"):
        assert np.array_equal(shown(at, key)[2], can)
    ahead = int(np.triu(can, 1).sum())
    assert (
        f"{ahead} are above 0 by change and {ahead} by gradient"
        if ahead
        else "are exactly 0, by both measures"
    ) in said(at)
    assert not at.error


def test_the_gradient_picture_is_that_of_the_model():
    at = section(LEAKING)
    _, gradient, _ = shown(at, "gradient")
    network = load(HONEST).network
    some = [leak.squares(network, IDS, masks.causal(T), leak.direction(192, seed)) for seed in (1, 2, 3, 4)]
    found = np.sqrt(np.mean(some, axis=0))
    np.testing.assert_allclose(np.nan_to_num(gradient), found / found.max(1, keepdims=True), rtol=1e-4)
    exact = np.sqrt([sensitivity.squares(network, IDS, i, range(192))[0] for i in range(T)])
    (told,) = re.findall(r"4 random directions, give or take (\d+) % a cell", at.caption[1].value)
    may = np.tril(np.ones((T, T), bool))
    strays = np.sqrt(np.mean((found[may] / exact[may] - 1) ** 2))
    assert strays / 2 < int(told) / 100 < 2 * strays


@pytest.mark.parametrize(("text", "output"), [(TEXT, 0), (TEXT, 4), ("the river bank and " * 5, 16)])
def test_what_a_word_knows_of_is_exact_in_its_last_vector(text, output):
    at = switch(section(SEEING, text=text), output=output)
    long = output + 1 > 16
    for name in ("encoder", HONEST):
        network, ids = load(name).network, load(name).read(text)
        place = (
            output
            if name == HONEST
            else next(
                i
                for i, (_, end) in enumerate(load(name).explain(text).spans)
                if end
                > load(HONEST).explain(text).spans[output][0]
                + (text[load(HONEST).explain(text).spans[output][0]] == " ")
            )
        )
        C, depths = network.config.width, (None,) if long else (1, 2, 3, 4, None)
        exact = np.sqrt(sensitivity.squares(network, ids, place, range(C), depths))
        seen = np.nan_to_num(shown(at, f"knows_{name.partition('-')[0]}")[1])[:-1]
        expected = exact / exact.max(1, keepdims=True)
        assert seen.shape == (network.config.layers + 1, len(ids))
        np.testing.assert_allclose(seen[-1], expected[-1], rtol=1e-3, atol=1e-7)
        if not long:
            np.testing.assert_allclose(seen, expected, rtol=1e-3, atol=1e-7)
        most = np.where(np.arange(len(ids)) == place, -1, exact[-1]).argmax()
        if exact[-1][most] > 0:
            assert f"({number(exact[-1][most])}; by itself {number(exact[-1][place])})" in said(at)
    told = said(at)
    assert ("exact, by all rows of the Jacobian." in told) == (not long)
    assert ("give or take" in told) == long


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("", "no word"),
        ("   ", "no word"),
        ("xylophones", "tokens to this model"),
        ("on", "stands there already"),
    ],
)
def test_a_word_that_will_not_do_is_answered_in_a_sentence(word, reason):
    at = switch(section(LEAKING), future=3, word=word)
    assert reason in at.warning[0].value
    switch(at, word="red")
    assert "masks.test" in pictures(at)


def test_an_empty_row_is_refused_by_the_leak_test_too():
    at = section(LEAKING, mask="painted", paint=link(np.zeros((T, T), bool)))
    assert "may look at nothing" in at.warning[0].value


def test_a_long_text_is_tested_at_one_token_only():
    at = switch(section(LEAKING, text="the river bank and " * 20), future=50)
    assert "up to 48 tokens" in at.info[-1].value
    assert "none has moved" in said(at)
    assert set(pictures(at)) == {"masks.test"}


@pytest.mark.parametrize(
    ("model", "score"),
    [
        ("decoder-none", r"\frac{q_i \cdot k_j}{\sqrt D}"),
        ("decoder-learned", r"\frac{q_i \cdot k_j}{\sqrt D}"),
        ("decoder-rope", r"\frac{R_i q_i \cdot R_j k_j}{\sqrt D}"),
        ("encoder", r"\frac{R_i q_i \cdot R_j k_j}{\sqrt D}"),
        ("decoder-alibi", r"\frac{q_i \cdot k_j}{\sqrt D} + b_{ij}"),
        ("decoder-t5", r"\frac{q_i \cdot k_j}{\sqrt D} + b_{ij}"),
    ],
)
def test_the_formula_is_that_of_the_model(model, score):
    at = opened("masks", text=TEXT, model=model, **{"masks.section": PAINTING} | FOLDS)
    (formula,) = re.findall(r"s_\{ij\} = (.*?)\n\$\$", said(at))
    assert formula.rstrip("}") == score.rstrip("}")
    attention = load(model).explain(TEXT).layers[0].attention
    assert ("RoPE" in said(at)) == (attention.q_rot is not None)
    assert ("adds for the places" in said(at)) == (attention.bias is not None)


# ---- the cheat ----


def test_heads_that_look_ahead_alike_are_all_named():
    text = "I swam across the river to get to the other bank"
    found = np.round(leak.ahead(load(CHEAT).explain(text)), 3)
    tied = [f"layer {layer + 1}, head {head + 1}" for layer, head in np.argwhere(found == found.max())]
    assert found.max() == 1 and len(tied) == 4
    at = section(CHEATING, text=text)
    assert f"Most of all in **4 heads alike ({'; '.join(tied[:3])}; …)**: mean weight **1.000**" in said(at)


def test_the_three_rows_are_what_the_models_believe():
    at = section(CHEATING)
    honest, cheat = load(HONEST).explain(TEXT), load(CHEAT).explain(TEXT)
    rows = honest, cheat, load(CHEAT).explain(TEXT, allowed=masks.causal(T))
    header, values, _ = shown(at, "believed")
    np.testing.assert_allclose(values, [leak.believed(trace) for trace in rows], atol=1e-5)
    assert header["columns"] == list(honest.tokens[1:])
    for trace in rows:
        assert f"**{int(leak.guessed(trace).sum())} of your {plural('next token', T - 1)}**" in said(at)


def test_the_curves_are_those_of_the_cards():
    at = section(CHEATING)
    for row, name in zip(chart(at)["data"], (HONEST, CHEAT), strict=True):
        np.testing.assert_allclose(numbers(row), [point[1] for point in load(name).card["curve"]], rtol=1e-5)
    assert (
        f"{load(HONEST).card['curve'][-1][1]:.3g} and {load(CHEAT).card['curve'][-1][1]:.3g} nats"
        in captions(at)
    )


def test_what_is_written_is_what_the_models_write_with_that_seed():
    at = section(CHEATING)
    for seed in (1, 7):
        switch(at, seed=seed)
        boxes = [element.value for element in at.code if element.value.startswith("…")]
        for name, box in zip((HONEST, CHEAT), boxes, strict=True):
            bundle = load(name)
            steps = decoding.generate(
                bundle.network, IDS, [lambda logits: logits / 0.8], seed, [bundle.tokenizer.end]
            )
            made = [step.id for step in islice(steps, 20)]
            assert box == f"…{bundle.tokenizer.decode(made)}"
            repeated = sum(made[i] == made[i + 1] for i in range(len(made) - 1))
            assert f"{repeated} of {len(made)} by {name}" in captions(at)
    assert address(at)["masks.seed"] == "7"


def test_the_head_that_cheats_most_is_named_and_a_click_shows_another():
    at = section(CHEATING)
    ahead = leak.ahead(load(CHEAT).explain(TEXT))
    np.testing.assert_allclose(shown(at, "ahead")[1], ahead, atol=1e-6)
    most = np.argwhere(np.round(ahead, 3) == np.round(ahead.max(), 3))
    alike = [f"layer {layer + 1}, head {head + 1}" for layer, head in most]
    assert all(name in said(at) for name in alike[:3])
    assert f"mean weight **{ahead.max():.3f}**" in said(at)
    click(at, "masks.ahead", {"cell": [1, 2, 1700000000000]})
    assert (control(at, "layer").value, control(at, "head").value) == (2, 3)
    np.testing.assert_allclose(
        shown(at, "cheat")[1], load(CHEAT).explain(TEXT).layers[1].attention.weights(2), atol=1e-6
    )


# ---- encoder and decoder ----


def test_the_first_word_knows_all_in_the_encoder_and_itself_in_the_decoder():
    at = section(SEEING)
    encoder, decoder = shown(at, "knows_encoder")[2], shown(at, "knows_decoder")[2]
    assert encoder[:-1].all()
    assert decoder[:, 0].all() and not decoder[:, 1:].any()
    N = encoder.shape[1]
    assert f"**{N} of {N} tokens**" in said(at)
    assert f"**1 of {T} tokens**: itself alone" in said(at)


def test_another_word_knows_what_stands_before_it():
    at = switch(section(SEEING), output=3)
    assert shown(at, "knows_decoder")[2][-2].tolist() == [True] * 4 + [False] * (T - 4)
    weights = load(HONEST).explain(TEXT).layers[2].attention.weights(3)[3]
    np.testing.assert_allclose(np.nan_to_num(shown(at, "knows_decoder")[1][-1]), weights, atol=1e-6)
    assert address(at)["masks.output"] == "4"


def test_a_text_past_the_context_is_answered_in_a_sentence():
    at = section(SEEING, text="the river bank and " * 60)
    assert "up to 128 tokens" in at.warning[0].value
    move(at, {"text": TEXT})
    assert "masks.knows_encoder" in pictures(at)


# ---- texts ----


# For the views that ask gradients of each token of a text: no longer than what each text is there for.
FEW = ["`e` '\"\\{}%s [b](javascript:c) :red[d] $x$ <b>a</b>", "", "a", HOSTILE["combining marks"][:9]]


@pytest.mark.parametrize(("name", "texts"), [(PAINTING, BRIEF.values()), (LEAKING, FEW), (SEEING, FEW)])
def test_hostile_text_gives_a_sentence_or_a_picture(name, texts):
    at = section(name)
    for text in texts:
        plain = {element.value for element in (*at.markdown, *at.caption)}
        move(at, {"text": text})
        assert control(at, "text").value == text
        for element in (*at.markdown, *at.caption, *at.warning, *at.info):
            if element.value not in plain:
                assert not escaped(element.value), element.value
        move(at, {"text": TEXT})
        assert pictures(at)


@pytest.mark.parametrize("text", [HOSTILE["script"], HOSTILE["right to left"], HOSTILE["line ends"]])
def test_the_cheat_reads_any_text(text):
    at = section(CHEATING, text=text)
    text = text.replace("\r\n", "\n")  # a box has no other line ends
    traces = load(HONEST).explain(text), load(CHEAT).explain(text)
    rows = shown(at, "believed")[1][:2]  # the third is the cheat, masked
    np.testing.assert_allclose(rows, [leak.believed(trace) for trace in traces], atol=1e-6)


def test_of_one_token_nothing_is_to_be_guessed():
    at = section(CHEATING, text="a")
    assert "one token" in at.warning[0].value and "masks.believed" not in pictures(at)


def test_a_change_of_section_keeps_text_and_mask():
    at = switch(section(PAINTING, text=LONG), mask="prefix", prefix=5)
    switch(at, section=LEAKING)
    assert control(at, "masks.mask").value == "prefix"
    switch(at, section=PAINTING)
    assert control(at, "text").value == LONG
    assert control(at, "masks.prefix").value == 5


# ---- figures ----


def test_bars_have_a_label_for_each_token_and_repeated_ones_stay_apart():
    figure = figures.moved([0, 0.5, 2], ["the", " <b>", "the"], unit="bits")
    np.testing.assert_array_equal(figure.data[0].y, np.float32([0, 0.5, 2]))
    assert list(figure.layout.xaxis.tickvals) == [0, 1, 2]
    assert "<b>" not in figure.layout.xaxis.ticktext[1]
    with pytest.raises(ValueError, match="for 2 tokens"):
        figures.moved([1.0], ["a", "b"], unit="bits")


@pytest.mark.parametrize(("count", "angle"), [(figures.ABREAST, 0), (figures.ABREAST + 1, -90)])
def test_the_numbers_above_the_bars_have_one_size_and_many_stand_upright(count, angle):
    (bars,) = figures.moved(np.ones(count), ["a"] * count, unit="bits").data
    assert (bars.constraintext, bars.textangle, len(bars.text)) == ("none", angle, count)


def test_bars_of_nothing_still_have_an_axis():
    assert figures.moved(np.zeros(3), list("abc"), unit="bits").layout.yaxis.range == (0, 1)


def test_a_long_text_has_fewer_labels_than_bars():
    figure = figures.moved(np.ones(1000), ["a"] * 1000, unit="bits")
    assert len(figure.layout.xaxis.tickvals) <= figures.MOST
    assert figure.data[0].text is None


def test_losses_end_at_their_numbers():
    figure = figures.losses({"causal": [[100, 5.0], [200, 2.5, 2.0]], "cheat": [[100, 4.0], [200, 0.05]]})
    assert [note.text for note in figure.layout.annotations] == ["2.5", "0.05"]
    np.testing.assert_allclose([note.y for note in figure.layout.annotations], np.log10([2.5, 0.05]))


@pytest.mark.parametrize("view", [CHEATING, SEEING])
def test_a_long_text_is_told_of_once(view):
    at = section(view, text="the river bank " * 50)
    notices = [element.value for element in (*at.info, *at.warning) if "trained on" in element.value]
    assert len(notices) == 1
