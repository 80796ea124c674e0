"""What an opened model's scores and logits are made of, or why they cannot be taken apart."""

import numpy as np
import pytest

from model.analysis import why
from tests.checkpoints import TEXT
from tests.session import opened as visited
from tests.session import pictures, said

FAMILIES = "llama", "gemma2", "bert", "bloom"  # on the shelf, for the page
WROTE = {"why.section": "What did it write?"}

ADDED = ["gpt2", "opt"]  # positions are added to the embedding
TURNED = ["gpt_neox", "gpt_neox serial", "llama", "llama yarn", "mistral", "qwen2", "phi", "smollm3"]
DECODERS = [*ADDED, *TURNED, "gpt_oss"]
JOINED = ["bert", "roberta", "distilbert", "electra", "albert", "modernbert", "bart"]  # by a norm
NO_SUM = {
    "qwen3": "more than a plain norm",
    "gemma2": "does not add up",
    "gemma3": "does not add up",
    "gptj": "no attention that is known part by part",
    "bloom": "Queries, keys, values",
}


@pytest.mark.parametrize("name", [*DECODERS, *JOINED, "t5"])
def test_the_parts_of_a_score_add_up_in_every_family_whose_norms_and_maps_are_plain(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    last = len(trace.tokens) - 1
    for layer in range(bundle.config.layers):
        for head in range(bundle.config.heads):
            one = why.ingredients(bundle, trace, layer, head, last, last - 2)
            assert one.error <= 1e-5 * max(1, abs(one.score))
    start = [part.name for part in one.queries if part.layer is None]
    assert start == (["embedding"] if name in JOINED else ["token", *["position"] * (name in ADDED)]) + [
        "biases"
    ]


@pytest.mark.parametrize("name", DECODERS)
def test_the_parts_of_a_logit_add_up(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    one = why.written(bundle, trace, 3, [1, 4])
    assert one.error <= 1e-5 * max(1, np.abs(one.logits).max())
    heads = why.by_head(trace, one)
    np.testing.assert_allclose(why.by_source(bundle, trace, 3, [1, 4]).sum(2), heads, atol=1e-5)
    assert why.knocked_out(bundle, trace, 3, (1, 4)).shape == heads.shape


@pytest.mark.parametrize("name", ["llama", "gpt2", "bert"])
def test_a_head_is_opened_into_its_source_tokens_through_later_norms_too(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    one = why.ingredients(bundle, trace, 1, 2, 5, 3)
    part = why.Part(why.HEAD, 0, 1)
    by_query = why.opened(bundle, trace, 1, 2, 5, 3, part)
    np.testing.assert_allclose(by_query.sum(0), one.table[one.queries.index(part)], atol=1e-5)


@pytest.mark.parametrize("name", NO_SUM)
def test_what_is_no_sum_says_why_in_a_sentence(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    with pytest.raises(why.NotPlain, match=NO_SUM[name]):
        why.ingredients(bundle, trace, 1, 1, 4, 2)


def test_a_single_token_and_a_text_past_the_window_add_up(opened):
    for name, text in (("llama", "a"), ("mistral", TEXT)):  # its window is 5 tokens
        bundle, _ = opened(name)
        trace = bundle.explain(text)
        last = len(trace.tokens) - 1
        assert why.ingredients(bundle, trace, 1, 0, last, last).error <= 1e-5
        assert why.ingredients(bundle, trace, 1, 0, last, last, lead=True).error <= 1e-5


@pytest.mark.parametrize("name", ["modernbert", "bert", "bart"])
def test_of_one_token_no_position_is_made_up(opened, name):
    bundle, _ = opened(name)
    for text in ("a", "a a a"):
        parts = why.ingredients(bundle, bundle.explain(text), 1, 0, 0, 0).queries
        assert [part.name for part in parts if part.layer is None] == ["embedding", "biases"]


# ---- on the page ----


def test_the_page_takes_an_opened_models_score_and_logits_apart(name):
    at = visited("why", model=name("llama"), text=TEXT)
    assert "add up to what the model computed" in said(at) and "why.reasons" in pictures(at)
    at = visited("why", model=name("llama"), text=TEXT, **WROTE)
    assert pictures(at)["why.knocked"][1].shape == pictures(at)["why.direct"][1].shape


def test_the_page_takes_an_opened_encoders_meter_apart(name):
    meter = visited("word_sense", model=name("bert"), text=TEXT, **{"word_sense.stage": "layer 2"})
    there = pictures(meter)["word_sense.meter"]["lanes"][2]["values"][0]
    at = visited("why", model=name("bert"), text=TEXT, **WROTE | {"why.stage": "layer 2"})
    assert pictures(at)["why.written"]["total"]["value"] == pytest.approx(there, abs=1e-3)
    assert len(pictures(at)["why.written"]["rows"]) == 6


def test_the_page_says_why_a_model_is_no_sum(name):
    at = visited("why", model=name("gemma2"), text=TEXT)
    assert "does not add up to its stream" in said(at) and "why.reasons" not in pictures(at)
    at = visited("why", model=name("gemma2"), text=TEXT, **WROTE)
    assert "does not add up to its stream" in at.warning[0].value
    assert "Queries, keys, values" in said(visited("why", model=name("bloom"), text=TEXT))
