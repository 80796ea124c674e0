"""How fast Riverbank is, as ratios measured in one run: `python -m tests.bench`."""

import random
import time
from statistics import median
from typing import NamedTuple

import model

NAME = "decoder-rope"


class Row(NamedTuple):
    """One line of the table: what was measured against what, the two medians as text, their ratio, and the
    most it may be (None: no target).
    """

    what: str
    ours: str
    theirs: str
    ratio: float
    target: float | None = None


def milliseconds(seconds):
    return f"{1000 * seconds:.3g} ms"


def interleaved(times, *functions):
    """The median duration of each function in seconds; they take turns, so that all see the same weather."""
    taken = [[] for _ in functions]
    for turn in range(times + 1):
        for function, durations in zip(functions, taken, strict=True):
            start = time.perf_counter()
            function()
            if turn:  # the first is for warming up
                durations.append(time.perf_counter() - start)
    return [median(durations) for durations in taken]


def bundle():
    return model.load(NAME if NAME in model.names() else model.names()[0])


def texts(tokens, seed=0, loaded=None, end=""):
    """Yield texts of exactly so many tokens to a model, each another one: words of its vocabulary at random,
    so that no cache knows them, then `end`.
    """
    tokenizer = (loaded or bundle()).tokenizer
    words = [
        piece
        for piece in map(tokenizer.piece, range(256, len(tokenizer) - 1))
        if piece[0] == " " and piece[1:].isalpha() and piece.isascii()
    ]
    chance = random.Random(seed)
    while True:
        text = "The" + "".join(chance.choices(words, k=tokens - len(tokenizer.encode("The" + end)))) + end
        if len(tokenizer.encode(text)) == tokens:
            yield text
