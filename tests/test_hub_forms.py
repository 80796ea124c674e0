"""Other forms of a checkpoint: a short context, another precision, shards, less of a tokenizer, no head."""

import numpy as np
import pytest
import torch

from model import open_model
from model.hub.library import library
from tests import checkpoints
from tests.checkpoints import TEXT


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("RIVERBANK_MODELS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "sizes", "room"),
    [
        ("gpt2", {"n_positions": 8}, 8),
        ("opt", {"max_position_embeddings": 9}, 9),
        ("roberta", {"max_position_embeddings": 8}, 7),
        ("llama", {"max_position_embeddings": 6}, 6),
    ],
)
def test_a_text_ends_where_the_positions_end(place, name, sizes, room):
    bundle = open_model(checkpoints.save(name, place / name, **sizes))
    assert bundle.config.max_tokens == room
    assert bundle.explain("the b").error() < 1e-4
    with pytest.raises(ValueError, match=f"takes at most {room}"):
        bundle.explain(TEXT)


def test_weights_in_parts_and_in_half_precision_are_read(place):
    folder = checkpoints.save("llama", place / "whole")
    own = library().LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    own.save_pretrained(place / "parts", max_shard_size="20KB")
    checkpoints.save_tokenizer(checkpoints.tokenizer("unigram"), place / "parts")
    assert len(list((place / "parts").glob("*.safetensors"))) > 1
    bundle = open_model(place / "parts")
    trace = bundle.explain(TEXT)
    with torch.inference_mode():
        expected = own.float()(input_ids=torch.tensor(trace.ids.copy())[None]).logits[0]
    np.testing.assert_allclose(trace.logits, expected, atol=1e-4)
    some = next((place / "parts").glob("model-*.safetensors"))
    some.unlink()
    with pytest.raises(ValueError, match="which holds a part of its weights"):
        open_model(place / "parts")


def test_a_tokenizer_without_its_config_is_the_same(place):
    folder = checkpoints.save("gpt2", place / "gpt2")
    before = open_model(folder).read(TEXT)
    (folder / "tokenizer_config.json").unlink()
    assert open_model(folder).read(TEXT) == before


def test_a_decoder_without_its_head_has_no_logits(place):
    folder = checkpoints.save("gpt2", place / "gpt2")
    library().GPT2Model.from_pretrained(folder).save_pretrained(place / "body")
    checkpoints.save_tokenizer(checkpoints.tokenizer("bytes"), place / "body")
    bundle, whole = open_model(place / "body"), open_model(folder)
    trace = bundle.explain(TEXT)
    assert trace.config.causal and not trace.config.predicts and trace.logits is None
    np.testing.assert_allclose(trace.final, whole.explain(TEXT).final, atol=1e-5)


def test_an_encoder_with_a_head_for_masked_words_is_its_body(place):
    folder = checkpoints.save("bert", place / "bert")
    masked = library().BertForMaskedLM.from_pretrained(folder)
    masked.save_pretrained(place / "masked")
    checkpoints.save_tokenizer(checkpoints.tokenizer("wordpiece"), place / "masked")
    one, other = (open_model(place / name).explain(TEXT) for name in ("bert", "masked"))
    np.testing.assert_allclose(one.final, other.final, atol=1e-6)
