"""The models of pictures: one recipe for all, and how good each becomes with how many pictures."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model import zoo
from model.analysis.vision.accuracy import facts
from model.train.digits import AUGMENTATION, CORPUS, altered, split
from model.train.fit import fit
from model.vision import checkpoints
from model.vision.config import VisionConfig
from model.vision.digits import bright
from model.vision.network import build, initialise

CONFIGS = {
    "vit": VisionConfig(),
    "vit-rope": VisionConfig(positions="rope"),
    "vit-none": VisionConfig(positions="none"),
    "cnn": VisionConfig(kind="convolution"),
}
BATCH = 100
RATE = 0.02
SMOOTHING = 0.1  # of the labels (Szegedy 2016)


def fitted(
    name: str, images: np.ndarray, labels: np.ndarray, *, seed: int, steps: int, state: Path
) -> tuple[nn.Module, list[list[float]]]:
    """A network of that name, trained on these pictures, and the curve of its loss."""
    network = initialise(build(CONFIGS[name]), seed)
    pixels, digits = torch.tensor(bright(images)), torch.tensor(labels.astype(np.int64))

    def backward(step: int) -> float:
        random = torch.Generator().manual_seed(seed * 1_000_003 + step)
        drawn = torch.randint(len(pixels), (BATCH,), generator=random)
        return learned(network, altered(pixels[drawn], random), digits[drawn])

    curve = fit(network, backward, steps=steps, rate=RATE, state=state, tokens_per_step=BATCH)
    return network.eval(), curve


def learned(network: nn.Module, images: Tensor, digits: Tensor) -> float:
    """Run one batch forward and backward; its loss in nats, with smoothed labels."""
    loss = F.cross_entropy(network(images).logits, digits, label_smoothing=SMOOTHING)
    loss.backward()
    return loss.item()


def train(name: str, file: Path, *, seed: int, steps: int, work: Path, folder: Path) -> dict[str, Any]:
    """Train one model on the digits of a file, write its checkpoint and its card, and return the card."""
    (images, labels), _ = split(file)
    network, curve = fitted(name, images, labels, seed=seed, steps=steps, state=work / f"vision-{name}.pt")
    card = {
        "task": "which digit a picture shows",
        "corpus": CORPUS,
        "held_out": "1,000 of 10,000 digits, those with the smallest SHA-256",
        "seed": seed,
        "steps": steps,
        "pictures_seen": steps * BATCH,
        "augmentation": AUGMENTATION,
        "label_smoothing": SMOOTHING,
        "curve": curve,
        "date": datetime.date.today().isoformat(),
    }
    checkpoints.save(name, network, card, folder)
    checkpoints.load.cache_clear()
    bundle = checkpoints.load(name, folder)  # as it is shipped, in float16
    card = bundle.card | facts(bundle)
    zoo.annotate(name, card, folder)
    return card
