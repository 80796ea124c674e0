"""Laws of model.analysis.why: what is taken apart adds up to what the model computed."""

import copy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from model import Change, load, names
from model.analysis import knockouts, senses, why
from model.network.encodings import ENCODINGS
from tests.checkpoints import TEXT

BUNDLED = [name for kind in ("encoder", "decoder") for name in names(kind)]


def scores(bundle, trace, **asked):
    """The Ingredients of every head, from the last token to the first, to the middle and to itself."""
    last, config = len(trace.tokens) - 1, trace.config
    return [
        why.ingredients(bundle, trace, layer, head, last, key, **asked)
        for layer in range(config.layers)
        for head in range(config.heads)
        for key in {0, last // 2, last}
    ]


def doubled(bundle):
    """The same model in float64."""
    return replace(bundle, network=copy.deepcopy(bundle.network).double())


@pytest.mark.parametrize("name", BUNDLED)
def test_the_parts_of_a_score_add_up_to_the_score_that_the_model_computed(name):
    bundle = load(name)
    trace = bundle.explain(TEXT)
    for one in scores(bundle, trace):
        assert one.error <= 1e-5 * max(1, abs(one.score))
        assert one.table.shape == (len(one.queries), len(one.keys)) and one.table.dtype == np.float64


@pytest.mark.parametrize("lead", [False, True])
@pytest.mark.parametrize("positions", ENCODINGS)
def test_in_float64_they_add_up_exactly(make_bundle, positions, lead):
    for bundle in (make_bundle(positions), make_bundle(positions, kind="encoder", causal=False)):
        exact = doubled(bundle)
        trace = exact.explain("a river bank, a river")
        assert trace.layers[0].attention.q.dtype == np.float64
        for one in scores(exact, trace, lead=lead):
            assert one.error <= 1e-12 * max(abs(one.score), np.abs(one.table).sum())


@pytest.mark.parametrize("name", BUNDLED)
def test_in_float64_a_bundled_model_adds_up_exactly(name):
    exact = doubled(load(name))
    trace = exact.explain(TEXT)
    for layer, head in ((exact.config.layers - 1, 0), (1, 3)):
        one = why.ingredients(exact, trace, layer, head, 9, 4)
        assert one.error <= 1e-12 * max(abs(one.score), np.abs(one.table).sum())
    if exact.config.predicts:
        whole = why.written(exact, trace, 9, [5, 250])
        assert whole.error <= 1e-12 * np.abs(whole.table).sum()


def test_grouped_heads_and_a_narrow_table_add_up_as_well(make_bundle):
    bundle = make_bundle("rope", key_heads=2, factor=10)
    trace = bundle.explain("a river bank")
    assert max(one.error for one in scores(bundle, trace)) <= 1e-5


def test_the_first_layer_has_the_embedding_to_tell_of_and_nothing_else():
    for name, kinds in (("decoder-rope", ["token"]), ("decoder-learned", ["token", "position"])):
        bundle = load(name)
        one = why.ingredients(bundle, bundle.explain(TEXT), 0, 0, 3, 2)
        assert [part.name for part in one.queries] == [*kinds, "biases"]


def test_a_part_is_what_its_writer_has_put_into_the_stream():
    bundle = load("decoder-learned")
    trace = bundle.explain(TEXT)
    parts = why.stream(why.reader(bundle, trace), 2, range(len(trace.tokens)))
    vectors = dict(zip(parts.names, parts.vectors, strict=True))
    np.testing.assert_allclose(vectors[why.Part(why.MLP, 1)], trace.layers[1].mlp_out, atol=1e-5)
    heads = sum(vectors[why.Part(why.HEAD, 1, head)] for head in range(6))
    np.testing.assert_allclose(heads, trace.layers[1].attention.out, atol=1e-5)
    table = bundle.network.position_table.numpy()[: len(trace.tokens)]
    np.testing.assert_allclose(vectors[why.Part(why.POSITION)], table, atol=1e-5)
    assert not vectors[why.Part(why.BIAS)].any()  # before the norm there is none


def test_a_score_scaled_otherwise_adds_up_to_what_was_computed():
    bundle = load("decoder-rope")
    trace = bundle.explain(TEXT, change=Change(temperature=2.0))
    plain = bundle.explain(TEXT)
    one, other = (why.ingredients(bundle, each, 0, 0, 4, 2) for each in (trace, plain))
    assert one.error <= 1e-5 and one.score == pytest.approx(other.score / 2, rel=1e-5)


def test_a_head_is_opened_into_its_source_tokens():
    bundle = load("decoder-alibi")
    trace = bundle.explain(TEXT)
    one = why.ingredients(bundle, trace, 2, 3, 10, 4)
    part = why.Part(why.HEAD, 1, 4)
    place = one.queries.index(part)
    by_query = why.opened(bundle, trace, 2, 3, 10, 4, part)
    by_key = why.opened(bundle, trace, 2, 3, 10, 4, part, "key")
    np.testing.assert_allclose(by_query.sum(0), one.table[place], atol=1e-5)
    np.testing.assert_allclose(by_key.sum(0), one.table[:, place], atol=1e-5)
    assert not by_key[5:].any()  # what the key itself could not see has brought nothing


def test_the_lead_leaves_out_what_is_the_same_for_all_keys():
    bundle = load("decoder-rope")
    trace = bundle.explain(TEXT)
    attention = trace.layers[2].attention
    row = attention.dots(3)[10] * attention.scale
    one = why.ingredients(bundle, trace, 2, 3, 10, 4, lead=True)
    assert one.score == pytest.approx(row[4] - row.mean(), abs=1e-5)
    assert one.error <= 1e-5


def test_a_masked_pair_has_no_score():
    bundle = load("decoder-rope")
    with pytest.raises(ValueError, match="Token 3 may not look at token 6"):
        why.ingredients(bundle, bundle.explain(TEXT), 1, 1, 2, 5)


def test_a_single_token_and_a_text_past_the_training_add_up():
    bundle = load("toy-alibi")
    alone, long = bundle.explain("a"), bundle.explain("abcdefgh" * 16)
    assert why.ingredients(bundle, alone, 1, 0, 0, 0).error <= 1e-5
    assert why.ingredients(bundle, alone, 1, 0, 0, 0, lead=True).score == pytest.approx(0, abs=1e-5)
    assert len(long.tokens) > bundle.config.context
    assert why.ingredients(bundle, long, 1, 3, 120, 100).error <= 1e-4


def test_a_walk_goes_down_to_the_first_layer_and_says_what_came_through_each_head():
    bundle = load("decoder-rope")
    trace = bundle.explain(TEXT)
    steps = why.walk(bundle, trace, 2, 3, 10, 4)
    assert [step.layer for step in steps] == sorted({step.layer for step in steps}, reverse=True)
    assert steps[-1].part is None and all(step.part for step in steps[:-1])
    for step, after in pairwise(steps):
        at = step.query if step.side == "query" else step.key
        assert (after.layer, after.head) == (step.part.layer, step.part.head)
        assert (after.query, after.key) == (at, step.source)
        axis = 1 if step.side == "query" else 0
        parts = step.ingredients.queries.index(step.part)
        assert step.through == pytest.approx(step.ingredients.table.sum(axis)[parts])
        assert step.brought > 0


# ---- what was written ----


@pytest.mark.parametrize("name", names("decoder"))
def test_the_parts_of_a_logit_add_up_to_the_logit(name):
    bundle = load(name)
    trace = bundle.explain(TEXT)
    ids = [5, 100, 250]
    one = why.written(bundle, trace, 9, ids)
    assert one.error <= 1e-5 * np.abs(one.table).sum(0).max()
    heads = why.by_head(trace, one)
    assert heads.shape == (bundle.config.layers, bundle.config.heads, 3)
    np.testing.assert_allclose(why.by_source(bundle, trace, 9, ids).sum(2), heads, atol=2e-5)


def test_a_head_knocked_out_changes_the_logits_by_what_is_measured_without_it():
    bundle = load("decoder-rope")
    trace = bundle.explain(TEXT)
    ids = [5, 300]
    falls = why.knocked_out(bundle, trace, 8, ids)
    keep = ~knockouts.marked(bundle.config, [((3, 2),)])[0]
    with torch.inference_mode():
        logits = bundle.network(torch.tensor(trace.ids.copy()), keep=keep).logits[8].numpy()
    np.testing.assert_allclose(falls[3, 2], trace.logits[8, ids] - logits[ids], atol=1e-4)
    assert falls.shape == (4, 6, 2) and np.abs(falls).max() > 0.1


# ---- the story of induction ----


def test_the_induction_head_of_toy_rope_tells_its_story():
    story = why.induction(load("toy-rope"))
    assert (story.head, story.through, story.named) == ((1, 1), (0, 0), True)
    assert story.holds


@pytest.mark.parametrize("name", ["toy-alibi", "toy-learned", "toy-none", "toy-sinusoidal", "toy-t5"])
def test_of_no_other_toy_the_story_is_told(name):
    """Their heads copy as well, or not at all, but no previous-token head brings most of it to the key."""
    story = why.induction(load(name))
    assert not story.holds
    if name == "toy-t5":  # most does come from the token before, by a head that mostly looks elsewhere
        assert story.named and story.previous > 0.5 and story.looks < 0.3 and not story.back
    else:
        assert story.previous < 0.5


def test_a_model_without_attention_says_why_it_has_no_scores():
    bundle = load("decoder-cnn")
    with pytest.raises(why.NotPlain, match="no scores"):
        why.reader(bundle, bundle.explain(TEXT))


# ---- the meter ----


@pytest.mark.parametrize("stage", [0, 2, 5])
def test_the_moves_of_a_word_add_up_to_its_meter(stage):
    bundle, groups = load("encoder"), list(senses.bundled()["bank"].values())
    left, right = ([senses.find(line, "bank")[0] for line in group[:6]] for group in groups)
    own = senses.find(TEXT, "bank")[:1]
    vectors = [senses.vectors(bundle, group) for group in (own, left, right)]
    axis = senses.Axis.between(vectors[1].mean(0), vectors[2].mean(0))
    names, rows = why.pushes(bundle, own, axis)[stage]
    moves = why.moves(rows[0], *(why.pushes(bundle, group, axis)[stage][1] for group in (left, right)))
    meter = axis.project(vectors[0])[0, stage]
    assert moves.sum() == pytest.approx(meter, abs=1e-5 * max(1, np.abs(moves).sum()))
    heads = [i for i, part in enumerate(names) if part.kind == why.HEAD]
    through = why.carried(bundle, own[0], axis, stage)[: min(stage, 4)].sum(-1)
    np.testing.assert_allclose(through.ravel(), rows[0][heads], atol=1e-5)
