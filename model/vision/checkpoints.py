"""The bundled models of pictures: load, save. A checkpoint is NAME.safetensors (float16) and NAME.json, its
card, which holds the checksum.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from model import zoo
from model.vision.bundle import Bundle
from model.vision.config import VisionConfig
from model.vision.network import VisionConvolution, VisionTransformer, build

FOLDER = zoo.FOLDER / "vision"
PLACE = f"{zoo.PLACE}/vision"  # where that is in the project, for sentences
NAMES = ("vit", "vit-rope", "vit-none", "cnn")


@lru_cache(maxsize=16)
def load(name: str, folder: Path = FOLDER) -> Bundle:
    """The Bundle of that name; one object, shared by all callers, in evaluation mode and without gradients.
    Unavailable, with a sentence for the user, if it is unknown or damaged.
    """
    if name not in NAMES:
        raise zoo.Unavailable(
            f"There is no model “{name}” that looks at pictures; there are {', '.join(NAMES)}."
        )
    path = Path(folder) / f"{name}.safetensors"
    with zoo.restoring(path, PLACE):
        card, tensors = zoo.read(path, PLACE)
        return Bundle(name, card, zoo.filled(build, VisionConfig(**card["config"]), tensors))


def save(
    name: str,
    network: VisionTransformer | VisionConvolution,
    card: Mapping[str, Any],
    folder: Path = FOLDER,
) -> None:
    """Write the checkpoint and its card, as zoo.write does."""
    zoo.write(name, network, card, folder)
