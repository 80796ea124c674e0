"""Deliberate changes of attention, to see what each part of the formula is for."""

import math
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Change:
    """Attention with one part altered: softmax((q kᵀ / √D + bias) / temperature) with the division left out,
    another temperature, or all scores 0.
    """

    scaled: bool = True  # False: q kᵀ is not divided by √D
    temperature: float = 1.0  # above 1 evens the weights out, below 1 sharpens them
    average: bool = False  # True: every score is 0, so that all allowed keys weigh the same

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"the temperature is {self.temperature}; it must be above 0")

    def scale(self, width: int) -> float:
        """What the dot products of heads `width` wide are multiplied by."""
        if self.average:
            return 0.0
        return (1 / math.sqrt(width) if self.scaled else 1.0) / self.temperature

    def bias(self, bias: Tensor | None) -> Tensor | None:
        """What is added to the scores in place of `bias`."""
        return None if bias is None or self.average else bias / self.temperature

    def softcap(self, softcap: float | None) -> float | None:
        """Within ± what the products, times `scale`, are kept in place of `softcap`."""
        return None if softcap is None else softcap / self.temperature
