"""Train it now: a model learns to read the digits that come with Riverbank while the reader watches."""

from zlib import crc32

import numpy as np
import streamlit as st

from model.analysis.learning import pictures
from model.analysis.learning.pictures import BATCH, KINDS, STEPS, TRAINING, Pictures, glimpse
from model.vision import load
from model.vision.network import build, initialise
from pages import _fold, _watching
from pages._cache import remembered
from pages._control import Control, Menu, NothingToShow, Number, pause
from pages._glossary import explained
from pages._numbers import number, percent, plural
from pages.vision import chosen
from viz.component import training as component

OPENING = (
    "The same models learn here, before your eyes, from far fewer digits. **Press Train**, and look where "
    "the class token looks: at first everywhere alike, then at the ink, which is outlined."
)
LIVE = "vision.live"  # the first part of the keys of what is trained
SECONDS = 180  # of a training without a pause
VARIANT = Menu(
    "Model",
    "vision.variant",
    KINDS,
    KINDS[0],
    dependents=(f"{LIVE}.step", f"{LIVE}.head"),
    look={"width": 120},
)
SEED = Number("Seed", "vision.seed", range(1, 1001), 1, look={"width": 130, "help": explained("seed")})
WORDS = component.Words(
    loss="nats a digit",
    inside="of 200 digits never learned from",
    answer="share on the ink",
    note="Where the class token looks, as a share of the strongest place; outlined: patches with ink.",
    cell="row {row}, column {column}: {value} of the strongest place",
)
MADE = WORDS._replace(
    head="Layer",
    note="How large a layer’s numbers are, as a share of the largest; outlined: patches with ink.",
)


def trained(settings, state, until):
    """The parts of a training, in a worker: nothing served imports the training itself."""
    from model.train import pictures as watched

    yield from watched.train(settings, state=state, until=until, seconds=SECONDS)


def untrained(kind, seed):
    """A model before the first step."""
    return initialise(build(load(kind).config), seed)


@remembered()
def known(kind, seed):
    """The loss and accuracy of an untrained model, which no digit of the reader's changes."""
    return pictures.held_out(untrained(kind, seed))


@remembered()
def first(settings):
    """The record of a model before the first step."""
    kind, seed = settings.kind, settings.seed
    return glimpse(untrained(kind, seed), settings, 0, [], known(kind, seed))


def run(settings):
    """A training of the reader's."""
    return _watching.Recorded(settings, STEPS, trained, first)


def show(view):
    """Show a training, from before its first step on."""
    settings = Pictures(VARIANT.value(), view.digit.pixels, SEED.value())
    if view.digit.empty:
        st.info(chosen.NOTHING)
        chosen.samples(view.digit)
        raise NothingToShow
    one = _watching.kept("digits", (settings,), run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        VARIANT.draw()
        SEED.draw()
        chosen.samples(view.digit)
        _watching.buttons(one, LIVE)
    _watching.watch(one, LIVE, picture, lambda one: _watching.start(one, LIVE))
    if not one.running:
        st.markdown(told(one))
    pause()
    st.caption(
        f"{TRAINING} of the thousand digits that come with Riverbank are learned from, {BATCH} of them in "
        f"each of {plural('step', STEPS)}, turned and shifted a little each time; none of the samples is "
        "among them. The models of the other views learned from 9,000."
    )
    _fold.sources("vision.code", pictures.glimpse, pictures.held_out, pictures.seen)


def names(kind):
    """The maps of a model: heads of its layers, or the layers of the convolution."""
    config = load(kind).config
    if not config.attends:
        return [str(layer + 1) for layer in range(len(config.channels))]
    return [f"{layer + 1}.{head + 1}" for layer in range(config.layers) for head in range(config.heads)]


def picture(one):
    """Draw what was recorded."""
    called, records, side = names(one.chosen.kind), one.records, pictures.SIDE
    leader = called[int(records[-1].ink.argmax())]
    head = called.index(Control("Head", f"{LIVE}.head", called, leader).value())
    place = _watching.place(one, LIVE)
    every = {
        name: np.array([getattr(record, name) for record in records]) for name in ("loss", "inside", "ink")
    }
    none = np.full_like(every["ink"], np.nan)
    maps = np.array([record.maps for record in records])
    course = component.Course(
        [record.step for record in records],
        one.total,
        called,
        every["loss"],
        every["inside"],
        np.full(len(records), np.nan),
        every["ink"],
        none,
        none,
        maps,
        float(np.log(10)),
    )
    component.training(
        course,
        [str(i + 1) for i in range(side)],
        sources=one.chosen.ink,
        place=place,
        head=head,
        key="vision.course",
        live=one.running,
        words=WORDS if load(one.chosen.kind).config.attends else MADE,
        label=f"{one.chosen.kind} learns to read digits, up to step {one.step}; at step "
        f"{records[place].step} {percent(records[place].inside)} are right",
        revision=f"{one.chosen.kind} {one.chosen.seed} {crc32(one.chosen.pixels)}",
        on_choose=lambda at, other: _watching.choose(one, LIVE, at, called[other]),
    )


def told(one):
    """What has been learned, beside the model that learned from more."""
    place = _watching.place(one, LIVE)
    record, ink = one.records[place], float(one.chosen.ink.mean())
    if one.step == 0:
        return (
            f"Before the first step **{percent(record.inside)}** of the digits are right; a guess would be "
            "10 %. Press **Train**."
        )
    return (
        f"At step {record.step} of {one.total} **{percent(record.inside)}** of {len(pictures.held()[0])} "
        f"digits are right, at {number(record.loss, 2)} nats each. Patches with ink are {percent(ink)} of "
        f"the picture; of the maps the one that is most on them has {percent(float(record.ink.max()))} there."
    )
