"""Mosaic: numbers over a picture that is cut into patches, in one or several copies on one scale."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from viz.component.message import heard, one_of, places
from viz.component.view import payload, view

Box = tuple[int, int, int, int]  # first row, first column, rows, columns of pixels
KINDS = "weights", "amounts", "signed", "ink"

mount = view("mosaic")


def mosaic(
    maps: Mapping[str, np.ndarray],
    picture: np.ndarray,
    *,
    key: str,
    patches: tuple[int, int] = (7, 7),
    kind: str = "weights",
    limit: float | None = None,
    each: bool = False,
    boxes: Mapping[str, Box] | None = None,
    notes: Mapping[str, str] | None = None,
    selected: tuple[int, int] | None = None,
    chosen: str | None = None,
    photo: bool = False,
    marks: bool = True,
    across: int = 4,
    side: int = 180,
    unit: str = "weight",
    role: str = "copy",
    label: str = "",
    revision: str = "",
    on_patch: Callable[[int, int], None] | None = None,
    on_panel: Callable[[str], None] | None = None,
) -> None:
    """Draw `maps`, {title: numbers (R, C)}, all of one shape, over copies of a picture (height, width),
    `across` beside each other where there is room, of at most `side` CSS pixels each.

    picture: from 0, no ink, to 1; of a `photo` from 0, black, to 1, white. patches: rows and columns that it
    is cut into, of which one can be clicked or walked to by keys; R and C are multiples of them. kind
    "weights" has the scale 0 to 1, or to the `limit`; "amounts" 0 to limit and "signed" -limit to limit,
    where limit is the largest |value| of all maps unless given; "ink" is a picture itself, 0 to 1; with
    `each` every copy has a scale of its own, up to its largest. A number that is not finite is hatched.
    boxes: a rectangle of pixels around which a frame is drawn, by title. notes: a second line of a title.
    selected: the (row, column) of the patch that is outlined, if `marks`; chosen: the title of the copy that
    is. unit: what a number is called; role: what a copy is.

    on_patch is called with row and column of a patch that somebody chooses; where there is `on_panel`
    instead, whole copies are walked and chosen, and it is called with their title. ValueError if shapes do
    not fit or the kind is unknown.
    """
    numbers = np.array([np.asarray(one, np.float64) for one in maps.values()], "<f4")  # copies
    grid = tuple(map(int, patches))
    if numbers.ndim != 3 or not numbers.size:
        raise ValueError(f"a mosaic needs maps (R, C) of one shape, but they are {numbers.shape[1:]}")
    (count, R, C), picture = numbers.shape, np.asarray(picture, np.float64)
    if R % grid[0] or C % grid[1] or picture.ndim != 2:
        raise ValueError(
            f"maps of {R} x {C} over a picture of shape {picture.shape} do not fit {grid[0]} x {grid[1]} "
            "patches"
        )
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; known: {', '.join(KINDS)}")
    numbers[~np.isfinite(numbers)] = math.nan
    high = float(limit or (1.0 if kind in ("weights", "ink") else largest(numbers)))
    header = {
        "titles": list(maps),
        "notes": [(notes or {}).get(title, "") for title in maps],
        "boxes": [(boxes or {}).get(title) for title in maps],
        "rows": [str(row + 1) for row in range(R)] * count,  # one upon the other: every row has its label
        "tall": R,
        "columns": [str(column + 1) for column in range(C)],
        "patches": grid,
        "kind": kind,
        "low": -high if kind == "signed" else 0.0,
        "high": high,
        "highs": [largest(one) if each else high for one in numbers],
        "each": bool(each),
        "pixels": base64.b64encode(np.rint(255 * picture.clip(0, 1)).astype(np.uint8).tobytes()).decode(),
        "size": picture.shape,
        "photo": bool(photo),
        "marks": bool(marks),
        "selected": inside(selected, grid),
        "chosen": chosen,
        "walks": "panels" if on_panel else "patches",
        "chooses": bool(on_panel or on_patch),
        "role": role,
        "across": int(across),
        "side": int(side),
        "unit": unit,
        "label": label,
        "revision": str(revision),
    }
    mount(
        key=key,
        data=payload(header, numbers),
        on_patch_change=heard(key, "patch", places(*grid), on_patch),
        on_panel_change=heard(key, "panel", one_of(list(maps)), on_panel),
    )


def largest(numbers: np.ndarray) -> float:
    """The largest |value| that is finite, 1 if there is none above 0: a map of zeros still needs a scale."""
    return float(np.nanmax(np.abs(numbers), initial=0.0)) or 1.0


def inside(patch: Sequence[int] | None, grid: tuple[int, int]) -> list[int] | None:
    """The patch as two numbers if the grid has it, else None: a choice outlives the picture."""
    if patch is None or not all(0 <= i < n for i, n in zip(patch, grid, strict=True)):
        return None
    return [int(i) for i in patch]
