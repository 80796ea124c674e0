"""Pages whose heavy work is done by workers: what they say meanwhile, and when a worker ends. That they show
the same as without is asked in test_crowd.py.
"""

import os
import signal
import threading
import time

import pytest

from pages import _cache, _heavy, _progress
from pages._cache import Cache
from pages._pool import BUSY, LOST, Interrupted, Pool
from tests import jobs
from tests.session import control, figures, pictures, visit
from tests.wire import Visitor

VIEWS = {  # with something heavy at once: the page and its choices
    "across": ("heads", {"heads.section": "Across layers"}),
    "cost": ("architecture", {"architecture.section": "What it costs"}),
    "encoder and decoder": ("masks", {"masks.section": "Encoder and decoder"}),
}
TEXT = "I swam across the river to get to the other bank"


@pytest.fixture(scope="module")
def pool():
    one = Pool(1, longest=5, megabytes=2000)
    yield one
    one.close()


@pytest.fixture
def working(pool, monkeypatch):
    """Pages give their work to the pool, as under a server."""
    monkeypatch.setattr(_heavy, "POOLS", [pool])
    return pool


def test_a_megabyte_of_byte_pairs_is_trained_by_a_worker_as_here(working, monkeypatch):
    from pages.bpe import training

    monkeypatch.setattr(training, "SHORT", 10)
    shown = []
    for pools in ([working], []):
        monkeypatch.setattr(_heavy, "POOLS", pools)
        at = visit("bpe", {"bpe.text": TEXT * 3, "bpe.merges": "12"}).run()
        assert not at.exception
        assert at.session_state["bpe.training"].text == TEXT * 3
        shown.append(repr(pictures(at)))
    assert shown[0] == shown[1]


class Ended(BaseException):
    """As Streamlit ends a run."""


def test_a_run_that_ends_takes_its_job_along(working, monkeypatch):
    worker = _heavy.run(jobs.process)
    began = time.monotonic()

    def check():
        if time.monotonic() - began > 0.5:
            raise Ended

    monkeypatch.setattr(_heavy, "get_run_yield_check", lambda: check)
    with pytest.raises(Ended):
        _heavy.run(jobs.endless)
    monkeypatch.undo()
    assert working.submit("b", jobs.process).value.result(1) == worker


def test_who_waits_in_line_is_told_the_place(working, monkeypatch):
    told = []
    monkeypatch.setattr(_progress, "in_line", told.append)
    others = [working.submit(name, jobs.endless) for name in "ab"]
    values = []
    waits = threading.Thread(target=lambda: values.append(_heavy.run(jobs.double, 4)))
    waits.start()
    for other, place in zip(others, (2, 1), strict=True):
        end = time.monotonic() + 30
        while told[-1:] != [place] and time.monotonic() < end:
            time.sleep(0.05)
        other.close()
    waits.join(30)
    assert told[:2] == [2, 1] and values == [8]


def test_a_place_is_told_beside_how_far_the_work_is(monkeypatch):
    at = visit("heads", {}).run()
    monkeypatch.setattr(_progress, "place", lambda: room)

    class Room(list):
        def progress(self, *what):
            self.append(what)

        def empty(self):
            self.append(None)

    room = Room()
    monkeypatch.setattr(_progress.st, "session_state", at.session_state)
    at.session_state[_progress.BAR] = 0.5, "Asking"
    _progress.in_line(3)
    _progress.in_line(0)
    assert room == [(0.5, "Asking. Others compute; you are number 3 in line"), (0.5, "Asking")]
    at.session_state[_progress.BAR] = _progress.NONE
    _progress.in_line(1)
    _progress.in_line(0)
    assert room[2:] == [(0.0, "Others compute; you are number 1 in line"), None]


class Full:
    """A pool in which there is no room."""

    def submit(self, *_):
        raise Interrupted(BUSY)


@pytest.mark.parametrize("view", VIEWS)
def test_what_was_interrupted_is_said_with_a_way_on(view, monkeypatch):
    page, query = VIEWS[view]
    monkeypatch.setattr(_cache, "CACHE", Cache(1e8))
    monkeypatch.setattr(_heavy, "POOLS", [Full()])
    at = visit(page, {"text": TEXT} | query).run()
    assert not at.exception and [one.value for one in at.warning] == [BUSY]
    monkeypatch.setattr(_heavy, "POOLS", [])
    control(at, "again").click()
    at.run()
    assert not at.warning and (pictures(at) or figures(at))


def test_models_that_somebody_opened_stay_in_the_server(monkeypatch):
    monkeypatch.setattr(_heavy, "POOLS", [Full()])
    for function in (asked_by_name, asked_by_model):
        assert function("a long text", "hub:x") == "a long text"
        for text, own in (("a long text", "encoder"), ("hub:x, says a reader", "encoder")):
            with pytest.raises(Interrupted):  # the pool was asked
                function(text, own)


@_cache.remembered(heavy=5)
def asked_by_name(text, name):
    return text


@_cache.remembered(heavy=5)
def asked_by_model(text, model):
    return text


def test_a_worker_that_is_killed_under_a_visitor_costs_a_sentence(server):
    before = server.workers()
    for idle in before:
        os.kill(idle, signal.SIGKILL)
    with Visitor(server.url) as visitor:
        query = {"text": TEXT, "masks.section": "Encoder and decoder"}
        answering = threading.Thread(target=lambda: visitor.open("masks", **query))
        answering.start()
        end = time.monotonic() + 60
        while not (children := {*server.workers()} - {*before}) and time.monotonic() < end:
            time.sleep(0.1)
        os.kill(*children, signal.SIGKILL)
        answering.join(60)
        assert LOST in [alert.body for alert in visitor.all("alert")]
        visitor.run(states={visitor.widget("button", "again").id: True})
        assert visitor.wrong() == [] and LOST not in [alert.body for alert in visitor.all("alert")]
    assert len({*server.workers()} - {*before} - children) == 1
