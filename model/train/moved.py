"""How well two encoders, of attention and of convolutions, keep a word's sense while its clue moves away."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from model import zoo
from model.analysis import senses
from model.analysis.senses import Axis, Word, others
from model.bundle import Bundle

READER = "encoder"  # says which word is the clue, for both
BETWEEN = range(13)  # words between the word and its clue


def clue(bundle: Bundle, word: Word, axis: Axis, sign: int) -> Word:
    """The other word of the sentence without which the word falls farthest from its own sense, at `sign`."""
    words = [one for one in senses.words(word.text) if one.start != word.start]
    spans = bundle.tokenizer.spans(word.text, bundle.read(word.text))
    own = set(word.tokens(spans))
    cases = [(set(one.tokens(spans)) - own, None, None) for one in words]
    values = axis.project(senses.blinded(bundle, word, cases)[:, -1])
    return words[int((sign * values).argmin())]


def axes(bundle: Bundle, groups: Sequence[Sequence[Word]]) -> list[tuple[Word, int, Axis]]:
    """Each example of two senses, the sign of its side, and the axis at the end of the model made of all the
    others.
    """
    vectors = [senses.vectors(bundle, group)[:, -1] for group in groups]
    rows = []
    for side, group in enumerate(groups):
        for place, word in enumerate(group):
            means = [one.mean(0) for one in vectors]
            means[side] = others(vectors[side], place)
            rows.append((word, 1 if side else -1, Axis.between(*means)))
    return rows


def rightness(bundle: Bundle, word: str, between: Sequence[int] = BETWEEN) -> np.ndarray:
    """How far towards its own sense the word falls in each of its N bundled sentences, +1 being the mean of
    that sense, with its clue at each of B distances: (N, B).
    """
    groups = [[senses.find(text, word)[0] for text in texts] for texts in senses.bundled()[word].values()]
    reader = zoo.load(READER)
    pairs = [(one, clue(reader, one, axis, sign)) for one, sign, axis in axes(reader, groups)]
    moved = senses.moved_away(bundle, pairs, between)  # (N, B, C)
    placed = zip(moved, axes(bundle, groups), strict=True)
    return np.stack([sign * axis.project(vectors) for vectors, (_, sign, axis) in placed])


def judge(bundle: Bundle) -> dict[str, Any]:
    """Facts for the card: the mean of all bundled sentences at each distance, its standard error, and the
    mean for each word.
    """
    rows = {word: rightness(bundle, word) for word in senses.bundled()}
    every = np.concatenate(list(rows.values()))
    return {
        "between": list(BETWEEN),
        "sentences": len(every),
        "mean": rounded(every.mean(0)),
        "standard_error": rounded(every.std(0, ddof=1) / len(every) ** 0.5),
        "by_word": {word: rounded(row.mean(0)) for word, row in rows.items()},
    }


def rounded(values: np.ndarray) -> list[float]:
    """Numbers as a card has them, to four places."""
    return [round(float(value), 4) for value in values]
