"""Trainings, which visitors watch: worker processes of their own do them, apart from what pages wait for, and
whoever begins one while all are busy waits in line.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from queue import Empty
from typing import Any

from pages import _heavy
from pages._pool import Job, Pool

GENTLE = 15  # of 19: a training steps back behind everything that somebody waits for
PORTION = 0.3  # seconds of a training that is done at a time where there is no worker
POOLS: list[Pool] = []  # of the server: one while it runs


def open_pool() -> None:
    """Let there be trainings: as many at once as RIVERBANK_TRAININGS says; with 0 the server does them
    itself, as tests of pages do.
    """
    POOLS.extend(_heavy.pool("RIVERBANK_TRAININGS", GENTLE))


def close_pool() -> None:
    """End the workers."""
    while POOLS:
        POOLS.pop().close()


def begin(function: Callable[..., Iterator], *arguments: Any) -> "Training":
    """Have a worker go through a generator function at the top of a module. Interrupted if too many wait."""
    if not POOLS:
        return Training(function(*arguments))
    return Training(POOLS[0].submit(_heavy.visitor(), function, *arguments))


class Training:
    """The parts of a generator function as they come. The page that shows them asks again and again; once
    nobody has asked for a minute the worker stops.
    """

    def __init__(self, source: Job | Iterator) -> None:
        self.source, self.over, self.failure = source, False, None

    def parts(self) -> list:
        """What has come since somebody asked last. `over` says whether it was the last; what ended it early
        is raised: Interrupted if the worker came to an end, ValueError, a sentence for the visitor.
        """
        some, began = [], time.monotonic()
        if self.failure:
            raise self.failure
        try:
            while not some or time.monotonic() - began < PORTION:
                some.append(self.source.part(0) if isinstance(self.source, Job) else next(self.source))
        except Empty:
            pass
        except (StopIteration, CancelledError):  # at its end; or nobody was there for a minute
            self.over = True
        except Exception as failure:
            self.over, self.failure = not some, failure  # what came before it is not lost
            if not some:
                raise
        return some

    def place(self) -> int:
        """The place in line, 1 for the next; 0 once it is worked on."""
        return self.source.place() if isinstance(self.source, Job) else 0

    def close(self) -> None:
        """Let the worker stop."""
        self.over = True
        self.source.close()
