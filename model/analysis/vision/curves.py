"""Learning curves: how good a model becomes with how many training pictures, as the training recorded it."""

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.trace import frozen
from model.vision.checkpoints import FOLDER


class Curves(NamedTuple):
    """Accuracy on the test digits by the number of training pictures, trained anew with each seed."""

    sizes: tuple[int, ...]  # training pictures
    seeds: tuple[int, ...]
    steps: int  # of each training
    batch: int  # pictures in a step
    accuracy: dict[str, np.ndarray]  # by the model's name, (sizes, seeds)


@lru_cache(maxsize=4)
def curves(file: Path = FOLDER / "curves.json") -> Curves:
    """The recorded Curves."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    accuracy = {name: frozen(np.array(rows)) for name, rows in stored["accuracy"].items()}
    return Curves(tuple(stored["sizes"]), tuple(stored["seeds"]), stored["steps"], stored["batch"], accuracy)
