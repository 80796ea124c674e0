"""A model learns a task on strings before one's eyes; what was recorded of it can be gone through again."""

import numpy as np
import streamlit as st

from model.analysis.learning import Settings, record
from model.network.attention import attend
from pages import _fold
from pages._choices import put
from pages._control import Control, pause, switch
from pages._numbers import plural
from pages.learning import choices, run, source, words
from viz.component.training import Course, training

OPENING = (
    "A small model learns to go on with a string. **Drag the slider back over the grey band**, where the "
    "loss falls off a cliff: the outlined cells of the map, which hold the answer, grow pale."
)
EVERY = 1.0  # seconds between two looks at a training
SILENCE = switch("Silence this head", "learning.silence")


def show(row):
    """Show a training, the visitor's own or the one that comes with the models."""
    settings = choices.settings(row, choices.TASK, choices.POSITIONS)
    one = source.kept("training", (settings,), run.Run)
    with row:
        choices.draw_first(choices.TASK, choices.POSITIONS)
        buttons(one)
        SILENCE.value()
        SILENCE.draw()
    if one.running:
        st.fragment(live, run_every=EVERY)(one)
    else:
        still(one)
    pause()
    choices.draw_others(*choices.MODEL)
    st.caption(words.model(settings))
    _fold.fold("The numbers", "learning.numbers", words.table, one)
    _fold.fold("How it is trained, and how a head is scored", "learning.formula", words.formula, one)
    _fold.sources("learning.code", attend, record.measure, record.silenced, Settings.batch)


def buttons(one):
    """Draw the buttons that train: one that begins or pauses, one step, and back to the start."""
    if one.running:
        st.button("Pause", key="learning.pause", type="primary", on_click=one.pause)
    else:
        again = one.shipped or one.finished
        label = "Train" if again or one.step == 0 else "Go on"
        st.button(label, key="learning.train", type="primary", on_click=start, args=(one,))
    how = {"disabled": one.running}
    st.button("One step", key="learning.one", on_click=start, args=(one, True), **how)
    fresh = one.step == 0 and not one.running
    st.button("Reset", key="learning.reset", on_click=reset, args=(one,), disabled=fresh)


def start(one, single=False):
    """Train on; what is shown goes along."""
    put({}, "learning.step")
    one.begin(single)


def reset(one):
    """Back to before the first step."""
    put({}, "learning.step")
    one.reset()


def live(one):
    """A look at a training that goes on; once it does not, the whole page is drawn anew."""
    if one.running:
        one.take()
    if not one.running:
        st.rerun()
    picture(one)
    place = one.source.place()
    if place:
        st.caption(f"Others train; you are number {place} in line.")
    else:
        st.caption(f"Training: {one.step:,} of {plural('step', one.total)}. {words.answers(one, -1)}")


def still(one):
    """A training at rest: what it shows, in words."""
    place, head = picture(one)
    if one.wrong:
        st.warning(one.wrong)
    st.markdown(words.verdict(one, place, head, SILENCE.value()))


def picture(one):
    """Draw what was recorded, and return the place of the record and the head that are shown."""
    history, settings = one.history, one.settings
    names = [f"{layer + 1}.{head + 1}" for layer in range(settings.layers) for head in range(settings.heads)]
    steps = history.steps
    chosen = Control("Step", "learning.step", range(one.total + 1), one.total).value()
    place = int(np.searchsorted(steps, chosen, side="right")) - 1
    head = names.index(Control("Head", "learning.head", names, names[words.leading(history)]).value())
    sample = settings.sample()
    formed, cliff = history.formed(), history.cliff()
    flat = {name: history.every(name).reshape(len(steps), -1) for name in ("answer", "previous", "silenced")}
    T = sample.read.shape[1]
    course = Course(
        steps,
        one.total,
        names,
        *(history.every(name) for name in ("loss", "inside", "beyond")),
        *flat.values(),
        history.every("maps").reshape(len(steps), -1, T, T),
        history.guess,
        formed.record if formed else None,
        cliff,
    )
    training(
        course,
        [chr(token) for token in sample.read[0].tolist()],
        sources=sample.sources(0),
        place=place,
        head=head,
        key="learning.course",
        silence=SILENCE.value(),
        live=one.running,
        verdict=words.found(history),
        label=words.label(one, place, head),
        revision=f"{settings} {one.shipped}",
        on_choose=lambda i, j: choose(steps, i, names[j]),
    )
    return place, head


def choose(steps, place, head):
    """Take the record and the head that were chosen; who chose the last record goes on with the training."""
    later = ("learning.step",) if place == len(steps) - 1 else ()
    put({"learning.step": steps[place], "learning.head": head}, *later)
