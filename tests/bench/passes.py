"""(a) What a trace costs above a plain forward pass; (b) what one head's weights cost; (g) what a model costs to load."""

import torch

import model
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
        yield Row(f"a  explain / fused forward pass, T = {tokens}", milliseconds(ours), milliseconds(theirs), ours / theirs, 1.3)


def weighing():
    """(b) weights(head) of one head against network(ids)."""
    loaded = bundle()
    for tokens in (32, 128):
        text = next(texts(tokens))
        attention = loaded.explain(text).layers[1].attention
        ours, theirs = interleaved(150, lambda attention=attention: attention.weights(0), plain(loaded, text))
        yield Row(f"b  weights of one head / fused forward pass, T = {tokens}", milliseconds(ours), milliseconds(theirs), ours / theirs)


def loading():
    """(g) load(name) of the model that takes longest, torch being imported."""
    slowest = max(interleaved(5, *(lambda name=name: model.zoo.load.__wrapped__(name) for name in model.names())))
    yield Row("g  slowest model to load / a tenth of a second", milliseconds(slowest), milliseconds(0.1), slowest / 0.1, 1.0)
