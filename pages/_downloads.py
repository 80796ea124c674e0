"""Downloads of models that visitors have asked for: each in its own thread, for all who wait for it."""

import threading

from model import Unavailable
from model.hub import Offer, download

MOST = 2  # downloads at a time
RUNNING: dict[str, "Download"] = {}  # by the model's name
LOCK = threading.Lock()


class Stopped(Exception):
    """Somebody has cancelled the download; what has come stays, and the next one goes on from there."""


class Download:
    """A download that runs: how far it is, and why it ended."""

    def __init__(self, offered: Offer) -> None:
        self.offered, self.come, self.wrong = offered, 0, None
        self.cancelled = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        try:
            download(self.offered, self.tell)
        except Stopped:
            self.wrong = "The download was cancelled; what has come stays."
        except Unavailable as reason:
            self.wrong = str(reason)
        except OSError as error:  # such as a disk that is full
            self.wrong = f"The download failed: {error.strerror}."

    def tell(self, come: int, _: int) -> None:
        self.come = come
        if self.cancelled.is_set():
            raise Stopped

    @property
    def ended(self) -> bool:
        """Whether it has ended, well or with what is `wrong`."""
        return not self.thread.is_alive()


def runs(name: str) -> bool:
    """Whether a model of that name is being downloaded."""
    return name in RUNNING and not RUNNING[name].ended


def wrong(name: str) -> str | None:
    """Why the last download of that name went wrong, in a sentence; None if it did not, or runs."""
    return RUNNING[name].wrong if name in RUNNING and not runs(name) else None


def begin(offered: Offer) -> str | None:
    """Start the download of what the hub offers, unless it runs already; why not, in a sentence, where too
    many run.
    """
    with LOCK:
        for name in [name for name, one in RUNNING.items() if one.ended]:
            del RUNNING[name]
        if offered.name not in RUNNING:
            if len(RUNNING) >= MOST:
                return f"{MOST} models are being downloaded already. Try again when they are here."
            RUNNING[offered.name] = Download(offered)
            RUNNING[offered.name].thread.start()
    return None
