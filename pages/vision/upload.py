"""Pictures that the reader uploads: read at once, and then forgotten but for what is looked at."""

import streamlit as st

from model.vision import reading
from pages._guard import allow_uploads, let_go

KINDS = ["png", "jpg", "jpeg", "webp"]
LIMITS = f"PNG, JPEG or WebP, at most {reading.BYTES // 10**6} MB and {reading.PIXELS // 10**6} megapixels."
KEPT = (
    "It stays in the memory of this session until you choose another one: nothing is stored or logged, and "
    "what the file says besides, such as where it was taken, is dropped. It is too large for a link: who "
    "opens yours sees the sample."
)


def uploader(label, key, take):
    """Draw a place for a file; `take` is called with the picture in it, (height, width, 3) from 0 to 1, and
    may raise reading.NoPicture. Where there is none, the page says why.
    """
    state = st.session_state
    allow_uploads()
    turn = state.get(f"{key}.turn", 0)
    name = f"{key}.{turn}"
    st.file_uploader(label, type=KINDS, key=name, on_change=receive, args=(key, turn, take))
    if reason := state.get(f"{key}.refused"):
        st.error(reason)
    st.caption(f"{LIMITS} {KEPT}")


def receive(key, turn, take):
    """Read a file that has come, and let go of it: the place for the next one is another widget."""
    state = st.session_state
    file = state.get(f"{key}.{turn}")
    if file is None:
        return
    state[f"{key}.turn"], state[f"{key}.refused"] = turn + 1, None
    try:
        take(reading.opened(file.getvalue()))
    except reading.NoPicture as reason:
        state[f"{key}.refused"] = str(reason)
    finally:
        let_go(file)
