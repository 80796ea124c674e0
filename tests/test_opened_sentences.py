"""What the pages say of opened models is true of them: of their sinks, of layers whose masks differ, of the
marks around a text.
"""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from model import load, masks
from model.analysis import heads, leak, subject, wordwise
from tests.session import control, opened, pictures, visit

TEXT = "I swam across the river to get to the other bank"
FAMILIES = "gpt2", "gpt_oss", "gemma2", "gemma3", "llama", "bert"
pytestmark = pytest.mark.usefixtures("name")


def said_of(at):
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
    words = said_of(at)
    assert "none has moved" in words and "it leaks" not in words and "equal means equal" not in words
    assert "up to 1 × 10⁻⁵" in words and "bit for bit" not in words


def test_a_true_leak_is_found_in_an_opened_model(name):
    link = {"masks.section": "Leak test", "masks.word": "the", "masks.mask": "full", "masks.pairs": "True"}
    words = said_of(opened("masks", model=name("gpt_oss"), text=TEXT, **link))
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
    words = said_of(at)
    assert "differs from layer to layer" in words and "same in all layers" not in words
    assert "trained with, a mask of its own, which differs" in words and "nothing has moved" in words


def test_causal_is_causal_and_not_the_models_own_windows(name):
    at = painted(name, layer="1", head="1", **{"masks.mask": "causal"})
    bundle = load(name("gemma3"))
    allowed = masks.causal(len(bundle.read(TEXT)))
    expected = bundle.explain(TEXT, allowed).layers[0].attention.weights(0)
    np.testing.assert_allclose(np.nan_to_num(pictures(at)["masks.weights"][1]), expected, atol=1e-6)
    words = said_of(at)
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


def sent_maps(at, key, count):
    """The thumbnails that were sent, (count, T, T)."""
    _, values = pictures(at)[key]
    return values.reshape(count, -1, values.shape[-1])


def test_every_head_is_drawn_with_the_mask_of_its_layer(name):
    layers = load(name("gemma3")).explain(TEXT).layers
    own = [layer.attention.head(0).allowed for layer in layers]
    link = {"model": name("gemma3"), "text": TEXT}
    maps = sent_maps(opened("heads", **link, **{"heads.order": "layer"}), "heads.grid", 8)
    for i, shown in enumerate(maps):
        assert np.array_equal(np.isfinite(shown), own[i // 4])
    at = opened("heads", **link, layer="1", head="1", **{"heads.section": "Lines", "heads.more": "2.3"})
    first, second = sent_maps(at, "heads.curves", 2)
    assert np.array_equal(np.isfinite(first), own[0]) and np.array_equal(np.isfinite(second), own[1])


def test_a_uniform_head_has_the_mask_of_its_layer(name):
    trace = load(name("gemma3")).explain(TEXT)
    own = [heads.uniform(layer.attention.head(0).allowed) for layer in trace.layers]
    found = heads.measure(trace)
    for measure in ("entropy", "first token", "previous token"):
        expected = [heads.MEASURES[measure](one) for one in own]
        assert found[measure].uniform[:, 0] == pytest.approx(expected)
        assert expected[0] != pytest.approx(expected[1])
    repeated = heads.repeat(load(name("gemma3"))).uniform[:, 0]
    assert repeated[0] == 0 < repeated[1]  # the copies lie outside of the window
    subjects = subject.measure(load(name("gemma3"))).uniform[:, 0]
    assert subjects[0] != subjects[1]
    link = {"model": name("gemma3"), "text": TEXT, "heads.order": "entropy"}
    assert "by its layer’s mask" in said_of(opened("heads", **link))
    link["decoding.section"] = "The first token"
    assert "by its layer’s mask" in said_of(opened("decoding", **link))


# ---- sinks ----

SUMMED = [
    ("attention", {"attention.step": "6 Softmax"}),
    ("masks", {"masks.section": "Paint a mask"}),
    ("heads", {}),
    ("heads", {"heads.section": "Two at once", "heads.apart": "True"}),
    ("decoding", {"decoding.section": "Attention and cache"}),
    ("decoding", {"decoding.section": "The first token"}),
]


@pytest.mark.parametrize(("page", "view"), SUMMED)
def test_no_row_of_a_head_with_a_sink_is_said_to_sum_to_1(page, view, name):
    words = said_of(opened(page, model=name("gpt_oss"), text=TEXT, **view))
    assert "sums to 1." not in words and "sums to 1," not in words and "sums to 1;" not in words
    assert "sink" in words and "No row is compared" not in words
    words = said_of(opened(page, model=name("gpt2"), text=TEXT, **view))
    assert "sink" not in words


# ---- marks around a text ----


def test_a_text_goes_on_although_the_tokenizer_ends_it(name):
    bundle = load(name("llama"))
    *said, end = bundle.read(TEXT)
    assert end == bundle.tokenizer.end and bundle.prompt(TEXT) == said
    assert bundle.prompt(f"{TEXT}</s>") == [*said, end]  # who types it means it
    at = opened("decoding", model=name("llama"), text=TEXT)
    assert "has chosen its end token" not in said_of(at)
    assert not control(at, "decoding.one").disabled


@pytest.mark.parametrize(("family", "last"), [("bert", -2), ("llama", -2), ("gpt2", -1)])
def test_the_token_that_asks_is_the_last_one_of_the_text(family, last, name):
    trace = load(name(family)).explain(TEXT)
    place = len(trace.tokens) + last
    assert trace.last == place and trace.tokens[place] not in ("[SEP]", "</s>")
    for page, key in (("attention", "query"), ("heads", "query")):
        assert opened(page, model=name(family), text=TEXT).session_state[f"{page}.{key}"] == place


def test_a_mark_is_a_word_by_its_name(name):
    trace = load(name("bert")).explain("rivers")
    words = wordwise.words(trace)
    assert words.names == ("[CLS]", "rivers", "[SEP]")
    assert wordwise.words(load(name("llama")).explain(TEXT)).names[:2] == ("I", " ")
    marked = replace(trace, tokens=("[A]", "[B]"), spans=((0, 0), (0, 0)))
    assert wordwise.words(marked).names == ("[A]", "[B]")
    at = opened("heads", model=name("bert"), text=TEXT, words="True")
    assert pictures(at)["heads.map"][0]["rows"][0] == "[CLS]"


# ---- the whole model ----


def test_the_block_of_an_opened_model_asks_for_no_click_and_rounds_no_error_to_0(name):
    at = opened_sheet(name("gpt2"))
    assert "Click a box" not in said_of(at)
    sheet = next(one.value for one in at.markdown if one.value.startswith("| identity"))
    errors = [line.split("|")[2].strip() for line in sheet.splitlines()[2:]]
    assert "0.00" not in errors and "exactly 0" in errors and any("10⁻" in one for one in errors)


def test_the_parts_of_an_opened_model_stand_in_a_table_with_all_its_parameters(name):
    at = opened_sheet(name("gpt2"), **{"architecture.owned": "True"})
    table = next(one.value for one in at.markdown if one.value.startswith("| part")).splitlines()[2:]
    cells = [row.split("|")[5].strip() for row in table]
    assert cells[-1] == "those of a part above"  # the output matrix is the table of the embedding
    counts = [int(cell.replace(",", "")) for cell in cells[:-1]]
    assert sum(counts) == load(name("gpt2")).card["parameters"]
    assert f"({sum(counts):,})" in said_of(at)


def opened_sheet(model, **query):
    """The page of the whole model with the sheet of identities: it has a table in the place of a picture."""
    at = visit("architecture", {"model": model, "text": TEXT} | query).run()
    assert not at.exception
    return at


FRACTION = re.compile(r"= \\frac\{([^{}]*)\}\{([^{}]*)\} = ([^$\n]*)")


@pytest.mark.parametrize("family", ["gpt_oss", "gpt2"])
@pytest.mark.parametrize(("page", "view"), [("attention", {}), ("heads", {"heads.section": "Neuron"})])
def test_what_a_softmax_divides_by_has_the_sink_in_it(family, page, view, name):
    words = said_of(opened(page, model=name(family), text=TEXT, **view))
    part, whole, weight = (float(one.replace("{,}", "")) for one in FRACTION.search(words).groups())
    assert part / whole == pytest.approx(weight, abs=0.002)
    assert ("e^{z" in words) == (family == "gpt_oss")


@pytest.mark.parametrize(
    ("page", "view"),
    [("attention", {"attention.step": "4 Divide by √D"}), ("heads", {"heads.section": "Neuron"})],
)
def test_a_capped_score_is_written_with_its_cap(page, view, name):
    words = said_of(opened(page, model=name("gemma2"), text=TEXT, **view))
    cap, dot, scale, again, score = CAPPED.search(words).groups()
    assert cap == again and float(cap) * np.tanh(float(dot) * float(scale) / float(cap)) == pytest.approx(
        float(score), rel=0.02
    )


CAPPED = re.compile(r"= ([\d.]+) \\tanh\\left\(\((\S+) \\times (\S+)\) / (\S+)\\right\) = ([^$\n]+)")


def test_what_is_reached_through_windows_is_drawn_and_no_more(name):
    layers = load(name("gemma3")).explain(TEXT).layers
    for depth, layer in ((1, layers[0]), (2, layers[1])):
        link = {"heads.section": "Across layers", "heads.depth": str(depth)}
        at = opened("heads", model=name("gemma3"), text=TEXT, **link)
        *_, drawn = sent_maps(at, "heads.flow", 3)
        assert np.array_equal(np.isfinite(drawn), layer.attention.head(0).allowed)


def test_no_formula_has_a_norm_where_the_model_has_none(name):
    step = {"attention.step": "2 q, k, v"}
    stream = {"architecture.section": "The stream", "architecture.formula": "True"}
    for family, before in (("bert", False), ("gpt2", True)):
        link = {"model": name(family), "text": TEXT}
        assert (r"W_Q\,\mathrm{norm}(x)" in said_of(opened("attention", **link, **step))) == before
        assert ("post-norm" in said_of(opened("architecture", **link, **stream))) != before
    end = {"model": name("llama"), "text": TEXT, "architecture.section": "The end"}
    assert "embedding table again" not in said_of(opened("architecture", **end))


def test_what_knock_outs_cannot_move_is_said_to_be_0_up_to_rounding(name):
    link = {"heads.section": "Knock-outs", "heads.how": "True"}
    words = said_of(opened("heads", model=name("gpt_oss"), text=TEXT, **link))
    assert "rounding only" in words and "with what goes to no token, sums to 1 again" in words
