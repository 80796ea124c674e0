"""What the cards say of the models' quality, measured anew: anybody can run it."""

import json
from pathlib import Path
from statistics import mean

import torch
from torch.nn import functional as F

from model import zoo
from model.train import example, language, senses, sentences, toys

SAMPLE = (
    "One day, a little girl named Lily went to the river with her mom. They saw a big dog, and the dog was "
    "happy to see them."
)
SHORT = Path(".training/spread")  # where `spread` wrote
LIMITED = (
    "Learned positions stop at their table: there is no position past the training context, and a longer "
    "text is refused."
)
UNMASKED = (
    "Trained without the causal mask: it reads the next token off its input, so its loss says nothing about "
    "language."
)


@torch.inference_mode()
def sample_loss(bundle):
    """Nats per token on a short fixed text, by which a test sees that the card and the checkpoint belong
    together.
    """
    ids = torch.tensor(bundle.tokenizer.encode(SAMPLE))
    return F.cross_entropy(bundle.network(ids).logits[:-1], ids[1:]).item()


@torch.inference_mode()
def sample_cosine(bundle):
    """Cosine of *bank* by the river and *bank* with cash at the end of the model, for the same purpose."""
    river, cash = (
        sentences.vectors(bundle.network, bundle.tokenizer, text, "bank")[-1]
        for text in (example.RIVER, example.CASH)
    )
    return F.cosine_similarity(river, cash, dim=0).item()


def judge(bundle, corpus, package=None):
    """Facts for the card of a model that predicts stories, of one that ends in vectors of words, or of a
    toy.
    """
    if bundle.name.startswith("toy-"):
        return toys.facts(bundle.network)
    if not bundle.config.predicts:
        theirs = {"teacher_senses": senses.judge_teacher(package)} if package else {}
        return {
            "sample": {"cosine": sample_cosine(bundle)},
            "senses": senses.evaluate(bundle.network, bundle.tokenizer),
            **theirs,
        }
    _, held, _ = language.gather(corpus)
    texts = next(iter(held.values()))
    found = {
        "sample": {"text": SAMPLE, "nats_per_token": sample_loss(bundle)},
        **language.held_out_loss(bundle.network, bundle.tokenizer, texts),
    }
    if bundle.config.causal:
        found["loss_by_position"] = language.loss_by_position(
            bundle.network, bundle.tokenizer, [text for some in held.values() for text in some]
        )
    return found


def spread(positions, folder=SHORT):
    """Bits per byte after a short training with each of several seeds, their mean, and how far apart they
    are; {} where nobody has trained them.
    """
    found = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"{positions}-*.json"))
    ]
    if not found:
        return {}
    losses = [card["bits_per_byte"] for card in found]
    return {
        "short_training": {
            "steps": found[0]["steps"],
            "tokens_seen": found[0]["tokens_seen"],
            "seeds": [card["seed"] for card in found],
            "bits_per_byte": losses,
            "mean": mean(losses),
            "range": max(losses) - min(losses),
        }
    }


def run(names, corpus, package=None, folder=zoo.FOLDER):
    """Judge the models of these names and write their cards."""
    for name in names:
        bundle, variant = zoo.load(name, folder), name.partition("-")[2]
        facts = judge(bundle, corpus, package) | (spread(variant) if name.startswith("decoder") else {})
        if bundle.config.encoding.limited:
            facts["note"] = LIMITED
        elif variant == "unmasked":
            facts["note"] = UNMASKED
        zoo.annotate(name, facts, folder)
        figure = (
            f"senses {facts['senses']['usage']['sense_accuracy']:.3f}"
            if "senses" in facts
            else f"copies {facts['copy_accuracy']:.1%}"
            if "copy_accuracy" in facts
            else f"{facts['bits_per_byte']:.3f} bits per byte"
        )
        print(f"{name}: {figure}", flush=True)
