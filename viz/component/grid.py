"""Grid: one small matrix for every head of a model, all on one canvas."""

import math

import numpy as np

from viz import theme
from viz.component.message import heard, one_of
from viz.component.view import payload, view

mount = view("grid")


def grid(
    maps,
    *,
    rows,
    columns,
    names,
    key,
    notes=None,
    faint="",
    allowed=None,
    selected=None,
    across=6,
    side=92,
    kind="weights",
    label="",
    start=0,
    measures=None,
    revision="",
    on_select=None,
):
    """Draw N matrices, `maps` (N, T, S), as thumbnails in the order given, `across` beside each other where
    there is room, of at most `side` CSS pixels each.

    names: N names such as "3.4"; notes: N captions of one or two lines, a second line that is `faint` being
    drawn fainter. rows, columns: T and S tokens, the same for all, numbered from `start` + 1. allowed, (T, S)
    or (N, T, S): True = may look; the other cells are hatched, as is every number that is not finite. kind
    "weights" has the scale 0 to 1, "signed" -limit to limit, the largest |value|. selected: the index of the
    thumbnail outlined. measures: {title: N numbers} for the table that the key t opens, which shows the
    weights of one matrix if there are none. A click, or Enter, calls `on_select` with its name. ValueError if
    sizes do not fit or the kind is unknown.
    """
    notes = notes or [""] * len(names)
    data = pack(
        maps,
        rows,
        columns,
        allowed,
        kind,
        {
            "names": list(names),
            "notes": list(notes),
            "faint": faint,
            "across": int(across),
            "side": int(side),
            "label": label,
            "start": int(start),
            "revision": str(revision),
            "selected": int(selected) if selected is not None and 0 <= selected < len(names) else None,
            "measures": {
                title: [float(number) for number in numbers] for title, numbers in (measures or {}).items()
            },
        },
    )
    mount(key=key, data=data, on_head_change=heard(key, "head", one_of(names), on_select))


def pack(maps, rows, columns, allowed, kind, header):
    """What crosses to the browser for N heads: the payload with the numbers (N, T, S)."""
    numbers = np.array(maps, dtype="<f4")  # a copy: the caller's array is never written to
    N, T, S = len(header["names"]), len(rows), len(columns)
    if numbers.shape != (N, T, S) or not N * T * S:
        raise ValueError(
            f"maps are {numbers.shape}, but there are {N} names, {T} row labels and {S} column labels"
        )
    if len(header["notes"]) != N or any(len(found) != N for found in header["measures"].values()):
        raise ValueError(f"there are {N} names, but not as many notes and numbers of each measure")
    if kind not in ("weights", "signed"):
        raise ValueError(f"kind is {kind!r}; known: weights, signed")
    if allowed is not None:
        numbers[~np.broadcast_to(theme.may_look(allowed), numbers.shape)] = math.nan
    numbers[~np.isfinite(numbers)] = math.nan
    high = 1.0 if kind == "weights" else float(np.nanmax(np.abs(numbers), initial=0.0)) or 1.0
    # As in panels: every row of every matrix has its label.
    header |= {
        "kind": kind,
        "low": 0.0 if kind == "weights" else -high,
        "high": high,
        "rows": list(rows) * N,
        "tall": T,
        "columns": list(columns),
    }
    return payload(header, numbers)
