"""What this machine measures of the costs, here and now: real passes counted, weighed or timed, within a
budget, with progress and a button to stop.
"""

import time
from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from model import load
from model.analysis import cost
from model.loading import is_opened
from model.network.config import ModelConfig
from model.network.convolution import build
from model.network.transformer import initialise
from pages import _progress
from pages._cache import remembered
from pages._numbers import plural

BUDGET = 8  # seconds; what has not been measured by then is left out
# how far this session has come: {what is asked: (measurements, why no more; empty while it goes on)}
MEASURED = "architecture.measured"
TURN = "architecture.turn"  # when this session last wished to measure again


class Kind(NamedTuple):
    """A kind of attention: the sizes of its model, and how many tokens it looks back (None: all)."""

    config: ModelConfig
    window: int | None = None


@remembered()
def network(name, config):
    """The loaded network, or, of other sizes or in the place of an opened model, one of ours with random
    parameters: what is counted and timed does not depend on them.
    """
    if not is_opened(name) and load(name).config == config:
        return load(name).network
    return initialise(build(config), seed=1).eval().requires_grad_(False)


@remembered(heavy=1)
def measured_one(quantity, name, kind, tokens, turn):
    """One real pass, counted, weighed or timed; None where a pass measures nothing of the kind. `turn` tells
    one measurement from the next.
    """
    probe = network(
        name,
        replace(kind.config, context=max(kind.config.context, tokens))
        if kind.config.encoding.limited
        else kind.config,
    )
    ids = [i % kind.config.vocabulary for i in range(tokens)]
    if quantity == "Seconds":
        return cost.seconds(probe.blocks[0].attention, tokens, kind.window)
    if quantity == "Parameters":
        return sum(parameter.numel() for parameter in probe.parameters())
    if quantity == "Multiply-adds":
        return None if kind.window else cost.counted(probe, ids)
    if quantity == "Cache":
        return cost.stored(probe, ids[: kind.window])[0]
    return None if kind.window else cost.stored(probe, ids)[1]


def measured(quantity, lengths, model, kinds, draw, row):
    """{kind: [(tokens, value)]}, point by point until all are there, Stop is pressed or the budget is spent;
    `draw` shows them as they come, `row` has room for a button and for how far it is.
    """
    state, todo = st.session_state, [(name, T) for T in lengths for name in kinds]
    turn = state.get(TURN, 0)
    asked = hash((quantity, model, tuple(kinds.items()), turn))
    count, ended = state.get(MEASURED, {}).get(asked, (0, ""))
    button, status = row.empty(), row.container(width="content").empty()
    picture, began, drawn, points = st.empty(), time.monotonic(), None, {name: [] for name in kinds}
    if not ended:
        button.button("Stop", key="architecture.stop", on_click=stop, args=(asked,))
    for done, (name, T) in enumerate(todo[:count] if ended else todo, 1):
        took = time.monotonic() - began
        if not ended and took + expected(points[name]) > BUDGET:
            ended = f"The budget of {BUDGET} seconds was spent"
            break
        if took > _progress.SOON and done % len(kinds) == 1:
            status.progress(done / len(todo), f"Measuring {T:,} tokens")
            drawn = draw(picture, points)
        value = measured_one(quantity, model, kinds[name], T, turn)
        if value is not None:
            points[name].append((T, value))
        count = done
        state[MEASURED] = {asked: (count, ended)}
    state[MEASURED] = {asked: (count, ended or "All")}
    if drawn != total(points):
        draw(picture, points)
    button.button("Measure again", key="architecture.again", on_click=again)
    cut = "" if count == len(todo) else f" {ended} after {count} of {plural('measurement', len(todo))}."
    status.markdown(f"Measured on this machine: {plural('point', total(points))}.{cut}")
    return points


def expected(some):
    """Seconds that the next length of a kind will take, when twice the tokens take up to four times as long
    and each is timed twice.
    """
    return 8 * some[-1][1] if some and isinstance(some[-1][1], float) else 0.0


def stop(asked):
    count, _ = st.session_state.get(MEASURED, {}).get(asked, (0, ""))
    st.session_state[MEASURED] = {asked: (count, "You stopped it")}


def again():
    st.session_state[TURN] = time.time_ns()


def total(points):
    return sum(map(len, points.values()))
