"""How far long work is, said under the page's title. That place is there in every run: a place that comes and
goes would have the browser make anew what stands below it, and take the focus from who works there by keys.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

BAR = "progress.bar"  # in the session: the share that is done, and the label
NONE = 0.0, ""
SOON = 0.5  # seconds of work that nobody needs to be told of


def begin() -> None:
    """Before the page: make the place."""
    st.session_state.progress = st.empty()
    st.session_state[BAR] = NONE


def place() -> DeltaGenerator:
    """Where it is said; outside of a page, where the script stands."""
    return st.session_state.get("progress") or st.empty()


def watched(jobs: Iterable, label: str) -> Iterator:
    """The jobs one after the other, for a loop that does them; once that has taken half a second, a bar shows
    how far it is.
    """
    room, began, jobs = place(), time.monotonic(), list(jobs)
    for done, job in enumerate(jobs, 1):
        st.session_state[BAR] = (done - 1) / len(jobs), label
        yield job
        if time.monotonic() - began > SOON:
            room.progress(done / len(jobs), label)
    st.session_state[BAR] = NONE
    room.empty()


def in_line(number: int) -> None:
    """Say which place work that waits for others' has in line, 1 for the next; 0 when it waits no more."""
    share, label = st.session_state.get(BAR, NONE)
    if number:
        waits = f"Others compute; you are number {number} in line"
        place().progress(share, f"{label}. {waits}" if label else waits)
    elif label:
        place().progress(share, label)
    else:
        place().empty()


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """For a block whose progress nobody can tell, and which draws nothing: a wheel turns until it is done."""
    with place(), st.spinner(label):
        yield
