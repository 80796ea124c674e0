"""Does a model tell the senses of a word apart? On sentences written for this, which training never saw."""

import csv
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from model.analysis.senses import SENTENCES as USAGE  # as people write: one to three words that fit the sense
from model.analysis.senses import Axis, separate
from model.network.convolution import Convolutional
from model.train import teacher

CLUES = (
    Path(__file__).parent / "clues.tsv"
)  # harder, to see how far a model looks: one clue, near or far, among words that say nothing
RIVER = "I swam across the river to get to the other bank"
CASH = "I walked across the road to get cash from the other bank"
BANDS = (
    (1, 2),
    (3, 4),
    (5, 8),
    (9, 60),
)  # words from clue to word; a convolution with a reach of 9 tokens sees 4 to each side


class Row(NamedTuple):
    """A sentence with a word in one of its senses, and the other word that gives the sense away."""

    word: str
    sense: str
    clue: str
    sentence: str

    def distance(self):
        """How many words the clue is away from the word."""
        words = teacher.WORD.findall(self.sentence.lower())
        clue = teacher.WORD.findall(self.clue.lower())[0]
        return min(
            abs(i - j)
            for i, a in enumerate(words)
            if a == self.word
            for j, b in enumerate(words)
            if b == clue
        )


def read(path):
    """The rows of the file."""
    with open(path, encoding="utf-8", newline="") as file:
        return [Row(*map(line.__getitem__, Row._fields)) for line in csv.DictReader(file, delimiter="\t")]


def place(sentence, word):
    """Character span of the first occurrence of the word, whatever its capitals."""
    return re.search(rf"\b{re.escape(word)}\b", sentence, re.IGNORECASE).span()


def tokens_of(tokenizer, text, word):
    """Ids of the text, and the places of the word's tokens among them."""
    ids, (start, end) = tokenizer.encode(text), place(text, word)
    return ids, [i for i, (a, b) in enumerate(tokenizer.spans(text, ids)) if a < end and b > start]


@torch.inference_mode()
def vectors(network, tokenizer, text, word, **how):
    """The word's vectors (layers + 2, C): embedded, after each block, and the normalised end; the mean over
    its tokens.
    """
    ids, places = tokens_of(tokenizer, text, word)
    record = network(torch.tensor(ids), **how)
    stages = [record.embedded, *(layer.resid_out for layer in record.layers), record.final]
    return torch.stack([stage[places].mean(0) for stage in stages])


def teacher_vectors(package, rows):
    """The teacher's, (rows, 7, 384): embedding and six layers."""
    read_by = teacher.Teacher(package)
    found = [read_by.words(row.sentence) for row in rows]
    places = [
        [start for start, _ in teacher.spans(row.sentence)].index(place(row.sentence, row.word)[0])
        for row in rows
    ]
    return torch.stack([line[i] for line, i in zip(found, places, strict=True)])


# ---- leave-one-out nearest neighbour ----


def hits(found, senses):
    """For each vector (N, C) whether its nearest neighbour by cosine, itself left out, has its sense: (N,)
    bool.
    """
    unit = F.normalize(found, dim=-1)
    alike = unit @ unit.T
    nearest = alike.fill_diagonal_(-2).argmax(dim=1).tolist()
    return torch.tensor([senses[j] == sense for j, sense in zip(nearest, senses, strict=True)])


def groups(places, key):
    """The places of which `key` makes the same, a list for each, in order."""
    found = defaultdict(list)
    for i in places:
        found[key(i)].append(i)
    return list(found.values())


def judge(rows, found, centred=False):
    """hits of every row in every layer, (layers, rows): each word by itself; `centred` takes the word's mean
    over its sentences off first.
    """
    right = torch.zeros(found.shape[1], len(rows), dtype=torch.bool)
    for places in groups(range(len(rows)), lambda i: rows[i].word):
        senses = [rows[i].sense for i in places]
        for layer in range(found.shape[1]):
            some = found[places, layer]
            right[layer, places] = hits(some - some.mean(0) if centred else some, senses)
    return right


def on_their_side(rows, found):
    """Share of rows that fall on their own side of the axis between their word's two senses, made of all
    other rows: mean over the words, (layers,).
    """
    words = groups(range(len(rows)), lambda i: rows[i].word)
    senses = [groups(places, lambda i: rows[i].sense) for places in words]
    return np.mean(
        [separate(found[left].numpy(), found[right].numpy()).accuracy for left, right in senses], axis=0
    )


def by_word(rows, right):
    """Share of hits (rows,) for each word."""
    return {
        word: float(right[[i for i, row in enumerate(rows) if row.word == word]].float().mean())
        for word in sorted({row.word for row in rows})
    }


def by_distance(rows, right):
    """Share of hits and number of rows in each band of distances between clue and word."""
    apart = torch.tensor([row.distance() for row in rows])
    bands = {f"{low}-{high}": (apart >= low) & (apart <= high) for low, high in BANDS}
    return {
        name: [float(right[inside].float().mean()), int(inside.sum())]
        for name, inside in bands.items()
        if inside.any()
    }


def accuracy(rows, found):
    """The figures for a card: mean over the words of the nearest-neighbour accuracy by layer, the best layer,
    and there by word and by distance; and how often the meter of the page is right, by layer."""
    right = judge(rows, found)
    means = [sum(by_word(rows, layer).values()) / len(by_word(rows, layer)) for layer in right]
    best = max(range(len(means)), key=means.__getitem__)
    centred = [
        sum(by_word(rows, layer).values()) / len(by_word(rows, layer))
        for layer in judge(rows, found, centred=True)
    ]
    return {
        "sense_accuracy": means[best],
        "best_layer": best,
        "by_layer": means,
        "by_layer_centred": centred,
        "by_layer_on_their_side": on_their_side(rows, found).tolist(),
        "by_word": by_word(rows, right[best]),
        "by_distance": by_distance(rows, right[best]),
    }


# ---- the running example ----


def axis(rows, found, word, left):
    """The Axis of a word from the mean of the sense `left` to that of its other sense; found (rows, C)."""
    own = torch.tensor([row.word == word for row in rows])
    first = torch.tensor([row.sense == left for row in rows])
    return Axis.between(found[own & first].mean(0).numpy(), found[own & ~first].mean(0).numpy())


@torch.inference_mode()
def looks(network, tokenizer, text, word, clues):
    """Weight of `word` on `clues` in every layer and head, best first: dicts of layer, head (from 1), weight,
    and whether no other word has more.
    """
    ids, asks = tokens_of(tokenizer, text, word)
    spans = teacher.spans(text)
    owner = teacher.owners(tokenizer.spans(text, ids), spans)
    names = [text[a:b].lower() for a, b in spans]
    found = []
    for number, layer in enumerate(network(torch.tensor(ids)).layers, 1):
        weights = layer.attention.weights()  # (H, T, S)
        for head, row in enumerate(weights[:, asks].mean(1), 1):
            shares = [
                sum(float(row[i]) for i, home in enumerate(owner) if home == number_)
                for number_ in range(len(names))
            ]
            most = max((share for share, name in zip(shares, names, strict=True) if name != word), default=0)
            for clue in clues:
                share = shares[names.index(clue)]
                found.append(
                    {"layer": number, "head": head, "clue": clue, "weight": share, "top": share == most}
                )
    return sorted(found, key=lambda look: -look["weight"])


def without(network, tokenizer, text, word, clues):
    """The network's mask (T, T) with the edges from `word` to `clues` taken out."""
    ids, asks = tokens_of(tokenizer, text, word)
    allowed = network.mask(len(ids)).clone()
    for clue in clues:
        for key in tokens_of(tokenizer, text, clue)[1]:
            allowed[asks, key] = False
    return allowed


def example(network, tokenizer, rows, found, layer):
    """The two sentences on the axis of *bank* at one layer: where each falls, the heads in which *bank* looks
    at the clues, and what blocking them does.
    """
    line = axis(rows, found[:, layer], "bank", "river")
    report = {"layer": layer}
    for name, text, clues in (("river", RIVER, ("river", "swam")), ("cash", CASH, ("cash",))):
        report[name] = {
            "projection": float(line.project(vectors(network, tokenizer, text, "bank")[layer].numpy()))
        }
        if not isinstance(network, Convolutional):
            report[name]["looks"] = [
                look for look in looks(network, tokenizer, text, "bank", clues) if look["top"]
            ][:6]
            blocked = without(network, tokenizer, text, "bank", clues)
            report[name]["blocked"] = float(
                line.project(vectors(network, tokenizer, text, "bank", allowed=blocked)[layer].numpy())
            )
    return report


def evaluate(network, tokenizer):
    """Everything that a card says about senses: `usage` and `clues` as in `accuracy`, and the running example
    at the best layer for usage.
    """
    report = {}
    for name, path in (("usage", USAGE), ("clues", CLUES)):
        rows = read(path)
        found = torch.stack([vectors(network, tokenizer, row.sentence, row.word) for row in rows])
        report[name] = accuracy(rows, found)
        if path == USAGE:
            report["example"] = example(network, tokenizer, rows, found, report[name]["best_layer"])
    return rounded(report)


def judge_teacher(package):
    """The teacher's own figures on the same sentences."""
    return rounded(
        {
            name: accuracy(rows := read(path), teacher_vectors(package, rows))
            for name, path in (("usage", USAGE), ("clues", CLUES))
        }
    )


def rounded(value):
    """Numbers to three places, at any depth."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return round(value, 3) if isinstance(value, float) else value
