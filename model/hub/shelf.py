"""The opened models: shared by all who ask, a few at most."""

import gc
import os
import threading
from collections import OrderedDict
from pathlib import Path
from weakref import WeakValueDictionary

from model.hub import fetching, files, opening
from model.hub.bundle import HubBundle
from model.zoo import Unavailable

LOCK = threading.RLock()
SHELF: OrderedDict[tuple, HubBundle] = OrderedDict()  # the most recently used last
ALIVE: WeakValueDictionary[tuple, HubBundle] = WeakValueDictionary()  # with those that somebody still holds


def kept() -> int:
    """How many models stay open when nobody uses them: RIVERBANK_HUB_KEPT, at least 1."""
    return max(1, int(os.environ.get("RIVERBANK_HUB_KEPT", "2")))


def open_model(path_or_id: str | os.PathLike, download: bool = True) -> HubBundle:
    """A model of the library `transformers` as a bundle, which has what that of `load` has: from a folder, by
    its path, or by its name on the hub, such as "sentence-transformers/all-MiniLM-L6-v2".

    One object is shared by all callers. Unavailable, with a sentence for the user, if it cannot be had, does
    not fit into memory, or is not safe to open; `download=False` takes only what is on this machine.
    """
    asked = os.fspath(path_or_id)
    folder, name = found(asked, download)
    mark = fingerprint(folder)
    with LOCK:
        bundle = ALIVE.get(mark)
        if bundle is None:
            bundle = opening.opened(folder, name, make_room)
            ALIVE[mark] = bundle
        SHELF[mark] = bundle
        SHELF.move_to_end(mark)
        while len(SHELF) > kept():
            SHELF.popitem(last=False)
        return bundle


def at_hand() -> list[str]:
    """The names of what `open_model` opens without a download, in alphabetical order: models that are
    installed or downloaded, and other folders where models may lie.
    """
    packages = {name: folder for name in files.PACKAGES if (folder := files.installed(name))}
    known = set(packages)
    for root in files.roots():
        for config in root.glob(f"*/{files.CONFIG}") if root not in packages.values() else ():
            known.add(files.called(config.parent.resolve()))
    for folder in files.cache().glob("models--*"):
        name = folder.name.removeprefix("models--").replace("--", "/")
        if files.downloaded(name) is not None:
            known.add(name)
    return sorted(known)


def kind(path_or_id: str) -> str:
    """What a model on this machine is, by its config and without opening it: "decoder" if it predicts the
    next token, else "encoder". Unavailable if there is none.
    """
    folder, _ = found(path_or_id, download=False)
    stated = (files.read_config(folder).get("architectures") or [""])[0]
    return "decoder" if str(stated).endswith(("ForCausalLM", "LMHeadModel")) else "encoder"


def sees(path_or_id: str) -> bool:
    """Whether a model on this machine looks at pictures, by its config and without opening it. Unavailable if
    there is none.
    """
    folder, _ = found(path_or_id, download=False)
    return {"image_size", "patch_size"} <= files.read_config(folder).keys()


def name_of(path_or_id: str) -> str:
    """The name of a model on this machine, with no path of it, by which it is found as well. Unavailable if
    there is none.
    """
    return found(path_or_id, download=False)[1]


def make_room(needed: int) -> int:
    """Close models, the least recently used first, until so many bytes are free or none is left that can be
    closed; the bytes that are free then.
    """
    while SHELF and needed > free():
        SHELF.popitem(last=False)
        gc.collect()
    return free()


def free() -> int:
    """Bytes left for models beside those that are open or still in use."""
    return opening.budget() - sum(one.card["parameters"] * opening.BYTES for one in ALIVE.values())


def found(asked: str, download: bool) -> tuple[Path, str]:
    """The folder that is meant, and the model's name."""
    folder = files.local(asked) if is_path(asked) else files.place_of(asked)
    if folder is not None:
        return folder, files.called(folder)
    files.check_id(asked)
    if not download:
        raise Unavailable(f"There is no model “{asked}” on this machine.")
    offered = fetching.offer(asked)
    opening.check_size(asked, offered.parameters)
    return fetching.download(offered), asked


def is_path(asked: str) -> bool:
    """Whether a path is meant, and no name on the hub."""
    stated = asked.startswith((".", "~", os.sep)) or os.path.isabs(asked)
    return stated or (files.place_of(asked) is None and os.path.isdir(asked))


def fingerprint(folder: Path) -> tuple:
    """What tells a folder as it is from what it was: its files, their sizes and times."""
    try:
        entries = [(one.name, one.stat()) for one in os.scandir(folder)]
        return (folder, *sorted((name, state.st_size, state.st_mtime_ns) for name, state in entries))
    except OSError as error:
        raise Unavailable(f"“{folder.name}” cannot be read.") from error
