"""Text to train on: documents, a held-out part split off before anything is learned,
and windows of tokens in a seeded order.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model.tokenizer import Tokenizer

# In these files a line is a paragraph of a book: a hundred of them in a row are one document. Elsewhere a
# line is a document.
BOOKS = {"standardebooks_children.txt": 100, "gutenberg_fairy.txt": 100}
LICENCES = {
    "tinystories_subset.txt": "CDLA-Sharing-1.0 (Eldan and Li 2023)",
    "standardebooks_children.txt": "public domain (US), CC0 editions",
    "gutenberg_fairy.txt": "public domain (US)",
    "pratham_books_en.txt": "CC BY 4.0, Pratham Books",
    "oewn_glosses.txt": "CC BY 4.0 and the WordNet licence, Open English WordNet",
    "oewn_examples.txt": "CC BY 4.0 and the WordNet licence, Open English WordNet",
}
STORIES = (
    "tinystories_subset.txt",
    "pratham_books_en.txt",
    "standardebooks_children.txt",
    "gutenberg_fairy.txt",
)


def documents(path: Path) -> list[str]:
    """The documents of one file, in order; headings in capitals (contents pages) are left out."""
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if sum(map(str.isupper, line)) < 0.3 * len(line)
    ]
    together = BOOKS.get(path.name, 1)
    return ["\n".join(lines[i : i + together]) for i in range(0, len(lines), together)]


def split(paths: Iterable[Path]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Each file's documents in two dicts by file name, (training, held out): every twentieth document is
    never trained on, nor is a copy of it.
    """
    texts = {path.name: documents(path) for path in paths}
    held = {name: every[::20] for name, every in texts.items()}
    secret = {text for few in held.values() for text in few}
    return {name: [text for text in every if text not in secret] for name, every in texts.items()}, held


def stream(tokenizer: Tokenizer, texts: Iterable[str]) -> np.ndarray:
    """All documents as one row of token ids, (tokens,), each followed by the end token."""
    return np.array([id for text in texts for id in (*tokenizer.encode(text), tokenizer.end)], dtype=np.int64)


def windows(
    streams: Sequence[np.ndarray],
    shares: Sequence[float],
    *,
    tokens: int,
    batch: int,
    seed: int,
    step: int,
) -> Tensor:
    """The batch (batch, tokens) of one step: windows at random places, from each stream by its share.

    They depend on seed and step alone, so that a run can resume.
    The last token of a stream, an end token, is in no window.
    """
    chance = np.random.default_rng((seed, step))
    sources = chance.choice(len(streams), size=batch, p=np.array(shares) / sum(shares))
    starts = [chance.integers(len(streams[s]) - tokens) for s in sources]
    return torch.from_numpy(
        np.stack([streams[s][i : i + tokens] for s, i in zip(sources, starts, strict=True)])
    )
