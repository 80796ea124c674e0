"""Examples of senses: those bundled for ten words, and those of thousands of words that WordNet lists."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.analysis import stream
from model.analysis.senses.streams import vectors
from model.analysis.words import Word, bases, find
from model.bundle import Bundle

FOLDER = Path(__file__).parents[1]
SENTENCES = FOLDER / "senses.tsv"  # for ten words, two senses each; no model was trained on them
WORDNET = FOLDER / "wordnet.tsv.gz"  # of thousands of words, from Open English WordNet
COMMON = 0.1  # as a cosine: the advantage of a sense that is counted e times as often as another


@cache
def bundled() -> dict[str, dict[str, tuple[str, ...]]]:
    """{word: {sense: its sentences}} of the bundled examples."""
    examples = defaultdict(lambda: defaultdict(list))
    with open(SENTENCES, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            examples[row["word"]][row["sense"]].append(row["sentence"])
    return {
        word: {sense: tuple(sentences) for sense, sentences in senses.items()}
        for word, senses in examples.items()
    }


class Sense(NamedTuple):
    """One sense of a word: a short name, how many of the word's sentences were counted for it,
    and lines that show it.
    """

    name: str
    count: int
    lines: tuple[str, ...]


@cache
def wordnet() -> dict[str, tuple[Sense, ...]]:
    """{word: its Senses in Open English WordNet, the commonest first}, as model.train.wordnet chose them."""
    lines_of = defaultdict(dict)  # word: {(name, count): lines}
    with gzip.open(WORDNET, "rt", encoding="utf-8", newline="") as file:
        for word, name, count, line in islice(csv.reader(file, delimiter="\t"), 1, None):
            lines_of[word].setdefault((name, int(count)), []).append(line)
    return {
        word: tuple(Sense(name, count, tuple(lines)) for (name, count), lines in senses.items())
        for word, senses in lines_of.items()
    }


def listed(word: str) -> tuple[str, tuple[Sense, ...]]:
    """The word in the form that WordNet lists, and its Senses there; the word itself and no Senses where
    WordNet does not list two.
    """
    base = next((base for base in bases(word) if base in wordnet()), word)
    return base, wordnet().get(base, ())


def likely(
    bundle: Bundle, occurrences: Sequence[Word], word: str, senses: Sequence[Sense]
) -> tuple[int, int]:
    """Which two of the Senses fit two occurrences of a word best, one each.

    Judged by the cosine to the mean vector of each sense's lines at the end of the model, the mean of all
    lines taken off, and by how common the sense is.
    """
    examples = [[find(line, word)[0] for line in sense.lines] for sense in senses]
    flat = vectors(bundle, [*occurrences, *(one for group in examples for one in group)])[:, -1]
    own, lines = flat[:2], flat[2:]  # (2, C) and (lines, C)
    ends = np.cumsum([len(group) for group in examples])
    means = np.stack([group.mean(0) for group in np.split(lines, ends[:-1])])
    near = cosines(own[:, None], means, lines.mean(0))  # (2, N)
    scores = near + COMMON * np.log1p([sense.count for sense in senses])
    both = scores[0][:, None] + scores[1]
    np.fill_diagonal(both, -np.inf)
    first, second = np.unravel_index(np.argmax(both), both.shape)
    return int(first), int(second)


def cosines(one: np.ndarray, other: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Cosines of vectors (..., C) and (..., C), the middle (C,) taken off both."""
    return stream.cosines(one - middle, other - middle)
