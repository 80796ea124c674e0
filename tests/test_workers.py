"""Heavy work in worker processes: the same values, a fair line, and nothing lost where a worker ends."""

import importlib
import inspect
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError

import numpy as np
import pytest

from model import load
from model.analysis.senses import Axis
from model.analysis.why import HEAD, Part
from model.analysis.words import find
from model.network.config import ModelConfig
from pages import _heavy
from pages._pool import BUSY, LOST, TOO_LARGE, Interrupted, Pool
from pages.architecture.measured import Kind
from pages.masks.chosen import Mask
from pages.why.apart import Pair
from tests import jobs, late
from tests.session import ROOT
from tests.test_arrows import SERVED

MB = 600  # that the workers of these tests may take
TEXT, OTHER = "I swam across the river to the other bank", "He put cash into the bank"
WORD, CLUE = find(TEXT, "bank")[0], find(TEXT, "river")[0]
SOON = 30  # seconds in which a worker has started on a loaded machine


@pytest.fixture(scope="module")
def pool():
    one = Pool(1, longest=3, megabytes=MB)
    yield one
    one.close()


def ask(pool, function, *arguments, visitor="a"):
    return pool.submit(visitor, function, *arguments).value.result(SOON)


def begun(job):
    """The job, once a worker is at it."""
    end = time.monotonic() + SOON
    while job.place() or job.process is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    return job


def ids(name):
    return tuple(load(name).read(TEXT))


# ---- the engine ----


def test_a_worker_gives_values_parts_and_the_sentences_of_errors(pool):
    assert ask(pool, jobs.double, 21) == 42
    assert ask(pool, jobs.process) == ask(pool, jobs.process) != os.getpid()
    job = pool.submit("a", jobs.counted, 3)
    assert [job.part(SOON) for _ in range(3)] == [0, 1, 2]
    for _ in range(2):
        with pytest.raises(StopIteration):
            job.part(SOON)
    assert [one.flags.writeable for one in ask(pool, jobs.fixed)] == [False, True]
    with pytest.raises(ValueError, match="Shorten it"):
        ask(pool, jobs.refused, "Shorten it.")


def test_what_fails_in_a_worker_is_logged_without_what_was_typed(capfd):
    pool = Pool(1, longest=3, megabytes=MB)  # its worker writes where this test reads
    with pytest.raises(RuntimeError) as failure:
        ask(pool, jobs.broken, "typed by somebody")
    pool.close()
    log = capfd.readouterr().err
    assert "in broken" in log and "KeyError" in log
    assert "typed" not in log + str(failure.value)


def test_a_job_that_is_cancelled_frees_its_worker_within_a_second(pool):
    before = ask(pool, jobs.process)
    job = begun(pool.submit("a", jobs.endless))
    began = time.monotonic()
    job.close()
    with pytest.raises(CancelledError):
        job.value.result(SOON)
    assert time.monotonic() - began < 1
    assert ask(pool, jobs.process) == before


def test_a_job_that_is_cancelled_while_its_worker_imports_spoils_no_later_one():
    new = Pool(1, longest=3, megabytes=MB)
    job = begun(new.submit("a", late.answer))
    time.sleep(0.6)  # the program is up, and at the import
    job.close()
    with pytest.raises(CancelledError):
        job.value.result(SOON)
    assert ask(new, late.answer) == 42
    new.close()


def test_a_worker_that_does_not_listen_is_replaced(pool):
    before = ask(pool, jobs.process)
    job = begun(pool.submit("a", jobs.deaf, 60))
    began = time.monotonic()
    job.close()
    with pytest.raises(CancelledError):
        job.value.result(SOON)
    assert time.monotonic() - began < 2
    assert ask(pool, jobs.process) != before


def test_a_job_that_is_cancelled_in_line_never_begins(pool):
    first = begun(pool.submit("a", jobs.endless))
    second = pool.submit("b", jobs.process)
    second.close()
    first.close()
    assert second.value.cancelled() and second.process is None


def test_a_worker_that_is_killed_costs_a_sentence_and_the_next_job_has_another(pool):
    before = ask(pool, jobs.process)
    job = begun(pool.submit("a", jobs.endless))
    os.kill(before, signal.SIGKILL)
    with pytest.raises(Interrupted, match=LOST[:30]):
        job.value.result(SOON)
    assert ask(pool, jobs.process) != before
    os.kill(ask(pool, jobs.process), signal.SIGKILL)  # while it has nothing to do
    time.sleep(0.1)
    assert ask(pool, jobs.double, 1) == 2


def test_what_takes_too_much_memory_is_refused_in_a_sentence(pool):
    with pytest.raises(Interrupted, match=TOO_LARGE[:30]):
        ask(pool, jobs.greedy, MB)
    assert ask(pool, jobs.greedy, 1) == 131_072


def test_who_comes_first_is_served_first_and_all_know_their_place(pool):
    first = begun(pool.submit("e", jobs.endless))
    line = [pool.submit(name, jobs.double, name) for name in "fgh"]
    assert [job.place() for job in (first, *line)] == [0, 1, 2, 3]
    with pytest.raises(Interrupted, match=BUSY[:30]):
        pool.submit("i", jobs.double, 0)
    line[0].close()
    assert [job.place() for job in line[1:]] == [1, 2]
    first.close()
    assert [job.value.result(SOON) for job in line[1:]] == ["gg", "hh"]


def test_who_has_had_much_lets_others_go_first():
    pool = Pool(1, longest=9, megabytes=MB)
    ask(pool, jobs.deaf, 0.3, visitor="much")
    first = begun(pool.submit("first", jobs.endless))
    again, new = pool.submit("much", jobs.double, 1), pool.submit("new", jobs.double, 1)
    assert (new.place(), again.place()) == (1, 2)
    first.close()
    assert again.value.result(SOON) == 2
    late = pool.submit("late", jobs.double, 1)
    assert late.start == pool.now > 0.3  # who comes late has not saved up anything
    pool.close()


def test_of_one_visitor_one_job_runs_at_a_time():
    two = Pool(2, longest=9, megabytes=MB)
    first = begun(two.submit("a", jobs.endless))
    second = two.submit("a", jobs.process)
    assert two.submit("b", jobs.double, 4).value.result(SOON) == 8
    assert second.place() == 1
    first.close()
    assert second.value.result(SOON)
    two.close()


def test_no_worker_outlives_the_server():
    code = (
        "from pages._pool import Pool\nfrom tests import jobs\nimport sys, time\npool = Pool(1, 9, 600)\n"
        "print(pool.submit(0, jobs.process).value.result(), flush=True)\npool.submit(0, jobs.endless)\n"
        "time.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    worker = int(server.stdout.readline())
    server.kill()
    server.wait()
    server.stdout.close()
    end = time.monotonic() + 5
    while os.path.exists(f"/proc/{worker}") and time.monotonic() < end:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{worker}")


# ---- what pages give to it ----

DECODER, ENCODER = "decoder-rope", "encoder"
AXIS = Axis(np.zeros((6, 240)), np.ones((6, 240)))
ASKED = {  # arguments of every heavy function of the pages
    "_clues.some_blinded": lambda: (WORD, (((1,), None, None), ((2,), None, None)), False, ENCODER),
    "_senses.vectors": lambda: ((WORD,),),
    "architecture.checks.checks": lambda: (TEXT, DECODER),
    "architecture.measured.measured_one": lambda: (
        "Multiply-adds",
        DECODER,
        Kind(ModelConfig(width=24, layers=2)),
        16,
        0,
    ),
    "bpe.fewer_merges.surprise": lambda: (TEXT, DECODER, 500),
    "bugs.run.finding": lambda: (TEXT, DECODER, "axis", "rows"),
    "bugs.run.trace": lambda: (TEXT, DECODER, "axis"),
    "decoding.beams.searched": lambda: (DECODER, ids(DECODER), 2, 3),
    "decoding.cache.seconds": lambda: (DECODER, ids(DECODER)),
    "decoding.first_token.shares_of": lambda: (DECODER, ids(DECODER)),
    "heads.gauge.finals": lambda: (DECODER, ids(DECODER), "silenced", (((0, 1),), ((1, 2),))),
    "heads.gauge.effects": lambda: (DECODER, ids(DECODER), "silenced", (((0, 1),), ((1, 2),))),
    "heads.gauge.vectors": lambda: (ENCODER, ids(ENCODER), "uniform", (((0, 1),), ()), (2,)),
    "heads.gauge.sharpest": lambda: (DECODER, TEXT),
    "heads.gradient.weights": lambda: (DECODER, TEXT),
    "heads.gradient.rows": lambda: (DECODER, ids(DECODER), 4, (0, 1, 2), 2),
    "heads.gradient.along": lambda: (DECODER, ids(DECODER), 2, 7),
    "heads.grid.scores": lambda: (TEXT, DECODER, 1),
    "masks.cheat.ahead_of": lambda: (TEXT,),
    "masks.cheat.written": lambda: (DECODER, ids(DECODER), 3),
    "masks.leaks.moves": lambda: (DECODER, ids(DECODER), (2, 3), 99, Mask("causal")),
    "masks.leaks.squares": lambda: (DECODER, ids(DECODER), Mask("causal"), 5),
    "masks.sight.rows": lambda: (ENCODER, ids(ENCODER), 3, (0, 1), (1, None)),
    "masks.sight.along": lambda: (ENCODER, ids(ENCODER), 3, 2),
    "positions.locality.profile": lambda: (TEXT, "t5"),
    "positions.shuffle.disorder": lambda: (ids(DECODER), "rope", tuple(range(len(ids(DECODER)))[::-1])),
    "positions.long_text_losses.losses": lambda: (ids(DECODER), "rope", None, 0),
    "receptive_field.cliff.moved_away": lambda: ("encoder-cnn", ((WORD, CLUE),), range(3)),
    "receptive_field.influence.squares": lambda: (ENCODER, ids(ENCODER), 2, (0, 1)),
    "receptive_field.influence.unchanged": lambda: (ENCODER, ids(ENCODER), 2),
    "receptive_field.influence.occlusion": lambda: (ENCODER, ids(ENCODER), (1, 2)),
    "rope.bases.loss": lambda: (TEXT, DECODER, 100_000),
    "vision.measured.moved": lambda: ("cnn", 1, 2),
    "vision.measured.shifted": lambda: ("cnn", 1),
    "vision.measured.shuffled": lambda: ("cnn", 1),
    "vision.measured.windowed": lambda: ("vit", 1),
    "rope.pairings.outcomes": lambda: (TEXT, DECODER),
    "why.apart.apart": lambda: (TEXT, DECODER, Pair(2, 3, 8, 4), True),
    "why.apart.opened": lambda: (TEXT, DECODER, Pair(2, 3, 8, 4), Part(HEAD, 1, 2), "key"),
    "why.apart.walk": lambda: (TEXT, DECODER, Pair(2, 3, 8, 4)),
    "why.logits.by_source": lambda: (TEXT, DECODER, 8, (5, 6)),
    "why.logits.knocked_out": lambda: (TEXT, DECODER, 8, (5, 6)),
    "why.logits.written": lambda: (TEXT, DECODER, 8, (5, 6)),
    "why.meter.carried": lambda: (WORD, 3, ENCODER, ((), ()), AXIS),
    "why.meter.pushes": lambda: ((WORD,), ENCODER, ((), ()), AXIS),
    "why.story.induction": lambda: ("toy-rope",),
}
TIMED = {"decoding.cache.seconds"}  # differ from run to run


def heavy_functions():
    """{name: function} of all that pages have declared heavy."""
    found = {}
    for name in SERVED:
        for function in vars(importlib.import_module(name)).values():
            if getattr(function, "heavy", np.inf) < np.inf:
                found[f"{function.__module__}.{function.__name__}".removeprefix("pages.")] = function
    return found


def plainly(value):
    """A value as lists and numbers, to be compared."""
    if isinstance(value, list | tuple):
        return [plainly(one) for one in value]
    if isinstance(value, np.ndarray):
        return [
            value.dtype.str,
            value.flags.writeable,
            repr(value.tolist()),
        ]  # NaN equals nothing, itself included
    return plainly(list(vars(value).values())) if hasattr(value, "__dict__") else value


def test_every_heavy_function_is_asked():
    assert set(heavy_functions()) == set(ASKED)


def test_a_heavy_function_says_by_an_arguments_name_which_model_it_asks():
    about_one = {"masks.cheat.ahead_of"}  # of ours
    for name, function in heavy_functions().items():
        labels = inspect.signature(function.inner).parameters
        assert ("name" in labels) + ("model" in labels) == (name not in about_one), name


@pytest.mark.parametrize("name", ASKED)
def test_a_worker_computes_what_the_server_would(pool, name):
    function, arguments = heavy_functions()[name], ASKED[name]()
    ours, theirs = plainly(function.inner(*arguments)), plainly(ask(pool, function, *arguments))
    assert ours is not None
    assert name in TIMED or ours == theirs


def test_without_a_pool_the_function_itself_is_called():
    assert _heavy.run(jobs.process) == os.getpid()
    assert list(_heavy.stream(jobs.counted, 2)) == [0, 1]
