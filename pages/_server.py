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

# In the page's head from the first byte on: sent by the script, it would come after the picture, and be read
# anew in every run. A class said twice outranks Streamlit's own rules, which come later.
STYLE = """<style>
/* the picture belongs above the fold */
.stMainBlockContainer.stMainBlockContainer {
  padding: 3.75rem clamp(1rem, 4vw, 4rem) 4rem;
  width: 100%; max-width: none; /* wide from the first: Streamlit hears of it from the script */
}
[data-testid="stSidebar"] .stButtonGroup button { padding-inline: 0.6rem }
[data-testid="stSidebarHeader"] { height: 2.5rem; margin-bottom: 0 }
.stHeading h1 { padding: 0 !important }
@media (max-width: 900px), (max-height: 600px) { .stHeading h1 { font-size: 1.4rem !important } }
@media (max-width: 900px) { .stButtonGroup button { padding-inline: 0.5rem } }
/* the switch for a projector, beside Streamlit's menu and above its header: out of the text from the first */
.st-key-screen.st-key-screen { position: fixed; top: 0.9rem; right: 3.5rem; z-index: 999999; width: auto }
/* a line of text has at most about 75 characters */
[data-testid="stMain"] :is([data-testid="stMarkdown"], [data-testid="stAlert"]) :is(p, li) { max-width: 31em }
/* room for the sidebar that is to come (see contents.js) */
@media (min-width: 1001px) {
  .stApp:not(:has([data-testid="stSidebar"], [data-testid="stExpandSidebarButton"])) .stAppViewContainer {
    padding-left: 300px;
  }
}
/* the room that what is seen first will need, held while its code is on the way */
@keyframes hold { from, to { min-height: var(--room) } }
@media (min-width: 641px) {
  .st-key-word_sense-words1, .st-key-word_sense-words2,
  .st-key-attention-chips, .st-key-decoding-story { --room: 6rem; animation: hold 2s }
  .st-key-averaging-meter { --room: 9.5rem; animation: hold 2s }
  .st-key-word_sense-meter, .st-key-masks-believed { --room: 16rem; animation: hold 2s }
  .st-key-vision-answers { --room: 20.5rem; animation: hold 2s }
  .st-key-vision-canvas { --room: 21rem; animation: hold 2s }
  .st-key-receptive_field-cone { --room: 23rem; animation: hold 2s }
  .st-key-vision-looks { --room: 27rem; animation: hold 2s }
  .st-key-decoding-candidates { --room: 26rem; animation: hold 2s }
  .st-key-contents { --room: 27.8rem; animation: hold 2s }
  .st-key-attention-matrix,
  .st-key-bpe-player, .st-key-learning-course,
  .st-key-heads-grid, .st-key-heads-map { --room: 28rem; animation: hold 2s }
  .st-key-rope-clocks, .st-key-architecture-diagram { --room: 33rem; animation: hold 2s }
}
.st-key-above { min-height: 68px } /* see _control.row_above */
@media (min-width: 900px) and (max-width: 1700px) { /* two lines */
  .st-key-vision-controls { min-height: 96px }
}
.st-key-above_bare, .st-key-views, .st-key-attention-walk { min-height: 40px }
@media (min-width: 641px) { /* as high as the boxes and buttons beside them */
  :is(
    .st-key-above, .st-key-above_bare, .st-key-views, .st-key-attention-walk, .st-key-vision-controls
  ) .stButtonGroup button {
    min-height: 40px;
  }
}
[class*="st-key-text_row"] { min-height: 40px } /* see _text.place */
/* one button stops what a page does: Streamlit's own says the same, and a run that ends for the next frame
   leaves the buttons of the run before in their place */
.stApp:has(
  .st-key-decoding-stop, .st-key-bpe-stop,
  .st-key-learning-train, .st-key-learning-race, .st-key-vision-live-train
) .stStatusWidget { display: none }
.st-key-decoding-play:has(.st-key-decoding-stop) > :not(.st-key-decoding-stop) { display: none }
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
/* a phone shows what a tapped word moves while it is tapped, below Streamlit's own head */
@media (max-width: 640px) and (min-height: 640px) {
  .st-key-word_sense-moves > .st-key-word_sense-meter { position: sticky; top: 3.75rem; z-index: 2 }
}
@media (max-width: 640px) and (min-height: 780px) {
  .st-key-word_sense-moves > .st-key-word_sense-neighbours { position: sticky; top: 3.75rem; z-index: 2 }
}
/* a diff: what goes and what comes has a ground of its own, and its letters are as dark as all others */
.stCode .token:is(.unchanged, .deleted, .inserted) { color: inherit !important }
.stCode .token.deleted { background: color-mix(in srgb, #D55E00 25%, transparent) }
.stCode .token.inserted { background: color-mix(in srgb, #009E73 25%, transparent) }
.stButtonGroup > div { flex-wrap: wrap } /* in a row Streamlit hides on a phone what does not fit */
/* to fade by itself, each part of a page would need a layer of its own */
[data-stale="true"] { transition: none !important; opacity: 1 !important }
</style>"""
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
