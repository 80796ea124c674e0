"""Heavy work, which a worker does while the process that answers everybody keeps its interpreter: as `run`
and `stream` are called, so would be the function itself. Without a pool, as in tests of pages, it is.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from queue import Empty
from typing import Any

from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check, get_script_run_ctx

from pages import _progress
from pages._pool import GENTLE, Job, Pool

OFTEN = 0.1  # seconds between two looks at whether the run is to end
POOLS: list[Pool] = []  # of the server: one while it runs


def open_pool() -> None:
    """Let there be workers: as many as RIVERBANK_WORKERS says."""
    POOLS.extend(pool("RIVERBANK_WORKERS"))


def pool(setting: str, gentle: int = GENTLE) -> list[Pool]:
    """A pool of as many workers as the operator's setting says, else one less than the cores, at least one;
    none if it says 0. `gentle` is as in Pool.
    """
    count = int(os.environ.get(setting, max(1, cores() - 1)))
    longest = int(os.environ.get("RIVERBANK_QUEUE", "100"))
    megabytes = float(os.environ.get("RIVERBANK_WORKER_MB", "1400"))
    return [Pool(count, longest, megabytes, gentle)] if count > 0 else []


def close_pool() -> None:
    """End the workers."""
    while POOLS:
        POOLS.pop().close()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(function: Callable, *arguments: Any) -> Any:
    """The value of function(*arguments), computed by a worker. The function stands at the top of a module.

    What the function raises is raised here; Interrupted if its worker came to an end or too many wait. A run
    of the page that ends meanwhile takes its job along.
    """
    if not POOLS:
        return getattr(function, "inner", function)(*arguments)
    job = submit(function, *arguments)
    try:
        return patiently(job.value, job)
    except BaseException:  # also Streamlit's, which end the run
        job.close()
        raise


def submit(function: Callable, *arguments: Any) -> Job:
    """Give the work to the pool in the name of this visitor."""
    return POOLS[0].submit(visitor(), function, *arguments)


def visitor() -> str | None:
    """Whose work it is: the session's number."""
    context = get_script_run_ctx(suppress_warning=True)
    return context and context.session_id


class Watch:
    """What is done meanwhile by a run of the page that waits."""

    def __init__(self, job: Job | None = None) -> None:
        self.job, self.began, self.told = job, time.monotonic(), 0
        self.check = get_run_yield_check() or (lambda: None)

    def look(self) -> None:
        """End the run if Streamlit wants it to end; once the wait is long, tell the place in line."""
        self.check()
        place = self.job.place() if self.job and time.monotonic() - self.began > _progress.SOON else 0
        if place != self.told:
            self.told = place
            _progress.in_line(place)


def patiently(value: Future, job: Job | None = None) -> Any:
    """What a Future comes to, while the run may end."""
    watch = Watch(job)
    while wait([value], OFTEN).not_done:
        watch.look()
    return value.result()


class Stream:
    """The parts of a generator function, computed by a worker as long as somebody asks for them; a run of the
    page that ends leaves it where it is, and the next one may go on. If nobody asks for a minute it ends.
    """

    def __init__(self, job: Job) -> None:
        self.job = job

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        watch = Watch(self.job)
        while True:
            try:
                return self.job.part(OFTEN)
            except Empty:
                watch.look()

    def close(self) -> None:
        """Let the worker stop."""
        self.job.close()


def stream(function: Callable, *arguments: Any) -> Iterator:
    """An iterator over function(*arguments), a generator function, that a worker runs; with `close()`."""
    return Stream(submit(function, *arguments)) if POOLS else function(*arguments)
