"""Text areas that are read while somebody types."""

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "riverbank_live", html="", js=(Path(__file__).parent / "live.js").read_text(encoding="utf-8")
)


def live(rest: int = 200) -> None:
    """Let the page read each text area inside a container whose key begins with "box.", `rest` milliseconds
    after the last key, as `st.text_input(live="200ms")` is read.
    """
    _mount(key="live", data={"rest": rest}, height="content")
