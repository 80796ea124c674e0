"""The bundled checkpoints: list, load, save. A checkpoint is NAME.safetensors (float16) and NAME.json, its
card, which holds the checksum.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as write_tensors
from torch import Tensor, nn

from model.bundle import Bundle
from model.network.config import KINDS, ModelConfig
from model.network.convolution import build
from model.network.transformer import Transformer
from model.tokenizer import Tokenizer

FOLDER = Path(__file__).parent / "checkpoints"
PLACE = "model/checkpoints"  # where that is in the project, for sentences
MERGES = "tokenizer.merges"


class Unavailable(ValueError):
    """A model that cannot be used, in a sentence for the user; the others can."""


class Card(dict):
    """What a card says; Unavailable where something is asked that it lacks, at any depth."""

    def __init__(self, facts: Mapping[str, Any], name: str, folder: str = PLACE) -> None:
        super().__init__(facts)
        self.name, self.folder = name, folder

    def __missing__(self, key: str) -> Any:
        raise Unavailable(
            f"The card of “{self.name}” is damaged: it has no {key!r}. "
            f"Restore {self.folder}/{self.name}.json."
        )


def names(kind: str | None = None, folder: Path = FOLDER) -> list[str]:
    """Names of the bundled models, encoders first, then decoders, then convolutions, each in alphabetical
    order; or those of one kind.
    """
    # Pages ask in every run: a Path for each file would take a millisecond.
    files = os.listdir(folder) if os.path.isdir(folder) else []
    known = [file.removesuffix(".safetensors") for file in files if file.endswith(".safetensors")]
    kinds = {name: kind_of(f"{folder}/{name}.json") for name in known}
    return sorted(
        (name for name in kinds if kind in (None, kinds[name])),
        key=lambda name: (KINDS.index(kinds[name]), name),
    )


def kind_of(card: str) -> str:
    """The kind that a card states; a decoder, the commonest, where it cannot be read:
    `load` says what is wrong.
    """
    try:
        kind = stated_kind(card)
    except (OSError, ValueError, KeyError, TypeError):
        return "decoder"
    return kind if kind in KINDS else "decoder"


@lru_cache(maxsize=64)  # only of cards that can be read, so that one that is restored is read again
def stated_kind(card: str) -> str:
    """The kind that a card states."""
    return json.loads(Path(card).read_text(encoding="utf-8"))["config"]["kind"]


@lru_cache(maxsize=32)
def load(name: str, folder: Path = FOLDER) -> Bundle:
    """The Bundle of that name; one object, shared by all callers, in evaluation mode and without gradients.
    ValueError if it is unknown or damaged.
    """
    path = Path(folder) / f"{name}.safetensors"
    if name not in names(folder=folder):
        raise Unavailable(
            f"There is no model “{name}”. The bundled ones are: {', '.join(names(folder=folder)) or 'none'}."
        )
    with restoring(path):
        card, tensors = read(path)
        config = ModelConfig(**card["config"])
        tokenizer = Tokenizer(tensors.pop(MERGES).tolist(), config.cased)
        return Bundle(name, card, tokenizer, filled(build, config, tensors))


@contextmanager
def restoring(path: Path, folder: str = PLACE) -> Iterator[None]:
    """Around what reads a checkpoint: Unavailable, with a sentence for the user, if it is damaged. `folder`
    is where it lies in the project.
    """
    try:
        yield
    except Unavailable:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        # An OSError also names the place in the server's file system, which is not for visitors.
        what = error.strerror if isinstance(error, OSError) else error
        raise Unavailable(
            f"The checkpoint of “{path.stem}” is damaged: {what}. Restore {folder}/{path.name} and its card."
        ) from error


def read(path: Path, folder: str = PLACE) -> tuple[Card, dict[str, Tensor]]:
    """The Card of a checkpoint and its tensors as they are stored; ValueError if they are not those of the
    card.
    """
    card, data = read_card(path, folder), path.read_bytes()
    if hashlib.sha256(data).hexdigest() != card["sha256"]:
        raise ValueError("its checksum differs from its card's")
    return card, read_tensors(data)


def filled(build: Callable[[Any], nn.Module], config: Any, tensors: Mapping[str, Tensor]) -> nn.Module:
    """The network that `build` makes of a config, with these parameters in float32, in evaluation mode and
    without gradients.
    """
    with torch.device("meta"):  # no random numbers for parameters that are about to be replaced
        network = build(config)
    network.load_state_dict({key: tensor.float() for key, tensor in tensors.items()}, assign=True)
    return network.eval().requires_grad_(False)


def read_card(path: Path, folder: str = PLACE) -> Card:
    """The Card beside a checkpoint; `folder` is where it lies in the project, for sentences."""
    try:
        text = path.with_suffix(".json").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Unavailable(
            f"The card of “{path.stem}” is missing. Restore {folder}/{path.stem}.json."
        ) from error
    facts = json.loads(text, object_hook=lambda one: Card(one, path.stem, folder))
    if not isinstance(facts, Card):
        raise ValueError("its card holds no facts")
    return facts


def save(
    name: str, network: Transformer, tokenizer: Tokenizer, card: Mapping[str, Any], folder: Path = FOLDER
) -> None:
    """Write the checkpoint and its card, as `write` does."""
    write(name, network, card, folder, {MERGES: torch.tensor(tokenizer.merges, dtype=torch.int16)})


def write(
    name: str,
    network: nn.Module,
    card: Mapping[str, Any],
    folder: Path,
    others: Mapping[str, Tensor] | None = None,
) -> None:
    """Write a checkpoint, with `others` beside the parameters, and its card, which gains config, parameters,
    bytes and sha256.
    """
    path = Path(folder) / f"{name}.safetensors"
    tensors = {
        key: tensor.detach().cpu().to(torch.float16).contiguous()
        for key, tensor in network.state_dict().items()
    }
    data = write_tensors({**tensors, **(others or {})})
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
    path.with_suffix(".json").unlink(missing_ok=True)
    annotate(name, facts, folder)


def annotate(name: str, facts: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Add facts to a card, or write a new one."""
    path = Path(folder) / f"{name}.json"
    card = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(card | facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
