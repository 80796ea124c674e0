"""Sentences written to test senses, which training never saw, and the vectors of the words in them."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from model.analysis.senses import SENTENCES
from model.network.transformer import Transformer
from model.tokenizer import Tokenizer
from model.train import teacher

USAGE = SENTENCES  # as people write: one to three words that fit the sense
# Harder, to see how far a model looks: one clue, near or far, among words that say nothing.
CLUES = Path(__file__).parent / "clues.tsv"


class Row(NamedTuple):
    """A sentence with a word in one of its senses, and the other word that gives the sense away."""

    word: str
    sense: str
    clue: str
    sentence: str

    def distance(self) -> int:
        """How many words the clue is away from the word."""
        words = teacher.WORD.findall(self.sentence.lower())
        clue = teacher.WORD.findall(self.clue.lower())[0]
        places, clues = ([i for i, word in enumerate(words) if word == one] for one in (self.word, clue))
        return min(abs(i - j) for i in places for j in clues)


def read(path: Path) -> list[Row]:
    """The Rows of a file."""
    with open(path, encoding="utf-8", newline="") as file:
        return [Row(*map(line.__getitem__, Row._fields)) for line in csv.DictReader(file, delimiter="\t")]


def place(sentence: str, word: str) -> tuple[int, int]:
    """Character span of the first occurrence of the word, whatever its capitals."""
    return re.search(rf"\b{re.escape(word)}\b", sentence, re.IGNORECASE).span()


def tokens_of(tokenizer: Tokenizer, text: str, word: str) -> tuple[list[int], list[int]]:
    """Ids of the text, and the places of the word's tokens among them."""
    ids, (start, end) = tokenizer.encode(text), place(text, word)
    return ids, [i for i, (a, b) in enumerate(tokenizer.spans(text, ids)) if a < end and b > start]


@torch.inference_mode()
def vectors(network: Transformer, tokenizer: Tokenizer, text: str, word: str, **arguments: Any) -> Tensor:
    """The word's vectors (L + 2, C), the mean over its tokens:
    embedded, after each block, and the normalised end.
    """
    ids, places = tokens_of(tokenizer, text, word)
    record = network(torch.tensor(ids), **arguments)
    stages = [record.embedded, *(layer.resid_out for layer in record.layers), record.final]
    return torch.stack([stage[places].mean(0) for stage in stages])


def teacher_vectors(package: Path, rows: Sequence[Row]) -> Tensor:
    """The teacher's vectors of each row's word, (rows, 7, 384): embedding and six layers."""
    master, vectors = teacher.Teacher(package), []
    for row in rows:
        starts = [start for start, _ in teacher.spans(row.sentence)]
        vectors.append(master.words(row.sentence)[starts.index(place(row.sentence, row.word)[0])])
    return torch.stack(vectors)
