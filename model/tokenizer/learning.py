"""How the merges are learned: the most frequent pair of tokens becomes one token, again and again.

A word is written as one character for each of its tokens, since Python searches strings faster than lists.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import count, pairwise
from operator import add
from typing import NamedTuple

from model.tokenizer.encoding import BYTES, Tokenizer, to_bytes
from model.tokenizer.patterns import WORD, whole_words


class Round(NamedTuple):
    """Where training stands before its next merge.

    leaders: the most frequent pairs with their counts, the next to be merged first. tokens: how many the text
    has. whole: how often the word, as people count, occurs that the merge before made one token; 0 if it
    finished no word. It can be one word only: the one spelled like the new token.
    """

    leaders: list[tuple[tuple[int, int], int]]
    tokens: int
    whole: int


class Pairs:
    """The pairs of neighbouring tokens of a text: how often each occurs, and in which of its different words,
    kept up to date while merges change the words.
    """

    def __init__(self, words: list[str], times: list[int]) -> None:
        """words: each different word once; times: how often it occurs."""
        self.words, self.times = words, times
        self.tokens = sum(len(word) * often for word, often in zip(words, times, strict=True))
        self.counts: dict[str, int] = defaultdict(int)
        self.places: dict[str, list[int]] = defaultdict(list)  # numbers of words
        for i, word in enumerate(words):
            for pair in map(add, word, word[1:]):
                self.counts[pair] += times[i]
                self.places[pair].append(i)
        self.queue = [(-often, pair) for pair, often in self.counts.items() if often > 1]
        heapq.heapify(self.queue)

    def leaders(self, most: int) -> list[tuple[str, int]]:
        """At most `most` pairs with their counts, the most frequent first."""
        return most_frequent(self.queue, self.counts, most)

    def merge(self, pair: str, new: str) -> list[int]:
        """Make each occurrence of the pair the token `new`; returns the words that became one token."""
        finished, made_in = [], defaultdict(list)
        # Merges since the pair was noted may have taken it away again.
        for i in {i for i in self.places.pop(pair) if pair in self.words[i]}:
            length = len(self.words[i])
            self.words[i], removed, added = join(self.words[i], pair, new)
            for other in removed:
                self.counts[other] -= self.times[i]
            for other in added:
                self.counts[other] += self.times[i]
                made_in[other].append(i)
            self.tokens -= (length - len(self.words[i])) * self.times[i]
            if len(self.words[i]) == 1 < length:
                finished.append(i)
        self.counts[pair] = 0
        for other, words in made_in.items():
            if self.counts[other] > 1:  # it will never be more than now
                self.places[other] = words
                heapq.heappush(self.queue, (-self.counts[other], other))
        return finished


def rounds(text: str, places: int = 10, pattern: re.Pattern = WORD) -> Iterator[Round]:
    """Yield a Round with at most `places` leaders before each merge: always the most frequent pair, the
    smaller ids on a tie, until none occurs twice. Merges stay inside the pieces that `pattern` cuts.
    """
    counts, spoken = Counter(pattern.findall(text)), whole_words(text, pattern)
    spoken_times = [spoken[word] for word in counts]
    pairs = Pairs(["".join(map(chr, to_bytes(word))) for word in counts], list(counts.values()))
    whole = 0
    for new in map(chr, count(BYTES)):
        leaders = pairs.leaders(places)
        ids = [((ord(left), ord(right)), often) for (left, right), often in leaders]
        yield Round(ids, pairs.tokens, whole)
        if not leaders:
            return
        finished = pairs.merge(leaders[0][0], new)
        whole = spoken_times[finished[-1]] if finished else 0


def most_frequent(
    queue: list[tuple[int, str]], counts: Mapping[str, int], most: int
) -> list[tuple[str, int]]:
    """At most `most` (pair, count), the most frequent first. The queue, a heap, holds minus the count with
    which each pair began; since then it can only have fallen.
    """
    best = []
    while queue and len(best) < most:
        began, pair = heapq.heappop(queue)
        if -began == counts[pair]:
            best.append((pair, -began))
        elif counts[pair] > 1:
            heapq.heappush(queue, (-counts[pair], pair))  # back to where it belongs by now
    for pair, often in best:
        heapq.heappush(queue, (-often, pair))
    return best


def join(word: str, pair: str, new: str) -> tuple[str, list[str], list[str]]:
    """`word`, a character for each token, after `merge`;
    with the neighbouring pairs that this takes away and those that it makes.
    """
    (left, right), pieces = pair, word.split(pair)
    removed, added, last = [], [], len(pieces) - 2
    for i, (before, after) in enumerate(pairwise(pieces)):
        if before or i:
            neighbour = before[-1] if before else new
            removed.append(neighbour + left)
            added.append(neighbour + new)
        if after or i < last:
            neighbour = after[0] if after else left
            removed.append(right + neighbour)
            added.append(new + neighbour)
    return new.join(pieces), removed, added


def learn(text: str, pattern: re.Pattern = WORD) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield (pair, count) for one merge after another: the first of the leaders of each of the `rounds`."""
    for state in rounds(text, places=1, pattern=pattern):
        yield from state.leaders


def train(text: str, merges: int, pattern: re.Pattern = WORD) -> Tokenizer:
    """Learn at most `merges` merges from `text`; returns the Tokenizer."""
    learned = zip(range(merges), learn(text, pattern), strict=False)
    return Tokenizer([pair for _, (pair, _) in learned], pattern=pattern)
