"""What stands between the network and Streamlit: three ASGI layers, Guard around Page around Packed."""

import asyncio
import gzip
import ipaddress
import os
import re
import threading
from pathlib import Path
from urllib.parse import quote, urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import cli_util, config, net_util, url_util
from streamlit.logger import get_logger
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server import server_util
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

log = get_logger(__name__)
STATIC = Path(st.__file__).parent / "static"  # Streamlit's page, code and fonts

# In the page's head from the first byte on: sent by the script, it would come after the picture, and be read
# anew in every run. A class said twice outranks Streamlit's own rules, which come later.
STYLE = """<style>
.stMainBlockContainer.stMainBlockContainer { padding-top: 2.5rem } /* the picture belongs above the fold */
.st-key-above { min-height: 68px } /* see _control.row_above */
/* on a phone a table scrolls by itself, and a formula breaks where it has no room (see _shell.say) */
.stMarkdown.stMarkdown table { display: block; overflow-x: auto; width: fit-content; max-width: 100% }
.katex-display.katex-display > .katex { white-space: normal }
.katex-display .base { margin: 0.2em 0 } /* between its lines */
@media (max-width: 640px) { .katex-display > .katex { font-size: 1.05em } } /* as large as the text around */
/* see _control.Text: as high as a line where the browser can, and no key to be pressed */
[class*="st-key-box-"] textarea {
  padding: 0.5rem 0.75rem !important; max-height: 12rem !important; resize: none !important;
}
@supports (field-sizing: content) {
  [class*="st-key-box-"] textarea {
    field-sizing: content; height: auto !important; min-height: 2.375rem !important;
  }
}
[class*="st-key-box-"] [data-testid="InputInstructions"] { display: none }
.stButtonGroup > div { flex-wrap: wrap } /* in a row Streamlit hides on a phone what does not fit */
/* to fade by itself, each part of a page would need a layer of its own */
[data-stale="true"] { transition: none !important; opacity: 1 !important }
</style>"""

# Names that nobody can register on the internet (RFC 6761, 6762, 8375; ICANN on "internal", 2024).
PRIVATE = (".localhost", ".local", ".home.arpa", ".internal")
KINDS = {".js": "text/javascript", ".css": "text/css"}  # what Packed packs
PACKED = {"content-encoding": "gzip", "cache-control": "public, immutable, max-age=31536000"}
# No text, whatever stands in it, makes a browser load a picture from elsewhere.
CONTENT = "; ".join(f"{kind}-src 'self' data: blob:" for kind in ("img", "media", "font", "object"))
WARMING = threading.Lock()  # held while the server gets ready: see app.py
UPLOADS = set()  # sessions that may upload files, by id: see allow_uploads


def address(scope: Scope) -> str:
    """The path within the app: without the folder that it is mounted in and without server.baseUrlPath."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    base = url_util.make_url_path(st.get_option("server.baseUrlPath"), "").rstrip("/")
    return path.removeprefix(base) if path.startswith(f"{base}/") else path


def allow_uploads() -> None:
    """Let this session upload files as long as it lasts; for a page with an uploader, before it draws it."""
    UPLOADS.add(get_script_run_ctx().session_id)


class Guard:
    """Refuse what nobody should ask for, before Streamlit sees it; tell browsers what an answer may do."""

    def __init__(self, app: ASGIApp):
        self.app = app
        # Pages that may show this one inside them, as in a course: the operator names them.
        frames = " ".join(["'self'", *os.environ.get("RIVERBANK_FRAME_ANCESTORS", "").split()])
        self.headers = {
            "content-security-policy": f"{CONTENT}; frame-ancestors {frames}",
            "referrer-policy": "same-origin",  # an address holds what somebody typed
            "x-content-type-options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def carry(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        reason = None if scope["type"] == "lifespan" else refusal(scope)
        if reason is None:
            return await self.app(unasked(scope), receive, carry)
        if scope["type"] == "http":
            return await PlainTextResponse(reason, 403)(scope, receive, carry)
        log.warning("Refused a websocket. %s", reason)
        await WebSocketClose(1008)(scope, receive, send)


def refusal(scope: Scope) -> str | None:
    """Why a request is refused, in a sentence for whoever runs the server; None if it is welcome."""
    path, headers = address(scope), Headers(scope=scope)
    host, origin = headers.get("host"), headers.get("origin")
    if path != "/_stcore/health" and not known_host(host):  # load balancers ask by any name
        return f"This server does not answer to the name {host!r}; server.allowedHosts can allow it."
    if path == "/_stcore/metrics" and not os.environ.get("RIVERBANK_METRICS"):
        return "The metrics are not public; RIVERBANK_METRICS=1 in the server's environment makes them so."
    if path.startswith("/_stcore/upload_file/") and path.split("/")[3] not in UPLOADS:
        return "No page of this session takes files."
    if scope["type"] == "websocket" and not known_origin(origin, headers):
        return f"A page of {origin!r} asked for {host!r}; server.corsAllowedOrigins can allow it."
    return None


def unasked(scope: Scope) -> Scope:
    """The scope of a websocket that Guard has let in, without an Origin that Streamlit would judge once more.

    For an origin other than the host, Streamlit asks a server on the internet, on the event loop, for this
    computer's own address; where no name server answers, nobody is served meanwhile.
    """
    headers = Headers(scope=scope) if scope["type"] == "websocket" else {}
    if headers.get("origin", "").partition("://")[2] == headers.get("host", ""):
        return scope
    return scope | {"headers": [pair for pair in scope["headers"] if pair[0] != b"origin"]}


def known_host(host: str | None) -> bool:
    """Whether a Host header names this server: as server.allowedHosts says, else by address or private name.

    A stranger's page may let its own name lead here (DNS rebinding), but then the browser sends that name. An
    address cannot be borrowed so, nor can a name that only this network knows: a class needs no setting.
    """
    if st.get_option("server.allowedHosts"):
        return is_host_allowed(host)
    name = hostname(f"//{host or 'localhost'}")
    if name is None:
        return False
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        private = "." not in name or name.endswith(PRIVATE)
        return private or name == hostname(f"//{st.get_option('browser.serverAddress')}")


def known_origin(origin: str | None, headers: Headers) -> bool:
    """Whether a page of that origin may open a websocket: this server's, or one that the options name.

    A proxy that changes the Host may say in X-Forwarded-Host which one it was asked for: no page can make a
    browser send that header with a websocket.
    """
    if origin is None or not st.get_option("server.enableCORS"):
        return True
    scheme, _, host = origin.lower().partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme, ":")
    hosts = ",".join([headers.get("host", ""), headers.get("x-forwarded-host", "")]).lower().split(",")
    if host.removesuffix(port) in {one.strip().removesuffix(port) for one in hosts} - {""}:
        return True
    named = [*st.get_option("server.corsAllowedOrigins")]
    named += [st.get_option("browser.serverAddress")] * config.is_manually_set("browser.serverAddress")
    return hostname(origin) in {url_util.get_hostname(one.strip()) for one in named} - {None}


def hostname(url: str) -> str | None:
    """The name or the address in a URL, in small letters; None if there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".") or None
    except ValueError:  # no URL at all
        return None


class Page:
    """Streamlit's page with STYLE in its head; a redirect where that page would not find its code."""

    def __init__(self, app: ASGIApp):
        self.app = app
        page = (STATIC / "index.html").read_text(encoding="utf-8").replace("</head>", f"{STYLE}</head>")
        self.page = Response(page, media_type="text/html", headers={"cache-control": "no-cache"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first, *below = address(scope).strip("/").split("/") if scope["type"] == "http" else ["_stcore"]
        if first in ("_stcore", "media", "component", "app"):  # Streamlit has no page there
            return await self.app(scope, receive, send)
        held = False

        async def exchange(message):
            nonlocal held
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                held = message["status"] == 200 and kind.startswith("text/html")
            if not held:
                await send(message)
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                await self.instead(scope, first, below)(scope, receive, send)

        # Nobody needs a part of a page, and the parts of Streamlit's would not be those of this one.
        headers = [pair for pair in scope["headers"] if pair[0] != b"range"]
        await self.app(scope | {"headers": headers}, receive, exchange)

    def instead(self, scope: Scope, first: str, below: list[str]) -> ASGIApp:
        """What is sent in place of Streamlit's own page."""
        if first == "static":
            return PlainTextResponse("There is no such file.", 404)
        if not below:
            return self.page
        query = scope["query_string"].decode("latin-1")
        up = "../" * (address(scope).count("/") - 1)  # relative: a proxy may have taken a folder off
        return RedirectResponse(f"{up}{quote(below[-1], safe='')}{query and '?'}{query}", 307)


class Packed:
    """Streamlit's code at a third of its size: it sends megabytes as they are, to a whole class at once.

    Starlette's own GZipMiddleware packs a file anew for every visitor, and does not read weights (gzip;q=0).
    """

    def __init__(self, app: ASGIApp):
        self.app = app
        files = [file for file in STATIC.glob("static/*/*") if file.suffix in KINDS]
        self.files = {f"/{file.relative_to(STATIC).as_posix()}": file for file in files}
        self.packing = {}  # file -> the task that packs it, whose result is kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self.files.get(address(scope)) if scope["type"] == "http" else None
        if file is None or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)

        async def vary(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).add_vary_header("Accept-Encoding")
            await send(message)

        if not takes_gzip(Headers(scope=scope).get("accept-encoding", "")):
            return await self.app(scope, receive, vary)
        response = Response(await self.packed(file), headers=PACKED, media_type=KINDS[file.suffix])
        await response(scope, receive, vary)

    async def packed(self, file: Path) -> bytes:
        """The bytes of a file, packed once even if thirty ask for them at once. A failure is not kept."""
        if file not in self.packing:
            task = asyncio.create_task(asyncio.to_thread(lambda: gzip.compress(file.read_bytes(), 6)))
            task.add_done_callback(lambda task: task.exception() and self.packing.pop(file))
            self.packing[file] = task
        return await asyncio.shield(self.packing[file])  # who leaves meanwhile takes it from nobody


def takes_gzip(accepted: str) -> bool:
    """Whether Accept-Encoding takes gzip, itself or by *, with a weight above 0 (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        weights[coding.strip()] = "".join(weight.split())
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "q=0")))
    return not re.fullmatch(r"q=0(\.0*)?", weight)


def forget_sessions(runtime: Runtime) -> None:
    """Free the sessions whose time is over (server.disconnectedSessionTTL), now and from now on.

    Streamlit looks for them only when another session disconnects: a class would stay until the next one.
    """
    storage = runtime._session_mgr._session_storage._cache  # no public call gets there
    asyncio.get_running_loop().call_later(max(1, storage.ttl / 10), forget_sessions, runtime)
    for session_id, info in storage.expire():
        UPLOADS.discard(session_id)
        info.session.shutdown()


def greet() -> None:
    """Write where the page is, if `streamlit run` has opened the port.

    Streamlit's own greeting is switched off (logger.hideWelcomeMessage): it asks a server on the internet for
    this computer's address, before the port answers.
    """
    if config._server_mode != "starlette-app":
        return
    bound = st.get_option("server.address")
    anywhere = [st.get_option("browser.serverAddress"), net_util.get_internal_ip()]
    hosts = anywhere if bound in (None, "0.0.0.0", "::") else [bound]
    cli_util.print_to_cli(f"Riverbank is at {' and at '.join(server_util.get_url(host) for host in hosts)}")
