"""What the pages say of opened models is true of them: of their sinks, of layers whose masks differ, of the
marks around a text.
"""

from itertools import product

import numpy as np
import pytest

from model import load, masks
from model.analysis import leak
from tests import checkpoints
from tests.session import opened, pictures

TEXT = "I swam across the river to get to the other bank"
FAMILIES = "gpt2", "gpt_oss", "gemma3", "llama", "bert"


@pytest.fixture(scope="module", autouse=True)
def name(tmp_path_factory):
    """How a small random model of a family is called in an address."""
    folder = tmp_path_factory.mktemp("models")
    for family in FAMILIES:
        checkpoints.save(family, folder / family)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIVERBANK_MODELS", str(folder))
        yield "hub:{}".format


def said(at):
    """All sentences of a page."""
    return " ".join(one.value for one in (*at.markdown, *at.caption, *at.info, *at.warning))


# ---- the leak test ----


def test_what_rounding_moves_is_no_leak(name):
    bundle = load(name("gpt_oss"))
    ids = bundle.read(TEXT)
    mask, found = bundle.network.mask(len(ids)), []
    before = leak.stages(bundle.network, ids, mask)
    for place, other in product(range(4, len(ids)), (5, 70, 100, 200)):
        after = leak.stages(bundle.network, [*ids[:place], other, *ids[place + 1 :]], mask)
        found.append(leak.relative(before, after, 0.0)[:, :place].max())
        assert (leak.moved(bundle.network, ids, place, other, mask)[:, :place] == 0).all()
    assert max(found) > 0  # its experts round otherwise
    link = {"masks.section": "Leak test", "masks.word": "the", "masks.pairs": "True"}
    at = opened("masks", model=name("gpt_oss"), text=TEXT, **link)
    words = said(at)
    assert "none has moved" in words and "it leaks" not in words and "equal means equal" not in words
    assert "up to 1 × 10⁻⁵" in words and "bit for bit" not in words


def test_a_true_leak_is_found_in_an_opened_model(name):
    link = {"masks.section": "Leak test", "masks.word": "the", "masks.mask": "full", "masks.pairs": "True"}
    words = said(opened("masks", model=name("gpt_oss"), text=TEXT, **link))
    assert "leaks into the past" in words and "it leaks" in words


@pytest.mark.parametrize("family", ["llama", "bert"])
def test_a_word_is_put_in_without_the_marks_of_a_text(family, name):
    link = {"masks.section": "Leak test", "masks.word": "the"}
    at = opened("masks", model=name(family), text=TEXT, **link)
    assert pictures(at)["masks.test"] and not at.warning


def test_a_word_that_was_refused_is_not_advised(name):
    at = opened(
        "masks", model=name("llama"), text=TEXT, **{"masks.section": "Leak test", "masks.word": "dog"}
    )
    (sentence,) = (one.value for one in at.warning)
    refused, advised = sentence.split("such as")
    assert "dog" in refused and "dog" not in advised


# ---- layers whose masks differ ----


def painted(name, **query):
    """The page that paints a mask, on the second layer of a model whose first one has a window."""
    return opened("masks", model=name("gemma3"), text=TEXT, **{"masks.section": "Paint a mask"} | query)


@pytest.mark.parametrize("layer", [1, 2])
def test_the_models_own_mask_is_that_of_the_layer(layer, name):
    at = painted(name, layer=str(layer), head="1")
    attention = load(name("gemma3")).explain(TEXT).layers[layer - 1].attention
    for key in ("painter", "weights"):
        assert np.array_equal(np.isfinite(pictures(at)[f"masks.{key}"][1]), attention.head(0).allowed)
    words = said(at)
    assert "differs from layer to layer" in words and "same in all layers" not in words
    assert "trained with, a mask of its own, which differs" in words and "nothing has moved" in words


def test_causal_is_causal_and_not_the_models_own_windows(name):
    at = painted(name, layer="1", head="1", **{"masks.mask": "causal"})
    bundle = load(name("gemma3"))
    allowed = masks.causal(len(bundle.read(TEXT)))
    expected = bundle.explain(TEXT, allowed).layers[0].attention.weights(0)
    np.testing.assert_allclose(np.nan_to_num(pictures(at)["masks.weights"][1]), expected, atol=1e-6)
    words = said(at)
    assert "same in all layers and heads" in words and "nothing has moved" not in words
    assert "was trained with a mask of its own" in words


def test_what_can_be_reached_is_counted_by_each_layers_own_mask(name):
    bundle = load(name("gemma3"))
    ids = bundle.read(TEXT)
    own = bundle.network.mask(len(ids))
    assert own.ndim == 4 and not np.array_equal(own[0], own[1])
    reached = np.sqrt(leak.squares(bundle.network, ids, own, leak.direction(32, 1), depth=1)) > 0
    assert np.array_equal(reached, leak.reachable(own.numpy(), 1))
    at = opened(
        "masks", model=name("gemma3"), text=TEXT, **{"masks.section": "Leak test", "masks.word": "the"}
    )
    assert pictures(at)["masks.test"] and not at.error
