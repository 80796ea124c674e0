"""A waterfall: the summands of a number, each in words and as a bar that begins where the one before ends."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from viz.component.message import heard, places
from viz.component.view import view
from viz.theme import number

mount = view("waterfall")


class Summand(NamedTuple):
    """One number of a sum in words: texts in turn with tokens, which stand out, beginning with a text."""

    words: Sequence[str]
    value: float
    open: bool = True  # whether it can be chosen


def waterfall(
    summands: Sequence[Summand],
    *,
    total: str,
    key: str,
    label: str,
    chosen: int | None = None,
    revision: str = "",
    on_select: Callable[[int], None] | None = None,
) -> None:
    """Draw the summands, the first on top, and below them their sum, called `total`.

    Those that are open are buttons: a click calls `on_select` with the place of one, counted from 0, before
    the run that this starts; the one at `chosen` is outlined. ValueError if there is none, or a value is not
    finite.
    """
    values = [float(one.value) for one in summands]
    if not values or not all(map(math.isfinite, values)):
        raise ValueError(f"a waterfall needs finite numbers, at least one, but has {values[:8]}")
    rows = [
        {"words": list(one.words), "value": value, "text": number(value, sign=True), "open": one.open}
        for one, value in zip(summands, values, strict=True)
    ]
    data = {
        "rows": rows,
        "total": {"words": [total], "value": sum(values), "text": number(sum(values), sign=True)},
        "chosen": chosen,
        "label": label,
        "revision": str(revision),
    }
    mount(key=key, data=data, on_summand_change=heard(key, "summand", places(len(rows)), on_select))
