"""`python -m tests.bench [a] [b] ... [n]`: one table of ratios, all rows or those named; each row is measured
in one run. `python -m tests.bench load`: a class at once; `answers`: what an answer costs; `heavy`: beside five
who ask for much; `trainings`: beside two who train; `views`: every view; `moves`: a move in
every view; `visits`: a first visit of every page; `bertviz`: BertViz' views beside ours.
"""

import argparse
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import torch

from tests.bench import (
    answers,
    bertviz,
    chromium,
    decoding,
    grids,
    heavy,
    load,
    moves,
    opened,
    passes,
    strokes,
    trainings,
    users,
    views,
    visits,
)

HEAD = f"{'':<68} {'ours':>9} {'other':>9} {'ratio':>6}  target"


def machine():
    """The machine in one line, without its name."""
    cpu = next(
        (line.split(":")[1].strip() for line in lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory = next(
        (int(line.split()[1]) / 2**20 for line in lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    load = "" if not hasattr(os, "getloadavg") else f", load {os.getloadavg()[0]:.1f}"
    versions = (
        f"Python {platform.python_version()}, torch {version('torch')}, streamlit {version('streamlit')}"
    )
    return (
        f"{cpu}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} "
        "cores, "
        f"{memory:.0f} GiB{load}; {versions}"
    )


def lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def rows(chosen):
    torch.set_num_threads(1)  # as the server does
    measures = {
        "a": passes.explaining,
        "b": passes.weighing,
        "c": chromium.answering,
        "d": chromium.starting,
        "g": passes.loading,
        "h": chromium.judging,
        "i": decoding.generating,
        "j": grids.all_heads,
        "k": passes.merging,
        "l": opened.opening,
        "m": passes.taking_apart,
        "n": strokes.drawing,
    }
    for name in sorted(chosen & set(measures)):
        yield from measures[name]()
    crowded = chosen & {"e", "f"}
    if crowded:
        yield from users.remembering_and_sharing(crowded)


def main():
    tables = {"answers": answers, "load": load, "heavy": heavy, "trainings": trainings, "views": views}
    tables |= {"moves": moves, "visits": visits, "bertviz": bertviz}
    if sys.argv[1:2] and sys.argv[1] in tables:
        print(machine(), flush=True)
        return tables[sys.argv[1]].main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help="a to n; all if none is named")
    chosen = set(parser.parse_args().rows) or set("abcdefghijklmn")
    if not chosen <= set("abcdefghijklmn"):
        parser.error("the rows are a to n")
    print(machine(), HEAD, sep="\n", flush=True)
    for row in rows(chosen):
        target = (
            "" if row.target is None else f"≤ {row.target} {'met' if row.ratio <= row.target else 'MISSED'}"
        )
        print(f"{row.what:<68} {row.ours:>9} {row.theirs:>9} {row.ratio:>5.2f}x  {target}", flush=True)


if __name__ == "__main__":
    main()
