"""How far long work is, said under the page's title. That place is there in every run: a place that comes and
goes would have the browser make anew what stands below it, and take the focus from who works there by keys.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

SOON = 0.5  # seconds of work that nobody needs to be told of


def begin() -> None:
    """Before the page: make the place."""
    st.session_state.progress = st.empty()


def place() -> DeltaGenerator:
    """Where it is said; outside of a page, where the script stands."""
    return st.session_state.get("progress") or st.empty()


def watched(jobs: Iterable, label: str) -> Iterator:
    """The jobs one after the other, for a loop that does them; once that has taken half a second, a bar shows
    how far it is.
    """
    room, began, jobs = place(), time.monotonic(), list(jobs)
    for done, job in enumerate(jobs, 1):
        yield job
        if time.monotonic() - began > SOON:
            room.progress(done / len(jobs), label)
    room.empty()


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """For a block whose progress nobody can tell, and which draws nothing: a wheel turns until it is done."""
    with place(), st.spinner(label):
        yield
