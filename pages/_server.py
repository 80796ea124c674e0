"""What stands between the network and Streamlit: the ASGI layers Page and Packed, behind Guard."""

import asyncio
import gzip
import re
import threading
from pathlib import Path
from urllib.parse import quote

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import cli_util, config, net_util
from streamlit.runtime import Runtime
from streamlit.web.server import server_util

from pages._guard import UPLOADS, address
from viz.component import figure

STATIC = Path(st.__file__).parent / "static"  # Streamlit's page, code and fonts

STYLE = f"<style>{(Path(__file__).parent / '_page.css').read_text(encoding='utf-8')}</style>"
KINDS = {".js": "text/javascript", ".css": "text/css"}  # what Packed packs
LASTING = {"cache-control": "public, immutable, max-age=31536000"}
PACKED = LASTING | {"content-encoding": "gzip"}
WARMING = threading.Lock()  # held while the server gets ready: see app.py


class Page:
    """Streamlit's page with STYLE in its head; a redirect where that page would not find its code."""

    def __init__(self, app: ASGIApp) -> None:
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
    """Streamlit's code and Plotly's, packed to a third: a whole class loads these megabytes at once.

    Starlette's own GZipMiddleware packs a file anew for every visitor, and does not read weights (gzip;q=0).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        files = [file for file in STATIC.glob("static/*/*") if file.suffix in KINDS]
        self.files = {f"/{file.relative_to(STATIC).as_posix()}": file for file in files}
        self.files[f"/{figure.CODE}"] = figure.LIBRARY
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
            whole = FileResponse(file, headers=LASTING, media_type=KINDS[file.suffix])
            return await whole(scope, receive, vary)
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
