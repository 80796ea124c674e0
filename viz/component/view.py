"""How a hand-made view comes to the browser: its files are registered once, at import, and its numbers cross
as bytes.

Registration needs no running server: Streamlit registers the same definition again on whichever runtime
mounts it.
"""

import json
from pathlib import Path

import numpy as np
import streamlit as st

HERE = Path(__file__).parent


def files(kind, *names):
    """The text of these files, one after the other: files("css", "canvas", "grid")."""
    return "".join((HERE / f"{name}.{kind}").read_text(encoding="utf-8") for name in names)


def script(name, *shared):
    """The module that draws that view: what all views have, the `shared` files, and its own."""
    return files("js", "mount", "parts", *shared, name)


def view(name, *shared, role=""):
    """The component that NAME.js draws, dressed by NAME.css, in an element of the class riverbank-NAME with
    that role; `shared` files come before both.
    """
    html = f'<div class="riverbank-{name}"{role and f" role={role}"}></div>'
    return st.components.v2.component(
        f"riverbank_{name}", html=html, css=files("css", *shared, name), js=script(name, *shared)
    )


def payload(header, numbers):
    """[u32 header length][JSON header][float32 numbers], little-endian; NaN stands for masked."""
    text = json.dumps(header).encode("ascii")
    # so that the numbers start at a multiple of four bytes, as Float32Array wants
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + np.asarray(numbers, "<f4").tobytes()
