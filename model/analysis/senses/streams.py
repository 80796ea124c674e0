"""The vectors of words at every stage of the residual stream, as the model makes them or mixed otherwise."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from model.analysis.words import Word
from model.bundle import Bundle
from model.network.change import Change
from model.network.config import ModelConfig
from model.network.transformer import Record

PASS = 4096  # tokens in one forward pass

Row = TypeVar("Row")
Mixture = Callable[[int], dict[str, Any]]  # T -> more arguments for the network's pass over T tokens


def stages(record: Record) -> Tensor:
    """The residual stream of one pass at every stage: (S, ..., T, C)."""
    return torch.stack([record.embedded, *(layer.resid_out for layer in record.layers), record.final])


@torch.inference_mode()
def vectors(bundle: Bundle, words: Sequence[Word], mixture: Mixture | None = None) -> np.ndarray:
    """Each Word's vectors, the mean over its tokens, (N, S, C); texts of equal length share a pass.

    mixture(T) may give more arguments for the network's pass over T tokens, as `average` and `alone` do.
    ValueError as from `Bundle.read`.
    """
    ids = [bundle.read(word.text) for word in words]
    places = [
        word.tokens(bundle.tokenizer.spans(word.text, row)) for word, row in zip(words, ids, strict=True)
    ]
    lengths = defaultdict(list)
    for i, row in enumerate(ids):
        lengths[len(row)].append(i)
    vectors = np.empty((len(words), bundle.config.layers + 2, bundle.config.width), np.float32)
    for length, alike in lengths.items():
        for batch in parts(alike, PASS // length):
            arguments = mixture(length) if mixture else {}
            record = bundle.network(torch.tensor([ids[i] for i in batch]), predict=False, **arguments)
            stream = stages(record)  # (S, B, T, C)
            for row, i in enumerate(batch):
                vectors[i] = stream[:, row, places[i]].mean(1).numpy()
    return vectors


def average(config: ModelConfig, layers: Sequence[int]) -> Mixture:
    """A mixture: in these layers every score is 0, so that a token takes the plain average of all values."""
    changes = [Change(average=True) if i in layers else None for i in range(config.layers)]
    return lambda tokens: {"changes": changes}


def alone(config: ModelConfig, layers: Sequence[int]) -> Mixture:
    """A mixture: in these layers a token sees itself only."""

    def mixture(tokens: int) -> dict[str, Any]:
        allowed = torch.ones(config.layers, config.heads, tokens, tokens, dtype=torch.bool)
        allowed[list(layers)] = torch.eye(tokens, dtype=torch.bool)
        return {"allowed": allowed[:, None]}  # (L, 1, H, T, T), the same for each of the texts

    return mixture


def parts(rows: Sequence[Row], size: int) -> list[Sequence[Row]]:
    """`rows` cut into pieces of at most `size`, at least 1."""
    return [rows[i : i + max(1, size)] for i in range(0, len(rows), max(1, size))]
