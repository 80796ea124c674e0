"""Which bank? on opened models: a real encoder, and small random ones of several families."""

import numpy as np
import pytest

from model import load
from model.analysis import senses, stream
from model.hub import files
from pages import _clues
from pages._examples import BEFORE
from tests import checkpoints
from tests.session import address, click, control, pictures, said, visit, walk
from tests.test_hub_minilm import LINE, NAME

RIVER, CASH = checkpoints.CORPUS[0], checkpoints.CORPUS[1]
FAMILIES = {"bert": {}, "gpt2": {}, "modernbert": {}, "t5": {}, "bloom": {}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for family in FAMILIES:
        room = {"gpt2": "n_positions", "t5": None, "bloom": None}.get(family, "max_position_embeddings")
        checkpoints.save(family, folder / f"{family}-long", **({room: 256} if room else {}))
    return folder


@pytest.fixture
def name(folder, monkeypatch):
    monkeypatch.setenv("RIVERBANK_MODELS", str(folder))
    return "hub:{}-long".format  # other weights than those of that name elsewhere, which are kept


def seen(model, text=RIVER, other=CASH, **query):
    at = visit("word_sense", {"model": model, "text": text, "word_sense.other": other} | query).run()
    assert not at.exception and not at.error and not at.warning
    return at


def lanes(at):
    return np.array([lane["values"] for lane in pictures(at)["word_sense.meter"]["lanes"]])


def falls(model, left, right):
    """Where both sentences fall between the examples, (2, S)."""
    bundle = load(model)
    groups = [senses.vectors(bundle, [senses.find(one, "bank")[0] for one in some]) for some in (left, right)]
    axis = senses.Axis.between(*(group.mean(0) for group in groups))
    own = senses.vectors(bundle, [senses.find(text, "bank")[0] for text in (RIVER, CASH)])
    return axis.project(own)


@pytest.mark.skipif(files.installed(NAME) is None, reason=LINE)
def test_a_real_encoder_tells_the_banks_apart():
    model = f"hub:{NAME}"
    at = seen(model)
    values = falls(model, *senses.bundled()["bank"].values())
    np.testing.assert_allclose(lanes(at), values.T[:7], atol=1e-4)  # its last layer is its end
    assert lanes(at)[-1, 0] < -0.5 and lanes(at)[-1, 1] > 0.5
    assert address(at)["model"] == model == control(at, "model").value
    notes = pictures(at)["word_sense.words2"]
    word = senses.find(CASH, "bank")[0]
    cash = [one for one in senses.words(CASH) if str(one) == "cash"]
    spans = load(model).explain(CASH).spans
    gone = senses.blinded(
        load(model), word, [((), None, None), (_clues.tokens_of(word, cash, spans), None, None)]
    )
    axis = senses.Axis.between(
        *(
            senses.vectors(load(model), [senses.find(one, "bank")[0] for one in some]).mean(0)
            for some in senses.bundled()["bank"].values()
        )
    )
    moved = np.diff(axis.project(gone)[:, 6])[0]
    assert notes["notes"][notes["tokens"].index("cash")] == f"{moved:+.2f}".replace("-", "−")
    at = click(at, "word_sense.words2", {"token": [notes["tokens"].index("cash"), 1700000000000]})
    np.testing.assert_allclose(lanes(at)[6, 1], values[1, 6] + moved, atol=1e-4)


@pytest.mark.parametrize("family", ["bert", "modernbert", "t5"])
def test_all_of_the_page_works_where_words_can_be_hidden(name, family):
    at = seen(name(family), **{f"word_sense.{fold}": "True" for fold in ("by_head", "plane", "near", "code")})
    shown = pictures(at)
    heads = load(name(family)).config.layers * 4
    assert len(shown["word_sense.strip1"][0]["rows"]) == heads
    bundle = load(name(family))
    own = senses.vectors(bundle, [senses.find(text, "bank")[0] for text in (RIVER, CASH)])
    cosines = [row["cosine"] for row in shown["word_sense.neighbours"]["rows"]]
    np.testing.assert_allclose(cosines, stream.cosines(*own)[: len(cosines)], atol=1e-5)
    assert "known for Riverbank’s own encoder only" in said(at)


def test_a_decoder_learns_a_sense_from_what_stands_before(name):
    model = name("gpt2")
    at = seen(model)
    left, right = (
        [one for one in some if len(senses.words(one[: senses.find(one, "bank")[0].start])) >= BEFORE]
        for some in senses.bundled()["bank"].values()
    )
    np.testing.assert_allclose(lanes(at), falls(model, left, right).T[: len(lanes(at))], atol=1e-3)
    assert "This model looks back only" in said(at) and "are left out: this model looks back only" in said(at)
    at = seen(model, "The bank of the river was wide", "They said that the bank of the river was wide")
    assert control(at, "word_sense.word").value != "bank"  # nothing stands before it in the first
    at = seen(model, RIVER + " of the river", CASH + " of the road", **{"word_sense.word": "bank"})
    chips = pictures(at)["word_sense.words1"]
    after = chips["tokens"].index("bank") + 1
    assert set(chips["notes"][after:]) == {""} and "" not in chips["notes"][: after - 1]


def test_what_cannot_be_hidden_is_absent_with_a_line_that_says_why(name):
    at = seen(name("bloom"))
    assert "So no word can be hidden from another here" in said(at)
    assert "word_sense.meter" in pictures(at) and "word_sense.words1" not in pictures(at)
    assert not any(one.proto.id.endswith("by_head") for one in at.get("expander"))


def test_the_model_is_chosen_in_the_sidebar_and_ours_is_the_first(name):
    at = visit("word_sense", {}).run()
    menu = control(at, "model")
    assert menu.value == "encoder" and name("bert") in menu.options
    assert "model" not in address(at)
    at = menu.set_value(name("bert")).run()
    assert len(lanes(at)) == 3 and address(at)["model"] == name("bert")
    at = control(at, "model").set_value("encoder").run()
    assert len(lanes(at)) == load("encoder").config.layers + 2


def test_larger_models_read_fewer_tokens_for_an_answer(name, monkeypatch):
    assert _clues.affordable("encoder") == _clues.READ
    word = senses.find(CASH, "bank")[0]
    monkeypatch.setitem(load(name("bert")).card, "parameters", _clues.WORK // 50)
    assert len(_clues.nearest(word, name("bert"))) == _clues.LEAST


def test_a_model_chosen_elsewhere_is_still_chosen_there_after_this_page():
    at = visit("attention", {"model": "decoder-alibi"}).run()
    at = walk(at, "word_sense")
    assert control(at, "model").value == "encoder" and "model" not in address(at)
    assert control(walk(at, "attention"), "model").value == "decoder-alibi"
