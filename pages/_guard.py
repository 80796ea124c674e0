"""Who may ask the server for what: the outermost ASGI layer, Guard."""

import ipaddress
import json
import os
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from google.protobuf.message import DecodeError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import config, url_util
from streamlit.logger import get_logger
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

log = get_logger(__name__)

# Names that nobody can register on the internet (RFC 6761, 6762, 8375; ICANN on "internal", 2024).
PRIVATE = (".localhost", ".local", ".home.arpa", ".internal")
# What a visitor's browser needs to say. Streamlit listens to more: it would empty the caches of all visitors,
# or name the branch and the files of a checkout that git does not know.
SAID = "rerun_script", "stop_script", "app_heartbeat", "backend_operation_request", "file_urls_request"
OPERATIONS = "deferred_file", "dataframe_chunk"
PAGE = Path(st.__file__).parent / "static" / "index.html"  # Streamlit's
UPLOADS = set()  # sessions that may upload files, by id: see allow_uploads
HELD = 2  # files of a session that may wait to be read


def policy(page: str, frames: str) -> str:
    """The Content-Security-Policy of a page and all that it loads: nothing comes from elsewhere, nothing goes
    there, whatever stands in a text. The scripts that run are Streamlit's code, those in the page itself, by
    their hashes, and hand-made views, which come as blobs. Styles are set by scripts and must be allowed.

    frames: the origins whose pages may show this one inside them.
    """
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [b64encode(sha256(one.encode()).digest()).decode() for one in scripts]
    rules = {
        "default": "'self'",
        "script": " ".join(["'self'", "blob:", *(f"'sha256-{one}'" for one in hashes)]),
        "style": "'self' 'unsafe-inline'",
        **dict.fromkeys(("img", "media", "font"), "'self' data: blob:"),
        "worker": "'self' blob:",
        "object": "'none'",
    }
    listed = [f"{kind}-src {sources}" for kind, sources in rules.items()]
    return "; ".join([*listed, "base-uri 'self'", "form-action 'self'", f"frame-ancestors {frames}"])


def address(scope: Scope) -> str:
    """The path within the app: without the folder that it is mounted in and without server.baseUrlPath."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    base = url_util.make_url_path(st.get_option("server.baseUrlPath"), "").rstrip("/")
    return path.removeprefix(base) if path.startswith(f"{base}/") else path


def allow_uploads() -> None:
    """Let this session upload files as long as it lasts; for a page with an uploader, before it draws it."""
    UPLOADS.add(get_script_run_ctx().session_id)


def let_go(file: UploadedFile) -> None:
    """Drop a file that this session has uploaded: Streamlit would keep it until the session ends."""
    run = get_script_run_ctx()
    run.uploaded_file_mgr.remove_file(run.session_id, file.file_id)


def waiting(session: str) -> int:
    """How many files a session has uploaded that nobody has read and dropped."""
    if not st.runtime.exists():
        return 0
    return len(st.runtime.get_instance().uploaded_file_mgr.file_storage.get(session, ()))


class Guard:
    """Refuse what nobody should ask for, before Streamlit sees it; tell browsers what an answer may do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        # Pages that may show this one inside them, as in a course: the operator names them.
        frames = " ".join(["'self'", *os.environ.get("RIVERBANK_FRAME_ANCESTORS", "").split()])
        self.headers = {
            "content-security-policy": policy(PAGE.read_text(encoding="utf-8"), frames),
            "referrer-policy": "same-origin",  # an address holds what somebody typed
            "x-content-type-options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def carry(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        async def hear():
            while True:
                message = await receive()
                welcome = message["type"] != "websocket.receive" or heard(message)
                if welcome is None:
                    await send({"type": "websocket.close", "code": 1002})  # no message of this protocol
                    return {"type": "websocket.disconnect", "code": 1002}
                if welcome:
                    return message

        reason = None if scope["type"] == "lifespan" else refusal(scope)
        if reason is None:
            hears = hear if scope["type"] == "websocket" else receive
            return await self.app(unasked(scope), hears, carry)
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
    if path.startswith("/_stcore/agent/") and not st.get_option("server.enableAgentApi"):
        return "Programs have no way in here; server.enableAgentApi can open one."
    if path.startswith("/_stcore/upload_file/") and path.split("/")[3] not in UPLOADS:
        return "No page of this session takes files."
    sends = path.startswith("/_stcore/upload_file/") and scope["method"] == "PUT"
    if sends and waiting(path.split("/")[3]) >= HELD:
        return "This session has uploaded files that were not read yet."
    if scope["type"] == "websocket" and not known_origin(origin, headers):
        return f"A page of {origin!r} asked for {host!r}; server.corsAllowedOrigins can allow it."
    return None


def heard(message: Message) -> bool | None:
    """Whether Streamlit is to hear what a browser says over a websocket; None if it is no message, or if a
    hand-made view says something else in it than its state, a JSON object.
    """
    try:
        said = BackMsg.FromString(message.get("bytes") or b"\xff")
        views = [
            one.json_value for one in said.rerun_script.widget_states.widgets if one.HasField("json_value")
        ]
        if not all(isinstance(json.loads(one), dict) for one in views):
            return None
    except (DecodeError, ValueError, RecursionError):
        return None
    operation = said.backend_operation_request.WhichOneof("payload")
    if len(said.file_urls_request.file_names) > HELD:
        return False
    return said.WhichOneof("type") in SAID and (operation is None or operation in OPERATIONS)


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
