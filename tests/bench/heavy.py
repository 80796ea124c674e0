"""`python -m tests.bench heavy --seconds 60`: five visitors do the heaviest thing that pages offer, again and
again, each with new texts; a sixth types sentences on a light page.
"""

import argparse
import random
import threading
import time
from contextlib import suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed

from tests.bench.load import WORDS, times
from tests.browser import launch
from tests.wire import Visitor

BAR = 1.0  # p95 of the sixth visitor, in seconds
LONG, MIDDLE = 800, 100  # words of a text: almost as many as models take; as they learned from at a time
MEGABYTE = 200_000  # words of a text of a megabyte
HEAVY = {  # what each of the five asks for: the page, the box that is typed into, words, choices
    "rollout and gradients": ("heads", "text", MIDDLE, {"heads.section": "Across layers"}),
    "encoder and decoder": ("masks", "text", MIDDLE, {"masks.section": "Encoder and decoder"}),
    "influence": ("receptive_field", "text", MIDDLE, {"receptive_field.used": "true"}),
    "byte pairs of a megabyte": ("bpe", "bpe.text", MEGABYTE, {"bpe.merges": "1000", "bpe.own": "true"}),
    "the cache's time": (
        "decoding",
        "text",
        LONG,
        {"decoding.section": "Attention and cache", "decoding.saved": "true"},
    ),
}


def sentence(chance, words):
    return " ".join(chance.choices(WORDS.split(), k=words)) + "."


def burden(url, seed, page, box, words, choices, end, answers):
    """One of the five: a new text as soon as the last one has been answered."""
    chance = random.Random(seed)
    with Visitor(url) as visitor, suppress(ConnectionClosed):  # the server has gone at the end
        visitor.open(page, **choices)
        while time.monotonic() < end:
            visitor.run(states={visitor.box(box).id: sentence(chance, words)})
            answers.append(visitor.wrong())


def light(url, seconds):
    """Seconds of each answer of the sixth, who types every second."""
    chance, taken = random.Random(6), []
    with Visitor(url) as visitor:
        visitor.open("attention")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.perf_counter()
            visitor.run(states={visitor.box("text").id: sentence(chance, 10)})
            taken.append(time.perf_counter() - began)
            time.sleep(max(0.0, 1 - taken[-1]))
            assert visitor.wrong() == []
    return taken


def megabytes(pid):
    """Of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench heavy", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--without", action="store_true", help="without workers, as it would be")
    asked = parser.parse_args(arguments)
    with launch.server(environment={"RIVERBANK_WORKERS": "0"} if asked.without else {}) as server:
        alone, _ = times(light(server.url, 15))
        end, answers = time.monotonic() + asked.seconds + 10, {name: [] for name in HEAVY}
        five = [
            threading.Thread(target=burden, args=(server.url, n, *one, end, answers[name]), daemon=True)
            for n, (name, one) in enumerate(HEAVY.items())
        ]
        for thread in five:
            thread.start()
        time.sleep(3)
        taken = light(server.url, asked.seconds)
        sizes, size = list(map(megabytes, server.workers())), megabytes(server.process.pid)
    line, high = times(taken)
    print("the sixth visitor    answers   p50 ms   p95 ms   max ms")
    print(f"{'alone':18}{alone}")
    print(f"{'beside the five':18}{line}   p95 ≤ {1000 * BAR:.0f} ms {'met' if high <= BAR else 'MISSED'}")
    for name, some in answers.items():
        print(f"{name}: {len(some)} answers, {sum(map(bool, some))} that failed")
    each = ", ".join(f"{one:.0f} MB" for one in sizes) or "none"
    print(f"memory: the server {size:.0f} MB, its workers {each}")
