"""How many of the test digits a model reads as what they are: as they stand, moved, or with their patches
shuffled.
"""

import numpy as np

from model.vision import digits
from model.vision.bundle import Bundle
from model.vision.grid import assembled, patches

SHIFTS = 0, 1, 2, 3, 4, 5, 6  # pixels, as the cards state them
DIRECTIONS = (0, 1), (0, -1), (1, 0), (-1, 0)  # right, left, down, up


def accuracy(bundle: Bundle, images: np.ndarray | None = None, allowed: np.ndarray | None = None) -> float:
    """The share of the test digits, or of `images` (1000, 28, 28), from 0 to 1, in their place, that the
    model reads as what the test digits are; `allowed` is as in Bundle.explain.
    """
    stored, labels = digits.test()
    images = digits.bright(stored) if images is None else images
    return float((bundle.predict(images, allowed).argmax(-1) == labels).mean())


def shifted(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Pictures (..., height, width) moved by so many pixels, up and left if below 0: what leaves is lost, and
    black comes in.
    """
    height, width = images.shape[-2:]
    down, right = (max(-size, min(size, by)) for size, by in ((height, down), (width, right)))
    moved = np.zeros_like(images)
    to = (..., slice(max(0, down), height + min(0, down)), slice(max(0, right), width + min(0, right)))
    of = (..., slice(max(0, -down), height + min(0, -down)), slice(max(0, -right), width + min(0, -right)))
    moved[to] = images[of]
    return moved


def shift_accuracy(bundle: Bundle, pixels: int) -> float:
    """The accuracy on the test digits moved by so many pixels: the mean over right, left, down and up."""
    if not pixels:
        return accuracy(bundle)
    images = digits.bright(digits.test()[0])
    moves = [(down * pixels, right * pixels) for down, right in DIRECTIONS]
    return float(np.mean([accuracy(bundle, shifted(images, *move)) for move in moves]))


def shuffled(images: np.ndarray, size: int, seed: int = 1) -> np.ndarray:
    """Pictures (B, height, width) with their patches in another order, drawn at random for each of them."""
    cut = patches(images, size)  # (B, N, size²)
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(cut.shape[1]), (len(cut), 1)), axis=1)
    return assembled(np.take_along_axis(cut, orders[..., None], axis=1))


def shuffle_accuracy(bundle: Bundle, seed: int = 1) -> float:
    """The accuracy on the test digits with their patches shuffled, each in its own way."""
    return accuracy(bundle, shuffled(digits.bright(digits.test()[0]), bundle.config.patch, seed))


def facts(bundle: Bundle) -> dict[str, float | list[float]]:
    """What a card says of a model's quality, as measured now."""
    return {
        "test_accuracy": accuracy(bundle),
        "shift_accuracy": [round(shift_accuracy(bundle, pixels), 5) for pixels in SHIFTS],
        "shuffle_accuracy": shuffle_accuracy(bundle),
    }
