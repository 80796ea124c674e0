"""Toy decoders on strings that repeat: small enough to grow a previous-token head and an induction head
(Olsson 2022) within minutes.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor
from torch.nn import functional as F

from model import zoo
from model.analysis import heads
from model.analysis.strings import PERIODS, strings
from model.network.attention import attend
from model.network.config import ModelConfig
from model.network.encodings import ENCODINGS
from model.network.transformer import Transformer, initialise
from model.tokenizer import Tokenizer
from model.train.fit import fit

SNAPSHOTS = (0, 50, 100, 200, 300, 400, 600, 800, 1000, 1200, 1500, 1800)


@torch.inference_mode()
def measure(
    network: Transformer, *, seed: int = 7, periods: tuple[int, int] = PERIODS, tokens: int = 96
) -> dict[str, Any]:
    """Copy accuracy in the repeats, and the previous-token and induction scores of model.analysis.heads for
    each head, the mean over 64 strings.
    """
    ids, period = strings(64, tokens, seed=(seed, 0), periods=periods)
    logits = network(ids).logits
    repeated = torch.arange(tokens)[None] >= period[:, None]  # from here on the string repeats itself
    right = (logits[:, :-1].argmax(-1) == ids[:, 1:])[repeated[:, 1:]].float().mean().item()
    weights = weights_of(network, ids).numpy()  # (L, B, H, T, T)
    return {
        "copy_accuracy": right,
        "previous_token": by_head(weights, lambda one, _: heads.previous(one), period.tolist()),
        "induction": by_head(weights, heads.induction, period.tolist()),
    }


def by_head(
    weights: np.ndarray, score: Callable[[np.ndarray, int], float], period: Sequence[int]
) -> list[list[float]]:
    """The mean of score(weights, period) over B strings, for each head of weights (L, B, H, T, T):
    L lists of H numbers.
    """
    return [
        [
            round(float(np.mean([score(one, own) for one, own in zip(head, period, strict=True)])), 3)
            for head in layer.swapaxes(0, 1)
        ]
        for layer in weights
    ]


def facts(network: Transformer) -> dict[str, Any]:
    """What a toy's card says of its quality."""
    longer = measure(network, periods=(50, 60))["copy_accuracy"]
    return {**measure(network), "copy_accuracy_periods_50_60": longer}


@torch.inference_mode()
def weights_of(network: Transformer, ids: Tensor) -> Tensor:
    """Weights (L, ..., H, T, T) of strings (..., T)."""
    return torch.stack([layer.attention.weights() for layer in network(ids).layers])


def train(
    positions: str,
    *,
    seed: int,
    steps: int = SNAPSHOTS[-1],
    batch: int = 32,
    tokens: int = 96,
    periods: tuple[int, int] = PERIODS,
    work: Path = Path(".training"),
    folder: Path = zoo.FOLDER,
) -> dict[str, Any]:
    """Train one toy, write its checkpoint, its card and, in births/, the weights of one fixed string at
    twelve steps of the training.
    """
    network = initialise(Transformer(config(positions, tokens)), seed, spread=0.04)
    low, high = periods
    sample = strings(1, 48, seed=(seed, 1), periods=(12, 16))[0][0]
    births = {}

    def backward(step: int) -> float:
        if step in SNAPSHOTS:
            births[step] = weights_of(network, sample).to(torch.float16).numpy()
        ids, _ = strings(batch, tokens + 1, seed=(seed, 2, step), periods=periods)
        loss = F.cross_entropy(network(ids[:, :-1], attend=attend).logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        return loss.item()

    state = work / f"toy-{positions}.pt"
    # A few minutes' work is not resumed: the snapshots of its beginning would be missing.
    state.unlink(missing_ok=True)
    curve = fit(network, backward, steps=steps, rate=0.01, state=state, tokens_per_step=batch * tokens)
    births[steps] = weights_of(network, sample).to(torch.float16).numpy()
    network.eval()
    card = {
        "task": "strings that repeat",
        "corpus": {
            "none": f"random strings of 64 symbols, each repeating with its own period of {low} to {high}"
        },
        "seed": seed,
        "steps": steps,
        "tokens_seen": steps * batch * tokens,
        **facts(network),
        "curve": curve,
    }
    zoo.save(f"toy-{positions}", network, Tokenizer([]), card, folder)
    (folder / "births").mkdir(exist_ok=True)
    weights = {f"step {step}": kept for step, kept in births.items()}
    text = bytes(sample.tolist()).decode()
    save_file(weights, folder / "births" / f"toy-{positions}.safetensors", {"text": text})
    return card


def config(positions: str, tokens: int) -> ModelConfig:
    """The sizes of a toy that learns on strings of so many tokens."""
    return ModelConfig(
        vocabulary=257,
        width=64,
        layers=2,
        heads=4,
        key_heads=4,
        hidden=256,
        positions=positions,
        context=tokens,
        max_tokens=tokens if ENCODINGS[positions].limited else 512,
    )
