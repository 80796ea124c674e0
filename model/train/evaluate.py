"""What the cards say of the models' quality, measured again."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch.nn import functional as F

from model import zoo
from model.bundle import Bundle
from model.train import example, language, moved, senses, sentences, toys

SAMPLE = (
    "One day, a little girl named Lily went to the river with her mom. "
    "They saw a big dog, and the dog was happy to see them."
)
SHORT = Path(".training/spread")  # where the command `spread` writes
LIMITED = (
    "Learned positions stop at their table: there is no position past the training context, "
    "and a longer text is refused."
)
UNMASKED = (
    "Trained without the causal mask: it reads the next token off its input, "
    "so its loss says nothing about language."
)


@torch.inference_mode()
def sample_loss(bundle: Bundle) -> float:
    """Nats per token on a short fixed text, by which a test sees that the card and the checkpoint belong
    together.
    """
    ids = torch.tensor(bundle.tokenizer.encode(SAMPLE))
    return F.cross_entropy(bundle.network(ids).logits[:-1], ids[1:]).item()


@torch.inference_mode()
def sample_cosine(bundle: Bundle) -> float:
    """Cosine of *bank* by the river and *bank* with cash at the end of the model, for the same purpose."""
    river, cash = (
        sentences.vectors(bundle.network, bundle.tokenizer, text, "bank")[-1]
        for text in (example.RIVER, example.CASH)
    )
    return F.cosine_similarity(river, cash, dim=0).item()


def judge(bundle: Bundle, corpus: Sequence[Path], package: Path | None = None) -> dict[str, Any]:
    """Facts for the card of a model, be it a decoder, an encoder or a toy."""
    if bundle.name.startswith("toy-"):
        return toys.facts(bundle.network)
    if not bundle.config.predicts:
        theirs = {"teacher_senses": senses.judge_teacher(package)} if package else {}
        return {
            "sample": {"cosine": sample_cosine(bundle)},
            "senses": senses.evaluate(bundle.network, bundle.tokenizer),
            "moved_away": moved.judge(bundle),
            **theirs,
        }
    _, held, _ = language.gather(corpus)
    texts = next(iter(held.values()))
    report = {
        "sample": {"text": SAMPLE, "nats_per_token": sample_loss(bundle)},
        **language.held_out_loss(bundle.network, bundle.tokenizer, texts),
    }
    if bundle.config.causal:
        every = [text for texts in held.values() for text in texts]
        report["loss_by_position"] = language.loss_by_position(bundle.network, bundle.tokenizer, every)
    return report


def spread(positions: str, folder: Path = SHORT) -> dict[str, Any]:
    """Bits per byte after a short training with each of several seeds, their mean, and how far apart they
    are; {} if there was no such training.
    """
    paths = sorted(folder.glob(f"{positions}-*.json"))
    cards = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    if not cards:
        return {}
    losses = [card["bits_per_byte"] for card in cards]
    return {
        "short_training": {
            "steps": cards[0]["steps"],
            "tokens_seen": cards[0]["tokens_seen"],
            "seeds": [card["seed"] for card in cards],
            "bits_per_byte": losses,
            "mean": mean(losses),
            "range": max(losses) - min(losses),
        }
    }


def run(
    names: Iterable[str], corpus: Sequence[Path], package: Path | None = None, folder: Path = zoo.FOLDER
) -> None:
    """Judge the models of these names and write their cards."""
    for name in names:
        bundle, variant = zoo.load(name, folder), name.partition("-")[2]
        facts = judge(bundle, corpus, package) | (spread(variant) if name.startswith("decoder") else {})
        if bundle.config.encoding.limited:
            facts["note"] = LIMITED
        elif variant == "unmasked":
            facts["note"] = UNMASKED
        zoo.annotate(name, facts, folder)
        print(f"{name}: {figure(facts)}", flush=True)


def figure(facts: dict[str, Any]) -> str:
    """The one number of a card by which a model is judged, with its name."""
    if "senses" in facts:
        return f"senses {facts['senses']['usage']['sense_accuracy']:.3f}"
    if "copy_accuracy" in facts:
        return f"copies {facts['copy_accuracy']:.1%}"
    return f"{facts['bits_per_byte']:.3f} bits per byte"
