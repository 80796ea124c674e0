"""A worker: a process that computes what the server asks of it, one job after the other. pages/_process.py
starts it, writes jobs to its standard input and reads answers from its standard output.
"""

import _thread
import inspect
import logging
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from typing import Any, BinaryIO

LOG = logging.getLogger("riverbank")


class Cancelled(BaseException):
    """Nobody wants the job any more."""


class Desk:
    """Which job is worked on, which one was cancelled, and whether it may be interrupted now: not while an
    answer is being written.
    """

    def __init__(self, answers: BinaryIO) -> None:
        self.answers, self.number, self.cancelled, self.open = answers, None, None, False

    def interrupt(self, *_: Any) -> None:
        """What the main thread does on a signal, be it the terminal's or that of `listen`."""
        if self.open and self.cancelled == self.number:
            raise Cancelled

    def answer(self, frame: bytes) -> None:
        """Send an answer; once the server is gone there is nothing left to do."""
        self.open = False
        try:
            self.answers.write(frame)
            self.answers.flush()
        except OSError:
            os._exit(0)

    def perform(self, work: bytes) -> None:
        """Do a job and answer."""
        try:
            frame = self.outcome(work)
            self.open = False
        except Cancelled:
            frame = packed("cancelled")
        self.answer(frame)

    def outcome(self, work: bytes) -> bytes:
        """The answer that ends a job. Of a generator the parts are sent as they come."""
        try:
            function, arguments = pickle.loads(work)  # an import that is interrupted stays broken for ever
            function = getattr(function, "inner", function)
            if not inspect.isgeneratorfunction(function):
                self.open = True
                self.interrupt()  # cancelled before it began
                return packed("value", function(*arguments))
            for part in function(*arguments):  # what the first part needs may be imported there
                self.answer(packed("part", part))
                self.open = True
                self.interrupt()
            return packed("value")
        except Exception as error:
            return packed("error", told(error))


def packed(kind: str, value: Any = None) -> bytes:
    """An answer: a part of the value, the value, an error, or that the job was cancelled."""
    return pickle.dumps((kind, value), pickle.HIGHEST_PROTOCOL)


def told(error: Exception) -> Exception:
    """The error as the server can read it. A ValueError is a sentence for the visitor; of all else the log
    says where, without the message, which may quote a text.
    """
    if isinstance(error, ValueError):
        return error
    frames = "".join(traceback.format_tb(error.__traceback__))
    LOG.error("A worker failed.\nTraceback (most recent call last):\n%s%s", frames, type(error).__qualname__)
    return (
        MemoryError() if isinstance(error, MemoryError) or "allocate memory" in str(error) else RuntimeError()
    )


def listen(requests: BinaryIO, desk: Desk, jobs: queue.SimpleQueue) -> None:
    """Take what the server writes, until it closes the pipe or is no more: then this process ends as well,
    whatever it is at.
    """
    while True:
        try:
            kind, number, work = pickle.load(requests)
        except (EOFError, OSError):
            os._exit(0)
        if kind == "job":
            jobs.put((number, work))
        else:
            desk.cancelled = number
            _thread.interrupt_main()


def bound(megabytes: float) -> None:
    """Let no more memory be taken than that: what needs more fails, and the machine does not."""
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (int(megabytes * 1e6),) * 2)


def main() -> None:
    """Work until the server goes."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed must not get between the answers
    if os.name == "posix":
        os.nice(int(sys.argv[2]))
    bound(float(sys.argv[1]))
    desk, jobs = Desk(answers), queue.SimpleQueue()
    signal.signal(signal.SIGINT, desk.interrupt)
    threading.Thread(target=listen, args=(sys.stdin.buffer, desk, jobs), daemon=True).start()
    while True:
        desk.number, work = jobs.get()
        desk.perform(work)


if __name__ == "__main__":
    main()
