"""`python -m tests.fuzz --minutes 10`: send what nobody should, until something fails or the time is over."""

import argparse
import random
import time

from hypothesis import Phase, Verbosity, given, seed, settings

from tests.browser import launch
from tests.fuzz import inputs
from tests.fuzz.trial import Trial
from tests.test_fuzz import CHECKS
from tests.test_pages import PAGES

LONG = settings(
    deadline=None,
    database=None,
    max_examples=20,
    phases=[Phase.generate],
    verbosity=Verbosity.quiet,
    suppress_health_check=CHECKS,
    report_multiple_bugs=False,
)


def tests(trial, pages):
    """What is tried in turn, each some twenty times."""
    yield settings(LONG)(given(visit=inputs.visits(pages))(lambda visit: trial.visit(*visit)))
    yield settings(LONG)(given(request=inputs.requests)(lambda request: trial.request(**request)))
    yield settings(LONG)(given(inputs.frames)(lambda sent: trial.frames(sent)))  # noqa: PLW0108 no method can be given


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the first round")
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=PAGES)
    parser.add_argument("--busy", action="store_true", help="count the seconds that the server computes")
    parser.add_argument("--go-on", action="store_true", help="after a failure, on a new server")
    asked = parser.parse_args()
    end, turn, failures, answers, slowest = time.monotonic() + 60 * asked.minutes, asked.seed, 0, 0, (0, None)
    unknown = set()
    while time.monotonic() < end:
        with launch.server() as server:
            trial = Trial(server, server.computed if asked.busy else time.monotonic)
            try:
                while time.monotonic() < end:
                    for test in tests(trial, asked.pages):
                        seed(turn)(test)()
                    turn += 1
            except Exception as failure:
                failures += 1
                for one in getattr(failure, "exceptions", [failure]):
                    print(f"seed {turn}: {type(one).__name__} {str(one)[:3000]}", flush=True)
                print(server.log[-3000:], flush=True)
                if not asked.go_on:
                    raise
                turn += 1
            unknown |= trial.unknown
            answers, slowest = answers + trial.answers, max(slowest, trial.slowest, key=lambda one: one[0])
    print(f"{answers} answers, {failures} failures; the slowest took {slowest[0]:.2f} s: {slowest[1]}")
    if unknown:
        print("No address was tried with", *sorted(unknown))
    return failures > 0


if __name__ == "__main__":
    raise SystemExit(main())
