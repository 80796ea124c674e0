"""A text in a model with a bug and without it, computed once for all who ask."""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from model import Trace, load
from model.analysis import diagnosis
from model.network import bugs as known
from model.network.bugs import Bug
from model.network.encodings import ENCODINGS
from pages._cache import remembered

LONGEST = 128  # tokens of a text for which everything is measured
HEAVY = 600  # letters


class Run(NamedTuple):
    """A text, a model by its name, and the name of a bug that it has, or None."""

    text: str
    model: str
    bug: str | None

    def trace(self) -> Trace:
        """What the text does to the model."""
        return trace(*self)

    def weights(self, layer: int, head: int) -> np.ndarray:
        """The weights of one head, (T, T); NaN where the mask forbids to look."""
        return weights(*self, layer, head)

    def finding(self, measurement: str) -> diagnosis.Finding:
        """What a measurement says, by its name."""
        return finding(*self, measurement)

    @property
    def right(self) -> "Run":
        """The same text in the model that it should be: with the window on its right half where that is what
        the bug is about.
        """
        windowed = self.bug is not None and bugs(self.model)[self.bug].window
        return self._replace(bug=WINDOWED if windowed else None)


WINDOWED = "windowed"  # no bug, but a mask that sees a window


def bugs(name: str) -> dict[str, Bug]:
    """The bugs that can be made in a model, by their names."""
    return known.offered(load(name).config)


def elsewhere(name: str) -> dict[str, list[str]]:
    """The bugs that only other models can have: the title of each, and the encodings of those models."""
    found: dict[str, list[str]] = {}
    for encoding in ENCODINGS:
        other = replace(load(name).config, positions=encoding, causal=True)
        for bug in known.offered(other).values():
            found.setdefault(bug.title, []).append(encoding)
    here = {bug.title for bug in bugs(name).values()}
    return {title: encodings for title, encodings in found.items() if title not in here}


@lru_cache(maxsize=64)  # each shares its parameters with the others, and is small
def running(name, bug):
    """The network, with its attention, that has the bug, or the window, or neither."""
    network = load(name).network
    if bug in (None, WINDOWED):
        return known.model(network, window=bug == WINDOWED)
    return bugs(name)[bug].wrong(network)


@remembered()
def record(text, name, bug):
    return diagnosis.passed(running(name, bug).network, bugs(name).get(bug), load(name).read(text))


@remembered(heavy=HEAVY)
def trace(text, name, bug):
    return diagnosis.explained(load(name), text, record(text, name, bug))


@remembered()
def weights(text, name, bug, layer, head):
    attention = trace(text, name, bug).layers[layer].attention
    return diagnosis.head_weights(attention, head, running(name, bug).attend)


@remembered(heavy=HEAVY)
def finding(text, name, bug, measurement):
    bundle, asked = load(name), (running(name, bug), record(text, name, bug))
    subject = diagnosis.Subject(bundle.network, bugs(name).get(bug), bundle.read(text), *asked)
    return diagnosis.MEASUREMENTS[measurement].measure(subject)
