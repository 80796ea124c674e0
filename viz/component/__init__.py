"""The canvas heatmap: a matrix of any size that answers hover, keys and clicks in the browser.

Everything it shows is drawn by heatmap.js.
"""

import base64
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from viz import theme
from viz.component.message import heard, places, read, time
from viz.component.view import payload, view

mount = view("heatmap")


def heatmap(
    values: np.ndarray,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    key: str,
    kind: str = "weights",
    allowed: np.ndarray | None = None,
    selected: tuple[int, int] | None = None,
    limit: float | None = None,
    label: str = "",
    row_role: str = "query",
    column_role: str = "key",
    reading: str | None = None,
    height: int = 560,
    digits: int = 3,
    square: bool = True,
    revision: str = "",
    hole: str = "masked",
    parts: Mapping[str, tuple[int | None, int | None]] | None = None,
    on_select: Callable[[int, int], None] | None = None,
    on_paint: Callable[[np.ndarray], None] | None = None,
) -> tuple[int, int] | None:
    """Draw a (T, S) matrix as a heatmap and return the cell that the reader chose last.

    values (T, S), any real dtype, never modified; crosses as float32, so a number on hover is the number that
    was computed. rows, columns: T and S token texts; duplicates allowed. key: the widget key. kind: 'weights'
    has the fixed scale 0..1; 'amounts', which are never below zero, 0..limit, and 'signed' -limit..limit,
    where limit is the largest |value| unless given; 'mask' is for values that are True or False, and draws
    those that are False as cells not allowed. allowed (T, S) bool, True = may look. Cells not allowed, NaN or
    infinite are hatched and read as `hole` says; their values stay here. selected: the (row, column) to
    outline, counted from 0; None, or a cell outside the matrix, outlines the last choice if it fits. label:
    caption above the picture and its accessible name. row_role, column_role: the names of the axes. reading:
    how a cell is read before its number, with {row} and {column} where their names stand, such as "{row},
    dimension {column} of its query"; None for who asks and who answers, or only the two names. height: CSS
    pixels of the picture with its labels; on a page narrower than that, the picture is as high as it is
    wide. digits: significant digits of the numbers shown, 1 to 9. revision: any text, found again as
    `data-revision` once this data is painted. square: False lets cells be wider than high, for matrices that
    are not tokens by tokens. parts: rows (i, None), columns (None, j) and cells that have a name; where this
    picture takes the place of one with a part of the same name, that glides from there to here. on_select:
    called with row and column before the run that a new choice starts. on_paint: makes a 'mask' one that is
    painted: a click or a drag turns cells over, and once at its end this is called with the new mask (T, S),
    bool.

    Returns (row, column), or None where nothing was chosen or the last choice lies outside this matrix.
    Raises ValueError where the shapes, kind, limit or digits do not fit.
    """
    cell = places(len(rows), len(columns))
    chosen = read(key, "cell", cell)
    looks = (row_role, column_role) == ("query", "key")
    data = _pack(
        values,
        rows,
        columns,
        kind=kind,
        allowed=allowed,
        limit=limit,
        selected=(selected, chosen),
        label=str(label),
        row_role=row_role,
        column_role=column_role,
        reading=reading or ("{row} asks, {column} answers" if looks else "{row}, {column}"),
        height=int(height),
        digits=int(digits),
        square=bool(square),
        revision=str(revision),
        hole=str(hole),
        parts=dict(parts or {}),
        paints=on_paint is not None,
        stamp=time(key, "mask"),
    )

    def a_mask(values: list) -> bool:
        shape = len(values) == 3 and places(len(rows) + 1, len(columns) + 1)(values[:2]) and values[:2]
        return shape == [len(rows), len(columns)] and _unpacked(*values) is not None

    def paint(*values) -> None:
        if on_paint:
            on_paint(_unpacked(*values))

    mount(
        key=key,
        data=data,
        on_cell_change=heard(key, "cell", cell, on_select),
        on_mask_change=heard(key, "mask", a_mask, paint),
    )
    return chosen


def _unpacked(T: int, S: int, bits: object) -> np.ndarray | None:
    """Return the mask (T, S), bool, from its bits in base64, row by row; None if they are none or too few."""
    try:
        known = np.unpackbits(np.frombuffer(base64.b64decode(bits, validate=True), np.uint8))
    except (TypeError, ValueError):
        return None
    return known[: T * S].reshape(T, S).astype(bool) if len(known) >= T * S else None


def _pack(values, rows, columns, *, kind, allowed, limit, selected, **header) -> bytes:
    """Return the payload, [u32 header length][JSON header][float32 (T, S)], little-endian; NaN stands for
    masked.
    """
    matrix = np.array(values, dtype="<f4")  # a C-ordered copy: the caller's array is never written to
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(
            "heatmap needs a matrix of shape (T, S) with T and S at least 1, but values has shape "
            f"{matrix.shape}."
        )
    if (len(rows), len(columns)) != matrix.shape:
        raise ValueError(
            f"heatmap needs one label per row and column: values has shape {matrix.shape}, "
            f"but there are {len(rows)} row labels and {len(columns)} column labels."
        )
    if kind not in ("weights", "amounts", "signed", "mask"):
        raise ValueError(
            f"heatmap knows the kinds 'amounts', 'mask', 'weights' and 'signed', but kind is {kind!r}."
        )
    if header.get("paints") and kind != "mask":
        raise ValueError(f"heatmap paints masks, but kind is {kind!r}.")
    if limit is not None and not (math.isfinite(limit) and limit > 0):
        raise ValueError(f"heatmap needs a positive, finite limit, but limit is {limit!r}.")
    if not 1 <= header["digits"] <= 9:
        raise ValueError(
            "heatmap shows 1 to 9 significant digits, all that float32 has, but digits is "
            f"{header['digits']}."
        )
    if allowed is not None:
        if np.shape(allowed) != matrix.shape:
            raise ValueError(
                f"heatmap needs allowed in the shape of values, {matrix.shape}, but it has shape "
                f"{np.shape(allowed)}."
            )
        matrix[~theme.may_look(allowed)] = np.nan
    matrix[~np.isfinite(matrix)] = np.nan
    if kind == "mask":
        matrix[matrix == 0] = np.nan

    if kind in ("signed", "amounts"):
        largest = float(np.nanmax(np.abs(matrix))) if not np.isnan(matrix).all() else 0.0
        high = float(limit or largest or 1.0)  # a matrix of zeros still needs a scale
        low = -high if kind == "signed" else 0.0
    else:
        low, high = 0.0, 1.0

    first = next((cell for cell in (_inside(s, matrix.shape) for s in selected) if cell), None)
    header |= {"kind": kind, "low": low, "high": high, "selected": first}
    header |= {"rows": [str(token) for token in rows], "columns": [str(token) for token in columns]}
    return payload(header, matrix)


def _inside(cell: object, shape: tuple[int, int]) -> tuple[int, int] | None:
    """Return cell as (row, column) if it is two whole numbers inside shape; a choice outlives the text that
    it was made on.
    """
    if not isinstance(cell, (list, tuple, np.ndarray)) or len(cell) != 2:
        return None
    if not all(isinstance(i, (int, np.integer)) and 0 <= i < n for i, n in zip(cell, shape, strict=True)):
        return None
    return int(cell[0]), int(cell[1])
