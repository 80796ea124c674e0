"""What an opened model's scores and logits are made of, or why they cannot be taken apart."""

import numpy as np
import pytest

from model.analysis import why
from tests.checkpoints import TEXT

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
    assert start == (["start"] if name in JOINED else ["token", *["position"] * (name in ADDED)]) + ["biases"]


@pytest.mark.parametrize("name", DECODERS)
def test_the_parts_of_a_logit_add_up(opened, name):
    bundle, _ = opened(name)
    trace = bundle.explain(TEXT)
    one = why.written(bundle, trace, 3, [1, 4])
    assert one.error <= 1e-5 * max(1, np.abs(one.logits).max())
    heads = why.by_head(trace, one)
    np.testing.assert_allclose(why.by_source(bundle, trace, 3, [1, 4]).sum(2), heads, atol=1e-5)
    assert why.knocked_out(bundle, trace, 3, (1, 4)).shape == heads.shape[:2]


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
