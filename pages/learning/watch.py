"""A model learns a task on strings before one's eyes; what was recorded of it can be gone through again."""

import streamlit as st

from model.analysis.learning import Settings, record
from model.network.attention import attend
from pages import _fold, _watching
from pages._control import Control, pause, switch
from pages.learning import choices, run, words
from viz.component import heatmap
from viz.component.training import Course, training

OPENING = (
    "A small model learns a task on strings from nothing. **Press Train, or drag the slider** through what "
    "was recorded: where the loss falls off a cliff, a head turns to the outlined cells, the answer."
)
SILENCE = switch("Silence this head", "learning.silence")


def show(row):
    """Show a training, the visitor's own or the one that comes with the models."""
    settings = choices.settings(row, choices.TASK, choices.POSITIONS)
    one = _watching.kept("training", (settings,), run.Run)
    with row:
        choices.draw_first(choices.TASK, choices.POSITIONS)
        _watching.buttons(one, "learning")
        SILENCE.value()
        SILENCE.draw()
    _watching.watch(one, "learning", picture, lambda one: _watching.start(one, "learning"))
    if not one.running:
        st.markdown(words.verdict(one, *shown(one), SILENCE.value()))
    pause()
    choices.draw_others(*choices.MODEL)
    st.caption(words.model(settings))
    _fold.fold("The map, cell by cell", "learning.map", cells, one)
    _fold.fold("The numbers", "learning.numbers", words.table, one)
    _fold.fold("How it is trained, and how a head is scored", "learning.formula", words.formula, one)
    _fold.sources("learning.code", attend, record.measure, record.silenced, Settings.batch)


def picture(one):
    """Draw what was recorded."""
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
        on_choose=lambda at, other: _watching.choose(one, "learning", at, words.named(history, other)),
    )


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
    names = words.names(one.settings)
    head = Control("Head", "learning.head", names, names[words.leading(one.history)]).value()
    return _watching.place(one, "learning"), names.index(head)


def letters(sample):
    """The tokens of the one string that is shown."""
    return [chr(token) for token in sample.read[0].tolist()]
