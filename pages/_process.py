"""A worker process as the server sees it; pages/_worker.py is what runs in it.

Workers are programs of their own that know the server by two pipes: `multiprocessing` would run in each the
script that Streamlit calls `__main__`, and with `concurrent.futures` a worker that dies ends the whole pool.
The server's end closes the pipes, whatever its end was, and that ends the workers.
"""

import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# A worker computes on one core, and keeps little of what it has computed: the server keeps it.
SETTINGS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RIVERBANK_CACHE_MB": "50"}


class Process:
    """A worker and the two pipes."""

    def __init__(self, megabytes: float, gentle: int) -> None:
        command = [sys.executable, "-m", "pages._worker", str(megabytes), str(gentle)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.program = subprocess.Popen(command, cwd=ROOT, env=os.environ | SETTINGS, **pipes)
        self.writing = threading.Lock()
        self.warm = False  # whether it has done a job, and so has imported what jobs need

    def send(self, kind: str, number: int, work: bytes = b"") -> None:
        """Write a job, or that it is cancelled; to a worker that is dead, nothing."""
        with self.writing:
            try:
                pickle.dump((kind, number, work), self.program.stdin, pickle.HIGHEST_PROTOCOL)
                self.program.stdin.flush()
            except (OSError, ValueError):  # closed at one end or the other
                self.program.kill()  # `receive` says what that means

    def receive(self) -> tuple[str, Any]:
        """The next answer; EOFError if the worker is dead."""
        try:
            return pickle.load(self.program.stdout)
        except (OSError, pickle.UnpicklingError) as error:  # it died in the middle of an answer
            raise EOFError from error

    def end(self) -> None:
        """Kill the worker and forget it."""
        self.program.kill()
        self.program.wait()
        self.program.stdout.close()
        with suppress(OSError):  # what was still to be written to it has nowhere to go
            self.program.stdin.close()
