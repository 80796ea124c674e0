"""Trainings that are watched: a minute or so, recorded on the way, stopped and gone on with at any step."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from model.analysis.learning import SCALES, Lap, Record, Settings, State, measure
from model.analysis.learning.record import accuracy
from model.network.attention import attend
from model.network.transformer import Transformer
from model.train.fit import descent, groups, optimisers

BYTES = 1_000_000  # of the maps of all records
RECORDS = 48  # at most
LAPS = 16  # moments of a race
EARLY = 0.25  # of the records lie in the first tenth, where most happens
OFTEN = 3.0  # seconds between two states that are handed out: each is as large as all records


def moments(steps: int, heads: int, cells: int, most: int = RECORDS) -> list[int]:
    """The steps of a training that are recorded, denser at the beginning; as many as keep the maps, one of so
    many cells for each head, under BYTES.
    """
    count = min(most, BYTES // (heads * cells))
    early = round(EARLY * count)
    first, rest = np.linspace(0, steps / 10, early + 1)[:-1], np.linspace(steps / 10, steps, count - early)
    return sorted({round(step) for step in (*first, *rest)})


class Run:
    """A network and its optimisers, from the start or from a State; `backward(step)` runs one batch forward
    and backward and returns its loss in nats.
    """

    def __init__(
        self,
        network: nn.Module,
        backward: Callable[[int], float],
        *,
        rate: float,
        steps: int,
        state: State | None = None,
    ) -> None:
        self.network, self.backward, self.rate, self.total = network, backward, rate, steps
        self.tools: list[Optimizer] = optimisers(network, rate)
        self.full = [group["lr"] for group in groups(self.tools)]
        self.fresh, self.start = state is None, 0 if state is None else state.step
        if state is not None:
            network.load_state_dict(state.network)
            for tool, kept in zip(self.tools, state.tools, strict=True):
                tool.load_state_dict(cloned(kept))

    def steps(self, end: int | None = None) -> Iterator[tuple[int, float]]:
        """Train, up to a step or to the end: yield how many steps are done, and the loss of the last.

        ValueError, in a sentence for the visitor, if the loss is no number any more.
        """
        how = {"tools": self.tools, "full": self.full, "steps": self.total}
        for step, loss in descent(self.backward, **how, start=self.start, end=end):
            if not np.isfinite(loss):
                raise ValueError(
                    f"At step {step + 1} the loss is no number any more: the learning rate of "
                    f"{self.rate:g} is too high for this model. Choose a lower one."
                )
            yield step + 1, loss

    def recorded(
        self,
        at: Sequence[int],
        measured: Callable[[int, list[float]], Any],
        *,
        until: int | None = None,
        seconds: float = float("inf"),
    ) -> Iterator[tuple[Any, State | None]]:
        """Train: yield what `measured(step, losses since the last)` returns at each step in `at`, and at
        `until`, where it stops. After so many `seconds` it stops at the next record. With some records comes
        a State, always with one at which it stops.
        """
        began = handed = time.monotonic()
        recorded, end, losses = set(at), min(until or self.total, self.total), []
        if self.fresh:
            yield measured(0, []), self.state(0)
        for step, loss in self.steps(end):
            losses.append(loss)
            if step not in recorded and step != end:
                continue
            now = time.monotonic()
            stops = step == end or now - began > seconds
            due = stops or now - handed > OFTEN
            handed = now if due else handed
            yield measured(step, losses), self.state(step) if due else None
            if stops:
                return
            losses = []

    def state(self, step: int) -> State:
        """The State as it is now, which later steps leave alone."""
        return State(
            step, cloned(self.network.state_dict()), cloned([one.state_dict() for one in self.tools])
        )


def begun(settings: Settings, state: State | None = None) -> Run:
    """The Run of a training on strings."""
    network = settings.network()

    def backward(step: int) -> float:
        loss = batch_loss(network, settings, step)
        loss.backward()
        return loss.item()

    return Run(network, backward, rate=settings.rate, steps=settings.what.steps, state=state)


def batch_loss(network: Transformer, settings: Settings, step: int) -> Tensor:
    """The mean loss in nats of the batch of a step."""
    strings = settings.batch(step)
    logits = network(strings.read, settings.allowed(strings.read.shape[1]), attend=attend).logits
    return F.cross_entropy(logits.flatten(0, 1), settings.learned(strings).flatten())


def train(
    settings: Settings,
    *,
    state: State | None = None,
    until: int | None = None,
    seconds: float = float("inf"),
) -> Iterator[tuple[Record, State | None]]:
    """Train on strings, from the start or from a state: see Run.recorded."""
    run, T = begun(settings, state), settings.sample().read.shape[1]
    at = moments(settings.what.steps, settings.layers * settings.heads, T * T)
    measured = partial(measure, run.network, settings)
    return run.recorded(at, measured, until=until, seconds=seconds)


def race(
    settings: Settings, positions: Sequence[str], seeds: Sequence[int], seconds: float = float("inf")
) -> Iterator[Lap]:
    """Train the same model with several encodings and seeds, all encodings of a seed side by side and on the
    same batches: yield a Lap of each in turn. After so many `seconds` it stops at the end of a lap.
    """
    began = time.monotonic()
    for seed in seeds:
        runners = [laps(replace(settings, positions=one, seed=seed)) for one in positions]
        for abreast in zip(*runners, strict=True):
            yield from abreast
            if time.monotonic() - began > seconds:
                return


def laps(settings: Settings) -> Iterator[Lap]:
    """The Laps of one model, LAPS of them at even distances."""
    run, steps, taken = begun(settings), settings.what.steps, 0.0
    stops, began = {round(steps * lap / LAPS) for lap in range(1, LAPS + 1)}, time.process_time()
    for step, _ in run.steps():
        if step not in stops:
            continue
        taken += time.process_time() - began
        inside = accuracy(run.network, settings, 1)
        scales = tuple(accuracy(run.network, settings, scale) for scale in SCALES) if step == steps else ()
        yield Lap(settings.positions, settings.seed, step, inside, taken / step, scales)
        began = time.process_time()


def cloned(value: Any) -> Any:
    """A nest of dicts and lists with its tensors copied."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: cloned(one) for key, one in value.items()}
    return [cloned(one) for one in value] if isinstance(value, list) else value
