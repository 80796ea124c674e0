"""A pool of worker processes for what takes long, and the line of those who wait for one."""

import bisect
import itertools
import pickle
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from operator import attrgetter
from queue import SimpleQueue
from typing import Any

from pages._process import Process

GENTLE = 5  # of 19: how far a worker steps back where the process that answers wants the core
PATIENCE = 0.8  # seconds in which a worker that is told to stop a job does so, or is replaced,
IMPORTS = 15  # and in which a new one does, that may be importing torch: the next would begin that again
IDLE = 600  # seconds without a job after which a worker goes, and gives its memory back
END = object()  # after the last part of a job
LEFT = 60  # seconds after which a job goes whose parts nobody takes any more


class Interrupted(Exception):
    """Why a job came to no end that was not its own fault; a sentence for the visitor, who may try again."""


LOST = (
    "The process that computed this was ended, by the system or by hand; the server goes on with a new one. "
    "What you have typed and chosen is kept."
)
TOO_LARGE = (
    "This takes more memory than the server may use for one computation. Shorten the text, or choose less of "
    "it. What you have typed and chosen is kept."
)
BUSY = (
    "So many others compute on this server now that there is no room left in line. Try again in a minute. "
    "What you have typed and chosen is kept."
)


class Job:
    """Work that was given to a pool: its parts come one by one, and at last its value."""

    numbers = itertools.count()

    def __init__(self, pool: "Pool", visitor: Hashable, work: bytes) -> None:
        self.pool, self.visitor, self.work, self.number = pool, visitor, work, next(self.numbers)
        self.parts, self.value = SimpleQueue(), Future()
        self.process, self.dropped, self.start = None, False, 0.0
        self.asked = time.monotonic()  # when somebody last wanted to know of it

    def part(self, seconds: float) -> Any:
        """The next part, if it comes within so many seconds; queue.Empty if not, StopIteration at the end."""
        self.asked = time.monotonic()
        part = self.parts.get(timeout=seconds)
        if part is not END:
            return part
        self.parts.put(END)
        self.value.result()
        raise StopIteration

    def place(self) -> int:
        """The place in line, 1 for the next; 0 once it is worked on."""
        return self.pool.place(self)

    def close(self) -> None:
        """Nobody wants the job any more: if it waits it goes, and if it is worked on it is stopped."""
        self.pool.cancel(self)


class Pool:
    """Up to `count` workers, each started when it is first needed, and one line of jobs for all of them: of
    each visitor one job at a time, and first those who have had less of the workers' time.

    That is start-time fair queueing (Goyal 1996): a job's `start` is what its visitor has had, or what the
    one who was served last had had, if that is more, so that nobody gets ahead by having asked for nothing.
    """

    def __init__(self, count: int, longest: int, megabytes: float, gentle: int = GENTLE) -> None:
        """longest: how many jobs may wait; megabytes: memory that a worker may take; gentle: of 19, how far a
        worker steps back where others want the core.
        """
        self.longest, self.megabytes, self.gentle, self.closed = longest, megabytes, gentle, False
        self.waiting, self.running = [], []  # by `start`; in no order
        self.had, self.now = {}, 0.0  # seconds of the workers that visitors have had; `start` of the last job
        self.turn = threading.Condition()
        self.threads = [threading.Thread(target=self.serve, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def submit(self, visitor: Hashable, function: Callable, *arguments: Any) -> Job:
        """Give work to the pool: a function at the top of a module, and arguments that can be pickled; of a
        function that is decorated the worker runs the inner one. Interrupted if too many wait.
        """
        job = Job(self, visitor, pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL))
        with self.turn:
            if len(self.waiting) >= self.longest:
                raise Interrupted(BUSY)
            job.start = max(self.now, self.had.get(visitor, 0.0))
            bisect.insort(self.waiting, job, key=attrgetter("start"))
            self.turn.notify()
        return job

    def place(self, job: Job) -> int:
        """See Job."""
        with self.turn:
            return self.waiting.index(job) + 1 if job in self.waiting else 0

    def cancel(self, job: Job) -> None:
        """See Job.close."""
        with self.turn:
            job.dropped = True
            if job in self.waiting:
                self.waiting.remove(job)
                job.value.cancel()
                job.parts.put(END)
            process = job.process if job in self.running else None
        if process is not None:
            process.send("cancel", job.number)
            threading.Timer(PATIENCE if process.warm else IMPORTS, self.stop, [job]).start()

    def stop(self, job: Job) -> None:
        """End the worker of a job that was cancelled, if it is still at it."""
        with self.turn:
            if job in self.running:
                job.process.program.kill()

    def close(self) -> None:
        """End all workers."""
        with self.turn:
            self.closed = True
            for job in self.running:
                job.process.program.kill()
            self.turn.notify_all()
        for thread in self.threads:
            thread.join()

    def next(self) -> Job | None:
        """The first job in line whose visitor has no other that runs; None if there is none for long, or if
        the pool is closed.
        """

        def first():
            busy = {job.visitor for job in self.running}
            return next((job for job in self.waiting if job.visitor not in busy), None)

        with self.turn:
            self.turn.wait_for(lambda: self.closed or first(), IDLE)
            if self.closed or not (job := first()):
                return None
            self.waiting.remove(job)
            self.running.append(job)
            self.now = max(self.now, job.start)
        return job

    def serve(self) -> None:
        """One worker's thread in this process."""
        process = None
        while not self.closed:
            job = self.next()
            if process is not None and (job is None or process.program.poll() is not None):
                process.end()
                process = None
            if job is not None:
                process = process or Process(self.megabytes, self.gentle)
                self.attend(process, job)
        if process is not None:
            process.end()

    def attend(self, process: Process, job: Job) -> None:
        """Have the worker do the job, and take its answers."""
        with self.turn:
            job.process = process
        kind, value, began = "cancelled", None, time.monotonic()
        if not job.dropped:
            process.send("job", job.number, job.work)
            kind, value = self.answers(process, job)
            process.warm = True
        with self.turn:
            self.running.remove(job)
            self.had[job.visitor] = job.start + time.monotonic() - began
            self.had = {one: had for one, had in self.had.items() if had > self.now}
            self.turn.notify_all()
        settle(job.value, kind, value)
        job.parts.put(END)

    def answers(self, process: Process, job: Job) -> tuple[str, Any]:
        """Hand on the parts as they come; returns the answer that ends the job."""
        while True:
            try:
                kind, value = process.receive()
            except EOFError:
                process.program.wait()
                return ("cancelled", None) if job.dropped else ("error", Interrupted(LOST))
            if kind != "part":
                return kind, value
            job.parts.put(value)
            if time.monotonic() - job.asked > LEFT and not job.dropped:
                self.cancel(job)


def settle(future: Future, kind: str, value: Any) -> None:
    """Say what came of a job."""
    if kind == "value":
        future.set_result(value)
    elif kind == "cancelled":
        future.cancel()
    else:
        future.set_exception(Interrupted(TOO_LARGE) if isinstance(value, MemoryError) else value)
