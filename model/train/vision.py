"""The models of pictures: one recipe for all, and how good each becomes with how many pictures."""

import datetime
import json
from collections.abc import Callable
from itertools import product
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
from model.vision.bundle import Bundle
from model.vision.config import VisionConfig
from model.vision.digits import bright
from model.vision.network import build, initialise

CONFIGS = {
    "vit": VisionConfig(),
    "vit-rope": VisionConfig(positions="rope"),
    "vit-none": VisionConfig(positions="none"),
    "cnn": VisionConfig(kind="convolution"),
}
STEPS = {"vit": 3000, "vit-rope": 3000, "vit-none": 3000, "cnn": 1500}
BATCH = 100
RATE = 0.02
SMOOTHING = 0.1  # of the labels (Szegedy 2016)


def fitted(
    name: str,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    steps: int,
    state: Path,
    batch: int = BATCH,
    changed: bool = True,
) -> tuple[nn.Module, list[list[float]]]:
    """A network of that name, trained on these pictures, each time a little `changed`, and the curve of its
    loss.
    """
    network, backward = begun(name, images, labels, seed=seed, batch=batch, changed=changed)
    curve = fit(network, backward, steps=steps, rate=RATE, state=state, tokens_per_step=batch)
    return network.eval(), curve


def begun(
    name: str, images: np.ndarray, labels: np.ndarray, *, seed: int, batch: int, changed: bool = True
) -> tuple[nn.Module, Callable[[int], float]]:
    """A network of that name before its first step, and the function that runs the batch of a step forward
    and backward and returns its loss in nats; each picture is a little `changed` each time.
    """
    network = initialise(build(CONFIGS[name]), seed)
    pixels, digits = torch.tensor(bright(images)), torch.tensor(labels.astype(np.int64))

    def backward(step: int) -> float:
        random = torch.Generator().manual_seed(seed * 1_000_003 + step)
        drawn = torch.randint(len(pixels), (batch,), generator=random)
        seen = altered(pixels[drawn], random) if changed else pixels[drawn]
        return learned(network, seen, digits[drawn])

    return network, backward


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
    zoo.annotate(name, facts(checkpoints.load(name, folder)), folder)  # as it is shipped, in float16
    checkpoints.load.cache_clear()
    return checkpoints.load(name, folder).card


# ---- learning curves ----

CURVES = ("vit", "vit-rope", "cnn")
SEEDS = (1, 2, 3, 4, 5)  # of the parameters and of the pictures that are drawn
SIZES = (50, 300, 1500, 9000)  # training pictures
# The same for every size: a shorter training than that of the models, on the pictures as they are, since
# changed ones would stand in for more of them.
SHORT = {"steps": 250, "batch": 50, "changed": False}


def curves(file: Path, *, work: Path, folder: Path) -> None:
    """Train the CURVES anew on so many pictures with each seed, and write how many test digits each then
    reads; a run that was stopped goes on after the last network that was finished.
    """
    (images, labels), held = split(file)
    notes = work / "curves.json"
    work.mkdir(parents=True, exist_ok=True)
    done = json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else {}
    for seed, size, name in product(SEEDS, SIZES, CURVES):
        if (key := f"{name} {size} {seed}") in done:
            continue
        drawn = np.random.default_rng(seed).permutation(len(images))[:size]
        state = work / f"curve-{name}.pt"
        state.unlink(missing_ok=True)
        network, _ = fitted(name, images[drawn], labels[drawn], seed=seed, state=state, **SHORT)
        guesses = Bundle(name, {}, network).predict(bright(held[0])).argmax(-1)
        done[key] = float((guesses == held[1]).mean())
        print(f"{key}: {done[key]:.3f}", flush=True)
        notes.write_text(json.dumps(done), encoding="utf-8")
    accuracies = {
        name: [[done[f"{name} {size} {seed}"] for seed in SEEDS] for size in SIZES] for name in CURVES
    }
    recorded = {"sizes": SIZES, "seeds": SEEDS, **SHORT, "accuracy": accuracies}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "curves.json").write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
