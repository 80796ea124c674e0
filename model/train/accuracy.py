"""Sense accuracy: how often the nearest neighbour of a word's vector, itself left out, has its sense."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.analysis.senses import separate
from model.train.sentences import Row

# Words from clue to word; a convolution with a reach of 9 tokens sees 4 to each side.
BANDS = (1, 2), (3, 4), (5, 8), (9, 60)


def hits(vectors: Tensor, senses: Sequence[str]) -> Tensor:
    """For each vector (N, C) whether its nearest neighbour by cosine, itself left out, has its sense:
    (N,) bool.
    """
    unit = F.normalize(vectors, dim=-1)
    alike = unit @ unit.T
    nearest = alike.fill_diagonal_(-2).argmax(dim=1).tolist()
    return torch.tensor([senses[j] == sense for j, sense in zip(nearest, senses, strict=True)])


def groups(places: Iterable[int], key: Callable[[int], str]) -> list[list[int]]:
    """The places for which `key` gives the same, a list for each key, in order."""
    alike = defaultdict(list)
    for i in places:
        alike[key(i)].append(i)
    return list(alike.values())


def judge(rows: Sequence[Row], vectors: Tensor, centred: bool = False) -> Tensor:
    """The `hits` of every row in every layer, (layers, rows), each word by itself, from the rows' vectors
    (rows, layers, C); `centred` takes the word's mean over its sentences off first.
    """
    right = torch.zeros(vectors.shape[1], len(rows), dtype=torch.bool)
    for places in groups(range(len(rows)), lambda i: rows[i].word):
        senses = [rows[i].sense for i in places]
        for layer in range(vectors.shape[1]):
            own = vectors[places, layer]
            right[layer, places] = hits(own - own.mean(0) if centred else own, senses)
    return right


def on_their_side(rows: Sequence[Row], vectors: Tensor) -> np.ndarray:
    """Share of rows that fall on their own side of the axis between their word's two senses, made of all
    other rows: mean over the words, (layers,).
    """
    words = groups(range(len(rows)), lambda i: rows[i].word)
    senses = [groups(places, lambda i: rows[i].sense) for places in words]
    shares = [separate(vectors[left].numpy(), vectors[right].numpy()).accuracy for left, right in senses]
    return np.mean(shares, axis=0)


def by_word(rows: Sequence[Row], right: Tensor) -> dict[str, float]:
    """Share of hits, (rows,) bool, for each word."""
    return {
        word: float(right[[i for i, row in enumerate(rows) if row.word == word]].float().mean())
        for word in sorted({row.word for row in rows})
    }


def by_distance(rows: Sequence[Row], right: Tensor) -> dict[str, list]:
    """[share of hits, number of rows] in each band of distances between clue and word."""
    apart = torch.tensor([row.distance() for row in rows])
    bands = {f"{low}-{high}": (apart >= low) & (apart <= high) for low, high in BANDS}
    return {
        name: [float(right[inside].float().mean()), int(inside.sum())]
        for name, inside in bands.items()
        if inside.any()
    }


def accuracy(rows: Sequence[Row], vectors: Tensor) -> dict[str, Any]:
    """The figures for a card: mean over the words of the nearest-neighbour accuracy by layer, the best layer,
    and there by word and by distance; and how often the meter of the page is right, by layer.
    """
    right = judge(rows, vectors)
    means = [mean_over_words(rows, layer) for layer in right]
    best = max(range(len(means)), key=means.__getitem__)
    return {
        "sense_accuracy": means[best],
        "best_layer": best,
        "by_layer": means,
        "by_layer_centred": [mean_over_words(rows, layer) for layer in judge(rows, vectors, centred=True)],
        "by_layer_on_their_side": on_their_side(rows, vectors).tolist(),
        "by_word": by_word(rows, right[best]),
        "by_distance": by_distance(rows, right[best]),
    }


def mean_over_words(rows: Sequence[Row], right: Tensor) -> float:
    """The mean over the words of each one's share of hits."""
    shares = by_word(rows, right).values()
    return sum(shares) / len(shares)
