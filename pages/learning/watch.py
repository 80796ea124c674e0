"""A model learns a task on strings before one's eyes; what was recorded of it can be gone through again."""

from functools import partial

import numpy as np
import streamlit as st

from model.analysis.learning import Settings, record
from model.network.attention import attend
from pages import _fold
from pages._choices import put
from pages._control import Control, pause, switch
from pages._numbers import plural
from pages.learning import choices, run, source, words
from viz.component import heatmap
from viz.component.training import Course, training

OPENING = (
    "A small model learns to go on with a string. **Press Train, or drag the slider back over the grey "
    "band**, where the loss falls off a cliff: the outlined cells, which hold the answer, grow pale."
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
    _fold.fold("The map, cell by cell", "learning.map", cells, one)
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
    elif one.step == 0:
        st.caption("The training starts.")
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
    (place, head), sample, history = shown(one), one.settings.sample(), one.history
    training(
        course(one.total, history),
        letters(sample),
        sources=sample.sources(0),
        place=place,
        head=head,
        key="learning.course",
        silence=SILENCE.value(),
        live=one.running,
        verdict=words.found(history),
        label=words.label(one, place, head),
        revision=f"{one.settings} {one.shipped}",
        on_choose=partial(choose, history),
    )
    return place, head


def course(total, history):
    """What was recorded, as the picture wants it: the heads of all layers in one row."""
    records, formed = len(history.records), history.formed()
    by_head = (history.every(name) for name in ("answer", "previous", "silenced"))
    maps = history.every("maps")
    return Course(
        history.steps,
        total,
        words.names(history.settings),
        *(history.every(name) for name in ("loss", "inside", "beyond")),
        *(scores.reshape(records, -1) for scores in by_head),
        maps.reshape(records, -1, *maps.shape[-2:]),
        history.guess,
        formed.record if formed else None,
        history.cliff(),
    )


def cells(one):
    """The map that is shown, as a picture whose cells the keys and a screen reader reach."""
    place, head = shown(one)
    sample = one.settings.sample()
    tokens, T = letters(sample), sample.read.shape[1]
    weights = one.records[place].maps.reshape(-1, T, T)[head] / record.STEPS
    heatmap(
        weights,
        rows=tokens,
        columns=tokens,
        key="learning.cells",
        allowed=one.settings.allowed(T).numpy(),
        label=f"head {words.named(one.history, head)} at step {one.records[place].step:,}",
        height=420,
        digits=2,
        revision=f"{one.settings} {place} {head}",
    )
    st.caption("A weight is kept as one of 256 steps from 0 to 1, so it is right to 0.002.")


def shown(one):
    """The places of the record and of the head that are shown."""
    steps, names = one.history.steps, words.names(one.settings)
    chosen = Control("Step", "learning.step", range(one.total + 1), one.total).value()
    head = Control("Head", "learning.head", names, names[words.leading(one.history)]).value()
    return int(np.searchsorted(steps, chosen, side="right")) - 1, names.index(head)


def letters(sample):
    """The tokens of the one string that is shown."""
    return [chr(token) for token in sample.read[0].tolist()]


def choose(history, place, head):
    """Take the record and the head that were chosen; who chose the last record goes on with the training."""
    later = ("learning.step",) if place == len(history.records) - 1 else ()
    put({"learning.step": history.steps[place], "learning.head": words.named(history, head)}, *later)
