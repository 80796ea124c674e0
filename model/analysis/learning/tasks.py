"""Tasks on strings that attention can learn: each string is drawn at random, and a rule settles some of its
tokens. Ids are bytes; | ends what is given, and a full stop fills up what is short.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.analysis.learning import rules
from model.analysis.learning.rules import DIGITS, FILL, LETTERS, Partners, String
from model.analysis.strings import SYMBOLS, strings

PERIODS = 4, 20  # of strings that repeat, in training
SHORTEST = 2  # symbols given, at least, where a string does not repeat
SHOWN = 24  # tokens of the string whose attention is shown


class Strings(NamedTuple):
    """B strings: ids (B, T + 1), of which the first T are read and the last T predicted; `judged` (B, T),
    True where the rule settles the next token; `places`, for each string {row: the places that hold the
    answer}.
    """

    ids: Tensor
    judged: Tensor
    places: list[dict[int, Sequence[int]]]

    @property
    def read(self) -> Tensor:
        """What the model reads, (B, T)."""
        return self.ids[:, :-1]

    @property
    def targets(self) -> Tensor:
        """What it is to predict, (B, T)."""
        return self.ids[:, 1:]

    def sources(self, string: int) -> np.ndarray:
        """(T, T) of bool: for each row the places that hold its answer, none where there is no such place."""
        T = self.read.shape[1]
        found = np.zeros((T, T), bool)
        for row, places in self.places[string].items():
            found[row, list(places)] = True
        return found


@dataclass(frozen=True)
class Task:
    """A task: its rule, how many symbols are given at most in training, and how many
    steps of training it is given.

    `string(chance, count, partners)` makes one string with so many symbols given; `tokens(count)` is the
    length of the longest such string; `candidates(partners)` among how many symbols one would guess.
    """

    rule: str
    longest: int
    steps: int
    string: Callable[[np.random.Generator, int, Partners], String] | None
    tokens: Callable[[int], int]
    candidates: Callable[[Partners], int]

    def length(self, scale: int = 1) -> int:
        """How many tokens T the model reads, of strings `scale` times as long as in training."""
        return self.tokens(self.longest * scale) - 1

    def counts(self, scale: int = 1) -> tuple[int, int]:
        """How many symbols are given, at least and at most: as in training, or more than ever there."""
        shortest = PERIODS[0] if self.string is None else SHORTEST
        return (
            (shortest, self.longest) if scale == 1 else (scale // 2 * self.longest + 1, scale * self.longest)
        )


def draw(
    task: Task, count: int, *, seed: int | Sequence[int], scale: int = 1, partners: Partners | None = None
) -> Strings:
    """So many strings of a task, as long as in training or `scale` times as long, from a seed."""
    T, limits = task.length(scale), task.counts(scale)
    if task.string is None:
        ids, periods = strings(count, T + 1, seed=seed, periods=limits)
        judged = torch.arange(T)[None] >= periods[:, None]
        return Strings(ids, judged, [rules.repeats(T, period) for period in periods.tolist()])
    chance = np.random.default_rng(seed)
    ids = torch.full((count, T + 1), FILL)
    judged, places = torch.zeros(count, T, dtype=torch.bool), []
    for i, given in enumerate(chance.integers(limits[0], limits[1] + 1, size=count).tolist()):
        string, answers = task.string(chance, given, partners or {})
        ids[i, : len(string)] = torch.tensor(string)
        judged[i, list(answers)] = True
        places.append(answers)
    return Strings(ids, judged, places)


def sample(task: Task, *, seed: int | Sequence[int], partners: Partners | None = None) -> Strings:
    """One string of a task, as long as a picture of its attention can show: SHOWN tokens at most."""
    if task.string is None:
        ids, period = strings(1, SHOWN + 1, seed=seed, periods=(SHOWN // 3, SHOWN // 3))
        judged = torch.arange(SHOWN)[None] >= period[:, None]
        return Strings(ids, judged, [rules.repeats(SHOWN, SHOWN // 3)])
    given = max(count for count in range(1, SHOWN) if task.tokens(count) <= SHOWN + 1)
    string, answers = task.string(np.random.default_rng(seed), given, partners or {})
    judged = torch.zeros(1, len(string) - 1, dtype=torch.bool)
    judged[0, list(answers)] = True
    return Strings(torch.tensor([string]), judged, [answers])


def doubled(count: int) -> int:
    """Tokens of what is given, a sign, and as much again."""
    return 2 * count + 1


TASKS = {
    "repeat": Task(
        "a random string repeats again and again, with a period drawn anew for each: go on with it",
        PERIODS[1],
        600,
        None,
        lambda count: count // PERIODS[1] * 48 + 1,
        lambda partners: len(SYMBOLS),
    ),
    "copy": Task(
        "after | write again what stands before it",
        16,
        600,
        rules.copied,
        doubled,
        lambda _: len(SYMBOLS),
    ),
    "reverse": Task(
        "after | write what stands before it from its end to its beginning",
        12,
        600,
        rules.reversed_,
        doubled,
        lambda _: len(SYMBOLS),
    ),
    "look up": Task(
        "keys with their values; after | each key again: write its value",
        8,
        600,
        rules.looked_up,
        lambda count: 4 * count + 1,
        lambda _: len(DIGITS),
    ),
    "count": Task(
        "after | each letter that stood before it: write how often it stood there",
        16,
        600,
        rules.counted,
        lambda count: count + 1 + 2 * min(len(LETTERS), max(2, -(-count // 3))),
        lambda _: len(DIGITS) - 1,
    ),
    "sort": Task(
        "after | write what stands before it in the order of the alphabet",
        12,
        600,
        rules.sorted_,
        doubled,
        lambda _: len(LETTERS),
    ),
    "your own": Task(
        "after | write for each symbol the partner that your rule gives it",
        12,
        600,
        rules.replaced,
        doubled,
        lambda partners: len(set(partners.values())),
    ),
}
