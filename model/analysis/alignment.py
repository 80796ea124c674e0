"""Two texts word by word: which word of the one is which of the other."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np


def align(a: Sequence[str], b: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """The places of the words of two texts, (in a, in b), in the order of both: a word with its partner, and
    None beside one that has none. Words are the same whatever their case and the spaces around them; partners
    stand in the same order in both texts (Ratcliff and Obershelp, as in difflib).
    """
    one, other = ([word.strip().casefold() for word in words] for words in (a, b))
    pairs: list[tuple[int | None, int | None]] = []
    for kind, i, end_i, j, end_j in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs += zip(range(i, end_i), range(j, end_j), strict=True)
        else:
            pairs += [(place, None) for place in range(i, end_i)]
            pairs += [(None, place) for place in range(j, end_j)]
    return pairs


def spread(values: np.ndarray, places: Sequence[int | None]) -> np.ndarray:
    """A matrix (W, W) of one text on the words of both, (U, U), NaN where `places` has no word of it."""
    known = [i for i, place in enumerate(places) if place is not None]
    own = [place for place in places if place is not None]
    wide = np.full((len(places), len(places)), np.nan)
    wide[np.ix_(known, known)] = values[np.ix_(own, own)]
    return wide
