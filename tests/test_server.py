"""What the server refuses, what its answers carry, and Streamlit's code packed: asked over real sockets."""

import asyncio
import gzip
import re
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

import pytest
import streamlit
from starlette.datastructures import Headers
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pages import _guard, _server
from tests.browser import launch
from viz.component import figure

STATIC = Path(streamlit.__file__).parent / "static"
CODE = "/" + next((STATIC / "static" / "js").glob("index.*.js")).relative_to(STATIC).as_posix()
CSS = "/" + next((STATIC / "static" / "css").glob("*.css")).relative_to(STATIC).as_posix()


class Answer:
    """Status, headers and body of one request; redirects are not followed."""

    def __init__(self, server, path, method="GET", body=None, **headers):
        where = urlsplit(server.url)
        connection = HTTPConnection(where.hostname, where.port, timeout=20)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, where.path + path, body, names)
        response = connection.getresponse()
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        connection.close()


def handshake(server, origin=None, host="127.0.0.1", **headers):
    """The HTTP status of a websocket's handshake: 101, or that of the refusal."""
    where = urlsplit(server.url)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    address = f"ws://{host}:{where.port}{where.path}/_stcore/stream"
    options = {"sock": create_connection((where.hostname, where.port)), "open_timeout": 30}
    try:
        with connect(address, origin=origin, additional_headers=names, **options) as websocket:
            return websocket.response.status_code
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.fixture(scope="module")
def folder():
    """A server below a folder, whose operator has switched on what is off."""
    switches = {"RIVERBANK_METRICS": "1", "RIVERBANK_FRAME_ANCESTORS": "https://a.example http://[::1]:80"}
    options = {"server.baseUrlPath": "a/b", "server.allowedHosts": "127.0.0.1"}
    options |= {"server.corsAllowedOrigins": "https://course.example"}
    options |= {"server.disconnectedSessionTTL": 1, "logger.level": "debug"}
    with launch.server(options=options, environment=switches) as started:
        yield started


# Streamlit's code, packed


PLOTLY = f"/{figure.CODE}"


@pytest.mark.parametrize("path", [CODE, CSS, PLOTLY])
@pytest.mark.parametrize("kind", ["server", "folder"])
def test_code_comes_packed_and_is_the_same_when_unpacked(request, path, kind):
    answer = Answer(request.getfixturevalue(kind), path, Accept_Encoding="gzip, deflate, br")
    file = (figure.LIBRARY if path == PLOTLY else STATIC / path[1:]).read_bytes()
    assert gzip.decompress(answer.body) == file and len(answer.body) < 0.4 * len(file)
    assert answer.status == 200 and answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.headers["vary"] == "Accept-Encoding" and "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css" if path == CSS else "text/javascript")


def test_plotly_comes_to_who_takes_nothing_packed(server):
    answer = Answer(server, PLOTLY, Accept_Encoding="identity")
    assert answer.status == 200 and answer.body == figure.LIBRARY.read_bytes()
    assert answer.headers["vary"] == "Accept-Encoding" and "immutable" in answer.headers["cache-control"]
    assert "content-encoding" not in answer.headers


TAKES = ["gzip", "GZIP", "gzip;q=1", "gzip ; Q=0.001", "br;q=1.0, gzip;q=0.5", "*", "*;q=0, gzip", "x-gzip"]
TAKES_NOT = ["", "identity", "br", "notgzip", "gzip2", "gzip;q=0", "gzip; q=0.000", "gzip;q=0, *", "*;q=0"]


@pytest.mark.parametrize(("accepted", "packed"), [(one, one in TAKES) for one in TAKES + TAKES_NOT])
def test_code_is_packed_for_who_takes_it_packed(server, accepted, packed):
    answer = Answer(server, CODE, Accept_Encoding=accepted)
    assert (answer.headers["content-encoding"] == "gzip") is packed
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(answer.body) if packed else answer.body) == (STATIC / CODE[1:]).read_bytes()


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_head_says_of_code_what_get_says(server, accepted):
    get, head = (Answer(server, CODE, method, Accept_Encoding=accepted) for method in ("GET", "HEAD"))
    names = ("content-length", "content-encoding", "content-type", "cache-control", "vary")
    assert [get.headers[name] for name in names] == [head.headers[name] for name in names]
    assert head.status == 200 and head.body == b"" and int(get.headers["content-length"]) == len(get.body)


@pytest.mark.parametrize("wished", ["bytes=0-99", "bytes=0-9,20-29", "bytes=99999999-", "bytes=-5"])
@pytest.mark.parametrize("path", [CODE, "/", "/attention"])
def test_a_part_is_the_whole(server, path, wished):
    whole, part = (Answer(server, path, Accept_Encoding="gzip", **extra) for extra in ({}, {"Range": wished}))
    assert (part.status, part.body) == (200, whole.body) and "content-range" not in part.headers
    assert int(part.headers["content-length"]) == len(whole.body)


MISSING = [f"{CODE}%0a", f"{CODE}/", "/static/js/missing.js", f"/static/js/{300 * 'a'}.js"]
MISSING += ["/static/js", "/static/x/y.js"]


@pytest.mark.parametrize("path", MISSING)
@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_code_that_there_is_not_is_not_found(server, path, accepted):
    answer = Answer(server, path, Accept_Encoding=accepted)
    assert answer.status in (404, 301, 307) and len(answer.body) < 100


ODD = [f"/{300 * 'a'}", f"/{70 * 'a/'}{300 * 'b'}", "/static/js/%2e%2e/a.js", "/%00", "/static/js/%ff.js"]


@pytest.mark.parametrize("path", ODD)
def test_no_name_gives_a_traceback(server, path):
    assert Answer(server, path, Accept_Encoding="gzip").status < 500
    assert str(STATIC) not in server.log


@pytest.fixture
def packer():
    """Packed, without anything behind it."""
    return _server.Packed(None)


@contextmanager
def counted(monkeypatch, fail=()):
    """How often gzip was called; the calls in `fail` raise."""
    calls, pack = [], gzip.compress

    def compress(data, level):
        calls.append(threading.current_thread())
        if len(calls) in fail:
            raise OSError(24, "Too many open files")
        return pack(data, level)

    monkeypatch.setattr(gzip, "compress", compress)
    yield calls


def test_a_class_that_asks_at_once_has_the_file_packed_once_and_not_on_the_event_loop(packer, monkeypatch):
    async def thirty():
        return await asyncio.gather(*(packer.packed(packer.files[CODE]) for _ in range(30)))

    with counted(monkeypatch) as calls:
        assert len(set(asyncio.run(thirty()))) == len(calls) == 1
    assert calls[0] is not threading.main_thread()


def test_who_leaves_while_a_file_is_packed_takes_it_from_nobody(packer):
    async def two():
        leaves, stays = (asyncio.create_task(packer.packed(packer.files[CODE])) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        return [await stays, await packer.packed(packer.files[CODE])]

    assert all(gzip.decompress(body) == (STATIC / CODE[1:]).read_bytes() for body in asyncio.run(two()))


def test_a_failure_is_not_kept(packer, monkeypatch):
    async def twice():
        with pytest.raises(OSError, match="Too many"):
            await packer.packed(packer.files[CODE])
        return await packer.packed(packer.files[CODE])

    with counted(monkeypatch, fail=(1,)) as calls:
        assert gzip.decompress(asyncio.run(twice())) == (STATIC / CODE[1:]).read_bytes()
    assert len(calls) == 2


# The page


def test_the_page_itself_names_code_where_it_is_looked_for(packer):
    names = re.findall(r'(?:src|href)="\.(/static/(?:js|css)/[^"]+)"', (STATIC / "index.html").read_text())
    assert len(names) > 10 and set(names) <= set(packer.files)


@pytest.mark.parametrize("kind", ["server", "folder"])
@pytest.mark.parametrize("path", ["/", "/attention", "/attention?text=a", "/nobody-knows"])
@pytest.mark.parametrize("accepted", ["text/html,*/*", "*/*"])
def test_every_page_has_the_style_in_its_head(request, path, kind, accepted):
    server, accepts = request.getfixturevalue(kind), {"Accept": accepted, "Accept_Encoding": "gzip"}
    answer, head = (Answer(server, path, method, **accepts) for method in ("GET", "HEAD"))
    assert answer.status == 200 and answer.body.count(_server.STYLE.encode()) == 1
    assert answer.body.replace(_server.STYLE.encode(), b"") == (STATIC / "index.html").read_bytes()
    assert int(answer.headers["content-length"]) == int(head.headers["content-length"]) == len(answer.body)
    assert answer.headers["cache-control"] == "no-cache" and head.body == b""


BELOW = {
    "/word_sense/attention": "../attention",
    "/word_sense/attention?text=a%20b&head=2": "../attention?text=a%20b&head=2",
    "/a/b/c/rope": "../../../rope",
    "/a//rope": "../../rope",
    "/a/no%3Fbody": "../no%3Fbody",
    "/a/%2Fx": "../../x",
}


@pytest.mark.parametrize(("path", "target"), BELOW.items())
@pytest.mark.parametrize("kind", ["server", "folder"])
def test_an_address_below_a_page_leads_to_the_page_that_it_names(request, path, target, kind):
    answer = Answer(request.getfixturevalue(kind), path, Accept="text/html")
    assert (answer.status, answer.headers["location"]) == (307, target)


LEFT_ALONE = {"/favicon.png": 200, "/manifest.json": 200, "//elsewhere.example/x": 400, "/../app.py": 400}


@pytest.mark.parametrize(("path", "status"), LEFT_ALONE.items())
def test_what_is_no_page_is_left_alone(server, path, status):
    answer = Answer(server, path, Accept="text/html")
    assert answer.status == status and _server.STYLE.encode() not in answer.body


# Who may ask, and for what


@pytest.mark.parametrize("path", ["/", CODE, "/_stcore/health", "/_stcore/metrics", "/a/b", "/static/x.js"])
def test_every_answer_says_what_browsers_may_do_with_it(server, path):
    headers = Answer(server, path).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert policy.endswith("; frame-ancestors 'self'") and policy.startswith("default-src 'self';")
    scripts = re.search(r"script-src ([^;]*);", policy)[1].split()
    assert scripts[:2] == ["'self'", "blob:"] and all(one.startswith("'sha256-") for one in scripts[2:])
    assert "http" not in policy and "*" not in policy and "unsafe-eval" not in policy


def test_the_operator_says_which_pages_may_show_riverbank_inside_them(folder):
    policy = Answer(folder, "/").headers["content-security-policy"]
    assert policy.endswith("; frame-ancestors 'self' https://a.example http://[::1]:80")


@pytest.mark.parametrize("path", ["interact", "mcp", "openapi.json"])
def test_streamlits_way_in_for_programs_is_shut(server, path):
    assert Answer(server, f"/_stcore/agent/{path}", "POST", body=b"{}").status == 403


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics?families=x", "/_stcore%2Fmetrics"])
def test_metrics_are_not_public_unless_the_operator_says_so(server, folder, path, method):
    assert Answer(server, path, method).status == 403
    assert Answer(folder, path, method).status == 200


@pytest.mark.parametrize("path", [f"/_stcore/upload_file/{name}" for name in ("session/file", "session", "")])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("kind", ["server", "folder"])
def test_no_file_is_taken_while_no_page_has_an_uploader(request, path, method, kind):
    answer = Answer(request.getfixturevalue(kind), path, method, body=b"x")
    assert answer.status == 403 and b"takes files" in answer.body


def asked(path, kind="http", **headers):
    """The ASGI scope of a request."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "method": "PUT", "path": path, "headers": pairs, "query_string": b""}


def test_a_page_with_an_uploader_may_take_files_of_its_own_session():
    def page():
        from pages._guard import allow_uploads

        allow_uploads()

    test = AppTest.from_function(page).run()
    assert not test.exception
    try:
        (session,) = _guard.UPLOADS
        assert _guard.refusal(asked(f"/_stcore/upload_file/{session}/file")) is None
        assert "takes files" in _guard.refusal(asked("/_stcore/upload_file/another/file"))
    finally:
        _guard.UPLOADS.clear()


def test_a_session_that_uploads_file_after_file_without_their_being_read_is_refused(monkeypatch):
    monkeypatch.setattr(_guard, "waiting", {"full": 2, "one": 1}.get)
    monkeypatch.setattr(_guard, "UPLOADS", {"full", "one"})
    assert "not read yet" in _guard.refusal(asked("/_stcore/upload_file/full/file"))
    assert _guard.refusal(asked("/_stcore/upload_file/one/file")) is None
    assert _guard.refusal(asked("/_stcore/upload_file/full/file") | {"method": "DELETE"}) is None


KNOWN = ["localhost:8501", "127.0.0.1", "192.168.1.20:8501", "[::1]:8501", "[fe80::1]"]
KNOWN += ["pc12:8501", "PC12.local", "class.home.arpa", "pod.cluster.internal:80", "a.localhost.", "", None]
UNKNOWN = ["rebound.example", "rebound.example:8501", "local.example", "127.0.0.1.example"]
UNKNOWN += ["evil.xlocal", "[::1", "user@evil.example"]


@pytest.mark.parametrize(("host", "known"), [(one, one in KNOWN) for one in KNOWN + UNKNOWN])
def test_without_a_setting_addresses_and_private_names_are_known(host, known):
    assert _guard.known_host(host) is known


def test_a_name_that_is_not_the_servers_is_refused_with_a_way_on(server, folder):
    answer = Answer(server, "/attention", Host="rebound.example")
    assert answer.status == 403
    assert b"'rebound.example'" in answer.body and b"server.allowedHosts" in answer.body
    assert handshake(server, f"http://rebound.example:{server.port}", "rebound.example") == 403
    assert Answer(folder, "/attention", Host="pc12").status == 403  # the operator has named the only one
    assert Answer(server, "/_stcore/health", Host="rebound.example").status == 200
    assert Answer(folder, "/_stcore/health", Host="10.0.0.7").status == 200


@pytest.fixture
def options():
    """options(name, value): an option of Streamlit's, for one test."""
    before = {}

    def change(name, value):
        before.setdefault(name, config.get_option(name))
        config.set_option(name, value)

    yield change
    for name, value in before.items():
        config.set_option(name, value)


HOST, FORWARDED = "host", "x-forwarded-host"
WELCOME = [
    (None, {HOST: "a:1"}),
    ("http://a:1", {HOST: "a:1"}),
    ("http://A:1", {HOST: "a:1"}),
    ("https://a", {HOST: "a:443"}),
    ("http://a:80", {HOST: "a"}),
    ("https://public", {HOST: "inner:8501", FORWARDED: "public"}),
    ("https://public", {HOST: "inner", FORWARDED: "public, second"}),
    ("https://course.example", {HOST: "a"}),
    ("https://course.example:8443", {HOST: "a"}),
]
FOREIGN = [
    ("null", {HOST: "a:1"}),
    ("http://a", {HOST: "a:443"}),
    ("http://a:1", {HOST: "a:2"}),
    ("http://a.evil", {HOST: "a"}),
    ("http://evil.example", {HOST: "a"}),
    ("http://evil.example", {}),
    ("http://", {}),
    ("", {HOST: ""}),
    ("http://[::1", {HOST: "a"}),
    ("https://evil", {HOST: "inner", FORWARDED: "public"}),
    ("https://x.course.example", {HOST: "a"}),
]


@pytest.mark.parametrize(("origin", "headers"), WELCOME + FOREIGN)
def test_a_websocket_is_opened_by_a_page_of_this_server_or_a_named_one(options, origin, headers):
    options("server.corsAllowedOrigins", ["https://course.example"])
    assert _guard.known_origin(origin, Headers(headers)) is ((origin, headers) in WELCOME)


def test_without_protection_every_origin_may_ask(options):
    options("server.enableCORS", False)
    assert _guard.known_origin("http://evil.example", Headers({"host": "a"}))


def test_streamlit_is_not_asked_again_about_an_origin_that_is_not_the_host():
    kept = _guard.unasked(asked("/", "websocket", origin="http://a:1", host="a:1"))
    public = {"origin": "https://public", "host": "a:1"}
    dropped = _guard.unasked(asked("/", "websocket", **public, x_forwarded_host="public"))
    assert "origin" in Headers(scope=kept) and "origin" not in Headers(scope=dropped)
    assert Headers(scope=dropped)["host"] == "a:1"
    assert "origin" in Headers(scope=_guard.unasked(asked("/", **public)))  # no websocket


def test_handshakes_of_strangers_are_refused(server, folder):
    own = f"http://127.0.0.1:{server.port}"
    assert handshake(server) == handshake(server, own) == 101
    assert handshake(server, "https://public.example", X_Forwarded_Host="public.example") == 101
    assert handshake(server, "http://evil.example") == handshake(server, "null") == 403
    assert handshake(folder, "https://course.example") == 101
    assert handshake(folder, "https://course.example.evil") == 403


@pytest.mark.parametrize("megabytes", [9, 21])
def test_a_message_that_no_box_can_hold_ends_its_own_connection(server, megabytes):
    address, message = f"ws://127.0.0.1:{server.port}/_stcore/stream", BackMsg()
    message.rerun_script.query_string = "x" * megabytes * 1_000_000
    with connect(address, proxy=None, close_timeout=1) as stranger, connect(address, proxy=None) as other:
        with pytest.raises(ConnectionClosed):
            stranger.send(message.SerializeToString())
            while True:
                stranger.recv(timeout=10)
        other.ping().wait(20)
        assert other.close_code is None


def said(kind, **what):
    """The bytes of a message of that kind to Streamlit."""
    message = BackMsg()
    field = getattr(message, kind)
    setattr(message, kind, True) if isinstance(field, bool) else field.SetInParent()
    for name, value in what.items():
        getattr(field, name).CopyFrom(type(getattr(field, name))(**value))
    return message.SerializeToString()


WANTED = [("rerun_script", {}), ("stop_script", {}), ("app_heartbeat", {})]
WANTED += [("backend_operation_request", {"deferred_file": {"file_id": "a"}}), ("file_urls_request", {})]
UNWANTED = [("clear_cache", {}), ("load_git_info", {}), ("set_run_on_save", {})]
UNWANTED += [("debug_shutdown_runtime", {}), ("debug_disconnect_websocket", {})]
UNWANTED += [("backend_operation_request", {"install_skills": {}})]


@pytest.mark.parametrize(("kind", "what"), WANTED + UNWANTED)
def test_streamlit_hears_what_a_visitor_needs_to_say(kind, what):
    assert _guard.heard({"bytes": said(kind, **what)}) is ((kind, what) in WANTED)


@pytest.mark.parametrize(("names", "heard"), [(1, True), (2, True), (3, False), (100_000, False)])
def test_addresses_for_many_files_at_once_are_not_given(names, heard):
    message = BackMsg()
    message.file_urls_request.file_names.extend(["x.png"] * names)
    assert _guard.heard({"bytes": message.SerializeToString()}) is heard


@pytest.mark.parametrize("state", ["{}", '{"cell": [1, 2, 3]}', '"x"', "[]", "null", "", "{", "[" * 99_999])
def test_a_view_says_its_state_or_nothing(state):
    message = BackMsg()
    message.rerun_script.widget_states.widgets.add(id="a", string_value="{")
    message.rerun_script.widget_states.widgets.add(id="b", json_value=state)
    heard = _guard.heard({"bytes": message.SerializeToString()})
    assert heard is (True if state.endswith("}") else None)


def test_every_kind_of_message_is_known():
    assert {kind for kind, _ in WANTED + UNWANTED} == {one.name for one in BackMsg.DESCRIPTOR.fields}


def test_what_is_no_message_ends_its_own_connection_and_writes_no_traceback(server):
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    for nonsense in (b"\x8eM\xb2\x8d", b"", "text"):
        with connect(address, proxy=None) as stranger:
            stranger.send(said("clear_cache"))  # not heard, so nothing comes of it
            stranger.send(nonsense)
            with pytest.raises(ConnectionClosed) as ended:
                while True:
                    stranger.recv(timeout=10)
            assert ended.value.rcvd.code == 1002
    assert "Traceback" not in server.log and "deserializing" not in server.log


# What the server does by itself


def test_where_no_name_server_answers_nobody_waits(server):
    origins = [f"http://evil{i}.example" for i in range(5)]
    strangers = [threading.Thread(target=handshake, args=(server, origin)) for origin in origins]
    for one in strangers:
        one.start()
    waits = []
    for _ in range(20):
        start = time.monotonic()
        assert Answer(server, "/_stcore/health").status == 200
        waits.append(time.monotonic() - start)
    assert sorted(waits)[10] < 1 and max(waits) < 10  # one look-up lasts a minute; a busy machine is slow
    for one in strangers:
        one.join(20)
        assert not one.is_alive()
    assert handshake(server, "https://public.example", X_Forwarded_Host="public.example") == 101
    assert f"http://localhost:{server.port}" in server.log  # the greeting
    assert "LOOKED UP" not in server.log


def test_the_resolver_of_that_server_hangs(tmp_path):
    (tmp_path / "page.py").write_text("import streamlit")
    options = {"server.address": None, "logger.hideWelcomeMessage": "false"}
    path = {"PYTHONPATH": str(launch.ROOT / "tests" / "nameless")}
    with launch.server("page.py", tmp_path, wait=False, options=options, environment=path) as bare:
        end = time.monotonic() + 30
        while "LOOKED UP checkip" not in bare.log and time.monotonic() < end:
            time.sleep(0.1)
        assert "LOOKED UP checkip" in bare.log


def test_a_session_whose_time_is_over_is_closed_though_nobody_else_comes(folder):
    assert handshake(folder) == 101
    (session,) = re.findall(r"Created new session for client \S+ Session ID: (\S+)", folder.log)[-1:]
    end = time.monotonic() + 10
    while f"Shutting down (id={session})" not in folder.log and time.monotonic() < end:
        time.sleep(0.1)
    assert f"Shutting down (id={session})" in folder.log
