"""The running example of a card: the two sentences with *bank*."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from model.analysis.senses import Axis
from model.network.convolution import Convolutional
from model.network.transformer import Transformer
from model.tokenizer import Tokenizer
from model.train import teacher
from model.train.sentences import Row, tokens_of, vectors

RIVER = "I swam across the river to get to the other bank"
CASH = "I walked across the road to get cash from the other bank"


def axis(rows: Sequence[Row], vectors: Tensor, word: str, left: str) -> Axis:
    """The Axis of a word from the mean of the sense `left` to that of its other sense,
    made of the rows' vectors (rows, C).
    """
    own = torch.tensor([row.word == word for row in rows])
    first = torch.tensor([row.sense == left for row in rows])
    return Axis.between(vectors[own & first].mean(0).numpy(), vectors[own & ~first].mean(0).numpy())


@torch.inference_mode()
def looks(
    network: Transformer, tokenizer: Tokenizer, text: str, word: str, clues: Sequence[str]
) -> list[dict[str, Any]]:
    """Weight of `word` on `clues` in every layer and head, the largest first: dicts of layer, head (from 1),
    clue, weight, and whether no other word has more.
    """
    ids, asks = tokens_of(tokenizer, text, word)
    spans = teacher.spans(text)
    owner = teacher.owners(tokenizer.spans(text, ids), spans)
    names = [text[a:b].lower() for a, b in spans]
    rows = []
    for number, layer in enumerate(network(torch.tensor(ids)).layers, 1):
        weights = layer.attention.weights()  # (H, T, S)
        for head, row in enumerate(weights[:, asks].mean(1), 1):
            shares = [
                sum(float(row[i]) for i, own in enumerate(owner) if own == place)
                for place in range(len(names))
            ]
            most = max((share for share, name in zip(shares, names, strict=True) if name != word), default=0)
            for clue in clues:
                share = shares[names.index(clue)]
                rows.append(
                    {"layer": number, "head": head, "clue": clue, "weight": share, "top": share == most}
                )
    return sorted(rows, key=lambda look: -look["weight"])


def without(network: Transformer, tokenizer: Tokenizer, text: str, word: str, clues: Sequence[str]) -> Tensor:
    """The network's mask (T, T) with the edges from `word` to `clues` taken out."""
    ids, asks = tokens_of(tokenizer, text, word)
    allowed = network.mask(len(ids)).clone()
    for clue in clues:
        for key in tokens_of(tokenizer, text, clue)[1]:
            allowed[asks, key] = False
    return allowed


def example(
    network: Transformer, tokenizer: Tokenizer, rows: Sequence[Row], examples: Tensor, layer: int
) -> dict[str, Any]:
    """The two sentences on the axis of *bank* at one layer: where each falls, the heads in which *bank* looks
    at the clues, and what blocking them does. The axis is made of the rows' vectors `examples`
    (rows, L + 2, C).
    """
    line = axis(rows, examples[:, layer], "bank", "river")
    report = {"layer": layer}

    def projection(text: str, **arguments: Any) -> float:
        vector = vectors(network, tokenizer, text, "bank", **arguments)[layer]
        return float(line.project(vector.numpy()))

    for name, text, clues in (("river", RIVER, ("river", "swam")), ("cash", CASH, ("cash",))):
        report[name] = {"projection": projection(text)}
        if not isinstance(network, Convolutional):
            on_clues = looks(network, tokenizer, text, "bank", clues)
            report[name]["looks"] = [look for look in on_clues if look["top"]][:6]
            blocked = without(network, tokenizer, text, "bank", clues)
            report[name]["blocked"] = projection(text, allowed=blocked)
    return report
