"""A word while its clue moves away from it, sentence by sentence."""

from collections.abc import Sequence

import numpy as np

from model.analysis.senses.clues import apart
from model.analysis.senses.streams import vectors
from model.analysis.words import Word
from model.bundle import Bundle


def moved_away(bundle: Bundle, pairs: Sequence[tuple[Word, Word]], distances: Sequence[int]) -> np.ndarray:
    """The words' vectors at the end of the model, (N, B, C), with so many words between each word and its
    clue, for N pairs (word, clue).
    """
    versions = [apart(word, clue, between)[0] for word, clue in pairs for between in distances]
    return vectors(bundle, versions)[:, -1].reshape(len(pairs), len(distances), -1)
