"""What a word may not look at, and how far that moves what is read off its vectors."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from model import load
from model.analysis import senses
from model.analysis.nearest import Likeness
from model.analysis.words import STOP, Word
from model.trace import frozen
from pages import _progress
from pages._cache import remembered
from pages._senses import MODEL

NEAREST = 64  # words around the word whose influence is measured,
LEAST = 4  # and at least, however long the text is
PAIRED = 12  # and words that say something among which two are hidden together,
READ = 2**12  # as long as all these texts are no more tokens than this, and those of the pairs half as many
WORK = 10**11  # tokens times parameters: a larger model reads fewer


class Scale(NamedTuple):
    """What is read off a word's vectors, and is seen to move when the word loses sight of others."""

    axis: senses.Axis | Likeness
    name: str
    least: float  # what counts as a move
    model: str = MODEL  # whose vectors they are


class Hidden(NamedTuple):
    """The words that are hidden from a word, or from everybody."""

    words: tuple[Word, ...] = ()
    everybody: bool = False

    def without(self, clicked: Word) -> "Hidden":
        """The same once that word has been clicked: it is hidden as well, or comes back."""
        left = tuple(one for one in self.words if one != clicked)
        return self._replace(words=left if len(left) < len(self.words) else (*self.words, clicked))


NOTHING = Hidden()


# ---- vectors ----


@remembered(heavy=200)
def some_blinded(word, cases, everybody, model):
    return frozen(senses.blinded(load(model), word, list(cases), everybody))


def blinded(word, cases, everybody=False, model=MODEL):
    """senses.blinded, pass by pass, with a bar that shows progress once it has taken half a second."""
    bundle = load(model)
    some = senses.parts(cases, senses.fitting(bundle.config, len(bundle.read(word.text))))
    return np.concatenate(
        [
            some_blinded(word, tuple(part), everybody, model)
            for part in _progress.watched(some, f"Running the model on {len(cases)} masks")
        ]
    )


def seen(target: Word, hidden: Sequence[Hidden], model: str = MODEL) -> np.ndarray:
    """The word's vectors (N, S, C) with each of N Hidden, all of them from everybody or none."""
    bundle = load(model)
    spans = bundle.tokenizer.spans(target.text, bundle.read(target.text))
    cases = [(tokens_of(target, one.words, spans), None, None) for one in hidden]
    return blinded(target, cases, hidden[0].everybody, model)


def tokens_of(target: Word, others: Sequence[Word], spans: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Places of all tokens of these words, given the tokens' spans in the text of the target, but its own."""
    places = {place for word in others for place in word.tokens(spans)}
    return tuple(sorted(places - set(target.tokens(spans))))


def affordable(model: str) -> int:
    """How many tokens a model may read for one answer, which takes some two seconds then."""
    return max(1, min(READ, WORK // load(model).card["parameters"]))


# ---- what moves ----


def nearest(target: Word, model: str = MODEL) -> list[Word]:
    """The other words of the text at which a model may look from the word, those nearest to it first; of a
    long text fewer.
    """
    bundle = load(model)
    others = [
        one
        for one in senses.words(target.text)
        if (one.start < target.start if bundle.config.causal else one.start != target.start)
    ]
    fits = affordable(model) // len(bundle.read(target.text))
    return sorted(others, key=lambda one: abs(one.start - target.start))[: max(LEAST, min(NEAREST, fits))]


def moves(target, scale: Scale, stage: int, hidden: Hidden = NOTHING) -> dict[Word, float]:
    """{word: how far the scale moves, at a stage, when that word is hidden as well, or comes back}, given
    what is hidden already.
    """
    names = nearest(target, scale.model)
    if not names:
        return {}
    values = scale.axis.project(seen(target, [hidden, *map(hidden.without, names)], scale.model))[:, stage]
    return dict(zip(names, values[1:] - values[0], strict=True))


def strongest(moved: dict[Word, float]) -> Word | None:
    """The word, of `moves`, that moves the scale most; None if there is none."""
    return max(moved, key=lambda one: abs(moved[one]), default=None)


class Pair(NamedTuple):
    """Two words that back each other up."""

    words: tuple[Word, Word]
    alone: tuple[float, float]
    both: float


def backing(target, scale: Scale, stage: int, hidden: Hidden, moved) -> Pair | None:
    """Which two words, not hidden yet, back each other up most, by hiding every two; None if none do."""
    clues = [one for one in moved if one not in hidden.words and str(one) not in STOP]
    most = affordable(scale.model) // 2 // len(load(scale.model).read(target.text))
    pairs = paired(len(clues), most)
    if not pairs:
        return None
    cases = [hidden, *(hidden.without(clues[i]).without(clues[j]) for i, j in pairs)]
    values = scale.axis.project(seen(target, cases, scale.model))[:, stage]
    alone, both = np.array([moved[one] for one in clues]), values[1:] - values[0]
    best = senses.backup(alone, pairs, both, scale.least)
    if best is None:
        return None
    first, second = sorted((clues[i] for i in pairs[best]), key=lambda one: one.start)
    return Pair((first, second), (moved[first], moved[second]), both[best])


def paired(clues: int, most: int) -> list[tuple[int, int]]:
    """Every two of the nearest clues: of so few that there are at most `most` pairs."""
    count = min(clues, PAIRED)
    while count * (count - 1) // 2 > most:
        count -= 1
    return list(combinations(range(count), 2))
