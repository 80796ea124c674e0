"""What the encoders and their teacher read side by side:
batches of lines, cut into the pieces of both, with each piece's word.
"""

import gc
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch

from model.tokenizer import Tokenizer
from model.train import teacher


class Batch(NamedTuple):
    """Lines with equally many of our tokens, read by the student and by the teacher, whose shorter lines are
    padded; W words in all.
    """

    ids: torch.Tensor  # (B, T)
    owner: torch.Tensor  # (B, T) each token's word, from 0 to W - 1, -1 for none
    pieces: torch.Tensor  # (B, S) the teacher's ids
    holder: torch.Tensor  # (B, S) each piece's word
    kinds: torch.Tensor  # (W,) each word's number in Targets
    home: torch.Tensor  # (W,) each word's line

    def to(self, device: str) -> "Batch":
        """The same Batch on the device."""
        return Batch(*(part.to(device, non_blocking=True) for part in self))


class Chunk(NamedTuple):
    """A part of a line between spaces; neither reader's pieces cross them.
    Words count from the chunk's first.
    """

    ids: list[int]
    owner: list[int]
    pieces: list[int]
    holder: list[int]
    kinds: list[int]


class Lessons(torch.utils.data.IterableDataset):
    """Batches of about `tokens` tokens made of the lines that `stream(chance)` yields; with several workers,
    each has a stream of its own.

    `tokenizer` must read small letters, a word always as after a space: ValueError if not. `reader` has what
    the Teacher has: `pieces(text)` and the two `ends`. `numbers` has each word's number; all others get the
    number after the last.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        reader: teacher.Teacher,
        numbers: Mapping[str, int],
        stream: Callable[[random.Random], Iterable[str]],
        *,
        tokens: int,
        seed: Any,
    ) -> None:
        if tokenizer.cased:
            raise ValueError("lessons are read in small letters, so that a line is the sum of its chunks")
        self.tokenizer, self.reader, self.numbers = tokenizer, reader, numbers
        self.stream, self.tokens, self.seed = stream, tokens, seed
        self.begin, self.end = (Chunk([], [], [id], [-1], []) for id in reader.ends)

    def __iter__(self) -> Iterator[Batch]:
        if worker := torch.utils.data.get_worker_info():
            gc.disable()  # it would go over the chunks again and again: they are many, and none is garbage
        chunk = lru_cache(maxsize=500_000)(self.chunk)
        waiting = defaultdict(list)  # lines by their lengths for both readers, until they fill a batch
        for line in self.stream(random.Random(f"{self.seed} {worker.id if worker else 0}")):
            row = [self.begin, *map(chunk, line.split(" ")), self.end]
            ids, _, pieces, _, _ = zip(*row, strict=True)
            size = sum(map(len, ids))
            alike = waiting[key := (size, sum(map(len, pieces)) // 4)]
            alike.append(row)
            if len(alike) * size >= self.tokens:
                yield batch(waiting.pop(key))
        for alike in waiting.values():
            yield batch(alike)

    def chunk(self, text: str) -> Chunk:
        """The Chunk of a part of a line."""
        words, ids = teacher.spans(text), self.tokenizer.encode(text)
        pieces, holder = self.reader.pieces(text)
        kinds = [self.numbers.get(text[start:end].lower(), len(self.numbers)) for start, end in words]
        return Chunk(ids, teacher.owners(self.tokenizer.spans(text, ids), words), pieces, holder, kinds)


def batch(rows: Sequence[Sequence[Chunk]]) -> Batch:
    """The Batch of these lines, each a list of Chunks."""
    ids, owner, pieces, holder, kinds = zip(*chain.from_iterable(rows), strict=True)
    words = np.fromiter(map(len, kinds), dtype=np.int64)
    before = words.cumsum() - words  # of each chunk

    def joined(lists: Iterable[list[int]]) -> np.ndarray:
        return np.fromiter(chain.from_iterable(lists), dtype=np.int64)

    def numbered(lists: Sequence[list[int]]) -> np.ndarray:
        inside = joined(lists)
        return np.where(inside < 0, -1, inside + before.repeat(list(map(len, lists))))

    def per_line(sizes: np.ndarray) -> np.ndarray:
        return np.add.reduceat(sizes, np.cumsum([0, *map(len, rows)])[:-1])

    width = per_line(np.fromiter(map(len, pieces), dtype=np.int64))
    filled = np.arange(width.max()) < width[:, None]

    def padded(flat: np.ndarray, nothing: int) -> np.ndarray:
        table = np.full(filled.shape, nothing)
        table[filled] = flat
        return table

    home = np.arange(len(rows)).repeat(per_line(words))
    ours = (part.reshape(len(rows), -1) for part in (joined(ids), numbered(owner)))
    parts = *ours, padded(joined(pieces), teacher.PAD), padded(numbered(holder), -1), joined(kinds), home
    return Batch(*map(torch.from_numpy, parts))
