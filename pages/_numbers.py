"""How numbers are written in sentences, captions, labels and formulas. Figures write theirs alike."""

import math
from numbers import Integral

from viz.theme import RAISED, number

LOWERED = {raised: digit for digit, raised in RAISED.items()}


def signed(value: float, places: int | None = None) -> str:
    """A number with its sign; a zero has none."""
    return number(value, places, sign=True)


def percent(share: float, places: int | None = 0) -> str:
    """A share, 1 being all of it, in percent with so many digits behind the point; None: three digits."""
    shown = number(100 * share, places)
    return shown if math.isnan(share) else f"{shown} %"


def rounding(value: float) -> str:
    """How far apart two computations of the same are: one digit, and the power of ten."""
    return number(value, digits=1)


def plural(noun: str, count: float) -> str:
    """So many of something, such as "1 token", "2,048 tokens", "0.5 bits"."""
    shown = f"{count:,}".replace("-", "−") if isinstance(count, Integral) else number(count)
    return f"{shown} {noun if shown.lstrip('−') == '1' else f'{noun}s'}"


def tex(value: float, places: int | None = None) -> str:
    """A number inside a formula, where a hyphen is a minus."""
    mantissa, _, power = number(value, places).partition(" × 10")
    shown = mantissa.replace("−", "-").replace(",", "{,}").replace("∞", r"\infty ")
    return shown + (rf" \cdot 10^{{{power.translate(LOWERED)}}}" if power else "")


def signed_tex(value: float, places: int | None = None) -> str:
    """The same with its sign, a zero with a plus: it stands behind another summand."""
    shown = tex(value, places)
    return shown if shown.startswith("-") else f"+{shown}"
