"""Riverbank's server: `streamlit run app.py`. Torch and the models are ready before the first visitor comes."""

import asyncio
import gc
import sys
from contextlib import asynccontextmanager

import streamlit as st


def warm():
    """Import torch, load the models, run one text; then tell the garbage collector to leave all that alone (see README, "Speed")."""
    import torch

    import model

    torch.set_num_threads(1)
    sys.setswitchinterval(0.0005)  # the thread that sends a picture to the browser must not wait for the script that goes on drawing
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


app = st.App("pages/_router.py", lifespan=lifespan)
