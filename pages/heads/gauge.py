"""The gauge of a knock-out: what the model says with heads knocked out, by what the difference is measured,
and how it is told.
"""

from typing import NamedTuple

import numpy as np

from model import load
from model.analysis import knockouts, senses
from model.trace import frozen
from pages import _senses, _shell
from pages._cache import remembered
from pages._control import Menu
from pages._numbers import number, plural, signed

WAYS = {"silenced": knockouts.silence, "uniform": knockouts.level, "without its sink": knockouts.unsink}
METER, HERE, EVERYWHERE = "the meter of the word", "at the token that asks", "on average over all tokens"


@remembered()
def unchanged(name, ids, way, copies):
    return knockouts.unchanged(load(name).network, ids, WAYS[way], copies)


@remembered()
def effects(name, ids, way, groups):
    bundle = load(name)
    return frozen(
        knockouts.effects(
            bundle.network,
            ids,
            WAYS[way],
            knockouts.marked(bundle.config, groups),
            unchanged(name, ids, way, len(groups)),
        )
    )


@remembered()
def vectors(name, ids, way, groups, places):
    bundle = load(name)
    return frozen(
        knockouts.vectors(bundle.network, ids, WAYS[way], knockouts.marked(bundle.config, groups), places)
    )


@remembered()
def beliefs(name, ids, way, group, place):
    bundle = load(name)
    return frozen(
        knockouts.beliefs(bundle.network, ids, WAYS[way], knockouts.marked(bundle.config, [group]), place)[0]
    )


@remembered()
def sharpest(name, text):
    """The largest weight in each row of each head, (L H, T)."""
    trace = _shell.explain(text, name)
    return frozen(
        np.concatenate(
            [
                [layer.attention.weights(head).max(1) for head in range(trace.config.heads)]
                for layer in trace.layers
            ]
        )
    )


class Gauge(NamedTuple):
    """By what an effect is measured: the measure chosen, the token that asks, and for the meter its word, its
    senses and its stage.
    """

    measure: str
    query: int
    word: senses.Word | None = None
    places: tuple[int, ...] = ()
    known: _senses.Senses | None = None
    stage: int = 0

    def read(self, name, ids, way, groups):
        """The effect of knocking out each of N groups of heads, (N,): bits, relative change, or the move of
        the meter.
        """
        if self.measure == METER:
            free = vectors(name, ids, way, ((),) * len(groups), self.places)
            return self.value(vectors(name, ids, way, groups, self.places)) - self.value(free)
        found = effects(name, ids, way, groups)  # (N, T)
        return found[:, self.query] if self.measure == HERE else found.mean(1)

    def value(self, found):
        """Where vectors (N, S, C) of the word fall on the meter, (N,)."""
        return self.known.axis.project(found)[:, self.stage]


def measures(view):
    """The measures that this model and this text have."""
    return ((METER,) if view.choice.model == _senses.MODEL and word_of(view) else ()) + (HERE, EVERYWHERE)


def measured(view):
    """The control of the measure; until somebody chooses, the first that there is."""
    options = measures(view)
    return Menu("Measured", "heads.measure", options, options[0], look={"width": 240})


def gauge_of(view):
    """The Gauge that the controls say, and sentences about what is wrong with the examples of its word."""
    measure = measured(view).value()
    if measure != METER:
        return Gauge(measure, view.query), []
    word = word_of(view)
    known, wrong = _senses.senses_of(str(word), view.choice.model)
    if known is None:
        return Gauge(HERE, view.query), wrong
    return Gauge(
        METER, view.query, word, tuple(word.tokens(view.trace.spans)), known, _senses.best_stage()
    ), wrong


def word_of(view):
    """The Word whose sense can be measured: the one of the token that asks, else the last of the text with
    examples; None if there is none.
    """
    able = [word for word in senses.words(view.trace.text) if _senses.has_examples(str(word))]
    return next(
        (word for word in able if view.query in word.tokens(view.trace.spans)), able[-1] if able else None
    )


def unit(view, gauge):
    """What the numbers are."""
    if gauge.measure == METER:
        return f"move of the meter of “{str(gauge.word)[:24]}”"
    what = (
        "relative change of the final vector"
        if view.trace.logits is None
        else "bits by which the next token moves"
    )
    return f"{what}, {gauge.measure}" if gauge.measure == EVERYWHERE else what


def amount(view, gauge, value):
    """An effect in words."""
    if gauge.measure == METER:
        return signed(value, 3)
    return f"{number(value)} of its length" if view.trace.logits is None else plural("bit", value)


def subject(view, gauge):
    """What moves."""
    if gauge.measure == METER:
        return f"the meter of {_shell.plain(str(gauge.word))}"
    what = "the final vector" if view.trace.logits is None else "the belief about the next token"
    return (
        f"{what} after {_shell.plain(view.trace.tokens[gauge.query])}"
        if gauge.measure == HERE
        else f"{what}, on average,"
    )


def sharpness(view, gauge):
    """How sharply each head looks where the effect is measured: the largest weight of the row, (L H,)."""
    found = sharpest(view.choice.model, view.trace.text)
    if gauge.measure == EVERYWHERE:
        return found.mean(1)
    return found[:, list(gauge.places)].mean(1) if gauge.measure == METER else found[:, gauge.query]
