"""What training a tokenizer made of a text, as the player needs it."""

import hashlib
from itertools import islice
from typing import NamedTuple

from model import tokenizer as bpe
from viz.component.merges import BORDER

PLACES = 10  # pairs in the ranking
EXCERPT = 800  # bytes of the text that are drawn


class Lesson(NamedTuple):
    """What training made of a text in N merges; lists of N + 1 are counted by merges done."""

    digest: str  # names the text
    pairs: list[tuple[int, int]]  # the N merges
    # N + 1: left, right, count of the most frequent pairs, one after the other, the next to be merged first
    leaders: list[list[int]]
    tokens: list[int]  # N + 1: tokens of the text
    whole: list[int]  # N + 1: how often the word occurs that this merge made one token, 0 without one
    words: int  # of the text, as people count them
    cut: bool  # a run of letters is longer than the pieces inside which merges stay
    at_once: int  # of them, one token from the start: words of one byte
    excerpt: list[int]  # bytes of the text's beginning
    # one less: the merge, counted from 1, that joins a byte with the next; 0 for none, BORDER between words
    joined: list[int]
    finished: bool  # no pair occurs twice any more

    @property
    def tokenizer(self):
        return bpe.Tokenizer(self.pairs, pattern=bpe.MARKED)


def learned(text, rounds, finished):
    """The Lesson of the first rounds of a training."""
    pairs = [one.leaders[0][0] for one in rounds[:-1]]
    tokenizer = bpe.Tokenizer(pairs, pattern=bpe.MARKED)
    excerpt, joined = beginning(tokenizer, tokenizer.words(text))
    return Lesson(
        digest=hashlib.sha256(bpe.to_bytes(text)).hexdigest()[:16],
        pairs=pairs,
        leaders=[
            [number for (left, right), often in one.leaders for number in (left, right, often)]
            for one in rounds
        ],
        tokens=[one.tokens for one in rounds],
        whole=[one.whole for one in rounds],
        words=len(bpe.COUNTED.findall(text)),
        cut=bool(bpe.LONG_RUN.search(text)),
        at_once=sum(
            n for word, n in bpe.whole_words(text, bpe.MARKED).items() if len(bpe.to_bytes(word)) == 1
        ),
        excerpt=excerpt,
        joined=joined,
        finished=finished,
    )


def beginning(tokenizer, words):
    """Bytes of the first pieces of the text, about EXCERPT, and for each but the last the merge that joins it
    with the next.
    """
    excerpt, joined = [], []
    for word in words:
        data = bpe.to_bytes(word)
        if excerpt and len(excerpt) + len(data) > EXCERPT:
            break
        excerpt += data
        joined += [*merges_between(tokenizer, word), BORDER]
    return excerpt, joined[:-1]


def merges_between(tokenizer, word):
    """For each byte of a word but the last the merge, counted from 1, that joins it with the next; 0 where
    none does.
    """
    joined = [0] * (len(bpe.to_bytes(word)) - 1)
    for step in islice(tokenizer.word_steps(word), 1, None):
        ends, merge = borders(tokenizer, step.ids), tokenizer.ranks[step.pair] - bpe.BYTES + 1
        joined = [before or (0 if place in ends else merge) for place, before in enumerate(joined, 1)]
    return joined


def borders(tokenizer, ids):
    """Where tokens end, in bytes."""
    place, ends = 0, set()
    for id in ids:
        place += len(tokenizer.bytes[id])
        ends.add(place)
    return ends
