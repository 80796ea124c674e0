"""Trainings that go on in a worker for a visitor, as a page looks at them again and again."""

import streamlit as st

from pages import _trainings
from pages._choices import is_chosen, put, wished
from pages._control import Control
from pages._numbers import plural
from pages._pool import Interrupted

KEPT = 3  # of each kind that a visitor's session remembers
EVERY = 1.0  # seconds between two looks


def kept(kind, key, make):
    """The visitor's Source of that kind and key, made where there is none yet; all others are paused."""
    known = st.session_state.setdefault("watching", {}).setdefault(kind, {})
    one = known[key] = known.pop(key, None) or make(*key)  # who was asked for last stands last
    for others in st.session_state["watching"].values():
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


class Recorded(Source):
    """A training that is recorded on the way: its records, the first at step 0, and the state from which it
    goes on. `trained(chosen, state, until)` yields records, some with a state; `first(chosen)` is the record
    of step 0.
    """

    def __init__(self, chosen, total, trained, first):
        super().__init__()
        self.chosen, self.total, self.trained, self.first = chosen, total, trained, first
        self.shipped, self.state, self.records = False, None, [first(chosen)]

    @property
    def step(self):
        return self.records[-1].step

    @property
    def finished(self):
        return self.step >= self.total

    def begin(self, single=False):
        """Train on from the last state, from the start where there is none: to its end, or one step."""
        if self.shipped or self.finished:
            self.reset()
        self.start(self.trained, self.chosen, self.state, self.step + 1 if single else None)

    def take(self):
        """Take what has come."""
        for record, state in self.parts():
            if record.step > self.step:  # others have been taken before a pause
                self.records.append(record)
            self.state = state or self.state

    def reset(self):
        """Back to before the first step."""
        self.pause()
        self.state, self.wrong, self.shipped = None, "", False
        self.records = [self.first(self.chosen)]


def buttons(one, page):
    """Draw the buttons that train: one that begins or pauses, one step, and back to the start; `page` is the
    first part of their keys, and of that of the step.
    """
    label = "Train anew" if one.finished else "Train" if one.step == 0 else "Go on"
    turn(one, label, "Pause", f"{page}.train", lambda: start(one, page))
    ends = one.running or one.finished
    st.button("One step", key=f"{page}.one", on_click=start, args=(one, page, True), disabled=ends)
    fresh = one.step == 0 and not one.running
    st.button("Reset", key=f"{page}.reset", on_click=reset, args=(one, page), disabled=fresh)


def turn(one, begin, end, key, on_begin):
    """Draw the button that begins what rests, or ends what runs: it is one, so that it keeps the focus."""
    label, act = (end, one.pause) if one.running else (begin, on_begin)
    st.button(label, key=key, type="primary", on_click=act, width=110)


def start(one, page, single=False):
    """Train on; what is shown goes along, up to the step that a link asks for."""
    if wished(f"{page}.step", 0) <= one.step:
        put({}, f"{page}.step")
    one.begin(single)


def reset(one, page):
    """Back to before the first step."""
    put({}, f"{page}.step")
    one.reset()


def step(one, page):
    """The control of the step that is shown: the last one until one is chosen."""
    return Control("Step", f"{page}.step", range(one.total + 1), one.total)


def place(one, page):
    """The place of the record that is shown."""
    chosen = step(one, page).value()
    return sum(record.step <= chosen for record in one.records) - 1


def choose(one, page, at, head):
    """Take the record and the head that were chosen; who chose the last record goes on with the training."""
    late = 3 if one.running else 1  # records that may have come while the browser said so
    later = (f"{page}.step",) if at >= len(one.records) - late else ()
    put({f"{page}.step": one.records[at].step, f"{page}.head": head}, *later)


def watch(one, page, draw, again):
    """Say how far a training is, and below that draw it: again and again while it goes on; once it does not,
    the whole page is drawn anew. page: the first part of the key of the step, if there is one; `again(one)`
    goes on with a training that was ended from outside.
    """
    if one.running:
        st.fragment(look, run_every=EVERY)(one, draw)
        return
    if one.wrong:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(one.wrong)
            label = "Go on" if page and one.step else "Begin again"
            st.button(label, key="watching.again", on_click=again, args=(one,))
    else:
        st.caption(rest(one, page))
    draw(one)


def look(one, draw):
    """A look at a training that goes on."""
    if one.running:
        one.take()
    if not one.running:
        st.rerun()
    st.caption(progress(one))
    draw(one)


def progress(one):
    """How far a training that goes on has come."""
    waits = one.source.place()
    if waits:
        return f"Others train; you are number {waits} in line."
    return f"Training: {one.step:,} of {plural('step', one.total)}." if one.step else "The training starts."


def rest(one, page):
    """How far a training has come that does not go on."""
    if page and step(one, page).value() > one.step and is_chosen(f"{page}.step"):
        asked = step(one, page).value()
        return f"The link asks for step {asked:,}: it comes once you train."
    if one.shipped:
        return "Recorded beforehand; it can be done anew here."
    if not one.step:
        return "Not trained yet with these settings."
    if one.finished:
        return f"All {plural('step', one.total)} are done."
    return f"Stopped after {one.step:,} of {plural('step', one.total)}; it can go on."
