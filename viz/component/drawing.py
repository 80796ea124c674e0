"""Drawing: a picture of 28 x 28 pixels that the reader draws, and how it fits into an address."""

import base64
import binascii
from collections.abc import Callable

import numpy as np

from viz.component.message import heard, time
from viz.component.view import view

SIDE = 28  # pixels
LEVELS = 15  # of ink, above none

mount = view("drawing")


def drawing(
    picture: np.ndarray,
    *,
    key: str,
    patch: int = 4,
    height: int = 280,
    label: str = "",
    own: bool = True,
    revision: str = "",
    on_draw: Callable[[str], None] | None = None,
) -> None:
    """Show a picture (28, 28), uint8, 0 no ink to 255 all, and let the reader draw on it.

    own: whether it is a drawing that goes on; else the first stroke begins on an empty sheet.
    patch: pixels from one line of the grid to the next. height: CSS pixels in a window of 900. While
    somebody draws, and at the end of each stroke, `on_draw` is called with the drawing as `packed` writes it.
    ValueError if the picture has another size.
    """
    if np.shape(picture) != (SIDE, SIDE):
        raise ValueError(f"a drawing is {SIDE} x {SIDE}, but the picture has shape {np.shape(picture)}")
    data = {
        "pixels": base64.b64encode(np.asarray(picture, np.uint8).tobytes()).decode(),
        "patch": int(patch),
        "height": int(height),
        "own": bool(own),
        "label": label,
        "revision": str(revision),
        "stamp": time(key, "drawing"),
    }
    mount(key=key, data=data, on_drawing_change=heard(key, "drawing", is_packed, on_draw))


def is_packed(values: list) -> bool:
    """Whether a list holds one packed drawing and nothing else."""
    return len(values) == 1 and isinstance(values[0], str) and unpacked(values[0]) is not None


def packed(picture: np.ndarray) -> str:
    """A picture (28, 28), uint8, as a short text for an address: sixteen levels, two pixels a byte, in
    base64url.

    `unpacked` gives back the nearest of the levels 0, 17, 34 ... 255 to each pixel.
    """
    levels = np.rint(np.asarray(picture, np.float64).ravel() * LEVELS / 255).astype(np.uint8)
    return base64.urlsafe_b64encode(levels[::2] * 16 + levels[1::2]).decode().rstrip("=")


def unpacked(text: str) -> np.ndarray | None:
    """The picture (28, 28), uint8, that `packed` wrote; None for any other text."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) != SIDE * SIDE // 2:
        return None
    pairs = np.frombuffer(data, np.uint8)
    picture = np.stack((pairs >> 4, pairs & 15), axis=1).reshape(SIDE, SIDE) * np.uint8(255 // LEVELS)
    return picture if packed(picture) == text else None  # the same drawing has one spelling
