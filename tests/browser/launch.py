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
NONE = "There is no Chromium. Install one (Debian: apt-get install chromium; anywhere: .venv/bin/playwright install chromium), or say where it is: CHROMIUM=/path."


def chromium(playwright):
    """Path of a Chromium: $CHROMIUM, a usual name on PATH, or Playwright's own; None if there is none."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), playwright.chromium.executable_path]
    return next((path for path in candidates if path and Path(path).exists()), None)


def browser(playwright):
    """A running Chromium, or None."""
    path = chromium(playwright)
    return path and playwright.chromium.launch(executable_path=path, args=FLAGS)


def free_port():
    """A port of this computer that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Server:
    """A Streamlit server of our own, with its address, its process id and its log."""

    def __init__(self, script, folder, log, port, options, environment):
        self.port = port or free_port()
        base = options.get("server.baseUrlPath", "")
        self.url = f"http://127.0.0.1:{self.port}{base and '/'}{base}"
        self._log = log
        usual = {"server.port": self.port, "server.address": "127.0.0.1", "server.headless": "true"}
        flags = [f"--{name}={value}" for name, value in (usual | options).items() if value is not None]
        command = [sys.executable, "-m", "streamlit", "run", script, *flags]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(command, cwd=folder, env=os.environ | environment, **pipes)

    @property
    def log(self):
        """All that the server has written so far."""
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def computed(self):
        """Seconds that the server and its workers have computed so far, however busy the machine is; on Linux."""
        folders = [Path(f"/proc/{pid}") for pid in (self.process.pid, *self.workers())]
        fields = [(one / "stat").read_text(encoding="utf-8").rpartition(")")[2].split() for one in folders]
        return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")

    def workers(self):
        """The process ids of the server's workers; on Linux."""
        lists = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for some in lists for pid in some.read_text(encoding="utf-8").split()]

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
def server(script="app.py", folder=ROOT, wait=True, port=None, options=None, environment=None):
    """Run a Streamlit script as long as the block lasts, on a free port if none is given.

    `options` are Streamlit's, by name (None leaves one out); `environment` is added to this process's own.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        started = Server(script, folder, log, port, options or {}, environment or {})
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
