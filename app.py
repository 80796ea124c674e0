"""Riverbank's server: `streamlit run app.py`. Torch and the models are ready before the first visitor
comes.
"""

import asyncio
import gc
import gzip
import importlib
import re
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import Response

# In the page's head from the first byte on: sent by the script, it would come after the picture, and be read
# anew in every run.
# A class said twice outranks Streamlit's own rules, which come later.
STYLE = b"""<style>
.stMainBlockContainer.stMainBlockContainer { padding-top: 2.5rem } /* the picture belongs above the fold */
.st-key-above { min-height: 68px } /* see _shell.row_above */
.stMarkdown.stMarkdown table { display: block; overflow-x: auto; width: fit-content; max-width: 100% } /* on a phone a table scrolls by itself */
.katex-display.katex-display > .katex { white-space: normal } /* a formula breaks where it has no room: see _shell.say */
.katex-display .base { margin: 0.2em 0 } /* between its lines */
@media (max-width: 640px) { .katex-display > .katex { font-size: 1.05em } } /* as large as the text around it */
.stButtonGroup > div { flex-wrap: wrap } /* in a horizontal row Streamlit would hide on a phone what does not fit */
[data-stale="true"] { transition: none !important; opacity: 1 !important } /* to fade by itself, each part of a page would need a layer of its own */
</style>"""


async def styled(request, answer):
    """Streamlit's answer to a request; where that is its page, with STYLE in the head."""
    if "text/html" not in request.headers.get("accept", ""):
        return await answer(request)
    request.scope["headers"] = [
        pair for pair in request.scope["headers"] if pair[0] != b"accept-encoding"
    ]  # a packed page has no head to be found
    response = await answer(request)
    page = b"".join([part async for part in response.body_iterator])
    kept = {
        name: value
        for name, value in response.headers.items()
        if name not in ("content-length", "etag", "last-modified")
    }
    return Response(page.replace(b"</head>", STYLE + b"</head>"), response.status_code, kept)


CODE = re.compile(r"/static/(?:js|css)/[\w.-]+\.(js|css)")
# path -> the future of its bytes: at most Streamlit's own files, and none is packed twice, even if thirty ask
# at once
PACKED = {}


async def packed(request, answer):
    """Streamlit's code at a third of its size: it sends some megabytes as they are, and a class opens the
    link at once, on one line.
    """
    found, file = CODE.fullmatch(request.url.path), Path(st.__file__).parent / "static" / request.url.path[1:]
    if (
        not found
        or request.method != "GET"
        or "gzip" not in request.headers.get("accept-encoding", "")
        or not file.is_file()
    ):
        return await answer(request)
    if file not in PACKED:
        PACKED[file] = asyncio.get_running_loop().run_in_executor(
            None, lambda: gzip.compress(file.read_bytes())
        )
    headers = {
        "content-encoding": "gzip",
        "vary": "accept-encoding",
        "cache-control": "public, immutable, max-age=31536000",
    }
    body = await asyncio.shield(PACKED[file])  # who leaves meanwhile must not take it from the others
    return Response(body, headers=headers, media_type={"js": "text/javascript", "css": "text/css"}[found[1]])


VIEWS = sorted(
    f"pages.{path.parent.name}.{path.stem}"
    for path in Path(__file__).parent.glob("pages/*/*.py")
    if path.stem != "page"
)


def warm():
    """Import torch and the views of all pages, load the models, run one text; then tell the garbage collector
    to leave all that alone (see README, "Speed").
    """
    import torch

    import model

    torch.set_num_threads(1)
    sys.setswitchinterval(
        0.0005
    )  # the thread that sends a picture to the browser must not wait for the script that goes on drawing
    for module in VIEWS:
        importlib.import_module(
            module
        )  # or the first visitors' threads would do it at once, in each other's way
    for name in model.names():
        model.load(name).explain("I swam across the river to get to the other bank")
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(_):
    """Warm up in a thread while the port already answers; the first visitor waits for what is left of it."""
    warming = asyncio.get_running_loop().run_in_executor(None, warm)
    yield
    await warming


app = st.App(
    "pages/_router.py",
    lifespan=lifespan,
    middleware=[Middleware(BaseHTTPMiddleware, dispatch=dispatch) for dispatch in (styled, packed)],
)
