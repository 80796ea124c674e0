"""The synsets of Open English WordNet, and which of its examples belongs to which.

Its two files name no senses: a definition has its synset's words in front, an example has nothing. But both
keep WordNet's order, so that they can be matched.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from model.analysis.words import bases, words


class Synset(NamedTuple):
    """Words that share a sense, and what it is."""

    heads: tuple[str, ...]
    definition: str


def synsets(lines: Iterable[str]) -> list[Synset]:
    """The Synset of each line of definitions."""
    parted = (line.partition(": ") for line in lines)
    return [Synset(tuple(heads.split(", ")), definition) for heads, _, definition in parted]


# ---- which example belongs to which ----


def candidates(examples: Iterable[str], every: Sequence[Synset]) -> Iterator[list[int]]:
    """Yield for each example the places of the synsets of which it holds a word in some form, falling."""
    starts = defaultdict(list)
    for place, synset in enumerate(every):
        for head in synset.heads:
            first, *more = head.lower().split()
            starts[first].append((place, more))
    for example in examples:
        forms = [set(bases(str(word))) for word in words(example)]
        places = {
            place
            for i, bases_here in enumerate(forms)
            for form in bases_here
            for place, more in starts.get(form, ())
            if all(i + j < len(forms) and part in forms[i + j] for j, part in enumerate(more, 1))
        }
        yield sorted(places, reverse=True)


def chains(rows: Iterable[Sequence[int]]) -> list[list[int]]:
    """For each place in each row of falling places, the length of the longest chain that ends there. A chain
    takes one place from each of some rows, and its places never fall.
    """
    ends, lengths = [], []
    for places in rows:
        lengths.append([])
        for place in places:
            at = bisect_right(ends, place)
            ends[at : at + 1] = [place]
            lengths[-1].append(at + 1)
    return lengths


def matched(rows: Sequence[Sequence[int]], total: int) -> list[int | None]:
    """For each row the one place that it has in all longest chains; None where it has several, or none.

    `total` must be larger than any place.
    """
    before = chains(rows)
    turned = [[total - place for place in reversed(places)] for places in reversed(rows)]
    after = [lengths[::-1] for lengths in reversed(chains(turned))]
    longest = max(chain.from_iterable(before), default=0)
    possible = [
        [place for place, a, b in zip(places, *lengths, strict=True) if a + b - 1 == longest]
        for places, *lengths in zip(rows, before, after, strict=True)
    ]
    return [places[0] if len(places) == 1 else None for places in possible]
