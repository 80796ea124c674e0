"""What the end of a text does to the next token: white space belongs to the token of the word after it, and
the tokens of an unfinished word are not the first tokens of the finished one.
"""

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple

import numpy as np
import torch

from model.bundle import Bundle
from model.probabilities import softmax
from model.tokenizer import LETTER, MARKS, Tokenizer
from model.trace import Trace

IN_A_WORD = re.compile(rf"{LETTER}[{MARKS}]*['’]?\Z")


class Beginning(NamedTuple):
    """The last word of a text as the beginning of longer ones."""

    word: str  # as it stands at the end of the text, with the space before it
    share: float  # of the probability of all that begins so: what belongs to longer words
    # words that one more token makes of it, with their probability, best first
    longer: list[tuple[str, float]]


def trailing_space(text: str) -> str:
    """The white space that a text ends with."""
    return text[len(text.rstrip()) :]


@lru_cache(maxsize=16)
def alphabetical(tokenizer: Tokenizer) -> list[tuple[bytes, int]]:
    """The bytes and the id of each token, those with the same beginning side by side."""
    return sorted((known, id) for id, known in enumerate(tokenizer.bytes))


def extensions(tokenizer: Tokenizer, data: bytes) -> list[int]:
    """Ids of the tokens that begin with these bytes and are longer."""
    tokens = alphabetical(tokenizer)
    after = islice(tokens, bisect_right(tokens, (data, len(tokens))), None)
    return sorted(id for _, id in takewhile(lambda token: token[0].startswith(data), after))


@lru_cache(maxsize=16)
def letters(tokenizer: Tokenizer) -> list[int]:
    """Ids of the tokens that continue a word: their first character is a letter."""
    pieces = (known.decode(errors="ignore")[:1] for known in tokenizer.bytes)
    return [id for id, first in enumerate(pieces) if first.isalpha()]


def before_each(bundle: Bundle, trace: Trace, count: int) -> np.ndarray:
    """What the model expected before each of the last `count` tokens and after the last, (count + 1, V); the
    first token of a text is expected after the token that stands between texts.
    """
    if count < len(trace.tokens):
        return softmax(trace.logits[-count - 1 :].astype(np.float64))
    ids = [bundle.tokenizer.end, *map(int, trace.ids)]
    with torch.inference_mode():
        return softmax(bundle.network(torch.tensor(ids)).logits.double().numpy())


def beginning(bundle: Bundle, trace: Trace) -> Beginning | None:
    """How likely a causal decoder finds it that the last word of the text is the beginning of a longer one;
    None if the text does not end in a word.

    With w the tokens of the word, the longer words are of two kinds. Those in which one token t stands in the
    place of the last tokens of w, however many, and goes further: the sum over k of p(w_1 .. w_k) p(t). And
    those in which a token with a letter follows w. Others are left out:
    each of their beginnings would need a pass of its own.
    """
    tokenizer = bundle.tokenizer
    if not (
        tokenizer.merges and bundle.config.predicts and bundle.config.causal and IN_A_WORD.search(trace.text)
    ):
        return None
    ids = tokenizer.encode_word(tokenizer.words(trace.text)[-1])
    expected = before_each(bundle, trace, len(ids))
    pieces = [tokenizer.bytes[id] for id in ids]
    path, words = 1.0, {}
    for k, (id, chances) in enumerate(zip(ids, expected, strict=False)):
        for other in extensions(tokenizer, b"".join(pieces[k:])):
            word = b"".join((*pieces[:k], tokenizer.bytes[other]))
            words[word] = words.get(word, 0.0) + path * float(chances[other])
        path *= float(chances[id])
    longer = sum(words.values()) + path * float(expected[-1][letters(tokenizer)].sum())
    total = sum(words.values()) + path
    if not total:
        return None
    best = sorted(words.items(), key=lambda pair: -pair[1])
    named = [(word.decode(errors="replace"), chance / total) for word, chance in best]
    return Beginning(b"".join(pieces).decode(errors="replace"), longer / total, named)
