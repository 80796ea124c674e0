"""What goes on in a worker for a visitor, as a page looks at it again and again."""

import streamlit as st

from pages import _trainings
from pages._pool import Interrupted

KEPT = 3  # of each kind that a visitor's session remembers


def kept(kind, key, make):
    """The visitor's Source of that kind and key, made where there is none yet; all others are paused."""
    known = st.session_state.setdefault("learning.kept", {}).setdefault(kind, {})
    one = known[key] = known.pop(key, None) or make(*key)  # who was asked for last stands last
    for others in st.session_state["learning.kept"].values():
        for other in others.values():
            if other is not one:
                other.pause()
    while len(known) > KEPT:
        del known[next(iter(known))]
    return one


class Source:
    """A training that runs or rests, and why it came to an end if that was not its own."""

    def __init__(self):
        self.source, self.wrong = None, ""

    @property
    def running(self):
        return self.source is not None

    def start(self, function, *arguments):
        """Have a worker begin."""
        self.wrong = ""
        try:
            self.source = _trainings.begin(function, *arguments)
        except Interrupted as reason:
            self.wrong = str(reason)

    def parts(self):
        """What has come; once that was the last the worker is let go."""
        some = []
        try:
            some = self.source.parts()
        except (Interrupted, ValueError) as reason:
            self.wrong = str(reason)
        except RuntimeError:  # the log says what failed in the worker
            self.wrong = "The training failed; the log of the server says where. What came before is kept."
        if self.wrong or self.source.over:
            self.source = None
        return some

    def pause(self):
        """Keep what there is, and let the worker go."""
        if self.source is not None:
            self.source.close()
            self.source = None
