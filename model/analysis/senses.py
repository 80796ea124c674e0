"""Word sense: where a word's vector falls between two groups of examples, layer by layer, and what the word
took it from.

Legend: S = L + 2 stages of the residual stream: the embedding, after each layer, and the normalised end; the
rest as in trace.py.
"""

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from model.analysis import stream
from model.analysis.words import Word, bases, find, shared, words  # noqa: F401  as senses.find of those who ask
from model.network.change import Change

SENTENCES = Path(__file__).with_name(
    "senses.tsv"
)  # for ten words, two senses each; no model was trained on them
WORDNET = Path(__file__).with_name("wordnet.tsv.gz")  # of thousands of words, from Open English WordNet
# words that say little
NEUTRAL = (
    "which as it was often said at that time and as we all know had been there for so very long as anyone "
    "could say"
)
COMMON = 0.1  # what a sense counted e times as often gains against one that is nearer, as a cosine
PASS = 4096  # tokens in one forward pass
EDGES = 2**26  # entries in the masks of one forward pass


@cache
def bundled():
    """{word: {sense: its sentences}} of the bundled examples."""
    found = defaultdict(lambda: defaultdict(list))
    with open(SENTENCES, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found[row["word"]][row["sense"]].append(row["sentence"])
    return {
        word: {sense: tuple(sentences) for sense, sentences in senses.items()}
        for word, senses in found.items()
    }


# ---- senses that somebody else has listed ----


class Sense(NamedTuple):
    """One sense of a word: a short name, how many of the word's sentences were counted for it, and lines that
    show it.
    """

    name: str
    count: int
    lines: tuple[str, ...]


@cache
def wordnet() -> dict[str, tuple[Sense, ...]]:
    """{word: its Senses in Open English WordNet, the commonest first}, as model.train.wordnet found them."""
    found = defaultdict(dict)
    with gzip.open(WORDNET, "rt", encoding="utf-8", newline="") as file:
        for word, name, count, line in islice(csv.reader(file, delimiter="\t"), 1, None):
            found[word].setdefault((name, int(count)), []).append(line)
    return {
        word: tuple(Sense(name, count, tuple(lines)) for (name, count), lines in every.items())
        for word, every in found.items()
    }


def listed(word: str) -> tuple[str, tuple[Sense, ...]]:
    """The word as WordNet lists it, and its Senses there; the word and none where it has not two."""
    base = next((base for base in bases(word) if base in wordnet()), word)
    return base, wordnet().get(base, ())


def likely(bundle, found: Sequence[Word], word: str, every: Sequence[Sense]) -> tuple[int, int]:
    """Which two of the Senses fit two Words best: by the cosine to their lines' mean vector at the end of the
    model, the mean of all lines taken off, and by how common they are.
    """
    lines = [[find(line, word)[0] for line in sense.lines] for sense in every]
    flat = vectors(bundle, [*found, *(one for some in lines for one in some)])[:, -1]  # (2 + lines, C)
    ends = np.cumsum([len(some) for some in lines])
    groups = np.split(flat[2:], ends[:-1])
    middle = flat[2:].mean(0)
    near = cosines(flat[:2, None], np.stack([some.mean(0) for some in groups]), middle)  # (2, N)
    scores = near + COMMON * np.log1p([sense.count for sense in every])
    both = scores[0][:, None] + scores[1]
    np.fill_diagonal(both, -np.inf)
    first, second = np.unravel_index(np.argmax(both), both.shape)
    return int(first), int(second)


def cosines(one, other, middle):
    """Cosines of vectors (..., C) and (..., C), the middle (C,) taken off both."""
    return stream.cosines(one - middle, other - middle)


def apart(word, clue, between):
    """The Words `word` and `clue` of one text, in that text changed so that `between` words, 0 to 25, stand
    between the two.

    The words nearest to the word stay as they are; where there are too few, NEUTRAL ones go in beside the
    clue.
    """
    text, first, second = word.text, *sorted((word, clue), key=lambda one: one.start)
    gap = [one for one in words(text) if first.end <= one.start < second.start]
    neutral, more = NEUTRAL.split(), max(0, between - len(gap))
    if clue == first:
        rest = text[clue.end :] if between >= len(gap) else " " + text[(*gap, word)[-1 - between].start :]
        made = " ".join([text[: clue.end], *neutral[len(neutral) - more :]]) + rest
    else:
        rest = text[: clue.start] if between >= len(gap) else text[: (word, *gap)[between].end] + " "
        made = rest + " ".join([*neutral[:more], text[clue.start :]])
    moved = len(made) - len(text)
    return tuple(
        Word(made, one.start + moved, one.end + moved) if one == second else Word(made, one.start, one.end)
        for one in (word, clue)
    )


# ---- vectors ----


def stages(record):
    """The residual stream of one pass at every stage: (S, ..., T, C)."""
    return torch.stack([record.embedded, *(layer.resid_out for layer in record.layers), record.final])


@torch.inference_mode()
def vectors(bundle, found, mixture=None):
    """Each Word's vectors, the mean over its tokens, (N, S, C); texts of equal length share a pass.
    ValueError as from `Bundle.read`.

    mixture(T) may give more arguments for the network's pass over T tokens, as `average` and `alone` do.
    """
    ids = [bundle.read(word.text) for word in found]
    places = [
        word.tokens(bundle.tokenizer.spans(word.text, row)) for word, row in zip(found, ids, strict=True)
    ]
    lengths = defaultdict(list)
    for i, row in enumerate(ids):
        lengths[len(row)].append(i)
    made = np.empty((len(found), bundle.config.layers + 2, bundle.config.width), np.float32)
    for length, alike in lengths.items():
        for some in parts(alike, PASS // length):
            how = mixture(length) if mixture else {}
            stream = stages(
                bundle.network(torch.tensor([ids[i] for i in some]), predict=False, **how)
            )  # (S, B, T, C)
            for row, i in enumerate(some):
                made[i] = stream[:, row, places[i]].mean(1).numpy()
    return made


def average(config, layers):
    """A mixture: in these layers every score is 0, so that a token takes the plain average of all values."""
    changes = [Change(average=True) if i in layers else None for i in range(config.layers)]
    return lambda tokens: {"changes": changes}


def alone(config, layers):
    """A mixture: in these layers a token sees itself only."""

    def mixture(tokens):
        allowed = torch.ones(config.layers, config.heads, tokens, tokens, dtype=torch.bool)
        allowed[list(layers)] = torch.eye(tokens, dtype=torch.bool)
        return {"allowed": allowed[:, None]}  # (L, 1, H, T, T), the same for each of the texts

    return mixture


def parts(rows, size):
    """`rows` in pieces of at most `size`, at least 1."""
    return [rows[i : i + max(1, size)] for i in range(0, len(rows), max(1, size))]


# ---- the axis between two senses ----


class Axis(NamedTuple):
    """At every stage the line through the mean vectors of two groups: -1 is the left group's mean, +1 the
    right one's. Both (..., C).
    """

    middle: np.ndarray
    half: np.ndarray

    @classmethod
    def between(cls, left, right):
        """From the groups' mean vectors, each (..., C)."""
        return cls((left + right) / 2, (right - left) / 2)

    def project(self, vectors):
        """Where vectors (..., C) fall on the axis; 0 where the two means are one vector, but for rounding,
        and there is no axis.
        """
        length = (self.half**2).sum(-1)
        none = length < 1e-10 * (self.middle**2).sum(-1)
        return np.where(
            none, 0.0, ((vectors - self.middle) * self.half).sum(-1) / np.where(none, 1.0, length)
        )


class Separation(NamedTuple):
    """Leave-one-out: each example (N or M, S) on the axis made of all others; the share on its own side, a
    half for 0; and the margin, both (S,).
    """

    left: np.ndarray
    right: np.ndarray
    accuracy: np.ndarray
    margin: np.ndarray


def separate(left, right, asked=None):
    """How well the axis between two groups of vectors (N, S, C) and (M, S, C) separates the groups
    themselves; N and M at least 2, else ValueError.

    `asked` may be two groups of other vectors of the same examples, to be placed on the axes in their stead.

    The margin: with two bells of one width, as the examples fall, the odds at x are exp(x * distance of the
    bells / variance) to 1 (Fisher 1936). Nearer to the middle than where they are 3 to 1 it is too close to
    call; infinite where the groups do not lie on their sides at all.
    """
    if min(len(left), len(right)) < 2:
        raise ValueError("each sense needs two or more examples")
    first, second = asked or (left, right)
    a = np.stack(
        [Axis.between(others(left, i), right.mean(0)).project(first[i]) for i in range(len(left))]
    )  # (N, S)
    b = np.stack(
        [Axis.between(left.mean(0), others(right, i)).project(second[i]) for i in range(len(right))]
    )  # (M, S)
    hits = np.concatenate([(a < 0) + (a == 0) / 2, (b > 0) + (b == 0) / 2])
    apart = b.mean(0) - a.mean(0)
    variance = (((a - a.mean(0)) ** 2).sum(0) + ((b - b.mean(0)) ** 2).sum(0)) / (len(a) + len(b) - 2)
    margin = np.where(apart > 0, math.log(3) * variance / np.where(apart > 0, apart, 1), np.inf)
    return Separation(a, b, hits.mean(0), margin)


def others(group, i):
    """The mean of a group (N, ...) without its member i."""
    return (group.sum(0) - group[i]) / (len(group) - 1)


def plane(left, right, more):
    """The three groups of vectors, each (N, S, C), on the two principal components of all of them at each
    stage: (all N, S, 2) and the shares (S, 2).

    Each component points the way in which the right group lies from the left one; where they do not differ,
    its largest coordinate is positive.
    """
    together = np.concatenate([left, right, more])
    centred = (together - together.mean(0)).transpose(1, 0, 2)  # (S, N, C)
    u, size, _ = np.linalg.svd(centred, full_matrices=False)
    spread = np.where(size > 1e-5 * np.linalg.norm(together, axis=(0, 2))[:, None], size, 0)[
        :, :2
    ]  # rounding is no direction
    points = u[:, :, :2] * spread[:, None]  # (S, N, 2)
    way = points[:, len(left) : len(left) + len(right)].mean(1) - points[:, : len(left)].mean(1)
    largest = np.take_along_axis(points, np.abs(points).argmax(1)[:, None], 1)[:, 0]
    sign = np.where(np.abs(way) > 1e-6 * np.abs(largest), way, largest)
    total = np.maximum((centred**2).sum((1, 2)), 1e-30)
    return (points * np.where(sign < 0, -1, 1)[:, None]).transpose(1, 0, 2), spread**2 / total[:, None]


# ---- what the word took its sense from ----


def looks(trace, places):
    """The word's attention rows, the mean over its tokens: (L, H, T)."""
    heads = range(trace.config.heads)
    return np.array(
        [[layer.attention.weights(head)[places].mean(0) for head in heads] for layer in trace.layers]
    )


def blindfold(mask, config, asks, keys, layer=slice(None), head=slice(None)):
    """The mask (T, T) for every layer and head, (L, H, T, T), without the edges from tokens `asks` to tokens
    `keys` in the layer and head named, or in all.
    """
    allowed = mask.expand(config.layers, config.heads, *mask.shape).clone()
    for ask in asks:
        allowed[layer, head, ask, keys] = False
    return allowed


@torch.inference_mode()
def blinded(bundle, word, cases):
    """The word's vectors (N, S, C) in N cases, each (keys, layer, head): the word's tokens cannot look at
    tokens `keys` in that head; None means all.

    As many cases to a pass as fit. The rest of the text still sees everything, so a clue may come round other
    ways.
    """
    ids = bundle.read(word.text)
    T, config = len(ids), bundle.config
    places = word.tokens(bundle.tokenizer.spans(word.text, ids))
    mask, made = bundle.network.mask(T), []
    for some in parts(cases, fitting(config, T)):
        every = [[slice(None) if place is None else place for place in case[1:]] for case in some]
        allowed = torch.stack(
            [
                blindfold(mask, config, places, list(case[0]), *where)
                for case, where in zip(some, every, strict=True)
            ],
            dim=1,
        )
        stream = stages(
            bundle.network(torch.tensor([ids] * len(some)), allowed, predict=False)
        )  # (S, B, T, C)
        made.append(stream[:, :, places].mean(2).transpose(0, 1).numpy())
    return np.concatenate(made)


def fitting(config, tokens):
    """How many masked copies of a text go into one forward pass, at least 1."""
    return max(1, min(PASS // tokens, EDGES // (config.layers * config.heads * tokens**2)))
