"""What is measured of a model at a recorded step of its training."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.analysis import heads
from model.analysis.learning.settings import Settings
from model.analysis.learning.tasks import Strings
from model.network.transformer import Record as Pass
from model.network.transformer import Transformer

HELD = 7, 0  # seed of the strings that are measured on, which no training draws
STRINGS = 24  # of them
SCALES = 1, 2, 4  # times the training length
STEPS = 255  # of a weight from 0 to 1, as it is kept


class Record(NamedTuple):
    """A model after `step` steps, measured on strings that it never learned from.

    losses: nats, of each step since the record before, as the training computed them. loss: nats of an
    answer. inside, beyond: share of the answers that are right, of strings as long as in training, and twice
    as long (NaN where the encoding has no such position). previous, answer (L, H): mean weight on the token
    before, and on the tokens that hold the answer. silenced (L, H): `inside` with that head silenced.
    maps (L, H, T, T) uint8: weights on the sample, times 255.
    """

    step: int
    losses: np.ndarray
    loss: float
    inside: float
    beyond: float
    previous: np.ndarray
    answer: np.ndarray
    silenced: np.ndarray
    maps: np.ndarray


class State(NamedTuple):
    """What a training needs to go on after `step` steps: parameters, and the moments of its optimisers."""

    step: int
    network: dict[str, Tensor]
    tools: list[dict[str, Any]]


class Lap(NamedTuple):
    """Of a race: what one model answers right after so many steps, strings as long as in training; the
    processor's seconds for a step; and at the end the same share at each of SCALES times that length.
    """

    positions: str
    seed: int
    step: int
    inside: float
    seconds: float
    scales: tuple[float, ...] = ()


@torch.inference_mode()
def measure(network: Transformer, settings: Settings, step: int, losses: list[float]) -> Record:
    """Measure the model after so many steps."""
    held = settings.draw(STRINGS, HELD)
    output = network(held.read, settings.allowed(held.read.shape[1]))
    logits, weights = output.logits, weights_of(output)
    sources = [held.sources(i) for i in range(STRINGS)]
    sample = settings.sample().read
    shown = weights_of(network(sample, settings.allowed(sample.shape[1])))
    return Record(
        step,
        np.array(losses, np.float32),
        F.cross_entropy(logits[held.judged], held.targets[held.judged]).item(),
        share(logits, held),
        accuracy(network, settings, scale=2),
        by_head(weights, lambda one, _: heads.previous(one)),
        by_head(weights, lambda one, i: heads.on(one, sources[i])),
        silenced(network, settings, held),
        np.rint(STEPS * shown[:, 0]).astype(np.uint8),
    )


@torch.inference_mode()
def accuracy(network: Transformer, settings: Settings, scale: int) -> float:
    """Share of right answers on strings `scale` times as long as in training; NaN where the encoding has no
    such position.
    """
    if not settings.reaches(scale):
        return np.nan
    strings = settings.draw(STRINGS, HELD, scale)
    return share(network(strings.read, settings.allowed(strings.read.shape[1])).logits, strings)


def share(logits: Tensor, strings: Strings) -> float:
    """Share of the answers of strings (B, T) to which logits (B, T, V) give the highest number."""
    right = logits.argmax(-1) == strings.targets
    return right[strings.judged].double().mean().item()


def weights_of(output: Pass) -> np.ndarray:
    """Attention weights (L, B, H, T, T) in the record of a pass over B strings."""
    return torch.stack([layer.attention.weights() for layer in output.layers]).numpy()


def by_head(weights: np.ndarray, score: Callable[[np.ndarray, int], float]) -> np.ndarray:
    """The mean of score(weights (T, T), string) over B strings, for each head of weights (L, B, H, T, T):
    (L, H).
    """
    return np.mean(
        [[[score(head, i) for head in string] for i, string in enumerate(layer)] for layer in weights], axis=1
    ).astype(np.float32)


def silenced(network: Transformer, settings: Settings, strings: Strings) -> np.ndarray:
    """Share of right answers with each head silenced, (L, H), by one pass over L H copies of the strings."""
    L, H, B = settings.layers, settings.heads, len(strings.ids)
    others = ~torch.eye(L * H, dtype=torch.bool).view(L * H, L, H)  # in the copy of a head all heads but that
    keep = others.repeat_interleave(B, 0).transpose(0, 1)  # (L, L H B, H)
    T = strings.read.shape[1]
    logits = network(strings.read.repeat(L * H, 1), settings.allowed(T), keep=keep).logits
    right = (logits.argmax(-1) == strings.targets.repeat(L * H, 1)).view(L, H, B, T)
    return right[:, :, strings.judged].double().mean(-1).numpy().astype(np.float32)


@lru_cache(maxsize=64)
def uniform(settings: Settings) -> float:
    """The answer score of a head that gives all it may see the same weight."""
    strings = settings.draw(STRINGS, HELD)
    weights = heads.uniform(settings.allowed(strings.read.shape[1]))
    return float(np.mean([heads.on(weights, strings.sources(i)) for i in range(STRINGS)]))
