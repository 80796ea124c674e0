"""Digits learned while somebody watches: the few that come with Riverbank, by the recipe of the models."""

from collections.abc import Iterator
from functools import partial

from model.analysis.learning.pictures import BATCH, SIDE, STEPS, Glimpse, Pictures, glimpse, learned
from model.analysis.learning.record import State
from model.train import vision
from model.train.live import Run, moments


def train(
    chosen: Pictures, *, state: State | None = None, until: int | None = None, seconds: float = float("inf")
) -> Iterator[tuple[Glimpse, State | None]]:
    """Train on digits, from the start or from a state: see Run.recorded."""
    network, backward = vision.begun(chosen.kind, *learned(), seed=chosen.seed, batch=BATCH)
    run = Run(network, backward, rate=vision.RATE, steps=STEPS, state=state)
    at = moments(STEPS, 16, SIDE * SIDE)
    return run.recorded(at, partial(glimpse, network, chosen), until=until, seconds=seconds)
