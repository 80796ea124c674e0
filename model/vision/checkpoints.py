"""The bundled models of pictures: load, save. A checkpoint is NAME.safetensors (float16) and NAME.json, its
card, which holds the checksum.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as write_tensors

from model import zoo
from model.vision.bundle import Bundle
from model.vision.config import VisionConfig
from model.vision.network import VisionConvolution, VisionTransformer, build
from model.zoo import Unavailable

FOLDER = zoo.FOLDER / "vision"
NAMES = ("vit", "vit-rope", "vit-none", "cnn")


@lru_cache(maxsize=16)
def load(name: str, folder: Path = FOLDER) -> Bundle:
    """The Bundle of that name; one object, shared by all callers, in evaluation mode and without gradients.
    Unavailable, with a sentence for the user, if it is unknown or damaged.
    """
    if name not in NAMES:
        raise Unavailable(f"There is no model “{name}” that looks at pictures; there are {', '.join(NAMES)}.")
    path = Path(folder) / f"{name}.safetensors"
    try:
        card, data = zoo.read_card(path, "model/checkpoints/vision"), path.read_bytes()
        if hashlib.sha256(data).hexdigest() != card["sha256"]:
            raise ValueError("its checksum differs from its card's")
        with torch.device("meta"):  # no random numbers for parameters that are about to be replaced
            network = build(VisionConfig(**card["config"]))
        tensors = {key: tensor.float() for key, tensor in read_tensors(data).items()}
        network.load_state_dict(tensors, assign=True)
    except Unavailable:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        # An OSError also names the place in the server's file system, which is not for visitors.
        what = error.strerror if isinstance(error, OSError) else error
        raise Unavailable(
            f"The checkpoint of “{name}” is damaged: {what}. "
            f"Restore model/checkpoints/vision/{path.name} and its card."
        ) from error
    return Bundle(name, card, network.eval().requires_grad_(False))


def save(
    name: str,
    network: VisionTransformer | VisionConvolution,
    card: Mapping[str, Any],
    folder: Path = FOLDER,
) -> None:
    """Write the checkpoint and its card; the card gains config, parameters, bytes and sha256."""
    path = Path(folder) / f"{name}.safetensors"
    tensors = {key: tensor.detach().to(torch.float16) for key, tensor in network.state_dict().items()}
    data = write_tensors(tensors)
    facts = {
        "name": name,
        **card,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "config": asdict(network.config),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
