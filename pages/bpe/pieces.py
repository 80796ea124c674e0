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
    """A word as the tokenizer reads it, and its tokens' ids; of an opened model also how its vocabulary
    spells the word, where that stands in the text, and `why` its steps are not shown, if they are not.
    """

    text: str
    ids: list[int]
    spelled: str = ""
    span: tuple[int, int] = (0, 0)
    why: str = ""


def words(tokenizer, text):
    """The Words of a text, whose ids one after the other are those of the text."""
    return [Word(word, tokenizer.encode_word(word)) for word in tokenizer.words(text)]


def spoken(ids, spans, text):
    """The words of a text as people count them, each with the space before it and those of its token ids,
    which have these spans.

    Such a word may be several of the tokenizer's own: "don’t" is, and one with vowel signs.
    """
    place, counted = 0, []
    for match in bpe.COUNTED.finditer(text):
        start = match.start() - (text[: match.start()][-1:] == " ")
        while place < len(spans) and spans[place][1] <= start:
            place += 1
        last = place
        while last < len(spans) and spans[last][0] < match.end():
            last += 1
        counted.append(Word(text[start : match.end()], ids[place:last]))
    return counted


def text_in_tokens(bundle, text, read, around=""):
    """Draw the tokens of the Words in which the model reads the text, and say what stands around them;
    returns the place of the Word that is chosen.
    """
    tokenizer = bundle.tokenizer
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
        f"These are the tokens in which {_shell.escaped(bundle.name)} reads your text, each with its id. "
        f"{' '.join(signs)}{part}{around} Click a token to see how its word came to be."
    )
    return next(i for i, start in enumerate(starts[1:]) if token < start)


def count(ids, text):
    """How many tokens a text has, in a sentence."""
    return (
        f"**{plural('token', len(ids))}** for {plural('character', len(text))}: "
        f"{number(len(text) / len(ids), 2)} characters per token. "
    )


def alone(every):
    """How many of the Words are one token, in half a sentence."""
    few = sum(len(word.ids) == 1 for word in every)
    return f"Of {plural('word', len(every))}, {few:,} {'is' if few == 1 else 'are'} one token"


def fare(tokenizer, ids, text):
    """How common and rare words fare, with the numbers of this text."""
    sentence, every = count(ids, text), spoken(ids, tokenizer.spans(text, ids), text)
    if not every:
        return sentence
    merged = (word for word in every if len(word.ids) == 1 and word.ids[0] >= bpe.BYTES)
    first = min(merged, key=lambda word: word.ids[0], default=None)
    sentence += alone(every) + (
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
