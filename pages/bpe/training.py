"""Training a tokenizer in the page: bounded, with progress, to be stopped and gone on with."""

import time
from concurrent.futures import CancelledError
from itertools import islice

import streamlit as st

from model import tokenizer as bpe
from pages import _heavy
from pages._cache import remembered
from pages._pool import Interrupted
from pages.bpe.lesson import PLACES, learned

SHORT = 100_000  # bytes: no text of this size takes half a second
OFTEN = 0.2  # seconds between two looks at the bar


@remembered()
def quickly(text, merges):
    """The Lesson of a short text, shared by all sessions."""
    rounds = list(islice(bpe.rounds(text, PLACES, bpe.MARKED), merges + 1))
    return learned(text, rounds, finished=not rounds[-1].leaders)


def portions(text, merges):
    """Yield the rounds of a training for as many merges, in lists of what is done in a while."""
    some, began = [], time.monotonic()
    for one in islice(bpe.rounds(text, PLACES, bpe.MARKED), merges + 1):
        some.append(one)
        if time.monotonic() - began > OFTEN:
            yield some
            some, began = [], time.monotonic()
    yield some


class Training:
    """A long text's training, kept in the session: a run of the page that is overtaken leaves it where it is,
    and the next one goes on.
    """

    def __init__(self, text, merges):
        self.text, self.most, self.source = text, merges, _heavy.stream(portions, text, merges)
        self.rounds, self.stopped, self.known = [], False, {}

    def serves(self, text, merges):
        """Whether it is the training of this text and has as many merges as asked for, or will have them."""
        coming = self.source is not None and merges <= self.most
        return self.text == text and (coming or self.stopped or self.finished or len(self.rounds) > merges)

    def progress(self):
        """Yield the number of merges done, again and again, until there are as many as were asked for or no
        pair occurs twice.
        """
        try:
            for some in self.source:
                self.rounds += some
                yield len(self.rounds) - 1
        except Interrupted:
            self.source = None  # the next run begins anew
            raise
        except CancelledError:  # for a minute nobody was there
            self.stopped = True
        self.source = None

    def stop(self):
        """Keep what there is, if there is any."""
        if self.rounds and self.source is not None:
            self.stopped = True
            self.source.close()
            self.source = None

    @property
    def finished(self):
        return bool(self.rounds) and not self.rounds[-1].leaders

    def lesson(self, merges):
        rounds = self.rounds[: merges + 1]
        if len(rounds) not in self.known:
            self.known = {len(rounds): _heavy.run(learned, self.text, rounds, not rounds[-1].leaders)}
        return self.known[len(rounds)]


def trained(text, merges):
    """The Lesson of a text; a long one shows its progress, with a button that stops it."""
    if len(bpe.to_bytes(text)) <= SHORT:
        return quickly(text, merges)
    training = st.session_state.get("bpe.training")
    if training is None or not training.serves(text, merges):
        training = st.session_state["bpe.training"] = Training(text, merges)
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
    for done in training.progress():
        if time.monotonic() - drawn > OFTEN:
            drawn = time.monotonic()
            bar.progress(done / merges, f"{done:,} of {merges:,} merges")
    room.empty()


def stop():
    """The reader has seen enough, unless there is nothing to see yet."""
    training = st.session_state.get("bpe.training")
    if training is not None:
        training.stop()


def again():
    """Forget the training that was stopped: the page begins a new one."""
    st.session_state.pop("bpe.training", None)
