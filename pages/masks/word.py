"""The word that the leak test puts in: one token, and another than stands there."""

from itertools import islice

import streamlit as st

from model import load
from pages import _shell

ANSWER = 1_000  # characters: of more the page does not say how many tokens they are
KNOWN = "dog", "red", "the"  # which are one token in most vocabularies


def replacement(name, trace, place, word):
    """The id of the word as one token, if it can be with a space before it like the replaced one, or without;
    None, and a sentence, where there is none.
    """
    tokenizer, typed = load(name).tokenizer, word.strip()
    ids = spelled(tokenizer, typed, trace.tokens[place]) if len(typed) <= ANSWER else []
    if wrong := objection(tokenizer, trace, place, typed, ids):
        st.warning(f"{wrong}{such_as(tokenizer, trace, place, typed)}.")
        return None
    return ids[0]


def objection(tokenizer, trace, place, typed, ids):
    """Why a word with these ids cannot be put in that place, as far as words are named that can; else
    None.
    """
    if not typed:
        return "There is no word to put in. Type one"
    if len(typed) > ANSWER:
        return f"This is {len(typed):,} characters, and no word. Take one that is one token"
    if not ids:
        return f"{_shell.plain(typed[:40])} is no token to this model. Take another word"
    if len(ids) > 1:
        pieces = " ".join(_shell.plain(tokenizer.piece(i)) for i in ids[:8])
        return (
            f"{_shell.plain(typed[:40])} is {len(ids)} tokens to this model, "
            f"{pieces}{' …' if len(ids) > 8 else ''}: a text with another number of tokens "
            "cannot be compared token by token. Take a word that is one token"
        )
    if ids[0] == trace.ids[place]:
        return f"{_shell.plain(trace.tokens[place])} is what stands there already. Take another word"
    return None


def spelled(tokenizer, word, old):
    """The ids of a word, with a space before it as the token `old` has, or else without, where that makes it
    one token; a tokenizer that puts a space before all that it reads may have put it there as a token.
    """
    spaced, bare = (tokenizer.encode(text, marks=False) for text in (" " + word, word))
    inner = bare[1:] if bare and tokenizer.piece(bare[0]) == " " else bare
    ordered = (spaced, bare, inner) if old.startswith(" ") else (bare, inner, spaced)
    return next((ids for ids in ordered if len(ids) == 1), spaced)


def such_as(tokenizer, trace, place, refused):
    """Up to three words that can stand in that place, as the end of a sentence; "" if none is known."""
    words = dict.fromkeys((*KNOWN, *(token.strip() for token in trace.tokens)))

    def fits(word):
        ids = spelled(tokenizer, word, trace.tokens[place])
        return word.isalpha() and len(ids) == 1 and ids[0] != trace.ids[place] and word != refused

    some = [_shell.plain(word) for word in islice(filter(fits, words), 3)]
    return f", such as {_shell.listing(some)}" * bool(some)
