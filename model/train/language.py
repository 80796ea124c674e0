"""Train a model to predict the next token of stories: the decoders."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.network.attention import attend
from model.network.transformer import Transformer
from model.tokenizer import Tokenizer
from model.train import corpus
from model.train.fit import fit, precision

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
Texts = dict[str, list[str]]  # by file


def gather(paths: Sequence[Path], seed_text: int = 5_000_000) -> tuple[Texts, Texts, str]:
    """(training, held out) by file, and the text that the tokenizer learns from: all of the first file's
    training part and some of the others'.
    """
    training, held = corpus.split(paths)
    texts = ["\n".join(documents) for documents in training.values()]
    return training, held, texts[0] + "\n".join(texts[1:])[:seed_text]


def next_token_loss(network: Transformer, windows: Tensor, rows: int = 512) -> float:
    """Mean loss in nats per token of windows (B, T + 1); runs backward as well.

    The vocabulary is by far the widest layer, so logits are made and used `rows` at a time.
    """
    ids, targets = windows[:, :-1], windows[:, 1:].flatten()
    with precision(windows.device.type):
        final = network(ids, attend=attend, predict=False).final.flatten(0, 1)
        leaf = final.detach().requires_grad_()
        total = 0.0
        for part, wanted in zip(leaf.split(rows), targets.split(rows), strict=True):
            loss = F.cross_entropy(network.unembed(part), wanted, reduction="sum") / len(targets)
            loss.backward()
            total += loss.item()
    final.backward(leaf.grad)
    return total


@torch.inference_mode()
def held_out_loss(
    network: Transformer,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    tokens: int | None = None,
    at_most: int | None = None,
) -> dict[str, float]:
    """Loss on texts never trained on, in windows of the training context side by side: nats per token, bits
    per byte (an end token counts as a byte).
    """
    tokens = tokens or network.config.context
    row = corpus.stream(tokenizer, texts)[:at_most]
    count = (len(row) - 1) // tokens
    windows = torch.from_numpy(
        np.lib.stride_tricks.sliding_window_view(row, tokens + 1)[::tokens][:count].copy()
    )
    nats = sum(
        F.cross_entropy(
            network(batch[:, :-1].to(DEVICE)).logits.flatten(0, 1),
            batch[:, 1:].to(DEVICE).flatten(),
            reduction="sum",
        ).item()
        for batch in windows.split(16)
    )
    size = sum(max(1, len(tokenizer.bytes[id])) for id in windows[:, 1:].flatten().tolist())
    return {"nats_per_token": nats / windows[:, 1:].numel(), "bits_per_byte": nats / math.log(2) / size}


# Of the bins in which loss is given by position.
EDGES = [0, 8, 16, 32, 64, 96, 128, 160, 192, 256, 384, 512, 768, 1024]


@torch.inference_mode()
def loss_by_position(
    network: Transformer, tokenizer: Tokenizer, texts: Sequence[str], count: int = 192
) -> list[list]:
    """Rows [first, end, nats per token] for targets at these positions, in `count` windows of long held-out
    texts as far as the model takes.

    A learned table ends at the training context: its rows end there too. The windows begin at the same
    places for every model, however far it reads, so that rows of two models are about the same tokens.
    """
    longest = min(EDGES[-1], network.config.max_tokens)
    row = torch.from_numpy(corpus.stream(tokenizer, texts))
    starts = torch.linspace(0, max(0, len(row) - EDGES[-1] - 1), count).long()
    total = torch.zeros(longest)
    for start in starts:
        window = row[start : start + longest + 1].to(DEVICE)
        total += F.cross_entropy(network(window[:-1]).logits, window[1:], reduction="none").cpu() / count
    return [[a, b, total[a:b].mean().item()] for a, b in pairwise(EDGES) if b <= longest]


def train(
    network: Transformer,
    tokenizer: Tokenizer,
    training: Texts,
    held: Texts,
    *,
    seed: int,
    steps: int,
    state: Path,
    share: float = 0.7,
    batch: int = 32,
    rate: float = 0.03,
) -> list[list[float]]:
    """Fit `network` to windows of the training texts, the first file getting `share` of them;
    returns the curve.
    """
    network.to(DEVICE).train()
    streams = [corpus.stream(tokenizer, texts) for texts in training.values()]
    sizes = [len(row) for row in streams[1:]]
    shares = [share] + [(1 - share) * size / sum(sizes) for size in sizes] if sizes else [1.0]
    tokens = network.config.context

    def backward(step: int) -> float:
        windows = corpus.windows(streams, shares, tokens=tokens + 1, batch=batch, seed=seed, step=step)
        return next_token_loss(network, windows.to(DEVICE))

    judged = next(iter(held.values()))
    return fit(
        network,
        backward,
        steps=steps,
        rate=rate,
        state=state,
        tokens_per_step=batch * tokens,
        validate=lambda: held_out_loss(network, tokenizer, judged, at_most=20_000)["nats_per_token"],
    )
