"""What was recorded of a training, step by step, and the moments in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.analysis.heads import HALF
from model.analysis.learning.record import Record, uniform
from model.analysis.learning.settings import Settings


class Moment(NamedTuple):
    """The head (layer, head) whose weight on the answers has, first of all, come half of the way from a
    uniform head's to 1, and the place of that record.
    """

    record: int
    layer: int
    head: int


class Fall(NamedTuple):
    """Where the loss fell steepest: between these two records, one after the other."""

    before: int
    after: int


@dataclass(frozen=True)
class History:
    """The records of a training, the first at step 0."""

    settings: Settings
    records: Sequence[Record]

    @property
    def steps(self) -> list[int]:
        """The recorded steps."""
        return [record.step for record in self.records]

    @property
    def losses(self) -> np.ndarray:
        """The loss of each step in nats, as the training computed it."""
        return np.concatenate([record.losses for record in self.records])

    def every(self, name: str) -> np.ndarray:
        """What all records have under this name, one upon the other."""
        return np.array([getattr(record, name) for record in self.records])

    @property
    def guess(self) -> float:
        """Nats of an answer that is guessed among the symbols that it may be."""
        return math.log(self.settings.what.candidates(self.settings.partners))

    @property
    def bar(self) -> float:
        """The answer score at which a head has formed, the rule of model.analysis.heads."""
        floor = uniform(self.settings)
        return floor + HALF * (1 - floor)

    def formed(self) -> Moment | None:
        """When a head that looks at the answer has formed; None if none has."""
        scores = self.every("answer")  # (records, L, H)
        over = np.argwhere(scores.max(axis=(1, 2)) >= self.bar)
        if not len(over):
            return None
        record = int(over[0, 0])
        layer, head = np.unravel_index(scores[record].argmax(), scores[record].shape)
        return Moment(record, int(layer), int(head))

    def cliff(self) -> Fall | None:
        """Where the loss fell steepest, below what a guess costs; None if it never came to less."""
        below = np.minimum(self.every("loss"), self.guess)
        falls = -np.diff(below) / np.diff(self.steps)
        if not len(falls) or not falls.max() > 0:
            return None
        after = int(falls.argmax()) + 1
        return Fall(after - 1, after)
