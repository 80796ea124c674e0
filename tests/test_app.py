"""The server's own settings, each in a process of its own."""

import platform
import subprocess
import sys

import pytest

from tests.session import ROOT

FAULTS = """
import resource, sys, threading
from statistics import median
if sys.argv[1] == "kept":
    import app
    app.hold_memory()
import torch
from model import load
torch.set_num_threads(1)
traces, faults = [], []
def explain(text):  # in a thread of its own, as every run of a page is, and the trace is kept
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    traces.append(load("decoder-rope").explain(text))
    faults.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)
for number in range(14):
    thread = threading.Thread(target=explain, args=(f"{number} " + "the other bank of the river " * 20,))
    thread.start()
    thread.join()
print(median(faults[2:]))
"""


def pages_fetched(how):
    """Pages of memory that one text of some 120 tokens makes the process fetch from the system, the median over texts."""
    ran = subprocess.run([sys.executable, "-c", FAULTS, how], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(ran.stdout.split()[-1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to keep its memory")
def test_the_server_has_the_memory_of_the_first_texts_at_hand():
    assert pages_fetched("kept") < pages_fetched("not kept") / 2
