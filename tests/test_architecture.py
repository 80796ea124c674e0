"""The page about what else is in a transformer, without a browser: its numbers are the model's, for every
box, control and text.
"""

import base64

import numpy as np
import pytest

from model import load, names
from model.analysis import activations, anatomy, cost, pooling, stream
from tests import session
from tests.session import (
    BRIEF,
    LONG,
    SHORT,
    address,
    click,
    control,
    escaped,
    figures,
    numeric,
    pictures,
    said,
)
from viz import cost as cost_figures
from viz import neurons as neuron_figures
from viz.component import diagram as component

SECTIONS = ["The block", "The MLP", "The stream", "The end", "What it costs"]
MODELS = [name for kind in ("encoder", "decoder") for name in names(kind) if not name.startswith("toy-")]
SENTENCES = (
    "river: We swam to the other side.\nmoney: He paid with coins.\nriver: The boat lay on the "
    "water.\nmoney: "
    "The loan was large."
)


def checked(at):
    """The session, if it shows no exception and either something to see or a sentence that says why not."""
    assert not at.exception, [element.message for element in at.exception]
    assert bool(pictures(at) or figures(at)) != bool(at.warning)
    assert not at.error
    return at


@pytest.fixture(autouse=True)
def _charts_count(monkeypatch):
    """A section of this page may show a chart alone."""
    monkeypatch.setattr(session, "checked", checked)


FOLDS = {
    f"architecture.{name}": "True"
    for name in ("totals", "adds", "turns", "formula", "pooled", "table", "drawn", "formulas")
}


def opened(section=SECTIONS[0], text=LONG, model="decoder-rope", folds=FOLDS, **query):
    link = {"text": text, "model": model, "architecture.section": section} | {
        f"architecture.{name}": value for name, value in query.items()
    }
    return session.opened("architecture", **folds | link)


def move(at, **changes):
    return session.move(at, {name.replace("__", "architecture."): value for name, value in changes.items()})


def charts(at):
    return list(figures(at).values())


def numbers(values):
    """An array out of a chart's JSON."""
    return (
        np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
        if isinstance(values, dict)
        else np.array(values, float)
    )


def trace_of(model="decoder-rope", text=LONG):
    return load(model).explain(text)


# ---- the block ----


@pytest.mark.parametrize("model", MODELS)
def test_the_diagram_is_the_anatomy_of_the_model(model):
    at = opened(model=model)
    made = anatomy.boxes(load(model).network, len(trace_of(model).tokens))
    parts = pictures(at)["architecture.diagram"]["parts"]
    assert [
        (part["name"], tuple(part["shape"]), part["parameters"], part["multiply_adds"]) for part in parts
    ] == [(box.name, box.shape, box.parameters, box.multiply_adds) for box in made]
    for i in (0, 1):
        assert sum(part["share"][i] for part in parts) == pytest.approx(1)
    assert len({(part["row"], part["column"]) for part in parts}) == len(parts)
    assert f"own **{sum(p.numel() for p in load(model).network.parameters()):,} parameters**" in said(at)
    assert f"take **{cost.counted(load(model).network, load(model).read(LONG)):,} multiply-adds**" in said(at)


@pytest.mark.parametrize("model", ["encoder", "decoder-learned", "decoder-t5"])
def test_every_box_opens_and_shows_what_went_through_it(model):
    at = opened(model=model)
    trace = trace_of(model)
    for place, box in enumerate(anatomy.boxes(load(model).network, len(trace.tokens))):
        click(at, "architecture.diagram", {"box": [box.name, place]})
        checked(at)
        assert pictures(at)["architecture.diagram"]["selected"] == box.name
        assert address(at).get("architecture.box", "weights") == box.name
        found = activations.activation(load(model).network, trace, box.name, 2, 3)
        if box.name == "tokens":
            assert pictures(at)["architecture.tokens"]["notes"] == [str(i) for i in trace.ids]
            continue
        header, shown = pictures(at)["architecture.activation"]
        assert header["rows"] == list(trace.tokens)
        if box.name == "logits":
            order = np.argsort(-trace.logits[-1], kind="stable")[:40]
            np.testing.assert_allclose(shown, trace.logits[:, order], rtol=1e-4, atol=1e-4)
            assert header["columns"] == [load(model).tokenizer.piece(int(i)) for i in order]
        else:
            expected = (
                found.values if found.allowed is None else np.where(found.allowed, found.values, np.nan)
            )
            np.testing.assert_allclose(shown, expected, rtol=1e-5, atol=1e-6)
        assert ("Kept from the pass itself" in said(at)) == (found.difference is None)


def test_layer_and_head_of_the_sidebar_are_those_of_the_boxes():
    at = opened(box="weights")
    move(at, layer=1, head=6)
    _, shown = pictures(at)["architecture.activation"]
    attention = trace_of().layers[0].attention
    np.testing.assert_allclose(
        np.nan_to_num(shown), np.where(attention.allowed, attention.weights(5), 0), rtol=1e-5, atol=1e-6
    )
    assert pictures(at)["architecture.diagram"]["caption"] == "layer 1, one of 4 alike"


def test_a_diagram_that_does_not_fit_is_an_error():
    one = component.Part("a", "a", 0, 1, "T", (3,), (), 0, 0, (0, 0))
    how = {"selected": "a", "frame": (0, 0), "caption": "", "key": "k"}
    with pytest.raises(ValueError, match="a name and a place of its own"):
        component.diagram([one, one._replace(name="b")], **how)
    with pytest.raises(ValueError, match="'b' reads from c, which is not in the diagram"):
        component.diagram([one, one._replace(name="b", column=2, reads=("a", "c"))], **how)


def test_the_shares_are_those_of_all_boxes():
    at = opened(model="encoder")
    bars = charts(at)[0]["data"]
    made = anatomy.boxes(load("encoder").network, len(trace_of("encoder").tokens))
    own = (
        sum(numbers(bar["customdata"])[0] for bar in bars),
        sum(numbers(bar["customdata"])[1] for bar in bars),
    )
    assert own == (anatomy.parameters(made), anatomy.multiply_adds(made))
    assert sum(numbers(bar["x"])[0] for bar in bars) == pytest.approx(1)
    pairs = next(bar for bar in bars if bar["name"] == "pairs of tokens")
    assert numbers(pairs["customdata"]).tolist() == [
        0,
        4 * cost.mixing(len(trace_of("encoder").tokens), trace_of("encoder").config),
    ]


# ---- the MLP ----


@pytest.mark.parametrize("model", ["decoder-rope", "encoder"])
def test_the_neurons_are_those_of_the_model(model):
    at = opened("The MLP", model=model)
    _, before, after, _ = activations.hidden(load(model).network, trace_of(model), 2)
    best = np.argsort(-after[-1], kind="stable")[:16]
    header, shown = pictures(at)["architecture.neurons"]
    assert header["columns"] == [str(i + 1) for i in best]
    np.testing.assert_allclose(shown, after[:, best], rtol=1e-5, atol=1e-6)
    assert control(at, "architecture.neuron").value == best[0] + 1
    assert f"**{int((before[-1] > 0).sum()):,} are above zero**" in said(at)
    points = charts(at)[0]["data"][1]
    np.testing.assert_allclose(numbers(points["x"]), before[-1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(numbers(points["y"]), after[-1], rtol=1e-4, atol=1e-5)
    assert ("architecture.pushes_up" in pictures(at)) == (model != "encoder")


def test_a_cell_chooses_token_and_neuron():
    at = opened("The MLP")
    column = pictures(at)["architecture.neurons"][0]["columns"][5]
    click(at, "architecture.neurons", {"cell": [2, 5, 1]})
    assert control(at, "architecture.token").value == 2
    assert control(at, "architecture.neuron").value == int(column)
    header, _ = pictures(at)["architecture.neurons"]
    assert column in header["columns"] and header["selected"] == [2, header["columns"].index(column)]
    assert (address(at)["architecture.token"], address(at)["architecture.neuron"]) == ("3", column)
    click(at, "architecture.firing", {"token": [7, 1]})
    assert control(at, "architecture.token").value == 7
    assert control(at, "architecture.neuron").value == int(column)


def test_a_neuron_by_number_shows_its_tokens_and_what_it_pushes():
    at = opened("The MLP", neuron="700")
    after = activations.hidden(load("decoder-rope").network, trace_of(), 2)[2][:, 699]
    chips = pictures(at)["architecture.firing"]
    assert [numeric(note) for note in chips["notes"]] == [pytest.approx(value, rel=1e-2) for value in after]
    pushed = stream.pushed(load("decoder-rope").network, 2, 699)
    up = pictures(at)["architecture.pushes_up"]
    np.testing.assert_allclose(up["series"][0]["values"], np.sort(pushed)[::-1][:8], rtol=1e-5)
    assert up["tokens"][0] == load("decoder-rope").tokenizer.piece(int(pushed.argmax()))
    np.testing.assert_allclose(
        pictures(at)["architecture.pushes_down"]["series"][0]["values"], np.sort(pushed)[:8], rtol=1e-5
    )


def test_what_is_added_is_measured():
    at = opened("The MLP", token="4")
    added = stream.added(trace_of())
    attention, mlp, after = charts(at)[1]["data"]
    np.testing.assert_allclose(numbers(attention["y"]), added[0, :, 3], rtol=1e-5)
    np.testing.assert_allclose(numbers(mlp["y"]), added[1, :, 3], rtol=1e-5)
    np.testing.assert_allclose(
        numbers(after["y"]), [np.linalg.norm(layer.resid_out[3]) for layer in trace_of().layers], rtol=1e-5
    )


# ---- the stream ----


def test_lengths_and_cosines_are_those_of_the_stream():
    at = opened("The stream", token="5")
    stages = stream.stages(trace_of())
    _, lengths = pictures(at)["architecture.lengths"]
    np.testing.assert_allclose(lengths, np.linalg.norm(stages, axis=-1).T, rtol=1e-5)
    header, cosines = pictures(at)["architecture.cosines"]
    unit = stages[:, 4] / np.linalg.norm(stages[:, 4], axis=-1, keepdims=True)
    np.testing.assert_allclose(cosines, unit @ unit.T, atol=1e-5)
    assert header["rows"] == header["columns"] == stream.names(trace_of().config)
    token, _ = charts(at)[0]["data"]
    np.testing.assert_allclose(numbers(token["y"]), np.diag(unit @ unit.T, 1), atol=1e-5)
    click(at, "architecture.lengths", {"cell": [2, 3, 1]})
    assert control(at, "architecture.token").value == 2


# ---- the end ----


def test_a_decoder_ends_in_its_likeliest_tokens():
    at = opened("The end", token="6")
    chances = trace_of().probabilities[5]
    shown = pictures(at)["architecture.next"]
    np.testing.assert_allclose(shown["series"][0]["values"], np.sort(chances)[::-1][:10], rtol=1e-4)
    assert shown["tokens"][0] == load("decoder-rope").tokenizer.piece(int(chances.argmax()))
    assert "An encoder ends the other way" in said(at)


def pooled(text):
    trace = trace_of("encoder", text)
    return pooling.pooled(trace.final, pooling.received(trace))


def vectors_of(sentences=SENTENCES):
    lines = [line.split(": ", 1) for line in sentences.splitlines()]
    return [label for label, _ in lines], np.stack([pooled(sentence) for _, sentence in lines])


@pytest.mark.parametrize("way", range(3), ids=pooling.WAYS)
def test_an_encoder_ends_in_the_nearest_sentences(way):
    at = opened("The end", model="encoder", sentences=SENTENCES)
    move(at, __pooling=pooling.WAYS[way])
    labels, vectors = vectors_of()
    mine = pooled(LONG)
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    cosines = np.einsum("nwc,wc->wn", unit, mine / np.linalg.norm(mine, axis=-1, keepdims=True))
    shown = pictures(at)["architecture.nearest"]
    np.testing.assert_allclose(shown["series"][0]["values"], np.sort(cosines[way])[::-1], rtol=1e-5)
    assert shown["tokens"][0] == SENTENCES.splitlines()[int(cosines[way].argmax())]
    for i, name in enumerate(pooling.WAYS):
        right = sum(a == b for a, b in zip(pooling.left_out(vectors[:, i], labels), labels, strict=True))
        assert f"{name} **{right} of 4**" in said(at)
    assert "would be right 2 times" in said(at)
    received = pictures(at)["architecture.received"][1]
    np.testing.assert_allclose(received[2], pooling.received(trace_of("encoder")), rtol=1e-5)
    np.testing.assert_allclose(received.sum(axis=1), 1, rtol=1e-5)


def test_lines_that_will_not_do_are_explained_and_the_others_used():
    lines = [
        "river: We swam.",
        "no colon here",
        ": no label",
        "empty:",
        "",
        "money: He paid.",
        "long: " + "a b " * 3000,
        "<b>x</b>: <img src=x> $x$",
    ]
    at = opened("The end", model="encoder")
    move(at, __sentences="\n".join(lines))
    told = said(at)
    assert (
        "Line 2 has not a colon" in told
        and "Line 3 has not a label" in told
        and "Line 4 has not a sentence" in told
    )
    assert "Line 7 cannot be read. This text has" in told
    assert "The nearest of your 3 sentences" in told
    assert "A label with one sentence alone can never be found" in told
    assert control(at, "architecture.sentences").value == "\n".join(lines)
    for element in (*at.markdown, *at.info, *at.caption):
        assert not escaped(element.value), element.value


def test_a_hundred_sentences_are_used_and_no_more():
    at = opened("The end", model="encoder")
    move(at, __sentences="\n".join(f"{'even' if n % 2 == 0 else 'odd'}: the number {n}" for n in range(117)))
    assert "Of 117 lines the first 100 are used." in said(at)
    assert "The nearest of your 100 sentences" in said(at)


@pytest.mark.parametrize("text", ["", "   \n ", "no colon"])
def test_without_sentences_the_page_says_what_to_write(text):
    at = opened("The end", model="encoder", folds={})
    move(at, __sentences=text)
    assert "no sentence to compare with yet" in at.warning[0].value
    move(at, __sentences="river: We swam.")
    assert "The nearest of your 1 sentence, by mean" in said(at)
    assert "With two sentences or more" in said(at)


# ---- what it costs ----


@pytest.mark.parametrize("model", ["encoder", "decoder-learned"])
def test_the_curves_are_the_formulas_and_the_points_lie_on_them(model):
    at = opened("What it costs", model=model, key_heads="3", window="32", length="4096")
    config = load(model).config
    formulas = {"Multiply-adds": cost.multiply_adds, "Cache": cost.cache_bytes, "Weights": cost.weights_bytes}
    for quantity, formula in formulas.items():
        move(at, __cost=quantity)
        curves = [trace for trace in charts(at)[0]["data"] if trace["mode"] == "lines"]
        lengths = numbers(curves[0]["x"]).astype(int)
        assert (lengths[0], lengths[-1]) == (16, 131_072)
        for curve, (key_heads, window) in zip(
            curves, [(6, None), (3, None), (1, None), (6, 32)], strict=False
        ):
            sizes = type(config)(**vars(config) | {"key_heads": key_heads})
            np.testing.assert_allclose(numbers(curve["y"]), [formula(int(T), sizes, window) for T in lengths])
        points = sum(
            len(numbers(trace["x"])) for trace in charts(at)[0]["data"] if trace["mode"] == "markers"
        )
        assert points == {"Multiply-adds": 9, "Cache": 12, "Weights": 9}[quantity]
        assert f"{points} of {points} points lie exactly on their curve" in said(at)
    assert f"**{np.ceil(cost.overtaking(config)):,.0f} tokens**" in said(at)
    assert "at 4,096 tokens" in said(at)
    assert address(at)["architecture.window"] == "32"


def test_parameters_are_counted():
    at = opened("What it costs", cost="Parameters")
    sizes = [
        cost.parameters(
            type(load("decoder-rope").config)(**vars(load("decoder-rope").config) | {"key_heads": n})
        )
        for n in (6, 2, 1, 6)
    ]
    lines = [trace for trace in charts(at)[0]["data"] if trace["mode"] == "lines"]
    assert [set(numbers(line["y"])) for line in lines] == [{size} for size in sizes]
    assert "4 of 4 points lie exactly on their curve" in said(at)


def test_seconds_are_measured_until_stopped_and_again(monkeypatch):
    taken = []
    monkeypatch.setattr(
        cost, "seconds", lambda layer, tokens, window=None: taken.append((tokens, window)) or tokens / 1e6
    )
    at = opened("What it costs", cost="Seconds", window="64")
    assert "Measured on this machine: 24 points." in said(at)
    assert taken.count((4096, 64)) == 1 and taken.count((4096, None)) == 3
    line = charts(at)[0]["data"][0]
    speed = cost.attention(4096, load("decoder-rope").config) / (4096 / 1e6)
    np.testing.assert_allclose(
        numbers(line["y"]),
        [cost.attention(int(T), load("decoder-rope").config) / speed for T in numbers(line["x"])],
    )
    before = len(taken)
    move(at, __length=64)
    assert len(taken) == before
    control(at, "architecture.again").click()
    checked(at.run())
    assert len(taken) == 2 * before


def test_the_budget_ends_the_measurement_and_is_told(monkeypatch):
    monkeypatch.setattr(
        cost, "seconds", lambda layer, tokens, window=None: tokens / 1e3 + 1e-9 * (window or 0)
    )
    at = opened("What it costs", cost="Seconds", window="128")
    assert "The budget of 8 seconds was spent after" in said(at)
    shown = [trace for trace in charts(at)[0]["data"] if trace["mode"] == "markers"]
    assert max(numbers(trace["x"]).max() for trace in shown) < 4096


def test_a_figure_of_costs_that_does_not_fit_is_an_error():
    with pytest.raises(ValueError, match="'a' has 2 values for 3 lengths"):
        cost_figures.curves([16, 32, 64], {"a": [1, 2]}, {}, unit="bytes", now=16)
    with pytest.raises(ValueError, match="3 inputs and 2 outputs"):
        neuron_figures.activations(np.zeros(3), np.zeros(2), curve=([0], [0]), chosen=0)
    figure = cost_figures.curves(
        [16, 64], {"a": [1, 2]}, {"a": [(16, 1.5)]}, unit="bytes", now=16, crossing=20
    )
    assert [(trace.mode, list(trace.y)) for trace in figure.data] == [("lines", [1, 2]), ("markers", [1.5])]
    assert [shape.x0 for shape in figure.layout.shapes] == [16, 20]
    figure = cost_figures.shares({"whole": {"a": 1, "b": 3}})
    assert [bar.x[0] for bar in figure.data] == [0.25, 0.75]


# ---- texts and links ----


@pytest.mark.parametrize(
    ("section", "model"),
    list(zip(SECTIONS, ["decoder-rope", "encoder", "decoder-rope", "encoder"], strict=False)),
)
def test_hostile_text_gives_a_sentence_or_a_picture(section, model):
    at = opened(section, model=model)
    for text in BRIEF.values():
        move(at, text=text)
        assert control(at, "text").value == text
        for element in (*at.markdown, *at.caption, *at.warning, *at.info):
            assert not escaped(element.value), element.value
    move(at, text=SHORT)
    assert control(at, "architecture.section").value == section


def test_a_text_longer_than_the_context_works():
    for section in SECTIONS[:4]:
        at = opened(section, text="the river bank and " * 60, model="decoder-alibi")
        assert "was trained on 128 at a time" in at.info[0].value


def test_a_link_restores_every_choice():
    at = opened("The block", folds={})
    move(at, __section="The MLP")
    move(at, __token=3, __neuron=77)
    move(at, __section="What it costs")
    move(at, __cost="Cache", __key_heads=3, __window=64, __length=2048)
    link = address(at)
    assert {key: value for key, value in link.items() if key.startswith("architecture.")} == {
        "architecture.section": "What it costs",
        "architecture.cost": "Cache",
        "architecture.key_heads": "3",
        "architecture.window": "64",
        "architecture.length": "2048",
        "architecture.token": "4",
    }
    again = session.opened("architecture", **link)
    assert address(again) == link
    move(again, __section="The MLP")
    assert control(again, "architecture.token").value == 3


@pytest.mark.parametrize("section", SECTIONS)
def test_a_broken_link_opens_on_something_sensible(section):
    choices = ("box", "token", "neuron", "pooling", "cost", "key_heads", "window", "length")
    right = pictures(opened(section, model="encoder", folds={})).keys()
    for value in ("", "0", "999999", "x", "-1", "$x$"):
        at = opened(section, model="encoder", folds={}, **dict.fromkeys(choices, value))
        assert {key for key in address(at) if key.startswith("architecture.")} <= {"architecture.section"}
        assert pictures(at).keys() == right, value


def test_a_choice_outlives_a_shorter_text_and_another_model_without_harm():
    at = opened("The MLP", token="14", neuron="950", model="encoder")
    move(at, text=SHORT)
    move(at, model="decoder-learned")
    assert control(at, "architecture.neuron").value <= 768
    move(at, __section="The block")
    click(at, "architecture.diagram", {"box": ["positions", 1]})
    move(at, model="decoder-rope")
    assert pictures(at)["architecture.diagram"]["selected"] == "weights"
