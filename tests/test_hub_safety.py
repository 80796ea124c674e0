"""What may be opened: from where, how large, and what is said of everything else."""

import json
import os
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import Unavailable, open_model
from model.hub import fetching, files, offer, opening, shelf
from tests import checkpoints
from tests.checkpoints import TEXT


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A folder with a Llama that can be opened."""
    return checkpoints.save("llama", tmp_path_factory.mktemp("good") / "model")


@pytest.fixture
def place(tmp_path, monkeypatch, good):
    """The folder that models may lie in; it has a copy of the Llama, `model`."""
    monkeypatch.setenv("RIVERBANK_MODELS", str(tmp_path / "allowed"))
    shutil.copytree(good, tmp_path / "allowed" / "model")
    return tmp_path / "allowed"


def config(**changed):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changed))

    return change


def weights(change):
    def changed(folder):
        path = folder / "model.safetensors"
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path, metadata={"format": "pt"})

    return changed


def cut(left):
    def change(folder):
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:left])

    return change


def without(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


def text(name, data):
    return lambda folder: (folder / name).write_text(data)


def pickled(folder):
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


UP = "model.layers.1.mlp.up_proj.weight"
LARGE = {"hidden_size": 8192, "num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8}
LARGE |= {"intermediate_size": 28672, "vocab_size": 128256, "head_dim": 128}
SHARDS = {"weight_map": {"a": "../model.safetensors"}}
FAULTS = {
    "no config": (without("config.json"), "has no config.json"),
    "a config that is no JSON": (text("config.json", "{"), "is no JSON"),
    "a config that says nothing": (text("config.json", "[]"), "does not say which model_type"),
    "no weights": (without("model.safetensors"), "has a config.json and no weights"),
    "weights cut off": (cut(-100), "the file is cut off"),
    "hardly any weights": (cut(5), "the file is cut off"),
    "a header cut off": (cut(50), "the file is cut off"),
    "weights that are none": (text("model.safetensors", "x" * 1000), "the file is cut off"),
    "weights of another shape": (weights(lambda w: w.update({UP: torch.zeros(3, 3)})), "have other shapes"),
    "weights of another width": (config(hidden_size=64), "have other shapes"),
    "a tensor missing": (weights(lambda w: w.pop(UP)), "its weights are incomplete"),
    "weights that are no numbers": (
        weights(lambda w: w["model.norm.weight"].fill_(float("nan"))),
        "its weights are incomplete",
    ),
    "more layers than weights": (config(num_hidden_layers=3), "its weights are incomplete"),
    "fewer layers than weights": (config(num_hidden_layers=1), "has weights for more layers"),
    "no tokenizer": (without("tokenizer.json"), "has no tokenizer that can be read"),
    "a tokenizer that is none": (text("tokenizer.json", "{}"), "has no tokenizer that can be read"),
    "a pickle": (pickled, "as a pickle only, which could run any code"),
    "70 billion parameters": (config(**LARGE), r"has 70\.6 billion parameters: .* take 282 GB"),
    "a billion layers": (config(num_hidden_layers=10**9), "says that it has 1000000000 layers"),
    "no heads": (config(num_attention_heads=0), "is damaged"),
    "a width that is a word": (config(hidden_size="a"), "is damaged"),
    "an unknown architecture": (
        config(model_type="secret", auto_map={"AutoModel": "evil.X"}),
        "does not know; code that comes with a model is never run",
    ),
    "numbers of four bits": (config(quantization_config={"load_in_4bit": True}), "is quantized"),
    "weights elsewhere": (config(transformers_weights="evil.bin"), "from another file"),
    "an adapter": (text("adapter_config.json", "{}"), "is an adapter"),
    "shards out of the folder": (
        lambda folder: (
            without("model.safetensors")(folder),
            text("model.safetensors.index.json", json.dumps(SHARDS))(folder),
        ),
        "is a link to where no models lie",
    ),
    "a link out of the folder": (
        lambda folder: (
            without("model.safetensors")(folder),
            (folder / "model.safetensors").symlink_to("/etc/hostname"),
        ),
        "is a link to where no models lie",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_opened_is_a_sentence_and_leaves_nothing(place, fault):
    change, sentence = FAULTS[fault]
    kept = dict(shelf.SHELF)
    change(place / "model")
    with pytest.raises(Unavailable, match=sentence) as caught:
        open_model(place / "model")
    assert str(place) not in str(caught.value) and str(caught.value).endswith((".", ")."))
    assert dict(shelf.SHELF) == kept
    shutil.rmtree(place / "model")
    shutil.copytree(checkpoints.save("llama", place / "again"), place / "model")
    assert open_model(place / "model").explain("the bank").error() < 1e-4


def test_no_code_that_comes_with_a_model_is_run(place):
    (place / "model" / "evil.py").write_text("raise SystemExit('run')")
    config(auto_map={"AutoConfig": "evil.X", "AutoModelForCausalLM": "evil.X"})(place / "model")
    assert open_model(place / "model").config.family == "llama"


# ---- places ----


@pytest.mark.parametrize(
    "name",
    ["a/../b", "a/b/c", "org/na me", "org/..name", "org--x/y", "\0", "", "x" * 300, "org/", "ü/x", "a/.b"],
)
def test_what_is_no_name_of_a_model_is_not_looked_for(place, name):
    with pytest.raises(Unavailable, match="is no name of a model"):
        open_model(name)


@pytest.mark.parametrize("path", ["/etc", "..", "../model", "~", "/nowhere/at/all", "./model", "/etc/passwd"])
def test_a_path_out_of_the_allowed_folders_tells_nothing(place, path):
    with pytest.raises(Unavailable, match=r"There is no model in .* not where models may lie") as caught:
        open_model(path)
    assert str(place) not in str(caught.value)


def test_links_are_followed_before_the_place_is_judged(place, tmp_path, good):
    (place / "out").symlink_to(good)
    with pytest.raises(Unavailable, match="There is no model in"):
        open_model(place / "out")
    (place / "within").symlink_to(place / "model")
    assert open_model(place / "within") is open_model(place / "model")
    with pytest.raises(Unavailable, match="There is no model in"):
        open_model(f"{place}/model/../../../{good.parent.name}/model")


def test_by_default_models_lie_in_the_working_directory_and_the_cache(tmp_path, monkeypatch, good):
    monkeypatch.delenv("RIVERBANK_MODELS", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unavailable, match="There is no model in"):
        open_model(good)
    snapshot = tmp_path / "cache" / "models--owner--llama" / "snapshots" / "abc"
    shutil.copytree(good, snapshot)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("abc")
    assert open_model("owner/llama").name == "owner/llama"
    shutil.copytree(good, tmp_path / "models" / "mine")
    assert open_model("models/mine").name == open_model("mine").name == "mine"


def test_several_folders_are_named_as_in_path_and_may_be_none(place, monkeypatch, tmp_path, good):
    monkeypatch.setenv("RIVERBANK_MODELS", f"{place}{os.pathsep}{os.pathsep}{good.parent}")
    assert files.roots() == [place, good.parent]
    assert open_model(good).name == open_model(place / "model").name == "model"
    monkeypatch.setenv("RIVERBANK_MODELS", str(good))  # a model's own folder
    assert open_model(good).name == open_model("model").name == "model"
    monkeypatch.setenv("RIVERBANK_MODELS", "")
    assert files.roots() == []
    with pytest.raises(Unavailable, match="not where models may lie"):
        open_model(good)


# ---- memory ----


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the machine's memory is read from /proc")
def test_models_may_take_half_of_the_machines_memory_unless_it_is_stated(monkeypatch):
    monkeypatch.delenv("RIVERBANK_HUB_MB", raising=False)
    (line,) = (one for one in Path("/proc/meminfo").read_text().splitlines() if one.startswith("MemTotal"))
    assert opening.budget() == pytest.approx(int(line.split()[1]) * 1024 / 2, rel=1e-3)
    monkeypatch.setenv("RIVERBANK_HUB_MB", "250")
    assert opening.budget() == 250_000_000


def test_a_model_beyond_the_memory_is_refused_before_it_loads(place, monkeypatch):
    monkeypatch.setattr(opening, "load", None)
    monkeypatch.setenv("RIVERBANK_HUB_MB", "0.05")
    with pytest.raises(
        Unavailable, match=r"parameters: as numbers of 4 bytes they take .* GB, and there are"
    ):
        open_model(place / "model")


def test_the_least_recently_used_are_closed(place, monkeypatch):
    monkeypatch.setenv("RIVERBANK_HUB_KEPT", "2")
    for name in "abc":
        shutil.copytree(place / "model", place / name)
    bundles = {name: open_model(place / name) for name in "ab"}
    open_model(place / "a")
    open_model(place / "c")
    assert [bundle.name for bundle in shelf.SHELF.values()] == ["a", "c"]
    assert open_model(place / "b") is bundles["b"]  # still held here
    size = bundles["a"].card["parameters"] * opening.BYTES
    monkeypatch.setenv("RIVERBANK_HUB_MB", str(2.5 * size / 1e6))
    with pytest.raises(Unavailable, match="for it here"):
        open_model(place / "model")  # a and b are in use
    del bundles
    assert open_model(place / "model").explain("the bank").error() < 1e-4


def test_a_folder_that_changes_is_read_anew(place):
    before = open_model(place / "model")
    weights(lambda w: w["model.norm.weight"].mul_(2))(place / "model")
    after = open_model(place / "model")
    assert after is not before
    assert abs(after.explain("the bank").final - 2 * before.explain("the bank").final).max() < 1e-4


# ---- downloads ----


@pytest.fixture
def hub(good, monkeypatch):
    """A hub of our own that has owner/llama, and the list of what it was asked for."""
    asked = []
    known = {path.name: path.read_bytes() for path in good.iterdir()} | {"pytorch_model.bin": b"evil"}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            asked.append((self.path, self.headers.get("Range")))
            if self.path.startswith("/api/models/owner/llama"):
                files = [{"rfilename": name, "size": len(data)} for name, data in known.items()]
                data = json.dumps({"id": "owner/llama", "sha": "c" * 40, "siblings": files}).encode()
            elif self.path.startswith("/owner/llama/resolve/"):
                data = known[self.path.rpartition("/")[2]]
            else:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.end_headers()
                return
            start = int((self.headers.get("Range") or "bytes=0-")[6:].rstrip("-"))
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            self.wfile.write(data[start:])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("RIVERBANK_HUB", "on")
    yield asked
    server.shutdown()
    server.server_close()


def test_a_model_is_downloaded_once_without_its_pickle(place, hub):
    offered = offer("owner/llama")
    assert offered.bytes == sum(one.bytes for one in offered.files)
    bundle = open_model("owner/llama")
    assert bundle.name == "owner/llama" and bundle.explain(TEXT).error() < 1e-4
    assert not any("pytorch_model" in path for path, _ in hub)
    before = len(hub)
    assert open_model("owner/llama") is bundle and len(hub) == before
    assert sorted(path.name for path in (place / "owner--llama").iterdir()) == sorted(
        one.name for one in offered.files
    )


def test_a_download_tells_how_far_it_is_can_be_stopped_and_goes_on(place, hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    offered, told = offer("owner/llama"), []

    class Enough(Exception):
        pass

    def tell(come, whole):
        told.append((come, whole))
        if come > offered.bytes / 2 and len(told) < 100:
            raise Enough

    with pytest.raises(Enough):
        fetching.download(offered, tell)
    assert files.downloaded("owner/llama") is None
    (part,) = (place / "owner--llama").glob("*.part")
    size = part.stat().st_size
    assert size > 0
    told += [(0, 0)] * 100
    fetching.download(offered, tell)
    assert told[-1] == (offered.bytes, offered.bytes)
    assert [span for path, span in hub if span] == [f"bytes={size}-"]
    assert open_model("owner/llama").explain(TEXT).error() < 1e-4


def test_no_download_is_a_sentence(place, hub, monkeypatch):
    with pytest.raises(Unavailable, match="The hub has no model “owner/other”"):
        open_model("owner/other")
    with pytest.raises(Unavailable, match="There is no model “owner/llama” on this machine"):
        open_model("owner/llama", download=False)
    monkeypatch.setenv("RIVERBANK_HUB_MB", "0.01")
    with pytest.raises(Unavailable, match="for it here"):
        open_model("owner/llama")
    assert not (place / "owner--llama").exists()
    monkeypatch.setenv("RIVERBANK_HUB", "off")
    with pytest.raises(Unavailable, match=r"downloads are off \(RIVERBANK_HUB\)"):
        open_model("owner/llama")
    monkeypatch.setenv("RIVERBANK_HUB", "on")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="the hub cannot be reached"):
        open_model("owner/llama")
