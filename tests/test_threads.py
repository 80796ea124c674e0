"""Visitors are threads of one process: what one of them computes must not reach into another's."""

import ast
import inspect
import re
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from model import load
from model.analysis import cost, leak
from pages import _shell
from tests.session import ROOT

SERVED = [
    path
    for folder in ("pages", "model", "viz")
    for path in (ROOT / folder).rglob("*.py")
    if "train" not in path.parts
]
PROCESS_WIDE = {  # what is said to the whole process, however local it looks
    "FlopCounterMode": "hooks the modules of the whole process",
    "ModuleTracker": "hooks the modules of the whole process",
    "register_module_forward_hook": "hooks the modules of the whole process",
    "register_module_forward_pre_hook": "hooks the modules of the whole process",
    "register_module_full_backward_hook": "hooks the modules of the whole process",
    "register_forward_hook": "hooks a network that all visitors share",
    "register_forward_pre_hook": "hooks a network that all visitors share",
    "register_full_backward_hook": "hooks a network that all visitors share",
    "register_hook": "hooks a parameter that all visitors share",
    "set_default_dtype": "sets the numbers of all threads",
    "set_default_device": "sets the device of all threads",
    "set_num_threads": "belongs to the start of the server",
    "set_deterministic_debug_mode": "sets torch for all threads",
    "use_deterministic_algorithms": "sets torch for all threads",
    "set_detect_anomaly": "sets torch for all threads",
    "detect_anomaly": "sets torch for all threads",
    "sdpa_kernel": "chooses the kernel of all threads",
    "setswitchinterval": "belongs to the start of the server",
    "setrecursionlimit": "sets Python for all threads",
    "catch_warnings": "restores the filters that another thread has set",
    "simplefilter": "sets the warnings of all threads",
    "filterwarnings": "sets the warnings of all threads",
    "setlocale": "sets the language of all threads",
    "chdir": "moves all threads",
    "putenv": "sets the environment of all threads",
    "redirect_stdout": "redirects all threads",
    "redirect_stderr": "redirects all threads",
}
SHARED_CHANCE = re.compile(r"np\.random\.(?!default_rng$|Generator$)\w+|(torch|random)\.(manual_)?seed")


def process_wide(source):
    """What a source says to the whole process: [(line, name, why)]."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        names += [node.attr] if isinstance(node, ast.Attribute) else []
        found += [(node.lineno, name, PROCESS_WIDE[name]) for name in names if name in PROCESS_WIDE]
        if isinstance(node, ast.Attribute) and SHARED_CHANCE.fullmatch(ast.unparse(node)):
            found.append((node.lineno, ast.unparse(node), "draws from chance that all threads share"))
        if isinstance(node, ast.Global):
            found.append((node.lineno, "global", "is a variable of all threads"))
    return found


# While a model is opened: its network is hooked before anybody else has it, and its hooks do nothing outside
# of a recorded pass; the library's warnings are put aside under the lock of the shelf, and nothing else that
# is served touches the filters.
HOOKS = {"register_forward_hook", "register_forward_pre_hook"}
OPENING = {
    "model/hub/hooks.py": HOOKS,
    "model/hub/watching.py": HOOKS,
    "model/hub/opening.py": {"catch_warnings", "simplefilter"},
    "model/hub/library.py": {"catch_warnings", "simplefilter"},
}


def test_nothing_served_speaks_to_the_whole_process():
    found = {}
    for path in SERVED:
        name = path.relative_to(ROOT).as_posix()
        said = {name for _, name, _ in process_wide(path.read_text(encoding="utf-8"))}
        found[name] = said - OPENING.get(name, set())
        assert OPENING.get(name, set()) <= said  # an exemption that nothing needs goes
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from torch.utils.flop_counter import FlopCounterMode",
        "torch.manual_seed(1)",
        "np.random.rand(3)",
        "with warnings.catch_warnings():\n    pass",
        "network.register_forward_hook(print)",
        "def f():\n    global x",
    ],
)
def test_that_law_finds(source):
    assert process_wide(source)


def test_gradients_come_through_while_others_count():
    """Counting with torch's FlopCounterMode made them fail: its hooks are the whole process's."""
    bundle = load("decoder-rope")
    ids = bundle.read("I swam across the river")
    network, T, way = bundle.network, len(ids), leak.direction(bundle.config.width, 1)
    alone = leak.squares(network, ids, network.mask(T), way)
    right = cost.multiply_adds(T, bundle.config)

    def visitor(i):
        if i % 2:
            return all(cost.counted(network, ids) == right for _ in range(10))
        return all(np.array_equal(leak.squares(network, ids, network.mask(T), way), alone) for _ in range(10))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(visitor, range(8))) == [True] * 8


def test_one_thread_counts_what_itself_runs_only():
    bundle = load("decoder-rope")
    ids = bundle.read("I swam across the river")
    with ThreadPoolExecutor(1) as other, cost.Operations() as operations:
        other.submit(bundle.network, torch.tensor(ids)).result()
    assert operations.total == 0


def test_one_source_is_looked_for_at_a_time_and_pages_are_not_parsed(monkeypatch):
    looking, most = [], []

    def look(thing):
        looking.append(thing)
        most.append(len(looking))
        time.sleep(0.002)
        looking.remove(thing)
        return inspect.getdoc(thing)

    monkeypatch.setattr(_shell.inspect, "getsource", look)
    classes = [type(f"Class{i}", (), {"__doc__": str(i)}) for i in range(16)]  # the cache knows none of them
    with ThreadPoolExecutor(len(classes)) as pool:
        assert list(pool.map(_shell.source, classes)) == [str(i) for i in range(16)]
    assert max(most) == 1
    _shell.source.cache_clear()  # of these classes
    assert tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["runner"]["magicEnabled"] is False
