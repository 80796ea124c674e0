"""The words nearest to a word in its sentence, by the cosine to the mean vectors of common words.

Legend: R rows, the stages of the residual stream that are compared: the embedding, after each layer but the
last, and the normalised end; N words of the table, C model width.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as read_arrays

from model import zoo
from model.analysis.stream import cosines
from model.analysis.words import bases
from model.bundle import Bundle
from model.network.config import ModelConfig
from model.trace import frozen

FOLDER = zoo.FOLDER / "means"  # NAME.safetensors and NAME.json, its card, for the model of that name


def stages(config: ModelConfig) -> list[int]:
    """Which R of the L + 2 stages are compared; the end is the last layer, normalised,
    so that the layer itself is left out.
    """
    return [*range(config.layers), config.layers + 1]


@dataclass(frozen=True)
class Table:
    """What N common words are on average, in the contexts in which they were read."""

    words: tuple[str, ...]
    middle: np.ndarray  # (R, C) the mean of all words
    units: np.ndarray  # (R, N, C) each word's mean without the middle, of length 1
    card: dict

    def centred(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (..., R, C) of words in their sentences without the middle, of length 1."""
        return unit(vectors - self.middle)

    def cosines(self, vectors: np.ndarray) -> np.ndarray:
        """The cosine of each word of the table to vectors (K, R, C) at each stage,
        the middle taken off both: (K, R, N).
        """
        cosines = self.units @ self.centred(vectors).transpose(1, 2, 0)  # (R, N, C) times (R, C, K)
        return cosines.transpose(2, 0, 1)


class Likeness(NamedTuple):
    """The cosine of vectors to those of another word, the middle of the table taken off both;
    to be asked as `senses.Axis` is.
    """

    other: np.ndarray  # (S, C)
    stages: np.ndarray  # (R,) which of the S stages are compared
    table: Table

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (..., S, C) -> (..., S); NaN at a stage that is not compared."""
        cosines = np.full(vectors.shape[:-1], np.nan)
        own, other = (self.table.centred(one[..., self.stages, :]) for one in (vectors, self.other))
        cosines[..., self.stages] = (own * other).sum(-1)
        return cosines


class Cosine(NamedTuple):
    """The cosine of vectors to those of another word, as they are; to be asked as `senses.Axis` is."""

    other: np.ndarray  # (S, C)

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (..., S, C) -> (..., S)."""
        return cosines(vectors, self.other)


def listing(
    names: Sequence[str], cosines: np.ndarray, count: int, without: Iterable[str] = ()
) -> list[tuple[str, float]]:
    """The `count` words with the largest cosines (N,), the nearest first;
    one form of each word, and none of the words `without`.
    """
    seen, listed = set(without), []
    for i in np.argsort(-cosines, kind="stable"):
        if len(listed) == count:
            break
        if seen.isdisjoint(bases(names[i])):
            seen.update(bases(names[i]))
            listed.append((names[i], float(cosines[i])))
    return listed


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., C) of length 1; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def whole(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., C) in whole numbers of int8, of which the largest is ±127: `unit` of them is the
    direction of the vector, in a quarter of a float's bytes.
    """
    largest = np.abs(vectors).max(axis=-1, keepdims=True)
    shares = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0)
    return np.rint(127 * shares).astype(np.int8)


@lru_cache(maxsize=4)
def table(model: str, folder: Path = FOLDER) -> Table:
    """The Table of a model, one object shared by all callers.

    ValueError if there is none, or if it is damaged or was made with another checkpoint.
    """
    bundle = zoo.load(model)
    path = folder / f"{model}.safetensors"
    try:
        card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != card["sha256"]:
            raise ValueError("its checksum differs from its card's")
        if card["checkpoint"] != bundle.card["sha256"]:
            raise ValueError("it was made with another checkpoint")
        arrays = read_arrays(data)
        parts = arrays["ids"], arrays["middle"], unit(arrays["directions"].astype(np.float32))
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise ValueError(
            f"The table of words of “{model}” cannot be read: {error}. "
            f"Restore {path.parent.name}/{path.name} and its card."
        ) from error
    return tabled(bundle, *parts, card)


@torch.inference_mode()
def tabled(bundle: Bundle, ids: np.ndarray, middle: np.ndarray, units: np.ndarray, card: dict) -> Table:
    """The Table of words given as token ids (N,): a file holds the R - 1 stages after the embedding; the
    embedding itself, which no context changes, is added here.
    """
    embedded = bundle.network.embed(torch.from_numpy(ids.astype(np.int64))).numpy()  # (N, C)
    names = tuple(bundle.tokenizer.piece(id).strip() for id in ids.tolist())
    mean = embedded.mean(0)
    units = np.concatenate([unit(embedded - mean)[None], units])
    return Table(names, frozen(np.concatenate([mean[None], middle])), frozen(units), card)
