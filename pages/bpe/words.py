"""How the words of the reader's text came to their tokens, and one of them merge by merge."""

import unicodedata
from itertools import accumulate

import streamlit as st

from model import tokenizer as bpe
from pages import _shell
from pages._numbers import plural
from pages.bpe import pieces
from pages.bpe.elsewhere import download
from viz.component.ladder import Rung, ladder


def read(bundle, text):
    """The Words of a text."""
    return pieces.words(bundle.tokenizer, text)


def around(bundle, text):
    """What the model puts around the tokens of a text: nothing."""
    return ""


def show(bundle, text, word):
    """How common and rare words of the text fare, and how the chosen one came to its tokens."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(
            f"This is the tokenizer of {bundle.name}: {len(bundle.tokenizer.merges):,} merges, learned from "
            "its training texts as the one below learns from a story."
        )
        st.markdown(pieces.fare(bundle.tokenizer, bundle.tokenizer.encode(text), text))
        download(bundle.tokenizer, "bpe.save_bundled", f"{bundle.name}-tokenizer.json")
    with right:
        one_word(bundle.tokenizer, word)


def rungs(tokenizer, word):
    """The word's steps as Rungs: its bytes, then a row for each merge, with the ids under the last one."""
    ladder_rungs = []
    for step in tokenizer.word_steps(word.text):
        new = None if step.pair is None else tokenizer.ranks[step.pair]
        name = "bytes" if new is None else f"merge {new - bpe.BYTES + 1:,}"
        ladder_rungs.append(
            Rung(
                name,
                [tokenizer.piece(id) for id in step.ids],
                [i for i, id in enumerate(step.ids) if id == new],
            )
        )
    return [*ladder_rungs[:-1], ladder_rungs[-1]._replace(notes=list(map(str, word.ids)))]


def one_word(tokenizer, word):
    """Draw how the word came to its tokens, and explain those that are parts of characters."""
    steps = rungs(tokenizer, word)
    st.markdown(
        f"{_shell.plain(word.text)}: {plural('byte', len(steps[0].pieces))}, "
        f"{plural('merge', len(steps) - 1)}, **{plural('token', len(word.ids))}**. Of the merges learned, "
        "always the earliest that fits is made:"
    )
    ladder(steps, key="bpe.ladder", label="the word after each merge", revision=word.text)
    st.caption(
        "Each row is the word after one merge; merges are numbered in the order in which they were learned. "
        "The new token is shaded, the last row has the ids."
    )
    parts = parts_of_characters(tokenizer, word)
    if parts:
        why = (
            "Some tokens here are parts of a character: in UTF-8 it has more than one byte, and no merge "
            "joined all of them."
        )
        st.markdown("\n".join([why, "", *parts]))


def parts_of_characters(tokenizer, word):
    """A line for each character of the word that no token holds whole: its bytes in UTF-8, and the tokens
    that they are in.
    """
    spans, place, lines = held_bytes(tokenizer, word.ids), 0, {}
    for letter in word.text:
        data = bpe.to_bytes(letter)
        start, place = place, place + len(data)
        holds = [(id, first, last) for id, first, last in spans if first < place and last > start]
        if len(holds) > 1:
            lines.setdefault(
                letter,
                line(
                    tokenizer,
                    letter,
                    data,
                    [(id, max(first, start) - start, min(last, place) - start) for id, first, last in holds],
                ),
            )
    return list(lines.values())


def held_bytes(tokenizer, ids):
    """Each token with the bytes that it holds: (id, first, one past the last)."""
    ends = list(accumulate(len(tokenizer.bytes[id]) for id in ids))
    return [(id, end - len(tokenizer.bytes[id]), end) for id, end in zip(ids, ends, strict=True)]


def line(tokenizer, letter, data, holds):
    """One character, its name, its bytes, and which of them each token holds."""
    name = unicodedata.name(letter, "without a name").lower()
    bytes_ = data.hex(" ").upper()
    holders = ", ".join(
        f"{pieces.shown(tokenizer, id)} {'byte' if last - first == 1 else 'bytes'} {span(first, last)}"
        for id, first, last in holds
    )
    point = f"{_shell.plain(letter)} U+{ord(letter):04X}, {name}"
    return f"- {point}: {len(data)} bytes, `{bytes_}`. Token {holders}."


def span(first, last):
    return str(first + 1) if last - first == 1 else f"{first + 1} to {last}"
