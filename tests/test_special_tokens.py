"""Special tokens that the tokenizer of an opened model adds can be hidden: their rows and columns leave the
picture, and the page says how much weight they take.
"""

import numpy as np
import pytest

from model import load
from model.analysis import wordwise
from pages._numbers import percent
from tests.session import address, click, control, pictures, visit

TEXT = "I swam to the embankment"
FAMILIES = "bert", "llama", "gpt2"  # with [CLS] and [SEP], with </s>, with none
pytestmark = pytest.mark.usefixtures("name")


def seen(page, family="bert", **query):
    at = visit(page, {"model": f"hub:{family}", "text": TEXT, "layer": "1", "head": "2"} | query).run()
    assert not at.exception and not at.error
    return at


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption))


def trace_of(family):
    trace = load(f"hub:{family}").explain(TEXT)
    return trace, trace.layers[0].attention.weights(1)


def share(weights, marks):
    return percent(weights[~marks][:, marks].sum() / weights[~marks].sum())


@pytest.mark.parametrize(
    ("family", "names"), [("bert", ["[CLS]", "[SEP]"]), ("llama", ["</s>"]), ("gpt2", [])]
)
def test_marks_are_those_that_stand_for_no_text(family, names):
    trace, _ = trace_of(family)
    assert [trace.tokens[i] for i in np.flatnonzero(wordwise.marks(trace))] == names
    at = seen("attention", family)
    drawn = any(getattr(element, "key", None) == "marks" for element in at.main)
    assert drawn == bool(names)


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_rows_and_columns_leave_the_picture_and_the_page_says_what_they_take(family):
    trace, weights = trace_of(family)
    marks = wordwise.marks(trace)
    at = seen("attention", family)
    assert pictures(at)["attention.matrix"][1].shape == weights.shape and "hidden" not in said(at)
    at = control(at, "marks").set_value(True).run()
    assert not at.exception and address(at)["marks"] == "True"
    header, shown = pictures(at)["attention.matrix"]
    allowed = trace.layers[0].attention.head(1).allowed
    expected = np.where(allowed, weights, np.nan)[~marks][:, ~marks]
    np.testing.assert_array_equal(shown, expected)
    assert header["rows"] == [trace.tokens[i] for i in np.flatnonzero(~marks)]
    assert f"**{share(weights, marks)}** of the weight of the others" in said(at)
    asks, answers = header["selected"]
    row = weights[np.flatnonzero(~marks)[asks]][~marks]
    assert answers == row.argmax()  # of those that are shown
    at = click(at, "attention.matrix", {"cell": [1, 0, 1700000000000]})
    places = np.flatnonzero(~marks)
    assert address(at)["attention.query"] == str(places[1] + 1)
    assert control(at, "attention.key").value == places[0]


@pytest.mark.parametrize("step", ["3 Dot products", "4 Divide by √D", "5 Mask"])
def test_the_steps_before_the_weights_leave_them_out_as_well(step):
    at = seen("attention", marks="True", **{"attention.step": step})
    trace, _ = trace_of("bert")
    assert len(pictures(at)["attention.matrix"][0]["rows"]) == len(trace.tokens) - 2
    assert control(at, "marks").value and "` [CLS] ` and ` [SEP] ` are hidden, and take **" in said(at)


def test_words_are_merged_without_them():
    trace, weights = trace_of("bert")
    words, marks = wordwise.words(trace), wordwise.marks(trace)
    at = seen("attention", marks="True", words="True")
    header, shown = pictures(at)["attention.matrix"]
    kept = [i for i, name in enumerate(words.names) if name not in ("[CLS]", "[SEP]")]
    expected = wordwise.merge(weights, words.groups)[kept][:, kept]
    np.testing.assert_allclose(shown, expected, atol=1e-6)
    assert header["rows"] == [words.names[i] for i in kept]
    assert share(weights, marks) in said(at)


@pytest.mark.parametrize(
    ("view", "key"),
    [("Grid", "heads.map"), ("Lines", "heads.curves"), ("Two at once", "heads.contrast")],
)
def test_the_views_of_heads_leave_them_out(view, key):
    at = seen("heads", marks="True", **{"heads.section": view})
    sent = pictures(at)[key]
    columns = (sent[0] if isinstance(sent, tuple) else sent)["columns"]
    trace, weights = trace_of("bert")
    assert columns == list(trace.tokens[1:-1])
    assert f"**{share(weights, wordwise.marks(trace))}**" in said(at)
    at = seen("heads", marks="True", **{"heads.section": view, "heads.query": "1", "heads.key": "1"})  # [CLS]
    assert pictures(at)[key]


def test_all_views_are_drawn_with_them_hidden():
    for view in ("Neuron", "Across layers", "Knock-outs"):
        seen("heads", marks="True", **{"heads.section": view})
    seen("decoding", "llama", marks="True")
