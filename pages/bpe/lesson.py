"""Training a tokenizer in the page: bounded, with progress, to be stopped and gone on with; and what the
player needs of it.
"""

import hashlib
import time
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from model import tokenizer as bpe
from pages._cache import remembered
from pages._choices import forget, put
from pages._control import Lines, Number
from pages._numbers import number, plural
from viz.component.merges import BORDER, merges

STORY = Path(bpe.__file__).with_name("story.txt").read_text(encoding="utf-8")
LONGEST = 1_000_000  # bytes of text
MOST = 2_000  # merges that can be asked for,
MERGES = 500  # and those that are at first
SHORT = 100_000  # bytes: no text of this size takes half a second
OFTEN = 0.2  # seconds between two looks at the bar
PLACES = 10  # pairs in the ranking
EXCERPT = 800  # bytes of the text that are drawn
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


class Lesson(NamedTuple):
    """What training made of a text in N merges; lists of N + 1 are counted by merges done."""

    digest: str  # names the text
    pairs: list[tuple[int, int]]  # the N merges
    leaders: list[
        list[int]
        # N + 1: left, right, count of the most frequent pairs, one after the other, the next to be merged
        # first
    ]
    tokens: list[int]  # N + 1: tokens of the text
    whole: list[int]  # N + 1: how often the word occurs that this merge made one token, 0 without one
    words: int  # of the text, as people count them
    cut: bool  # a run of letters is longer than the pieces inside which merges stay
    at_once: int  # of them, one token from the start: words of one byte
    excerpt: list[int]  # bytes of the text's beginning
    joined: list[
        int
        # one less: the merge, counted from 1, that joins a byte with the next; 0 for none, BORDER between
        # words
    ]
    finished: bool  # no pair occurs twice any more

    @property
    def tokenizer(self):
        return bpe.Tokenizer(self.pairs, pattern=bpe.MARKED)


def learned(text, rounds, finished):
    """The Lesson of the first rounds of a training."""
    pairs = [one.leaders[0][0] for one in rounds[:-1]]
    tokenizer = bpe.Tokenizer(pairs, pattern=bpe.MARKED)
    excerpt, joined = beginning(tokenizer, tokenizer.words(text))
    return Lesson(
        digest=hashlib.sha256(bpe.to_bytes(text)).hexdigest()[:16],
        pairs=pairs,
        leaders=[
            [number for (left, right), often in one.leaders for number in (left, right, often)]
            for one in rounds
        ],
        tokens=[one.tokens for one in rounds],
        whole=[one.whole for one in rounds],
        words=len(bpe.COUNTED.findall(text)),
        cut=bool(bpe.LONG_RUN.search(text)),
        at_once=sum(
            n for word, n in bpe.whole_words(text, bpe.MARKED).items() if len(bpe.to_bytes(word)) == 1
        ),
        excerpt=excerpt,
        joined=joined,
        finished=finished,
    )


def beginning(tokenizer, words):
    """Bytes of the first pieces of the text, about EXCERPT, and for each but the last the merge that joins it
    with the next.
    """
    excerpt, joined = [], []
    for word in words:
        data = bpe.to_bytes(word)
        if excerpt and len(excerpt) + len(data) > EXCERPT:
            break
        excerpt += data
        joined += [*merges_between(tokenizer, word), BORDER]
    return excerpt, joined[:-1]


def merges_between(tokenizer, word):
    """For each byte of a word but the last the merge, counted from 1, that joins it with the next; 0 where
    none does.
    """
    joined = [0] * (len(bpe.to_bytes(word)) - 1)
    for step in islice(tokenizer.word_steps(word), 1, None):
        ends, merge = borders(tokenizer, step.ids), tokenizer.ranks[step.pair] - bpe.BYTES + 1
        joined = [before or (0 if place in ends else merge) for place, before in enumerate(joined, 1)]
    return joined


def borders(tokenizer, ids):
    """Where tokens end, in bytes."""
    place, ends = 0, set()
    for id in ids:
        place += len(tokenizer.bytes[id])
        ends.add(place)
    return ends


# ---- training, in one go or with progress ----


@remembered()
def quickly(text, merges):
    """The Lesson of a short text, shared by all sessions."""
    rounds = list(islice(bpe.rounds(text, PLACES, bpe.MARKED), merges + 1))
    return learned(text, rounds, finished=not rounds[-1].leaders)


class Training:
    """A long text's training, kept in the session: a run of the page that is overtaken leaves it where it is,
    and the next one goes on.
    """

    def __init__(self, text):
        self.text, self.source, self.rounds, self.stopped, self.known = (
            text,
            bpe.rounds(text, PLACES, bpe.MARKED),
            [],
            False,
            {},
        )

    def serves(self, text, merges):
        """Whether it is the training of this text and has as many merges as asked for, or can still get
        them.
        """
        return self.text == text and (
            self.source is not None or self.stopped or self.finished or len(self.rounds) > merges
        )

    def upto(self, merges):
        """Yield the number of merges done, after each, until there are as many as asked for or no pair occurs
        twice; then let the tables go.
        """
        while not self.stopped and not self.finished and len(self.rounds) <= merges:
            self.rounds.append(next(self.source))
            yield len(self.rounds) - 1
        self.source = None

    @property
    def finished(self):
        return bool(self.rounds) and not self.rounds[-1].leaders

    def lesson(self, merges):
        made = self.rounds[: merges + 1]
        if len(made) not in self.known:
            self.known = {len(made): learned(self.text, made, finished=not made[-1].leaders)}
        return self.known[len(made)]


def trained(text, merges):
    """The Lesson of a text; a long one shows its progress, with a button that stops it."""
    if len(bpe.to_bytes(text)) <= SHORT:
        return quickly(text, merges)
    training = st.session_state.get("bpe.training")
    if training is None or not training.serves(text, merges):
        training = st.session_state["bpe.training"] = Training(text)
    if training.source is not None:
        watch(training, merges)
    if len(training.rounds) <= merges and not training.finished:  # the reader has stopped it
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Stopped after {len(training.rounds) - 1:,} of {merges:,} merges.", width="content")
            st.button("Train again", key="bpe.again", on_click=again)
    return training.lesson(merges)


def watch(training, merges):
    """Train, and show how far it is."""
    room = st.empty()
    with room.container():
        bar = st.progress(0.0, "Counting pairs")
        st.button("Stop", key="bpe.stop", on_click=stop)
    drawn = time.monotonic()
    for done in training.upto(merges):
        if time.monotonic() - drawn > OFTEN:
            drawn = time.monotonic()
            bar.progress(done / merges, f"{done:,} of {merges:,} merges")
    room.empty()


def stop():
    """The reader has seen enough, unless there is nothing to see yet."""
    training = st.session_state.get("bpe.training")
    if training is not None:
        training.stopped = bool(training.rounds)


def again():
    """Forget the training that was stopped: the page begins a new one."""
    st.session_state.pop("bpe.training", None)


# ---- the page's part ----


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
