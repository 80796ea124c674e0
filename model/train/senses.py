"""Does a model tell the senses of a word apart? What its card says of that."""

from pathlib import Path
from typing import Any

import torch

from model.network.transformer import Transformer
from model.tokenizer import Tokenizer
from model.train.accuracy import accuracy
from model.train.example import example
from model.train.sentences import CLUES, USAGE, read, teacher_vectors, vectors


def evaluate(network: Transformer, tokenizer: Tokenizer) -> dict[str, Any]:
    """Everything that a card says about senses: `usage` and `clues` as in `accuracy`, and the running example
    at the best layer for usage.
    """
    report = {}
    for name, path in (("usage", USAGE), ("clues", CLUES)):
        rows = read(path)
        own = torch.stack([vectors(network, tokenizer, row.sentence, row.word) for row in rows])
        report[name] = accuracy(rows, own)
        if path == USAGE:
            report["example"] = example(network, tokenizer, rows, own, report[name]["best_layer"])
    return rounded(report)


def judge_teacher(package: Path) -> dict[str, Any]:
    """The teacher's own figures on the same sentences."""
    return rounded(
        {
            name: accuracy(rows := read(path), teacher_vectors(package, rows))
            for name, path in (("usage", USAGE), ("clues", CLUES))
        }
    )


def rounded(value: Any) -> Any:
    """Numbers to three places, at any depth."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return round(value, 3) if isinstance(value, float) else value
