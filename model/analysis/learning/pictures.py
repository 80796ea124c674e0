"""Digits that are learned while somebody watches: what is to be chosen, and what is measured on the way."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.vision import digits

TRAINING = 800  # of the thousand digits that come with Riverbank; accuracy is measured on the others
STEPS, BATCH = 400, 50
KINDS = "vit", "vit-rope", "vit-none", "cnn"
SIDE = 7  # patches in a row of a picture
INK = 0.1  # mean brightness of a patch that holds ink
FULL = 255  # of the strongest place of a map, as it is kept


@dataclass(frozen=True)
class Pictures:
    """A training on digits: equal choices give equal numbers, bit for bit on the same machine."""

    kind: str  # one of KINDS
    pixels: bytes  # of the picture that is looked at, 28 x 28, 0 paper to 255 ink
    seed: int = 1

    @property
    def image(self) -> np.ndarray:
        """The picture that is looked at, (28, 28) from 0 to 1."""
        return digits.bright(np.frombuffer(self.pixels, np.uint8).reshape(28, 28))

    @property
    def ink(self) -> np.ndarray:
        """Which of its patches hold ink, (SIDE, SIDE) of bool."""
        return pooled(torch.tensor(self.image)).numpy() > INK


class Glimpse(NamedTuple):
    """A model of pictures after `step` steps.

    losses: nats, of each step since the record before, labels smoothed, as the training computed them. loss,
    inside: nats of a digit and the share that is right, of those never learned from. ink (heads,): the share
    on patches with ink. maps (heads, SIDE, SIDE) uint8: each map's share of its strongest place, times FULL.
    """

    step: int
    losses: np.ndarray
    loss: float
    inside: float
    ink: np.ndarray
    maps: np.ndarray


def learned() -> tuple[np.ndarray, np.ndarray]:
    """The digits that are learned from, uint8 (TRAINING, 28, 28), and what they are; none of the samples."""
    images, labels = digits.test()
    return images[order()[:TRAINING]], labels[order()[:TRAINING]]


@lru_cache(maxsize=1)
def held() -> tuple[Tensor, Tensor]:
    """The digits that are measured on, from 0 to 1, and what they are."""
    images, labels = digits.test()
    rest = order()[TRAINING:]
    return torch.tensor(digits.bright(images[rest])), torch.tensor(labels[rest])


def order() -> list[int]:
    """The thousand digits by their numbers, the samples of the page last."""
    shown = set(digits.SHOWN)
    return sorted(range(len(digits.test()[0])), key=lambda number: number in shown)


@torch.inference_mode()
def held_out(network: nn.Module) -> tuple[float, float]:
    """Loss in nats a digit and accuracy, from 0 to 1, on the digits that are never learned from."""
    images, labels = held()
    logits = network(images).logits
    accuracy = (logits.argmax(-1) == labels).double().mean()
    return F.cross_entropy(logits, labels).item(), accuracy.item()


@torch.inference_mode()
def glimpse(
    network: nn.Module,
    chosen: Pictures,
    step: int,
    losses: list[float],
    measured: tuple[float, float] | None = None,
) -> Glimpse:
    """Measure the model after so many steps. measured: what `held_out` gives, where that is known already."""
    maps = seen(network, torch.tensor(chosen.image))
    shares = (maps * torch.tensor(chosen.ink)).sum((-1, -2)) / maps.sum((-1, -2))
    strongest = maps.amax((-1, -2), keepdim=True)
    return Glimpse(
        step,
        np.array(losses, np.float32),
        *(measured or held_out(network)),
        shares.numpy(),
        (maps / strongest * FULL).round().to(torch.uint8).numpy(),
    )


def seen(network: nn.Module, image: Tensor) -> Tensor:
    """Maps (heads, SIDE, SIDE) of a picture: how much the class token of each head of each layer looks at
    each patch; of a convolution how large the numbers are that each layer makes there.
    """
    record = network(image)
    if record.maps:
        return torch.stack([pooled(numbers.abs().mean(0)) for numbers in record.maps])
    rows = torch.cat([layer.attention.weights()[:, 0, 1:] for layer in record.layers])  # (L H, patches)
    return rows.unflatten(-1, (SIDE, SIDE))


def pooled(numbers: Tensor) -> Tensor:
    """The mean of each patch of a picture, (height, width) -> (SIDE, SIDE)."""
    high, wide = (size // SIDE for size in numbers.shape)
    return numbers.unflatten(1, (SIDE, wide)).unflatten(0, (SIDE, high)).mean((1, 3))
