"""What a tokenizer makes of the reader's text: its tokens, and how its words fare."""

from itertools import accumulate
from typing import NamedTuple

import streamlit as st

from model import tokenizer as bpe
from pages import _shell
from pages._choices import put
from pages._control import Control
from pages._numbers import number, plural
from viz.component.chips import chips

SHOWN = 400  # tokens as chips
SIGNS = {
    " ": "The sign · is a space.",
    "⟨": "⟨E6⟩ is one byte, E6 in hexadecimal, of a character cut into several tokens.",
}
RARE = " photosynthesis"  # where the reader's text has no word that falls apart


class Word(NamedTuple):
    """A word as the tokenizer reads it, and its tokens' ids."""

    text: str
    ids: list[int]


def words(tokenizer, text):
    """The Words of a text, whose ids one after the other are those of the text."""
    return [Word(word, tokenizer.encode_word(word)) for word in tokenizer.words(text)]


def spoken(tokenizer, text):
    """The words of a text as people count them, each with the space before it and the ids of its tokens.

    Such a word may be several of the tokenizer's own: "don’t" is, and one with vowel signs.
    """
    ids = tokenizer.encode(text)
    spans, place, counted = tokenizer.spans(text, ids), 0, []
    for match in bpe.COUNTED.finditer(text):
        start = match.start() - (text[: match.start()][-1:] == " ")
        while spans[place][1] <= start:
            place += 1
        last = place
        while last < len(spans) and spans[last][0] < match.end():
            last += 1
        counted.append(Word(text[start : match.end()], ids[place:last]))
    return counted


def text_in_tokens(bundle, text):
    """Draw the tokens in which the model reads the text; returns the Word that is chosen."""
    tokenizer = bundle.tokenizer
    read = words(tokenizer, text)
    ids = [id for word in read for id in word.ids]
    starts = list(accumulate((len(word.ids) for word in read), initial=0))
    hardest = max(range(len(read)), key=lambda i: (len(read[i].ids), len(bpe.to_bytes(read[i].text))))
    places = range(len(ids))
    token = Control("Token", "bpe.token", places, starts[hardest], lambda i: str(i + 1)).value()
    first = max(0, min(token - SHOWN // 2, len(ids) - SHOWN))
    some = ids[first : first + SHOWN]

    def take(place):
        put({"bpe.token": first + place, "bpe.word": True})

    chips(
        [tokenizer.piece(id) for id in some],
        key="bpe.tokens",
        notes=[str(id) for id in some],
        selected=token - first,
        label="tokens of your text, with their ids",
        revision=text,
        on_select=take,
    )
    part = f" Here are tokens {first + 1} to {first + len(some)} of {len(ids):,}." * (len(some) < len(ids))
    signs = [sign for mark, sign in SIGNS.items() if any(mark in tokenizer.piece(id) for id in some)]
    st.caption(
        f"These are the tokens in which {bundle.name} reads your text, each with its id. "
        f"{' '.join(signs)}{part} Click a token to see how its word came to be."
    )
    return read[next(i for i, start in enumerate(starts[1:]) if token < start)]


def fare(tokenizer, ids, text):
    """How common and rare words fare, with the numbers of this text."""
    sentence = (
        f"**{plural('token', len(ids))}** for {plural('character', len(text))}: "
        f"{number(len(text) / len(ids), 2)} characters per token. "
    )
    every = spoken(tokenizer, text)
    if not every:
        return sentence
    alone = [word for word in every if len(word.ids) == 1]
    sentence += (
        f"Of {plural('word', len(every))}, {len(alone):,} {'is' if len(alone) == 1 else 'are'} one token"
    )
    first = min(
        (word for word in alone if word.ids[0] >= bpe.BYTES), key=lambda word: word.ids[0], default=None
    )
    sentence += (
        f"; {_shell.plain(first.text)} is so common that merge {first.ids[0] - bpe.BYTES + 1:,} finished it. "
        if first
        else ". "
    )
    rare = max(every, key=lambda word: len(word.ids))
    if len(rare.ids) == 1:
        rare = Word(RARE, tokenizer.encode_word(RARE))
        sentence += "A rare word, not in your text, is "
    else:
        sentence += "The word in most pieces is "
    cut = (
        f" A run of letters is cut after every {bpe.LONGEST}, for speed." if bpe.LONG_RUN.search(text) else ""
    )
    pieces = listed(tokenizer, rare.ids)
    return f"{sentence}{_shell.plain(rare.text)}: {plural('token', len(rare.ids))}, {pieces}.{cut}"


def listed(tokenizer, ids, at_most=12):
    return " ".join(shown(tokenizer, id) for id in ids[:at_most]) + (" …" if len(ids) > at_most else "")


def shown(tokenizer, id):
    """A token as a code span; the spaces between its bytes, where it is no whole character, are none of the
    text's.
    """
    data = tokenizer.bytes[id]
    return (
        _shell.plain(data.decode())
        if data.decode(errors="ignore").encode() == data
        else f"`{tokenizer.piece(id)}`"
    )
