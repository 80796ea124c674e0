"""What tests share: one torch thread, float64 where laws are exact, and tiny random models."""

import gc
from functools import cache

import pytest
import torch
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner
from xdist.scheduler import LoadFileScheduling

from model import open_model
from model import tokenizer as bpe
from model.bundle import Bundle
from model.hub.library import library
from model.network.config import ModelConfig
from model.network.transformer import Transformer, initialise
from pages import _control, _failure
from tests import checkpoints
from tests.browser import launch

torch.set_num_threads(1)
torch.set_warn_always(True)  # not only once per program, so that no test depends on those before it
# Each session of an AppTest would read the metadata of all installed packages anew, a sixth of its time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
# Each run of a session would compile the scripts of the pages anew, another tenth.
app_test.ScriptCache = local_script_runner.ScriptCache = cache(ScriptCache)
# Each run would make a class of its own for what stands in for Streamlit's runtime.
app_test.MagicMock = cache(app_test.MagicMock)
ask_again = local_script_runner.require_widgets_deltas


def wait(runner, timeout):
    """Sleep until a run ends, where Streamlit would ask every millisecond."""
    runner._script_thread.join(timeout)
    ask_again(runner, 0 if runner._script_thread.is_alive() else timeout)


local_script_runner.require_widgets_deltas = wait

TEXT = (
    "I swam across the river to get to the other bank. I walked across the road to get cash from the other "
    "bank."
)

SLOW = {  # what these files do, which takes long and nothing quicker does: `-m "not slow"` leaves them out
    "browser/test_every_view.py": "axe-core reads every view, light and dark, on a laptop and a phone",
    "browser/test_first_screen.py": "every page at three sizes",
    "browser/test_reconnection.py": "servers die under their readers and are started anew",
    "browser/test_replicas.py": "two replicas behind nginx die in turn",
    "test_crowd.py": "a server's first visitors, and all views as many see them at once and as one alone",
    "test_damage.py": "every view, computed anew for each damage of four models",
    "test_export.py": "all of Unicode, read by ourselves and by the library",
    "test_flow.py": "gradients beside whole Jacobians",
    "test_fuzz.py": "what nobody should send, some seconds for each page",
    "test_masks_page.py": "gradients of whole vectors, for each view",
}


class Files(LoadFileScheduling):
    """Of several processes one runs a file, so that what its tests share is made once; and one alone has the
    browser, which is slow beside another.
    """

    def _split_scope(self, nodeid):
        return "browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return Files(config, log)


def pytest_collection_modifyitems(items):
    """Mark the tests of slow files."""
    for item in items:
        if str(item.path.relative_to(launch.ROOT / "tests")) in SLOW:
            item.add_marker("slow")


def pytest_collection_finish():
    """Leave what all tests share out of the search for garbage, which takes a tenth of their time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def failures_are_loud(monkeypatch):
    """A page that fails shows the exception to the test, and no sentence in its place."""

    def report(error):
        raise error

    monkeypatch.setattr(_failure, "report", report)


@pytest.fixture(autouse=True)
def no_browser_to_wait_for(monkeypatch):
    """A session without a browser does not wait for a picture to be painted."""
    monkeypatch.setattr(_control, "PAINTED", 0.0)


@pytest.fixture(scope="session")
def server():
    """A server as `streamlit run app.py` starts it, where no name server answers."""
    environment = {"PYTHONPATH": str(launch.ROOT / "tests" / "nameless")}
    with launch.server(options={"server.address": None}, environment=environment) as started:
        yield started
        assert "Traceback" not in started.log, started.log


@pytest.fixture(scope="module")
def doubles():
    """Float64 for a whole module."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(scope="session")
def tokenizer():
    """A tokenizer of 19 merges."""
    return bpe.train(TEXT, 19)


def lively(network):
    """Parameters far enough from their start that every part of the network matters: no zero biases, no unit
    norms, scores of about 1.
    """
    with torch.no_grad():
        for i, parameter in enumerate(network.parameters()):
            noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(i))
            parameter.copy_(10 * parameter if parameter.ndim > 1 else parameter + 0.2 * noise)
    return network.eval()


@pytest.fixture(scope="session")
def make_network(tokenizer):
    """make_network(positions="rope", ...) -> a tiny random Transformer; keywords as in ModelConfig."""

    def make(positions="rope", seed=3, **choices):
        sizes = {
            "vocabulary": len(tokenizer),
            "width": 24,
            "layers": 3,
            "heads": 4,
            "key_heads": 4,
            "hidden": 37,
            "context": 61,
            "max_tokens": 61,
        }
        return lively(initialise(Transformer(ModelConfig(positions=positions, **(sizes | choices))), seed))

    return make


@pytest.fixture(scope="session")
def make_bundle(make_network, tokenizer):
    """make_bundle(positions="rope", ...) -> a tiny random Bundle."""
    return lambda positions="rope", **choices: Bundle(
        "tiny", {}, tokenizer, make_network(positions, **choices)
    )


@pytest.fixture(scope="module")
def shelf(request, tmp_path_factory):
    """A folder with a small random model of each of the module's FAMILIES."""
    folder = tmp_path_factory.mktemp("models")
    for family in request.module.FAMILIES:
        checkpoints.save(family, folder / family)
    return folder


@pytest.fixture
def name(shelf, monkeypatch):
    """name(family) -> how a model of the shelf is called in an address; there models may lie."""
    monkeypatch.setenv("RIVERBANK_MODELS", str(shelf))
    return "hub:{}".format


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """opened(name) -> the bundle of a family's checkpoint, and the library's own model of the same files."""
    folder, made = tmp_path_factory.mktemp("models"), {}

    def get(name):
        if name not in made:
            path = checkpoints.save(name, folder / name.replace(" ", "-"))
            kind = getattr(library(), checkpoints.EVERY[name][0])
            own = kind.from_pretrained(path, attn_implementation="eager").eval()
            made[name] = open_model(path), own
        return made[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIVERBANK_MODELS", str(folder))
        yield get
