"""Find a Chromium and start the app: what the browser tests and the bench share."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NONE = (
    "There is no Chromium. Install one (Debian: apt-get install chromium; anywhere: .venv/bin/playwright "
    "install chromium), or say where it is: CHROMIUM=/path."
)


def chromium(playwright):
    """Path of a Chromium: $CHROMIUM, a usual name on PATH, or Playwright's own; None if there is none."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), playwright.chromium.executable_path]
    return next((path for path in candidates if path and Path(path).exists()), None)


def browser(playwright):
    """A running Chromium, or None."""
    path = chromium(playwright)
    return path and playwright.chromium.launch(executable_path=path, args=FLAGS)


class Server:
    """A Streamlit server of our own, with its address, its process id and its log."""

    def __init__(self, script, folder, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
        command = [sys.executable, "-m", "streamlit", "run", script, *options]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )

    @property
    def log(self):
        """All that the server has written so far."""
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds=60):
        """Return once the port answers."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return
            except (URLError, OSError):
                time.sleep(0.02)
        raise RuntimeError(f"The server did not start:\n{self.log}")


@contextmanager
def server(script="app.py", folder=ROOT, wait=True):
    """Run a Streamlit script on a free port as long as the block lasts."""
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        started = Server(script, folder, log)
        try:
            if wait:
                started.wait()
            yield started
        finally:
            started.process.terminate()
            try:
                started.process.wait(10)
            except subprocess.TimeoutExpired:
                started.process.kill()
                started.process.wait()
