"""Riverbank's server: `streamlit run app.py`. Torch and the models are ready before the first visitor."""

import asyncio
import ctypes
import gc
import importlib
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from pages import _guard, _server

VIEWS = sorted(
    f"pages.{path.parent.name}.{path.stem}"
    for path in Path(__file__).parent.glob("pages/*/*.py")
    if path.stem != "page"
)

ARENAS = -8  # M_ARENA_MAX of glibc's mallopt


def share_arena():
    """Let glibc make no further arena of memory: else every run of a page, a thread of its own, may take one
    of its own, and little of them is given back.
    """
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(ARENAS, 1)


def warm():
    """Import torch and the views of all pages, load the models, run one text; then tell the garbage collector
    to leave all that alone (see tests/bench/README.md).
    """
    try:
        prepare()
    finally:
        _server.WARMING.release()  # whatever happens: a visitor would wait for ever


def prepare():
    import torch

    import model

    torch.set_num_threads(1)
    # The thread that sends a picture to the browser must not wait for the script that goes on drawing.
    sys.setswitchinterval(0.0005)
    for module in VIEWS:
        importlib.import_module(module)
    for name in model.names():
        with suppress(ValueError):  # damaged: the page that needs it says so
            model.load(name).explain("I swam across the river to get to the other bank")
    from pages import _heavy, _trainings

    _heavy.open_pool()
    _trainings.open_pool()
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(_):
    """Warm up in a thread while the port already answers; the first visitors wait for what is left of it,
    since threads that import the same modules at once get some of them half done.
    """
    share_arena()
    _server.WARMING.acquire()
    warming = asyncio.get_running_loop().run_in_executor(None, warm)
    _server.forget_sessions(st.runtime.get_instance())
    _server.greet()
    yield
    await warming
    from pages import _heavy, _trainings

    _heavy.close_pool()
    _trainings.close_pool()


def failed(error: Exception) -> bool:
    """What Streamlit calls for an exception outside the pages."""
    from pages import _failure

    return _failure.outside(error)


layers = [Middleware(layer) for layer in (_guard.Guard, _server.Page, _server.Packed)]
app = st.App("pages/_router.py", lifespan=lifespan, middleware=layers, on_script_error=failed)
