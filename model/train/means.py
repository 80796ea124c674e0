"""The table of common words for `model.analysis.nearest`: the mean vector of each in sentences of the texts
that the encoder learned from.
"""

import datetime
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save as write_arrays

from model.analysis import nearest, senses
from model.analysis.words import STOP, words
from model.bundle import Bundle
from model.tokenizer import Tokenizer
from model.train import corpus, reading

WORDS, CONTEXTS = 4000, 48
LENGTHS = range(4, 49)  # tokens of a sentence that is read
Context = tuple[list[int], dict[int, int]]  # a sentence's token ids, and {word: its place}


def sentences(folder: Path) -> list[str]:
    """All sentences of the stories, and WordNet's examples and definitions; never held-out text."""
    training, _ = corpus.split([folder / name for name in corpus.LICENCES])
    lines = [line for name, texts in training.items() if name not in corpus.STORIES for line in texts]
    for name in corpus.STORIES:
        lines += [one for text in training[name] for one in reading.SENTENCE.split(text.replace("\n", " "))]
    return lines


def common(lines: Iterable[str], tokenizer: Tokenizer, count: int = WORDS) -> list[int]:
    """Token ids of the commonest words that say something: one token, three letters or more, mostly small,
    so that names are left out.
    """
    every, small = Counter(), Counter()
    for line in lines:
        for word in words(line):
            name = str(word)
            every[name] += 1
            small[name] += line[word.start].islower()
    able = (name for name, n in every.most_common() if small[name] > n / 2 and able_to_stand(name, tokenizer))
    return [tokenizer.encode(name)[0] for name in islice(able, count)]


def able_to_stand(name: str, tokenizer: Tokenizer) -> bool:
    """Whether a word may stand in the table."""
    letters = len(name) > 2 and name.isascii() and name.isalpha()
    return letters and name not in STOP and len(tokenizer.encode(name)) == 1


def contexts(
    lines: Sequence[str], tokenizer: Tokenizer, wanted: Iterable[int], seed: int, count: int = CONTEXTS
) -> list[Context]:
    """Sentences in which the words `wanted` stand, at most `count` for each, drawn at random:
    token ids and {word: its place}.
    """
    left, chosen = dict.fromkeys(wanted, count), []
    for line in random.Random(seed).sample(lines, len(lines)):
        ids = tokenizer.encode(line)
        places = {id: place for place, id in enumerate(ids) if left.get(id)}
        if len(ids) in LENGTHS and places:
            chosen.append((ids, places))
            for id in places:
                left[id] -= 1
    return chosen


@torch.inference_mode()
def means(bundle: Bundle, wanted: Sequence[int], chosen: Sequence[Context]) -> np.ndarray:
    """Mean vectors of the words `wanted` in the sentences chosen,
    at the stages after the embedding, (R - 1, N, C).
    """
    rows, config = {id: i for i, id in enumerate(wanted)}, bundle.config
    sums, count = np.zeros((config.layers, len(wanted), config.width)), np.zeros(len(wanted), int)
    for length in LENGTHS:
        alike = [context for context in chosen if len(context[0]) == length]
        for batch in senses.parts(alike, senses.PASS // length):
            record = bundle.network(torch.tensor([ids for ids, _ in batch]), predict=False)
            stream = senses.stages(record)[nearest.stages(config)[1:]].numpy()  # (R - 1, B, T, C)
            for row, (_, places) in enumerate(batch):
                for id in places.keys() & rows.keys():
                    sums[:, rows[id]] += stream[:, row, places[id]]
                    count[rows[id]] += 1
    return sums / count[:, None]


def write(bundle: Bundle, folder: Path, seed: int = 1) -> dict[str, Any]:
    """Make the table of a model from the texts in the folder, and its card; returns the card."""
    lines = sentences(folder)
    chosen = contexts(lines, bundle.tokenizer, common(lines, bundle.tokenizer), seed)
    often = Counter(id for _, places in chosen for id in places)
    wanted = [id for id, n in often.items() if n >= CONTEXTS / 2]
    vectors = means(bundle, wanted, chosen)
    middle = vectors.mean(1)
    arrays = {
        "ids": np.array(wanted, np.uint16),
        "middle": middle.astype(np.float32),
        "directions": nearest.whole(vectors - middle[:, None]),
    }
    fewest = min(often[id] for id in wanted)
    facts = {
        "name": bundle.name,
        "task": "common words: the direction of each one's mean vector, the mean of all words taken off, "
        "after each layer but the last and at the normalised end",
        "corpus": corpus.LICENCES,
        "words": f"{len(wanted)}, the commonest that are one token of three letters or more, "
        "mostly small, and no stop words",
        "contexts": f"{CONTEXTS} sentences a word, drawn at random; "
        f"{fewest} at least where there are no more; {len(chosen)} in all",
        "seed": seed,
        "date": datetime.date.today().isoformat(),
        "checkpoint": bundle.card["sha256"],
    }
    return save(bundle.name, {name: np.ascontiguousarray(array) for name, array in arrays.items()}, facts)


def save(
    name: str, arrays: dict[str, np.ndarray], facts: dict[str, Any], folder: Path = nearest.FOLDER
) -> dict[str, Any]:
    """Write a table and its card; returns the card."""
    data = write_arrays(arrays)
    card = facts | {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.safetensors"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return card
