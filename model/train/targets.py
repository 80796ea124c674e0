"""What the encoders learn to point at, made of the teacher's vectors."""

from collections import Counter
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional as F

from model.network.transformer import Transformer
from model.tokenizer import Tokenizer
from model.train.lessons import Batch
from model.train.teacher import DEVICE, Teacher, word_vectors


class Targets:
    """What each word's vector should point at: the teacher's, changed in three ways.

    First, the word's own mean over lines in which it stands by chance is taken off, so that what is left is
    what this line adds. Second, the mean of the line's other words is added, which says what the line is
    about: a word weighs the more, the rarer it is (Arora 2017, "A simple but tough-to-beat baseline for
    sentence embeddings", eq. 3) and the nearer by the teacher's vectors. Third, the first C principal
    components of these 384 numbers are kept, so that the student needs no map of its own.
    """

    OTHERS, RARE, NEAR, TRUST = 1.5, 1e-4, 0.4, 20

    def __init__(self, counts: Counter[str], sums: Tensor, met: Tensor, axes: Tensor | None = None) -> None:
        """counts: how often each word occurs in the lines; sums (words + 1, 384): of the teacher's vectors
        over `met` (words + 1,) occurrences, the last those of all other words; axes (384, C): what `turn`
        made of them earlier. ValueError if the sums are those of other words.
        """
        if len(sums) != len(counts) + 1:
            raise ValueError(
                f"means of {len(sums) - 1} words, but the lines have {len(counts)}: "
                "they are those of other lines, move them away"
            )
        self.numbers = numbers_of(counts)
        share = torch.tensor([*counts.values(), 1]) / counts.total()
        means = sums / met.clamp(min=1)[:, None]
        self.centre = share[:-1] @ means[:-1]
        # A rare word's mean is mostly its contexts: it counts for less.
        self.means = (means - self.centre) * (met / (met + self.TRUST))[:, None]
        self.means[-1] = 0
        # Frequent words count for less (Mikolov 2013, arXiv:1310.4546, eq. 5).
        self.weight = (3e-4 / share).sqrt().clamp(max=1)
        self.rarity = self.RARE / (self.RARE + share)
        self.axes = torch.eye(sums.shape[1]) if axes is None else axes

    def to(self, device: str) -> "Targets":
        """The same object, its tensors moved to the device."""
        for name in ("centre", "means", "weight", "rarity", "axes"):
            setattr(self, name, getattr(self, name).to(device))
        return self

    def __call__(self, vectors: Tensor, kinds: Tensor, home: Tensor) -> tuple[Tensor, Tensor]:
        """The teacher's vectors of words (words, 384), the words' numbers and lines (words,) -> what to point
        at (words, C) and the words' weights (words,).
        """
        vectors = vectors - self.centre
        goal = vectors - self.means[kinds] + self.OTHERS * self.others(vectors, self.rarity[kinds], home)
        return goal @ self.axes, self.weight[kinds]

    def others(self, vectors: Tensor, rarity: Tensor, home: Tensor) -> Tensor:
        """For each word the mean of all others of its line, by rarity e^(cosine / NEAR): (words, 384),
        (words,), the words' lines (words,) -> (words, 384).
        """
        counts = torch.bincount(home)
        # (lines, words of the longest), True where a line has a word
        filled = torch.arange(int(counts.max()), device=home.device) < counts[:, None]
        lines, heavy = vectors.new_zeros(*filled.shape, vectors.shape[1]), vectors.new_zeros(filled.shape)
        lines[filled], heavy[filled] = vectors, rarity
        unit = F.normalize(lines, dim=-1)
        weights = heavy[:, None] * (unit @ unit.mT / self.NEAR).exp()  # row asks, column answers
        weights = weights * ~torch.eye(weights.shape[-1], dtype=torch.bool, device=home.device)
        return (weights @ lines / weights.sum(-1, keepdim=True).clamp(min=1e-6))[filled]

    def turn(self, goals: Tensor, width: int) -> float:
        """From now on give only the first `width` principal components of targets like these (words, 384);
        returns their share of the variance.
        """
        _, spread, axes = torch.linalg.svd(goals.cpu(), full_matrices=False)
        self.axes = axes[:width].T.to(self.axes)
        return float((spread[:width] ** 2).sum() / (spread**2).sum())

    @torch.no_grad()
    def begin(self, network: Transformer, tokenizer: Tokenizer) -> None:
        """Start each token that is a word at the first principal components of that word's mean vector, as
        long as the random one that it replaces.
        """
        embedding = network.embedding.weight
        for id in range(len(tokenizer)):
            word = tokenizer.piece(id).strip().lower()
            if word in self.numbers and (mean := self.means[self.numbers[word]]).any():
                start = F.normalize(mean @ self.axes[:, : embedding.shape[1]], dim=0)
                embedding[id] = start * embedding[id].norm()
        network.widen.weight.copy_(torch.eye(*network.widen.weight.shape))


def numbers_of(counts: Iterable[str]) -> dict[str, int]:
    """The number by which each word is known to Lessons and Targets."""
    return {word: i for i, word in enumerate(counts)}


def vectors_of(master: Teacher, batch: Batch) -> Tensor:
    """The Teacher's vectors of the words of a batch, (W, 384)."""
    return word_vectors(master.states(batch.pieces)[-1], batch.holder, len(batch.kinds))


def measure(master: Teacher, batches: Iterable[Batch], words: int) -> tuple[Tensor, Tensor]:
    """The sum of the Teacher's vectors of each of `words` words and of all others, (words + 1, 384), and how
    often each was met, (words + 1,).
    """
    sums, met = torch.zeros(words + 1, 384, device=DEVICE), torch.zeros(words + 1, device=DEVICE)
    for batch in (batch.to(DEVICE) for batch in batches):
        sums.index_add_(0, batch.kinds, vectors_of(master, batch))
        met += torch.bincount(batch.kinds, minlength=words + 1)
    return sums.cpu(), met.cpu()
