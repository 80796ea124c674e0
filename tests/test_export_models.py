"""Our models in the form of `transformers`: the library computes what we do, and so it is read back."""

import runpy
import sys

import numpy as np
import pytest

from model import AttentionTrace, export, load, names, open_model
from model.hub.library import library
from tests.test_hub import told

TEXT = "Once upon a time, there was a little girl who swam across the river to the other bank. É🏞"
EXACT = {
    "decoder-rope": "GPTNeoXForCausalLM",
    "decoder-learned": "GPT2LMHeadModel",
    "decoder-sinusoidal": "GPT2LMHeadModel",
    "decoder-none": "GPT2LMHeadModel",
    "encoder": "EsmModel",
    "toy-rope": "GPTNeoXForCausalLM",
    "toy-learned": "GPT2LMHeadModel",
    "toy-sinusoidal": "GPT2LMHeadModel",
    "toy-none": "GPT2LMHeadModel",
}
exact = pytest.mark.parametrize("name", EXACT)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """written(name) -> the folder of a model's Hugging Face form."""
    place = tmp_path_factory.mktemp("exported")

    def get(name):
        if not (place / name).exists():
            assert export.write(load(name), place / name) == EXACT[name]
        return place / name

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIVERBANK_MODELS", str(place))
        yield get


@exact
def test_the_library_computes_the_same(written, name):
    own = getattr(library(), EXACT[name]).from_pretrained(written(name), attn_implementation="eager").eval()
    cut = library().AutoTokenizer.from_pretrained(written(name))
    trace = load(name).explain(TEXT)
    ids = cut(TEXT)["input_ids"]
    assert ids == trace.ids.tolist()
    expected = told(own, ids)
    if trace.logits is None:
        np.testing.assert_allclose(expected.last_hidden_state[0], trace.final, atol=1e-4)
    else:
        np.testing.assert_allclose(expected.logits[0], trace.logits, atol=1e-4)


@exact
def test_what_was_written_opens_to_the_same_trace(written, name):
    ours, opened = load(name), open_model(written(name))
    one, other = ours.explain(TEXT), opened.explain(TEXT)
    assert (one.tokens, one.spans, one.ids.tolist()) == (other.tokens, other.spans, other.ids.tolist())
    shared = ("layers", "heads", "head_width", "key_heads", "width", "hidden", "vocabulary", "causal")
    assert all(getattr(one.config, part) == getattr(other.config, part) for part in (*shared, "predicts"))
    assert other.config.positions == ("rope" if "rope" in name or name == "encoder" else "learned")
    cuts = [(one.end, len(one), one.specials, one.knows_words) for one in (opened.tokenizer, ours.tokenizer)]
    assert cuts[0] == cuts[1] and ours.tokenizer.knows_words != name.startswith("toy-")
    for part in ("embedded", "final", "logits"):
        if getattr(one, part) is not None:
            np.testing.assert_allclose(getattr(other, part), getattr(one, part), atol=1e-4)
    for mine, theirs in zip(one.layers, other.layers, strict=True):
        for part in ("resid_in", "resid_mid", "mlp_out", "resid_out"):
            np.testing.assert_allclose(getattr(theirs, part), getattr(mine, part), atol=1e-4, rtol=1e-4)
        assert_same(mine.attention, theirs.attention, 1 if name == "encoder" else None)
    assert other.error() < 1e-4


def assert_same(mine: AttentionTrace, theirs: AttentionTrace, scale: float | None) -> None:
    """The same attention, but for the order of the dimensions of queries and keys, and for ESM, which scales
    its queries beforehand.
    """
    for part in ("v", "heads", "out"):
        np.testing.assert_allclose(getattr(theirs, part), getattr(mine, part), atol=1e-4)
    assert np.array_equal(np.broadcast_to(theirs.allowed, mine.allowed.shape), mine.allowed)
    for head in range(len(mine.q)):
        np.testing.assert_allclose(theirs.weights(head), mine.weights(head), atol=1e-5)
        np.testing.assert_allclose(theirs.scaled(head), mine.scaled(head), atol=1e-3)
    sizes = [np.sort(np.abs(part.q) * (part.scale if scale else 1)) for part in (mine, theirs)]
    np.testing.assert_allclose(*sizes, atol=1e-4)
    np.testing.assert_allclose(np.sort(mine.k), np.sort(theirs.k), atol=1e-4)


REASONS = {
    "decoder-alibi": "BLOOM normalises its embedding",
    "decoder-t5": "T5 normalises without a mean",
    "decoder-cnn": "there is no attention in it",
    "decoder-unmasked": "no family predicts the next token without the causal mask",
}


@pytest.mark.parametrize("name", sorted(set(names()) - set(EXACT)))
def test_what_has_no_exact_counterpart_says_so_and_writes_nothing(tmp_path, name):
    kind = name.replace("toy", "decoder").replace("encoder-cnn", "decoder-cnn")
    with pytest.raises(ValueError, match=f"{name} has no exact counterpart in transformers: {REASONS[kind]}"):
        export.write(load(name), tmp_path / name)
    assert not (tmp_path / name).exists()


def test_the_command_writes_and_says_where(tmp_path, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
        runpy.run_module("model.export", run_name="__main__")

    run("toy-rope", tmp_path / "toy")
    assert "as GPTNeoXForCausalLM" in capsys.readouterr().out
    assert (tmp_path / "toy" / "model.safetensors").exists()
    sentences = {"toy-alibi": "has no exact counterpart", "nothing": "There is no model “nothing”"}
    for name, sentence in sentences.items():
        with pytest.raises(SystemExit, match=sentence):
            run(name, tmp_path / name)


def test_grouped_heads_have_no_counterpart(make_bundle, tmp_path):
    with pytest.raises(ValueError, match="its heads share keys"):
        export.write(make_bundle(key_heads=2), tmp_path / "grouped")
