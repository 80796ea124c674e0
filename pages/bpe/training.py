"""Training a tokenizer in the page: bounded, with progress, to be stopped and gone on with."""

import time
from itertools import islice

import streamlit as st

from model import tokenizer as bpe
from pages._cache import remembered
from pages.bpe.lesson import PLACES, learned

SHORT = 100_000  # bytes: no text of this size takes half a second
OFTEN = 0.2  # seconds between two looks at the bar


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
        self.text, self.source = text, bpe.rounds(text, PLACES, bpe.MARKED)
        self.rounds, self.stopped, self.known = [], False, {}

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
        rounds = self.rounds[: merges + 1]
        if len(rounds) not in self.known:
            self.known = {len(rounds): learned(self.text, rounds, finished=not rounds[-1].leaders)}
        return self.known[len(rounds)]


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
