"""What came of a race: encodings on the same task, each with several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.analysis.learning.record import SCALES, Lap


class Gap(NamedTuple):
    """Between the best encoding and the next: the difference of their means, and the spread of the seeds, the
    larger of the two ranges from the lowest to the highest.
    """

    best: str
    next: str
    difference: float
    spread: float

    @property
    def chance(self) -> bool:
        """Whether seeds alone make as large a difference."""
        return self.difference <= self.spread


@dataclass(frozen=True)
class Contest:
    """The laps of a race, as far as it has come."""

    laps: Sequence[Lap]

    @property
    def names(self) -> list[str]:
        """The encodings, in the order in which they came."""
        return list(dict.fromkeys(lap.positions for lap in self.laps))

    def curve(self, name: str) -> tuple[list[int], np.ndarray]:
        """The steps of an encoding's laps, and the lowest share of right answers, the mean and the highest
        over the seeds that have come there, (3, steps).
        """
        shares: dict[int, list[float]] = {}
        for lap in self.laps:
            if lap.positions == name:
                shares.setdefault(lap.step, []).append(lap.inside)
        rows = [(min(some), float(np.mean(some)), max(some)) for some in shares.values()]
        return list(shares), np.array(rows).T

    def ends(self, name: str) -> np.ndarray:
        """The shares of right answers of an encoding's finished trainings at each of SCALES times the
        training length, (seeds, scales), NaN where it has no such position.
        """
        rows = [lap.scales for lap in self.laps if lap.positions == name and lap.scales]
        return np.array(rows).reshape(-1, len(SCALES))

    def cost(self, name: str) -> float:
        """The processor's seconds for a step, the median of the seeds' last laps."""
        last = {lap.seed: lap.seconds for lap in self.laps if lap.positions == name}
        return float(np.median(list(last.values())))

    def gap(self, scale: int) -> Gap | None:
        """The Gap at one of SCALES; None unless two encodings have finished there with as many seeds, at
        least two.
        """
        column = SCALES.index(scale)
        shares = {name: self.ends(name)[:, column] for name in self.names}
        known = {name: some for name, some in shares.items() if len(some) > 1 and np.isfinite(some).all()}
        if len(known) < 2 or len({len(some) for some in known.values()}) > 1:
            return None
        best, second = sorted(known, key=lambda name: -known[name].mean())[:2]
        spread = max(float(np.ptp(known[name])) for name in (best, second))
        return Gap(best, second, float(known[best].mean() - known[second].mean()), spread)
