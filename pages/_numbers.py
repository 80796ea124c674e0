"""How numbers are written in sentences, captions, labels and formulas. Figures write theirs alike."""

import math
from collections.abc import Callable

import numpy as np

from model.analysis.chance import Difference
from viz.theme import RAISED, number, plural

LOWERED = {raised: digit for digit, raised in RAISED.items()}


def signed(value: float, places: int | None = None) -> str:
    """A number with its sign; a zero has none."""
    return number(value, places, sign=True)


def percent(share: float, places: int | None = 0) -> str:
    """A share, 1 being all of it, in percent with so many digits behind the point; None: three digits."""
    shown = number(100 * share, places)
    return shown if math.isnan(share) else f"{shown} %"


def uncertain(value: float, error: float, *, sign: bool = False) -> str:
    """A number give or take its standard error, such as "0.31 ± 0.04": only the digits that the error leaves
    it, one of the error's, or two where it begins with 1. Without an error ("–"), three digits.
    """
    if not error > 0:
        return f"{number(value, sign=sign)} ± {number(error)}"
    power = math.floor(math.log10(float(f"{error:.0e}")))
    places = max(0, (1 if f"{error:.0e}".startswith("1") else 0) - power)
    return f"{number(value, places, sign=sign)} ± {number(error, places)}"


def compared(difference: Difference, count: int, noun: str = "token") -> str:
    """A difference measured on so many things, with its standard error, and whether it is more than noise."""
    if count == 1:
        return f"{signed(difference.mean)} on a single {noun}, which tells nothing"
    verdict = "no more than noise" if difference.noise else "more than noise"
    return f"{uncertain(difference.mean, difference.error, sign=True)} over {plural(noun, count)}, {verdict}"


def leaders(values: np.ndarray, write: Callable[[float], str]) -> list[tuple[int, ...]]:
    """The places of all numbers that, as they are written, are as large as the largest: several in a tie."""
    best = write(np.nanmax(values))
    return [place for place in np.ndindex(values.shape) if write(values[place]) == best]


def rounding(value: float) -> str:
    """How far apart two computations of the same are: one digit, and the power of ten."""
    return number(value, digits=1)


def largest(value: float, noun: str) -> str:
    """How far apart two computations of the same are at most, such as "largest difference 2 × 10⁻⁷"."""
    return f"largest {noun} {rounding(value)}" if value else f"no {noun} at all"


def tex(value: float, places: int | None = None) -> str:
    """A number inside a formula, where a hyphen is a minus."""
    mantissa, _, power = number(value, places).partition(" × 10")
    shown = mantissa.replace("−", "-").replace(",", "{,}").replace("∞", r"\infty ")
    return shown + (rf" \cdot 10^{{{power.translate(LOWERED)}}}" if power else "")


def signed_tex(value: float, places: int | None = None) -> str:
    """The same with its sign, a zero with a plus: it stands behind another summand."""
    shown = tex(value, places)
    return shown if shown.startswith("-") else f"+{shown}"
