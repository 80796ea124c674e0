"""Two replicas behind nginx, as .deploy has them: one is killed under a reader, and once it is renewed the other is
stopped, as in a rolling restart.
"""

import gzip
import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import launch
from tests.browser.conftest import Page
from tests.browser.test_reconnection import pressed
from tests.test_deploy import served
from tests.test_server import CODE, Answer, handshake
from tests.wire import Visitor

LINKED, TYPED = "The heron waits at the river bank", "Cash from the bank"
STEP = "attention.step"
# Presses a button once it is enabled, in the page itself: between two looks from here Streamlit may disable it.
PRESS = """step => {
    const button = document.querySelectorAll(".st-key-attention-step [role=radio]")[step];
    return button?.disabled === false && (button.click(), true);
}"""
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH')}:/usr/sbin")  # where Debian puts it
NONE = "There is no nginx. Install one (Debian: apt-get install nginx)."
AWAY = 10  # seconds after which a page must be back


class Replicas:
    """Servers of the tree that the image holds, and .deploy/nginx.conf in front of them; `how` is as in
    launch.server.
    """

    def __init__(self, folder, stack, count=2, **how):
        self.folder, self.stack, self.how, self.logs = folder, stack, how, []
        self.tree = served(folder / "riverbank")
        self.servers = [self.start() for _ in range(count)]
        self.port = launch.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        for server in self.servers:
            server.wait()
        settings = folder / "nginx.conf"
        settings.write_text(self.settings(), encoding="utf-8")
        user = "" if os.getuid() else "user root;"  # nginx' own user may not write where this test does
        self.nginx = subprocess.Popen([NGINX, "-p", folder, "-c", settings, "-g", f"daemon off;{user}"])
        stack.callback(self.nginx.wait)
        stack.callback(self.nginx.terminate)
        while not (folder / "nginx.pid").exists():
            assert self.nginx.poll() is None
            time.sleep(0.02)

    def settings(self):
        """nginx.conf, with the ports, files and replicas of this test in place of a container's."""
        text = (launch.ROOT / ".deploy" / "nginx.conf").read_text(encoding="utf-8")
        changes = {"listen 8080;": f"listen 127.0.0.1:{self.port};", " /tmp/": f" {self.folder}/"}
        changes |= {"error_log stderr": f"error_log {self.folder}/error.log"}
        changes |= {"access_log /dev/stdout": f"access_log {self.folder}/access.log"}
        changes |= {
            f"riverbank-{i}:8501": f"127.0.0.1:{server.port}" for i, server in enumerate(self.servers, 1)
        }
        for written, here in changes.items():
            assert written in text
            text = text.replace(written, here)
        return text

    def start(self, port=None):
        """A replica; whoever asks for it at once waits until it has loaded its models."""
        started = launch.server(folder=self.tree, wait=False, port=port, **self.how)
        server = self.stack.enter_context(started)
        self.logs.append(server)
        return server

    def renew(self, server):
        """Start a replica at the port of one that is gone, and wait until it is ready."""
        server.process.wait(20)
        renewed = self.start(server.port)
        renewed.wait()
        with Visitor(renewed.url) as visitor:
            assert not visitor.open("averaging", text="a").wrong()
        return renewed

    def visited(self):
        """The replica that sent the last page, and the other."""
        pages = [line for line in self.access().splitlines() if " /attention 200 " in line]
        return sorted(self.servers, key=lambda server: f"by 127.0.0.1:{server.port} " not in pages[-1])

    def access(self):
        return (self.folder / "access.log").read_text(encoding="utf-8")

    def written(self):
        """All that nginx and the replicas have written."""
        files = [path.read_text(encoding="utf-8") for path in Path(self.folder).glob("*.log")]
        return "\n".join(files + [server.log for server in self.logs])


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    if NGINX is None and os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail(NONE)
    if NGINX is None:
        pytest.skip(NONE)
    with ExitStack() as stack:
        yield Replicas(tmp_path_factory.mktemp("replicas"), stack)


def test_nginx_gives_a_seat_packs_keeps_code_and_lets_nothing_private_through(replicas):
    page = Answer(replicas, "/attention?text=a", Accept_Encoding="gzip")
    assert page.status == 200 and page.headers["content-encoding"] == "gzip"
    assert page.headers["set-cookie"].startswith("riverbank=") and "HttpOnly" in page.headers["set-cookie"]
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert page.headers["server"] == "nginx"  # without its version
    cookie = page.headers["set-cookie"].partition(";")[0]
    assert "set-cookie" not in Answer(replicas, "/attention", Cookie=cookie).headers
    assert "; Secure" in Answer(replicas, "/", X_Forwarded_Proto="https").headers["set-cookie"]
    for _ in range(2):
        code = Answer(replicas, CODE, Accept_Encoding="gzip")
        assert "immutable" in code.headers["cache-control"] and len(gzip.decompress(code.body)) > 10**5
    lines = [line for line in replicas.access().splitlines() if f" {CODE} 200 " in line]
    assert len(lines) == 2 and "127.0.0.1:" in lines[0].split(" by ")[1] and lines[1].endswith(" by - -")
    for path in ("/_stcore/metrics", "/_stcore/upload_file/a/b", "/_stcore%2Fmetrics"):
        assert Answer(replicas, path).status == 403
    assert handshake(replicas) == 101 and handshake(replicas, "http://evil.example") == 403


def back(page, since, most, **choices):
    """The page shows text and choices again, in time: `most` seconds."""
    expect(page.part("text", "textarea")).to_have_value(TYPED)
    expect(page.part("text", "textarea")).to_be_enabled()
    for place in choices.values():
        pressed(page, STEP, place)
    page.shown(revision=TYPED)
    page.linked(text=TYPED)
    assert time.monotonic() - since < most


def test_a_page_is_back_with_text_and_choices_whichever_replica_goes(tabs, replicas):
    start = time.monotonic()
    page = Page(tabs, replicas.url).open(text=LINKED)
    page.part(STEP).wait_for(timeout=60_000)
    most = max(AWAY, time.monotonic() - start)  # where a first visit takes longer, the machine is crowded
    page.type(TYPED)
    page.choose(STEP, 1)
    pressed(page, STEP, 1)
    first, second = replicas.visited()
    for server, other, step in ((first, second, 2), (second, first, 3)):
        start = time.monotonic()
        server.process.kill() if server is first else server.process.terminate()
        page.page.wait_for_function(PRESS, arg=step)  # the first click after it counts
        back(page, start, most, step=step)
        if other is second:
            replicas.servers = [replicas.renew(server), other]
    page.leave()
    log = replicas.written()
    assert "Traceback" not in log
    assert "heron" not in log and "Cash" not in log
