"""The handwritten digits of MNIST (LeCun, Cortes and Burges) that no model of ours was trained on."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from model.trace import frozen

FILE = Path(__file__).parent / "digits.npz"
# Thirty of the test digits as samples, by their numbers: of each kind two that all models read and one that
# some read wrongly.
SHOWN = (6, 30, 148, 11, 37, 784, 5, 19, 134, 8, 24, 261, 0, 2, 576)
SHOWN += (4, 23, 225, 45, 63, 944, 1, 7, 324, 43, 55, 876, 3, 10, 580)


@lru_cache(maxsize=1)
def test() -> tuple[np.ndarray, np.ndarray]:
    """The thousand test digits, uint8 (1000, 28, 28), 0 black to 255 white, and what each of them is,
    (1000,), both read-only.
    """
    with np.load(FILE, allow_pickle=False) as stored:
        return frozen(stored["images"]), frozen(stored["labels"].astype(np.int64))


def bright(images: np.ndarray) -> np.ndarray:
    """Pixels from 0 to 255 as numbers from 0 to 1, float32."""
    return images.astype(np.float32) / 255
