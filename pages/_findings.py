"""What a figure shows, in words, for those who do not see it: computed, as what stands around it is."""

from collections.abc import Mapping

import numpy as np

from pages._numbers import number, signed


def extremes(values: Mapping[str, float | None], what: str, places: int | None = None) -> str:
    """Which of several has the lowest number and which the highest, such as "alibi has the lowest loss, 3.66;
    none the highest, 4.85"; None and what is not finite take no part.
    """
    known = {name: one for name, one in values.items() if one is not None and np.isfinite(one)}
    if not known:
        return f"no {what} yet"
    low, high = (pick(known, key=known.get) for pick in (min, max))
    lowest, highest = (number(known[name], places) for name in (low, high))
    if lowest == highest:
        return f"{' and '.join(known)}: {what} {lowest}"
    return f"{low} has the lowest {what}, {lowest}; {high} the highest, {highest}"


def contribution(products: np.ndarray) -> str:
    """Which of the products (D,) of a query and a key adds most to their sum, and the sum."""
    most = int(np.abs(products).argmax())
    total = float(products.astype(np.float64).sum())
    return f"dimension {most} adds most, {signed(products[most])}, to the sum of {number(total)}"


def quoted(token: str) -> str:
    """A token inside such a sentence."""
    return f"“{token.strip() or token}”"
