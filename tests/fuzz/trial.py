"""One server under trial: what is sent to it, and what must hold after each answer."""

import re
import time
from http.client import HTTPConnection
from urllib.parse import quote, urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.fuzz.inputs import parameters
from tests.test_server import Answer
from tests.wire import Visitor

MOST = 5.0  # seconds for an answer
WATCHED = {"text": "The zebrafinch waits at the river", "attention.step": "3 Dot products"}
DRAWN = {"button", "download_button", "bidi_component"}  # have a key, but no place in an address


class Trial:
    """A server, and a visitor of it who does nothing and must go on seeing the same."""

    def __init__(self, server, clock):
        self.server, self.clock = server, clock
        self.slowest, self.answers = (0.0, None), 0
        self.unknown = set()  # keys of controls that no address was tried with
        self.watcher = Visitor(server.url).__enter__()
        self.watcher.open("attention", **WATCHED)
        self.before = self.watched()

    def watched(self):
        """The watcher's views and sentences after another run; its address is one of the views."""
        shown = self.watcher.run()
        return [str(one) for kind in ("bidi_component", "markdown") for one in shown.all(kind)]

    def holds(self, what):
        """The server is alive, has written no traceback, and shows the watcher what it did before."""
        assert self.server.process.poll() is None
        assert Answer(self.server, "/_stcore/health").status == 200
        assert "Traceback" not in self.server.log, what
        assert self.watched() == self.before, what

    def ask(self, what, run):
        """Let the visitor be answered; nothing may go wrong, nor take long."""
        start = self.clock()
        visitor = run()
        seconds = self.clock() - start
        self.slowest = max(self.slowest, (seconds, str(what)[:300]))
        self.answers += 1
        assert visitor.wrong() == [], what
        assert seconds <= MOST, (seconds, what)
        assert not any(b"zebrafinch" in one for one in visitor.answer().values()), what

    def visit(self, page, query, steps):
        """Come by a link, then do one step after the other."""
        with Visitor(self.server.url) as visitor:
            self.ask((page, query), lambda: visitor.run(page, urlencode(query, errors="surrogatepass")))
            # which word's pair it is, the text decides
            keys = {re.sub(r"^(word_sense\.)\w+\.", r"\1bank.", key) for key in visitor.keys(DRAWN)}
            self.unknown |= keys - {*parameters(page)}
            for step, given in steps:
                states = getattr(self, step)(visitor, given)
                self.ask((page, query, step, states), lambda states=states: visitor.run(states=states))
        self.holds((page, query, steps))

    def typed(self, visitor, text):
        """The text in every box of the page."""
        return {box.id: text for kind in ("text_area", "text_input") for box in visitor.all(kind)}

    def said(self, visitor, messages):
        """One message after the other for each view of the page, in turn."""
        views = visitor.all("bidi_component")
        return {one.id: messages[n % len(messages)] for n, one in enumerate(views)}

    def request(self, method, path, body, kind):
        """A request of any kind is answered without a failure, and none leaves a file."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        start = time.monotonic()
        connection.request(method, quote(path, safe="/%\\", errors="replace"), body, {"Content-Type": kind})
        status = connection.getresponse().status
        connection.close()
        assert status < 500 and time.monotonic() - start < MOST, (method, path, status)
        if "upload_file" in path and method in ("PUT", "POST", "DELETE"):
            assert status in (400, 403, 404, 405), (method, path, status)
        self.holds((method, path))

    def frames(self, frames):
        """Bytes that are no message end their own connection, at most."""
        address = f"ws://127.0.0.1:{self.server.port}/_stcore/stream"
        with connect(address, proxy=None, close_timeout=1) as socket:
            try:
                for frame in frames:
                    socket.send(frame)
                message = BackMsg()
                message.rerun_script.page_name = "averaging"
                socket.send(message.SerializeToString())
                socket.recv(5)
            except (ConnectionClosed, TimeoutError):
                pass
        self.holds(frames)
