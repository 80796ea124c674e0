"""What it costs: parameters, multiply-adds and memory by formula, for four kinds of attention, with what this
machine measures on the curves.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import streamlit as st

from model.analysis import cost
from pages import _fold, _foreign, _shell
from pages._control import Buttons, Menu, Steps, pause
from pages._findings import extremes
from pages._numbers import number, percent, plural
from pages.architecture.cost_table import table
from pages.architecture.measured import Kind, measured, total
from viz import cost as figures

OPENING = (
    "Tokens look at tokens, so a part of the cost grows with the square of the text. **Move the "
    "length** and look where the curves part."
)

LENGTHS = [2**n for n in range(4, 18)]  # tokens, 16 to 131,072
FINE = np.unique(np.round(2 ** np.arange(4, 17.01, 0.25)).astype(int))  # where the curves are computed
WINDOWS = [2**n for n in range(4, 14)]
COUNTED = 16, 64, 256  # tokens of the real passes that are counted and weighed
TIMED = 128, 256, 512, 1024, 2048, 4096  # tokens of those that are timed
WINDOW = Steps("Window", "architecture.window", WINDOWS, 128, look={"width": 130})
LENGTH = Steps(
    "Your length",
    "architecture.length",
    LENGTHS,
    1024,
    look={"width": 130, "label_visibility": "collapsed", "format_func": lambda n: f"{n:,} tokens"},
)


class Quantity(NamedTuple):
    """What the curves count: its unit, the formula (tokens, config, window) -> number, and at which lengths
    it is measured.
    """

    unit: str
    formula: object
    lengths: tuple[int, ...]


QUANTITIES = {
    "Multiply-adds": Quantity("multiply-adds of a pass", cost.multiply_adds, COUNTED),
    "Cache": Quantity("bytes of keys and values", cost.cache_bytes, COUNTED),
    "Weights": Quantity("bytes of weights, if stored", cost.weights_bytes, COUNTED),
    "Parameters": Quantity(
        "parameters", lambda tokens, config, _: cost.parameters(config, tokens), COUNTED[-1:]
    ),
    "Seconds": Quantity("seconds for one layer’s attention", cost.attention, TIMED),
}
QUANTITY = Menu(
    "What is counted",
    "architecture.cost",
    QUANTITIES,
    "Multiply-adds",
    look={"label_visibility": "collapsed", "width": 150},
)


def show(view):
    """Show what the chosen model costs over the length of the text, with four kinds of attention."""
    config = view.trace.config
    divisors = [n for n in range(1, config.heads + 1) if config.heads % n == 0]
    middle = divisors[len(divisors) // 2 - (len(divisors) > 1)]
    key_heads = Buttons("Key heads, grouped", "architecture.key_heads", divisors, middle)
    controls = QUANTITY, key_heads, WINDOW, LENGTH
    quantity, shared, window, length = (control.value() for control in controls)
    kinds = {
        f"multi-head, {config.heads} key heads": Kind(replace(config, key_heads=config.heads)),
        f"grouped-query, {plural('key head', shared)}": Kind(replace(config, key_heads=shared)),
        "multi-query, 1 key head": Kind(replace(config, key_heads=1)),
        f"window of {window} tokens, multi-head": Kind(replace(config, key_heads=config.heads), window),
    }
    with view.row:
        QUANTITY.draw()
        LENGTH.draw()
    points = measured(
        quantity,
        QUANTITIES[quantity].lengths,
        view.choice.model,
        kinds,
        lambda picture, points: draw(picture, quantity, kinds, points, length),
        view.row,
    )
    pause()
    _foreign.sizes_only(view.choice.model)
    overtaken(view, length)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key_heads.draw()
        WINDOW.draw()
    _fold.fold(f"All at {length:,} tokens", "architecture.table", table, kinds, length)
    _fold.fold("What is drawn", "architecture.drawn", explained, quantity, points, kinds)
    _fold.fold("The formulas", "architecture.formulas", formulas, view.trace.config)


# ---- the picture ----


def rates(points, kinds):
    """Multiply-adds in a second for each timed point, in billions: {kind: [...]}."""
    return {
        name: [cost.attention(T, kinds[name].config, kinds[name].window) / taken / 1e9 for T, taken in some]
        for name, some in points.items()
    }


def draw(picture, quantity, kinds, points, length):
    """Draw curves and points into the placeholder; returns how many points, which is part of the key, since
    no key may come twice in a run.
    """
    unit, formula, _ = QUANTITIES[quantity]
    curves = {
        name: np.array([formula(int(T), kind.config, kind.window) for T in FINE], np.float64)
        for name, kind in kinds.items()
    }
    first, term, crossing = next(iter(kinds)), None, None
    if quantity == "Seconds":  # there is a line once there is a point to draw it through
        a_second = 1e9 * rates(points, kinds)[first][-1] if points[first] else np.nan
        curves = {name: values / a_second for name, values in curves.items()}
    if quantity == "Multiply-adds":
        config = kinds[first].config
        term = "the T² term alone", [config.layers * cost.mixing(int(T), config) for T in FINE]
        crossing = cost.overtaking(config)
    figure = figures.curves(FINE, curves, points, unit=unit, now=length, term=term, crossing=crossing)
    with picture:
        _shell.show(
            figure,
            key=f"architecture.curves{total(points)}",
            finding=f"at {plural('token', length)} "
            + extremes({name: np.interp(length, FINE, values) for name, values in curves.items()}, unit),
            shows=f"{unit} over the number of tokens, for four kinds of attention",
        )
    return total(points)


# ---- in words ----


def explained(quantity, points, kinds):
    """What the points are, and how far they are from the curves."""
    formula = QUANTITIES[quantity].formula
    pairs = [
        (value, formula(T, kinds[name].config, kinds[name].window))
        for name, some in points.items()
        for T, value in some
    ]
    equal = (
        ""
        if not pairs or quantity == "Seconds"
        else f" {sum(a == b for a, b in pairs)} of {len(pairs)} points lie exactly on their curve."
    )
    what = {
        "Multiply-adds": "counted by torch while a network of these sizes read so many tokens; of the "
        "windowed one there is none, since its kernel computes more pairs than it needs.",
        "Cache": "the bytes of the tensors that a real pass keeps; with a window, of the last tokens only. "
        "An encoder has no use for a cache: the curve says what a decoder of its sizes keeps.",
        "Weights": "the bytes of the weights of all heads and layers, made once to be weighed. A fused "
        "kernel, as this app runs, never stores them.",
        "Parameters": "counted in a network of these sizes. They do not depend on T, unless positions are "
        "learned: then the table needs a row for each place.",
        "Seconds": "real passes through one layer’s attention with a causal mask, one thread, the shorter of "
        "two.",
    }[quantity]
    if quantity == "Seconds" and total(points):
        first, speeds = next(iter(kinds)), rates(points, kinds)
        every = [one for some in speeds.values() for one in some]
        what += (
            f" Lines: multiply-adds divided by **{number(speeds[first][-1])} billion a second**, the speed "
            f"of the longest multi-head pass, {points[first][-1][0]:,} tokens; over all points it was "
            f"between {number(min(every))} and {number(max(every))}. The windowed one takes 64 queries at a "
            "time and computes up to 63 pairs more for each than its line counts."
        )
    signs = "Signs" if quantity == "Seconds" else "Lines: formulas; signs"
    st.caption(
        f"Across: tokens; upwards: {QUANTITIES[quantity].unit}; both axes are logarithmic. {signs}: "
        f"{what}{equal}"
    )


def overtaken(view, length):
    """From where on the pairs of tokens cost more than all else."""
    config = view.trace.config
    place = cost.overtaking(config)
    here, trained = (
        config.layers * cost.mixing(T, config) / cost.multiply_adds(T, config)
        for T in (length, config.context)
    )
    st.markdown(
        f"In {view.choice.model} the T² term, queries times keys and weights times values, overtakes "
        f"everything else at **{number(np.ceil(place), 0)} tokens**: a token costs "
        f"{cost.per_token(config):,} multiply-adds by itself, and "
        f"{config.layers * cost.mixing(1, config):,} more for each token that it is paired with. At your "
        f"{length:,} tokens the pairs are **{percent(here, 1)}** of the work; at the {config.context} that "
        f"it was trained on, {percent(trained, 1)}."
    )


def formulas(config):
    """The formulas for a model of this kind, and where they are from."""
    tables = [("E C", "widening")] * bool(config.factor) + [
        ("(C E + E V)" if config.factor else "C V", "output")
    ] * config.predicts
    _shell.say(
        r"\underbrace{T L \, (2 C H D + 2 C G D + 2 C M)}_{\text{projections and MLP}} + \underbrace{2 T "
        r"\min(T, w) \, L H D}_{\text{pairs}}"
        + "".join(rf" + \underbrace{{T \, {size}}}_{{\text{{{name}}}}}" for size, name in tables)
        + r" \text{ multiply-adds}"
    )
    _shell.say(
        r"\text{cache: } 2 L G D \min(T, w) \text{ numbers} \qquad \text{weights: } L H \, T \min(T, w) "
        r"\text{ numbers} \qquad \text{4 bytes each}",
        "T tokens, L layers, C width, H heads of D numbers, G key heads, M neurons, "
        f"{'E numbers a token in the table, ' * bool(config.factor)}"
        f"{'V tokens in the vocabulary, ' * config.predicts}w the window. Multi-head: G = H (Vaswani 2017). "
        "Multi-query: G = 1 (Shazeer 2019). Grouped-query: between them (Ainslie 2023). Window: each token "
        "looks at w, not at T (Beltagy 2020). Sharing keys makes the cache smaller, not the pairs fewer; a "
        "window makes both smaller.",
    )
