"""Downloads from the Hugging Face hub: what there is, how far it is; what was stopped goes on from there."""

import fnmatch
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from model.hub import files
from model.hub.library import library
from model.zoo import Unavailable

HUB = "https://huggingface.co"
WANTED = (
    "tokenizer*.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "special_tokens_map.json",
    "added_tokens.json",
)
BLOCK = 1 << 20  # bytes
Tell = Callable[[int, int], None]  # (bytes that are here, bytes in all); what it raises stops the download


class File(NamedTuple):
    """One file of the hub: its name, its bytes, and its SHA-256 where the hub tells it."""

    name: str
    bytes: int
    sha256: str | None


class Offer(NamedTuple):
    """What the hub has of a model: the version, the files that are wanted, the parameters that it counts."""

    name: str
    commit: str
    files: tuple[File, ...]
    parameters: int

    @property
    def bytes(self) -> int:
        """The size of the download."""
        return sum(one.bytes for one in self.files)


def may_download() -> bool:
    """Whether models may be downloaded: not if RIVERBANK_HUB is `off`."""
    return os.environ.get("RIVERBANK_HUB", "on").lower() != "off"


def endpoint() -> str:
    """The address of the hub: HF_ENDPOINT, or else Hugging Face's own."""
    return os.environ.get("HF_ENDPOINT", HUB).rstrip("/")


def offer(name: str) -> Offer:
    """What would be downloaded for a model; Unavailable, in a sentence for the user, if that is off, if the
    hub cannot be reached, has no such model, or has its weights as a pickle only.
    """
    files.check_id(name)
    if not may_download():
        raise Unavailable(
            f"There is no model “{name}” on this machine, and downloads are off (RIVERBANK_HUB)."
        )
    library()
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        told = HfApi(endpoint=endpoint()).model_info(name, files_metadata=True, timeout=10)
    except RepositoryNotFoundError as error:
        raise Unavailable(f"The hub has no model “{name}” that is open to all.") from error
    except Exception as error:  # of the network, which has a hundred ways to fail
        raise Unavailable(
            f"There is no model “{name}” on this machine, and the hub cannot be reached."
        ) from error
    known = {one.rfilename: one for one in told.siblings}
    chosen = [File(one, known[one].size or 0, sha256(known[one])) for one in wanted(name, set(known))]
    counted = getattr(told.safetensors, "total", None) or sum(one.bytes for one in chosen) // 4
    return Offer(name, told.sha, tuple(chosen), counted)


def sha256(sibling: Any) -> str | None:
    """The SHA-256 that the hub tells of a large file."""
    lfs = sibling.lfs
    return lfs.get("sha256") if isinstance(lfs, dict) else getattr(lfs, "sha256", None)


def wanted(name: str, known: set[str]) -> list[str]:
    """Of a model's files those that are needed; Unavailable if there is no config, or no weights that are
    safe to open.
    """
    if files.CONFIG not in known:
        raise Unavailable(f"“{name}” has no config.json on the hub, so it is no model that can be opened.")
    if files.WEIGHTS in known:
        weights = [files.WEIGHTS]
    elif files.INDEX in known:
        weights = [files.INDEX, *fnmatch.filter(known, "model-*.safetensors")]
    else:
        raise Unavailable(f"“{name}” has no weights as safetensors on the hub; nothing else is ever opened.")
    rest = [one for one in known if any(fnmatch.fnmatchcase(one, pattern) for pattern in WANTED)]
    return sorted({files.CONFIG, *weights, *(one for one in rest if "/" not in one)})


def download(offered: Offer, tell: Tell | None = None) -> Path:
    """Download what is not here yet, into the first of the folders where models may lie, and return its
    folder. Unavailable if the network fails or a file is not what the hub says; what has come by then stays,
    and the next download goes on from there.
    """
    folder = files.roots()[0] / offered.name.replace("/", "--")
    folder.mkdir(parents=True, exist_ok=True)
    before = 0
    for one in sorted(offered.files, key=lambda one: one.name == files.CONFIG):  # last: then it is whole
        fetch(offered, one, folder, before, tell)
        before += one.bytes
    return folder


class Progress:
    """How far a download is, told as it goes on: to the library a progress bar."""

    def __init__(self, before: int, whole: int, tell: Tell | None) -> None:
        """before: bytes of the files before this one; whole: of all; tell: who is told."""
        self.before, self.whole, self.tell = before, whole, tell
        self.come = before
        self.stopped: Exception | None = None  # what `tell` raised

    def begun(self, initial: int = 0, **_: Any) -> "Progress":
        """This, with `initial` bytes of the file here already."""
        self.come = self.before + initial
        return self

    def update(self, more: int) -> None:
        """So many bytes more have come."""
        self.come += more
        if self.tell is None:
            return
        try:
            self.tell(self.come, self.whole)
        except Exception as reason:
            self.stopped = reason
            raise

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def fetch(offered: Offer, file: File, folder: Path, before: int, tell: Tell | None) -> None:
    """Download one file, or the rest of it; `before` bytes are those of the files before it."""
    target, part = folder / file.name, folder / f"{file.name}.{offered.commit[:12]}.part"
    if target.exists():
        return
    here = part.stat().st_size if part.exists() else 0
    from huggingface_hub.file_download import http_get

    progress = Progress(before, offered.bytes, tell)
    address = f"{endpoint()}/{offered.name}/resolve/{offered.commit}/{file.name}"
    with part.open("ab") as opened:
        try:
            http_get(address, opened, resume_size=here, expected_size=file.bytes, tqdm_class=progress.begun)
        except Exception as error:  # of the network, which has a hundred ways to fail
            if error is progress.stopped:
                raise
            raise Unavailable(
                f"{file.name} of “{offered.name}” did not come as a whole. Try again: what has come stays."
            ) from error
    check(part, file, offered.name)
    part.rename(target)


def check(part: Path, file: File, name: str) -> None:
    """Unavailable, and the file away, if a downloaded file is not what the hub says."""
    if file.sha256 is None:
        return
    digest = hashlib.sha256()
    with part.open("rb") as opened:
        while block := opened.read(BLOCK):
            digest.update(block)
    if digest.hexdigest() != file.sha256:
        part.unlink()
        raise Unavailable(f"{file.name} of “{name}” came damaged. Try again.")
