"""The gauge of a knock-out: what the model says with heads knocked out, by what the difference is measured,
and how it is told.
"""

from typing import NamedTuple

import numpy as np

from model import load
from model.analysis import knockouts, senses
from model.trace import frozen
from pages import _examples, _senses, _shell
from pages._cache import remembered
from pages._control import Menu
from pages._numbers import number, plural, signed

BEST = 8  # heads and tokens listed

KINDS = {"silenced": knockouts.silence, "uniform": knockouts.level, "without its sink": knockouts.unsink}
METER, HERE, EVERYWHERE = "the meter of the word", "at the token that asks", "on average over all tokens"


@remembered(heavy=32)
def finals(name, ids, kind, groups):
    """The final vectors (N, T, C) with each group of heads knocked out."""
    bundle = load(name)
    return knockouts.run(bundle.network, ids, KINDS[kind], knockouts.marked(bundle.config, groups)).final


@remembered(heavy=32)
def effects(name, ids, kind, groups, places=None):
    """How far the outputs of the tokens at these places move, (N, places); None means all tokens."""
    before, after = (finals(name, ids, kind, some) for some in (((),) * len(groups), groups))
    asked = slice(None) if places is None else list(places)
    return frozen(knockouts.effects(load(name).network, before[:, asked], after[:, asked]))


@remembered(heavy=32)
def vectors(name, ids, kind, groups, places):
    bundle = load(name)
    return frozen(
        knockouts.vectors(bundle.network, ids, KINDS[kind], knockouts.marked(bundle.config, groups), places)
    )


@remembered()
def beliefs(name, ids, kind, group, place):
    bundle = load(name)
    return frozen(
        knockouts.beliefs(bundle.network, ids, KINDS[kind], knockouts.marked(bundle.config, [group]), place)[
            0
        ]
    )


@remembered(heavy=1000)
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
    known: _examples.Senses | None = None
    stage: int = 0

    def read(self, name, ids, kind, groups):
        """The effect of knocking out each of N groups of heads, (N,): bits, relative change, or the move of
        the meter.
        """
        if self.measure == METER:
            free = vectors(name, ids, kind, ((),) * len(groups), self.places)
            return self.value(vectors(name, ids, kind, groups, self.places)) - self.value(free)
        places = (self.query,) if self.measure == HERE else None
        return effects(name, ids, kind, groups, places).mean(1)

    def value(self, word_vectors):
        """Where vectors (N, S, C) of the word fall on the meter, (N,)."""
        return self.known.axis.project(word_vectors)[:, self.stage]


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
    known, wrong = _examples.senses_of(str(word), view.choice.model)
    if known is None:
        return Gauge(HERE, view.query), wrong
    return Gauge(
        METER, view.query, word, tuple(word.tokens(view.trace.spans)), known, _senses.best_stage()
    ), wrong


def word_of(view):
    """The Word whose sense can be measured: the one of the token that asks, else the last of the text with
    examples; None if there is none.
    """
    able = [word for word in senses.words(view.trace.text) if _examples.has_examples(str(word))]
    return next(
        (word for word in able if view.query in word.tokens(view.trace.spans)), able[-1] if able else None
    )


def unit(view, gauge):
    """What the numbers are."""
    if gauge.measure == METER:
        return f"move of the meter of “{str(gauge.word)[:24]}”"
    quantity = (
        "relative change of the final vector"
        if view.trace.logits is None
        else "bits by which the next token moves"
    )
    return f"{quantity}, {gauge.measure}" if gauge.measure == EVERYWHERE else quantity


def amount(view, gauge, value):
    """An effect in words."""
    if gauge.measure == METER:
        return signed(value, 3)
    return f"{number(value)} of its length" if view.trace.logits is None else plural("bit", value)


def subject(view, gauge):
    """What moves."""
    if gauge.measure == METER:
        return f"the meter of {_shell.plain(str(gauge.word))}"
    output = "the final vector" if view.trace.logits is None else "the belief about the next token"
    return (
        f"{output} after {_shell.plain(view.trace.tokens[gauge.query])}"
        if gauge.measure == HERE
        else f"{output}, on average,"
    )


def sharpness(view, gauge):
    """How sharply each head looks where the effect is measured: the largest weight of the row, (L H,)."""
    sharp = sharpest(view.choice.model, view.trace.text)
    if gauge.measure == EVERYWHERE:
        return sharp.mean(1)
    return sharp[:, list(gauge.places)].mean(1) if gauge.measure == METER else sharp[:, gauge.query]
