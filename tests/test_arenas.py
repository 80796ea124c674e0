"""Threads share one of glibc's arenas of memory: a server does not grow by one with each run of a page."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

import app

ROOT = Path(__file__).parent.parent
ARENAS = """
import ctypes, threading
libc, together = ctypes.CDLL(None), threading.Barrier(12)
libc.fdopen.restype, libc.malloc_info.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
libc.fflush.argtypes = [ctypes.c_void_p]
def allocate():
    together.wait()
    held = [bytearray(5_000) for _ in range(100)]
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
report = libc.fdopen(1, b"w")
libc.malloc_info(0, report)
libc.fflush(report)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="another C library than glibc")
@pytest.mark.parametrize(("before", "one"), [("", False), ("import app; app.share_arena()", True)])
def test_threads_share_one_arena_once_they_are_told_to(before, one):
    program, environment = [sys.executable, "-c", before + ARENAS], dict(os.environ)
    environment.pop("MALLOC_ARENA_MAX", None)
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    arenas = done.stdout.count("<heap nr=")
    assert arenas >= 1 and (arenas == 1) == one, arenas


class Told(Exception):
    """The server has told its threads."""


def test_the_server_tells_its_threads_before_it_begins(monkeypatch):
    def tell():
        raise Told

    monkeypatch.setattr(app, "share_arena", tell)
    with pytest.raises(Told):
        app.lifespan(None).__aenter__().send(None)  # in no loop of events: the thread may have one
