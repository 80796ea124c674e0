"""Handwritten digits to learn from: the split, once and for all, and small changes of each picture."""

import hashlib
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.vision import digits

CORPUS = {"MNIST": "CC BY-SA 3.0"}
TEST = 1000  # digits that nothing is trained on
TURN, SCALE, SHIFT = 12.0, 0.12, 2.0  # degrees, share and pixels, at most, either way
AUGMENTATION = (
    f"turned by up to {TURN:g} degrees, scaled by up to {SCALE:.0%}, shifted by up to {SHIFT:g} pixels"
)


def split(file: Path) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Images uint8 (..., 28, 28) and labels (...,) of the training and of the test, from a file that has
    both: the TEST pictures with the smallest SHA-256 are the test, in that order.
    """
    with np.load(file, allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"].astype(np.uint8)
    marks = [hashlib.sha256(image.tobytes()).digest() for image in images]
    order = np.array(sorted(range(len(images)), key=marks.__getitem__))
    held, kept = order[:TEST], order[TEST:]
    return (images[kept], labels[kept]), (images[held], labels[held])


def write_test(file: Path) -> None:
    """Write the test digits, as pages read them."""
    images, labels = split(file)[1]
    np.savez_compressed(digits.FILE, images=images, labels=labels)


def altered(images: Tensor, random: torch.Generator) -> Tensor:
    """Pictures (B, size, size), each turned, scaled and shifted a little, by chance; black comes in at the
    edges.
    """
    size = images.shape[-1]
    turn, scale, down, right = (2 * torch.rand(4, len(images), generator=random) - 1).unbind()
    angle, scale = turn * math.radians(TURN), 1 + scale * SCALE
    cos, sin = angle.cos() * scale, angle.sin() * scale
    shift = 2 * SHIFT / size  # a picture is 2 wide
    rows = torch.stack((cos, -sin, right * shift)), torch.stack((sin, cos, down * shift))
    maps = torch.stack(rows).permute(2, 0, 1)  # (B, 2, 3)
    places = F.affine_grid(maps, (len(images), 1, size, size), align_corners=False)
    return F.grid_sample(images[:, None], places, align_corners=False)[:, 0].clamp(0, 1)
