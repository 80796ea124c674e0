"""Clues: what a word took its sense from, and what becomes of it without them or further away from them."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from model.analysis.senses.streams import PASS, parts, stages
from model.analysis.words import Word, words
from model.bundle import Bundle
from model.network.config import ModelConfig
from model.trace import Trace

# words that say little
NEUTRAL = "which as it was often said at that time and as we all know had been there for so very long "
NEUTRAL += "as anyone could say"
EDGES = 2**26  # entries in the masks of one forward pass

Place = int | slice


def apart(word: Word, clue: Word, between: int) -> tuple[Word, Word]:
    """The Words `word` and `clue` of one text, in that text changed so that `between` words, 0 to 25,
    stand between the two.

    The words nearest to the word stay as they are;
    where there are too few, NEUTRAL ones go in beside the clue.
    """
    text, first, second = word.text, *sorted((word, clue), key=lambda one: one.start)
    gap = [one for one in words(text) if first.end <= one.start < second.start]
    neutral, more = NEUTRAL.split(), max(0, between - len(gap))
    if clue == first:
        rest = text[clue.end :] if between >= len(gap) else " " + text[(*gap, word)[-1 - between].start :]
        changed = " ".join([text[: clue.end], *neutral[len(neutral) - more :]]) + rest
    else:
        rest = text[: clue.start] if between >= len(gap) else text[: (word, *gap)[between].end] + " "
        changed = rest + " ".join([*neutral[:more], text[clue.start :]])
    moved = len(changed) - len(text)
    shifts = {first: 0, second: moved}
    return tuple(Word(changed, one.start + shifts[one], one.end + shifts[one]) for one in (word, clue))


def looks(trace: Trace, places: Sequence[int]) -> np.ndarray:
    """The word's attention rows, the mean over its tokens: (L, H, T)."""
    heads = range(trace.config.heads)
    return np.array(
        [[layer.attention.weights(head, list(places)).mean(0) for head in heads] for layer in trace.layers]
    )


def blindfold(
    mask: Tensor,
    config: ModelConfig,
    asks: Iterable[int],
    keys: Sequence[int],
    layer: Place = slice(None),
    head: Place = slice(None),
) -> Tensor:
    """The mask (T, T), or (L, H, T, T), for every layer and head, (L, H, T, T), without the edges from tokens
    `asks` to tokens `keys` in the layer and head named, or in all.
    """
    allowed = mask.expand(config.layers, config.heads, *mask.shape[-2:]).clone()
    for ask in asks:
        allowed[layer, head, ask, keys] = False
    return allowed


@torch.inference_mode()
def blinded(
    bundle: Bundle,
    word: Word,
    cases: Sequence[tuple[Iterable[int], int | None, int | None]],
    everybody: bool = False,
) -> np.ndarray:
    """The word's vectors (N, S, C) in N cases, each (keys, layer, head): the word's tokens cannot look at
    tokens `keys` in that layer and head; None means all.

    As many cases to a pass as fit. The rest of the text still sees everything,
    so a clue may reach the word through other tokens; unless it is hidden from `everybody`:
    then no token looks at `keys` but those themselves, which nobody reads.
    """
    ids = bundle.read(word.text)
    T, config = len(ids), bundle.config
    places = word.tokens(bundle.tokenizer.spans(word.text, ids))
    mask, batches = bundle.network.mask(T), []
    for batch in parts(cases, fitting(config, T)):
        masks = []
        for keys, *where in batch:
            layer, head = (slice(None) if place is None else place for place in where)
            asks = [i for i in range(T) if i not in keys] if everybody else places
            masks.append(blindfold(mask, config, asks, list(keys), layer, head))
        record = bundle.network(torch.tensor([ids] * len(batch)), torch.stack(masks, dim=1), predict=False)
        stream = stages(record)  # (S, B, T, C)
        batches.append(stream[:, :, places].mean(2).transpose(0, 1).numpy())
    return np.concatenate(batches)


def fitting(config: ModelConfig, tokens: int) -> int:
    """How many masked copies of a text go into one forward pass, at least 1."""
    return max(1, min(PASS // tokens, EDGES // (config.layers * config.heads * tokens**2)))


def backup(alone: np.ndarray, pairs: Sequence[tuple[int, int]], both: np.ndarray, least: float) -> int | None:
    """Which of P pairs of clues moves a value most beyond what its two do one by one: when N clues are hidden
    alone it moves by `alone` (N,), and when the `pairs` of them are hidden by `both` (P,). None where no pair
    moves it by `least` more than its two apart: then no clue stands in for another.
    """
    excess = np.abs(both) - np.abs(alone)[np.array(pairs, int).reshape(-1, 2)].sum(1)
    return int(excess.argmax()) if excess.max(initial=-np.inf) >= least else None
