"""(a) What a trace costs above a plain forward pass; (b) what one head's weights cost; (g) what a model costs
to load; (k) what learning merges costs; (m) what it costs to take a score apart.
"""

import random
import string
import time
from itertools import islice

import torch

import model
from model import tokenizer
from model.analysis import why
from tests.bench import Row, bundle, interleaved, milliseconds, texts


def plain(loaded, text):
    """The same model's forward pass on the same ids, by torch's fused attention, with nothing kept."""
    ids = torch.tensor(loaded.read(text))

    def run():
        with torch.inference_mode():
            return loaded.network(ids)

    return run


def explaining():
    """(a) explain(text) against network(ids)."""
    loaded = bundle()
    for tokens in (16, 64, 128):
        text = next(texts(tokens))
        ours, theirs = interleaved(150, lambda text=text: loaded.explain(text), plain(loaded, text))
        yield Row(
            f"a  explain / fused forward pass, T = {tokens}",
            milliseconds(ours),
            milliseconds(theirs),
            ours / theirs,
            1.3,
        )


def weighing():
    """(b) weights(head) of one head against network(ids)."""
    loaded = bundle()
    for tokens in (32, 128):
        text = next(texts(tokens))
        attention = loaded.explain(text).layers[1].attention
        ours, theirs = interleaved(150, lambda attention=attention: attention.weights(0), plain(loaded, text))
        yield Row(
            f"b  weights of one head / fused forward pass, T = {tokens}",
            milliseconds(ours),
            milliseconds(theirs),
            ours / theirs,
        )


def loading():
    """(g) load(name) of the model that takes longest, torch being imported."""
    slowest = max(
        interleaved(5, *(lambda name=name: model.zoo.load.__wrapped__(name) for name in model.names()))
    )
    yield Row(
        "g  slowest model to load / a tenth of a second",
        milliseconds(slowest),
        milliseconds(0.1),
        slowest / 0.1,
        1.0,
    )


def merging(size=1_000_000, merges=1_000):
    """(k) The first merges of a megabyte: words as frequent as in prose, the n-th 1/n as often as the first
    (Zipf 1935); hardly one of them twice; no words.
    """
    chance = random.Random(0)
    words = [
        "".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 10))) for _ in range(size // 5)
    ]
    known = words[:30_000]
    texts = {
        "words as frequent as in prose": " ".join(
            chance.choices(known, [1 / n for n in range(1, len(known) + 1)], k=len(words))
        ),
        "words at random": " ".join(words),
        "letters without spaces": "".join(words),
    }
    for kind, text in texts.items():
        start = time.perf_counter()
        learned = sum(1 for _ in islice(tokenizer.rounds(text[:size]), merges + 1)) - 1
        taken = time.perf_counter() - start
        yield Row(f"k  {learned:,} merges of 1 MB, {kind} / 5 s", f"{taken:.3g} s", "5 s", taken / 5, 1.0)


def taking_apart(most=0.3):
    """(m) The parts of a score of the last layer, as they are and over the mean of the row, and the walk from
    it down to the embeddings.
    """
    loaded = bundle()
    trace = loaded.explain(next(texts(128)))
    place = loaded, trace, loaded.config.layers - 1, 0, 127, 40
    kinds = {
        "parts of a score": lambda: why.ingredients(*place),
        "parts of its lead over the row": lambda: why.ingredients(*place, lead=True),
        "the walk down from it": lambda: why.walk(*place),
    }
    for (kind, _), taken in zip(kinds.items(), interleaved(10, *kinds.values()), strict=True):
        yield Row(f"m  {kind}, T = 128 / 300 ms", milliseconds(taken), milliseconds(most), taken / most, 1.0)
