"""One budget of bytes for all that pages have computed."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from model import Change, load
from model.tokenizer import Tokenizer
from model.tokenizer.encoding import KEPT, SHORT
from pages import _cache, _shell
from pages._cache import Cache, remembered, size
from tests.session import ROOT

MB = 1_000_000


def megabyte():
    return np.zeros(MB, np.uint8)


@pytest.fixture
def cache(monkeypatch):
    """A budget of three megabytes and a half."""
    monkeypatch.setattr(_cache, "CACHE", Cache(3.5 * MB))
    return _cache.CACHE


def test_what_nobody_has_asked_for_longest_goes_first(cache):
    computed = []
    for key in "abcadabc":
        cache.get(key, lambda key=key: computed.append(key) or megabyte())
        assert cache.bytes <= cache.budget
    assert computed == list("abcdbc")  # d puts b out, b then c, and c then d
    assert list(cache.entries) == list("abc")


def test_a_value_larger_than_the_budget_is_given_and_not_kept(cache):
    cache.get("small", lambda: 1)
    assert len(cache.get("large", lambda: np.zeros(4 * MB, np.uint8))) == 4 * MB
    assert list(cache.entries) == ["small"]


def test_an_exception_is_not_kept(cache):
    def fails():
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            cache.get("key", fails)
    assert cache.get("key", lambda: 7) == 7 and not cache.running


def test_thirty_who_ask_at_once_have_it_computed_once(cache):
    computed, go = [], threading.Event()

    def compute():
        computed.append(1)
        go.wait(10)
        return megabyte()

    with ThreadPoolExecutor(30) as threads:
        values = [threads.submit(cache.get, "key", compute) for _ in range(30)]
        cache.get("other", lambda: 1)  # while one computes, others come through
        go.set()
        found = {id(value.result()) for value in values}
    assert len(computed) == len(found) == 1


def test_who_waits_for_one_that_fails_tries_for_itself(cache):
    computed, go = [], threading.Event()

    def compute():
        computed.append(1)
        if len(computed) == 1:
            go.wait(10)
            raise SystemExit  # as Streamlit ends the run of a visitor who has clicked again
        return 7

    with ThreadPoolExecutor(3) as threads:
        values = [threads.submit(cache.get, "key", compute) for _ in range(3)]
        go.set()
        outcomes = [value.exception() or value.result() for value in values]
    assert sum(outcome == 7 for outcome in outcomes) == 2 and len(computed) == 2


def test_bytes_are_those_below_the_arrays_each_counted_once():
    array = np.zeros((1000, 1000), np.float32)
    tensor = torch.zeros(1000, 1000)
    several = [array, array[5:], {"a": array}]
    for value in (array, array[:3], array.T, several, tensor, tensor[2:], tensor.numpy(), tensor[:2].numpy()):
        assert 4 * MB <= size(value) < 4 * MB + 1000
    assert size(tuple(np.zeros(MB, np.uint8) for _ in range(3))) >= 3 * MB


def test_a_trace_weighs_what_its_arrays_hold():
    trace = load("decoder-rope").explain("The river bank " * 100)
    T, config = len(trace.tokens), trace.config
    numbers = T * config.vocabulary + config.layers * T * 9 * config.width
    assert 0.9 * 4 * numbers < size(trace) < 1.6 * 4 * numbers
    before = size(trace)
    assert trace.probabilities.nbytes <= size(trace) - before


def test_what_an_object_computes_when_asked_is_counted_the_next_time(cache):
    class Lazy:
        pass

    lazy = cache.get("lazy", Lazy)
    lazy.grown = megabyte()
    cache.get("lazy", Lazy)
    assert cache.bytes >= MB


def test_a_function_is_remembered_by_its_arguments(cache):
    calls = []

    @remembered()
    def add(a, b=1, _c=None):
        calls.append((a, b))
        return a + b

    assert [add(1), add(1, 1), add(a=1, b=1), add(1, _c=[]), add(2)] == [2, 2, 2, 2, 3]
    assert calls == [(1, 1), (2, 1)]


def test_long_texts_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(_cache, "CACHE", Cache(60 * MB))
    for i in range(6):
        text = f"{i} " + "the river bank " * 200
        assert _shell.explain(text, "decoder-rope").text == text
        assert _cache.CACHE.bytes <= 60 * MB
    assert 1 <= len(_cache.CACHE.entries) < 6


def test_what_changes_nothing_is_the_trace_that_is_already_there():
    text, name = "The river bank", "decoder-rope"
    trace = _shell.explain(text, name)
    assert _shell.explain(text, name, None, None, None) is trace
    assert _shell.explain(text, name, Change(), (1,)) is trace
    assert _shell.explain(text, name, layers=(0, 1)) is trace
    assert _shell.explain(text, name, mask="full") is not trace
    assert _shell.explain(text, name, Change(average=True)) is not trace


def test_what_has_not_grown_is_not_weighed_again(cache, monkeypatch):
    trace = cache.get("trace", lambda: load("decoder-rope").explain("The river bank"))
    weighed = []
    weigh = _cache.Entry.weighed
    monkeypatch.setattr(_cache.Entry, "weighed", lambda *of: weighed.append(of) or weigh(*of))
    for _ in range(3):
        assert cache.get("trace", None) is trace
    assert not weighed
    trace.probabilities.sum()
    cache.get("trace", None)
    assert len(weighed) == 1


HAMMER = """
from pages import _cache, _shell
def resident():
    with open("/proc/self/statm") as file:
        return 4096 * int(file.read().split()[1])
_shell.explain("0 " + "the river bank " * 90, "decoder-rope")
before = resident()
for i in range(1, 13):
    _shell.explain(f"{i} " + "the river bank " * 90, "decoder-rope").probabilities
print(_cache.CACHE.budget, resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_many_long_texts_leave_the_process_within_the_budget_that_the_environment_sets():
    budget, one = 40 * MB, 30 * MB  # what a pass over such a text takes, and its numbers in the making
    run = subprocess.run(
        [sys.executable, "-c", HAMMER],
        cwd=ROOT,
        env=os.environ | {"RIVERBANK_CACHE_MB": str(budget / MB)},
        capture_output=True,
        text=True,
        check=True,
    )
    set_to, taken = map(float, run.stdout.split())
    assert set_to == budget and taken < 1.25 * budget + one


def test_the_words_that_a_tokenizer_keeps_are_few_and_short():
    tokenizer = Tokenizer([])
    tokenizer.encode(" ".join(f"w{i}x" for i in range(9_000)))
    tokenizer.encode("e" + "\u0301" * 10 + "e" * 100)
    tokenizer.encode_word("e\u0301" * 20)
    assert tokenizer._known_word.cache_info().currsize <= KEPT
    before = tokenizer._known_word.cache_info().misses
    tokenizer.encode_word("a" * (SHORT + 1))
    assert tokenizer._known_word.cache_info().misses == before
