"""What pages have computed, kept for all visitors under one budget of bytes."""

import functools
import inspect
import math
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

import numpy as np

from model.loading import is_opened
from pages import _heavy, _progress

MEGABYTES = float(os.environ.get("RIVERBANK_CACHE_MB", "500"))
SIMPLE = 32  # bytes, about, of a number


def size(value: Any, seen: set[int] | None = None, holders: list | None = None) -> int:
    """Bytes, about, that a value holds: of arrays the memory that lies below them, each counted once,
    however many views there are. The dicts that were counted, objects' attributes among them, are put into
    `holders`.
    """
    if isinstance(value, int | float):
        return SIMPLE
    seen, holders = set() if seen is None else seen, [] if holders is None else holders
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray) or hasattr(value, "untyped_storage"):
        return below(value, seen)
    if isinstance(value, str | bytes):
        return sys.getsizeof(value)
    if isinstance(value, dict):
        pairs = list(value.items())  # another thread may ask an object for more meanwhile
        holders.append(value)
        return SIMPLE + sum(size(one, seen, holders) for pair in pairs for one in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return SIMPLE + sum(8 + size(one, seen, holders) for one in value)
    if hasattr(value, "to_plotly_json"):
        return size(value.to_plotly_json(), seen)
    if not hasattr(value, "__dict__"):
        return SIMPLE
    return SIMPLE + size(vars(value), seen, holders)


def below(array: Any, seen: set[int]) -> int:
    """Bytes of the memory that an array or a torch tensor looks at; 0 if it was counted before."""
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    tensor = array.base if isinstance(array, np.ndarray) else array
    storage = getattr(tensor, "untyped_storage", None)  # of a torch tensor, which may hold more
    place, held = (storage().data_ptr(), storage().nbytes()) if storage else (array.ctypes.data, array.nbytes)
    if place in seen:
        return 0
    seen.add(place)
    return SIMPLE + held


class Entry(NamedTuple):
    """A value and its bytes; the dicts in it, which grow by what objects compute when asked, such as the
    probabilities of a Trace or the layers of an opened model, and how many items they had when weighed.
    """

    value: Any
    bytes: int
    holders: list[dict]
    items: int

    @classmethod
    def weighed(cls, key: Hashable, value: Any) -> "Entry":
        holders = []
        weight = size(value, holders=holders) + size(key)
        return cls(value, weight, holders, sum(map(len, holders)))

    def grown(self) -> bool:
        return sum(map(len, self.holders)) != self.items


class Cache:
    """Values by key; once they hold more bytes than the budget, those go that nobody has asked for longest.

    A key that several threads ask for at once is computed by one of them, while the others wait. What an
    exception ends is not kept: each of them tries for itself. No lock is held while a value is computed.
    """

    def __init__(self, budget: float):
        self.budget, self.bytes = budget, 0
        self.entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self.running: dict[Hashable, Future] = {}
        self.lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """The value of the key, computed if it is not here."""
        while True:
            with self.lock:
                if entry := self.entries.get(key):
                    self.entries.move_to_end(key)
                    break
                waiting = self.running.get(key)
                if waiting is None:
                    mine = self.running[key] = Future()
            if waiting is None:
                return self.first(key, compute, mine)
            if outcome := _heavy.patiently(waiting):
                return outcome[0]
        if entry.grown():
            self.keep(key, entry.value)
        return entry.value

    def first(self, key: Hashable, compute: Callable[[], Any], mine: Future) -> Any:
        """Compute the value for all that wait for it."""
        outcome = ()
        try:
            outcome = (compute(),)
            self.keep(key, outcome[0])
        finally:  # also where Streamlit ends the run of the visitor who computes
            with self.lock:
                del self.running[key]
            mine.set_result(outcome)
        return outcome[0]

    def keep(self, key: Hashable, value: Any) -> None:
        """Put the value in, and out what has become too much; a value larger than the budget stays out."""
        entry = Entry.weighed(key, value)
        with self.lock:
            self.drop(key)
            if entry.bytes > self.budget:
                return
            self.entries[key], self.bytes = entry, self.bytes + entry.bytes
            while self.bytes > self.budget:
                self.drop(next(iter(self.entries)))

    def drop(self, key: Hashable) -> None:
        if old := self.entries.pop(key, None):
            self.bytes -= old.bytes


CACHE = Cache(MEGABYTES * 1e6)


def remembered(spinner: str | None = None, heavy: float = math.inf) -> Callable:
    """A decorator: the function's values are kept in CACHE, by its arguments; those whose names begin with _
    follow from the others, and are no part of the key. `spinner` is said while a value is computed.

    heavy: from how many letters of a text, or token ids, a worker computes the value: where that takes, with
    all that the page asks besides, more than about 0.3 s of a core. What asks a model that somebody has
    opened stays in this process: each is there once, as it may be large, and what it takes long for are
    torch's own operations, which hold no interpreter.
    """

    def decorate(function):
        parameters = inspect.signature(function)
        name = f"{function.__module__}.{function.__qualname__}"

        @functools.wraps(function)
        def call(*args, **kwargs):
            given = parameters.bind(*args, **kwargs)
            given.apply_defaults()
            key = name, *(one for label, one in given.arguments.items() if not label.startswith("_"))

            def compute():
                if length(given.args) < heavy or any(map(is_opened, models(given.arguments))):
                    return function(*given.args)
                return _heavy.run(call, *given.args)

            def announced():
                with _progress.spinner(spinner):
                    return compute()

            return CACHE.get(key, announced if spinner else compute)

        call.inner, call.heavy = function, heavy  # `inner` is what a worker calls
        return call

    return decorate


def models(arguments: Mapping[str, Any]) -> list[str]:
    """The names of models among the arguments of a function, which calls them so."""
    return [arguments[label] for label in ("name", "model") if label in arguments]


def length(value: Any) -> int:
    """Letters of a text; items of a tuple, or letters of a longer text in it, at any depth."""
    if isinstance(value, tuple):
        return max(len(value), *map(length, value), 0)
    return len(value) if isinstance(value, str) else 0
