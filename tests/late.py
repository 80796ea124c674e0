"""A module that a worker needs a while to import, and that, like torch, cannot be imported a second time once
that was broken off.
"""

import sys
import time

if sys.argv[0].endswith("_worker.py"):
    if hasattr(sys, "late"):
        raise SystemError("half of this module is here already")
    sys.late = True
    for _ in range(100):
        time.sleep(0.01)


def answer():
    return 42
