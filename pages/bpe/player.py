"""The player of the training: its text, its controls, what was learned."""

from pathlib import Path

import streamlit as st

from model import tokenizer as bpe
from pages._choices import forget, put
from pages._control import Lines, Number
from pages._numbers import number, plural
from viz.component.merges import merges

STORY = Path(bpe.__file__).with_name("story.txt").read_text(encoding="utf-8")
LONGEST = 1_000_000  # bytes of text
MOST = 2_000  # merges that can be asked for,
MERGES = 500  # and those that are at first
TEXT = Lines(
    "Train it on a text of your own: paste up to 1 MB",
    "bpe.text",
    None,
    STORY,
    look={"height": 120, "help": "Ctrl + Enter, or a click elsewhere, trains"},
)
COUNT = Number("Merges to learn", "bpe.merges", range(1, MOST + 1), MERGES)
CUT = (
    f" A run of more than {bpe.LONGEST} letters is one word in these counts, but it is cut after every "
    f"{bpe.LONGEST} so that training stays quick: no token is longer."
)


def wrong(text):
    """Why a text cannot be trained on, in a sentence; None if it can."""
    if not text.strip():
        return "There is no text to train on. Paste some, or take the story back."
    size = len(bpe.to_bytes(text))
    return (
        f"This text has {size:,} bytes; training in the page takes at most {LONGEST:,}. Shorten it."
        if size > LONGEST
        else None
    )


def player(lesson, merge):
    """Draw the player at a merge."""
    tokenizer = lesson.tokenizer
    merges(
        [tokenizer.piece(id) for id in range(tokenizer.end)],
        lesson.leaders,
        lesson.tokens,
        lesson.whole,
        lesson.excerpt,
        lesson.joined,
        words=lesson.words,
        at_once=lesson.at_once,
        merge=merge,
        key="bpe.player",
        label="Training a tokenizer, merge by merge",
        revision=lesson.digest,
        on_choose=take_merge,
    )


def take_merge(merge):
    put({"bpe.merge": merge})


def controls(text):
    """The box for another text, and how many merges to learn."""
    left, right = st.columns([3, 1], gap="medium")
    with left:
        TEXT.draw()
    with right:
        COUNT.draw()
        st.button(
            "Take the story back",
            key="bpe.story",
            on_click=forget,
            args=("bpe.text",),
            disabled=text == STORY,
        )


def summary(lesson, asked):
    """What was learned, in sentences with their numbers."""
    done, words = len(lesson.pairs), lesson.words
    why = " After these no pair occurs twice, so training ends." if lesson.finished and done < asked else ""
    first, last = lesson.tokens[0], lesson.tokens[-1]
    each = f", {number(last / words, 2)} per word instead of {number(first / words, 2)}" if words else ""
    st.markdown(
        f"{plural('merge', done)} {'was' if done == 1 else 'were'} learned from {plural('byte', first)}, "
        f"{plural('word', words)}.{why} That takes the text to {plural('token', last)}{each}, with a "
        f"vocabulary of {bpe.BYTES + done + 1:,}: 256 bytes, the merges, and one sign that ends a text. "
        "Words are counted as people count them, accents and vowel signs with their letters; a space is no "
        "word. No merge crosses the end of a run of letters with the space before it, of up to three digits, "
        "or of signs." + CUT * lesson.cut
    )
