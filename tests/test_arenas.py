"""Threads share one of glibc's arenas of memory: a server does not grow by another for each visitor's run."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

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
told = libc.fdopen(1, b"w")
libc.malloc_info(0, told)
libc.fflush(told)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="another C library than glibc")
@pytest.mark.parametrize(("before", "shared"), [("", False), ("import app; app.share_memory()", True)])
def test_twelve_threads_share_one_arena(before, shared):
    program = [sys.executable, "-c", before + ARENAS]
    told = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    arenas = told.count("<heap nr=")
    assert arenas >= 1 and (arenas == 1) == shared, arenas
