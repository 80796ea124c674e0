"""The iterator that lets the text grow, token by token, and the buttons that play it."""

from typing import NamedTuple

import streamlit as st

from model import decoding, load
from pages._control import pause
from pages.decoding.filters import Sampling
from pages.decoding.growth import PATH, back_to_prompt, common, set_ids, stop
from pages.decoding.story import TOKENS

ENDS = ".!?"  # of a sentence
STEPS = {  # name: what its button says, and how many tokens at most
    "one": ("One token", 1),
    "ten": ("Ten", 10),
    "sentence": ("One sentence", None),
    "end": ("To the end", None),
}


def play(name):
    st.session_state["decoding.playing"] = name, STEPS[name][1]


class Live(NamedTuple):
    """The iterator that plays, what it was started with and has taken since, and the step that it has yielded
    last.
    """

    model: str
    ids: tuple[int, ...]
    sampling: Sampling
    iterator: object
    step: decoding.Step | None


def pending_step(path, sampling):
    """The Step that chooses the next token: of the iterator that plays, or of a new one with the cache of
    what both have read; None at the end.
    """
    live, bundle = st.session_state.get("decoding.live"), load(path.model)
    if live is None or (live.model, live.ids, live.sampling) != (path.model, path.ids, sampling):
        cache = None
        if live and live.step and live.step.cache and live.model == path.model:
            shared = min(common(live.ids, path.ids), len(path.ids) - 1)
            cache = live.step.cache.first(shared) if shared else None
        iterator = decoding.generate(
            bundle.network, path.ids, sampling.after, sampling.seed, [bundle.tokenizer.end], cache=cache
        )
        live = Live(path.model, path.ids, sampling, iterator, None if path.over else next(iterator, None))
        st.session_state["decoding.live"] = live
    return live.step


def advance(path, sampling):
    """The Path and its pending Step, one token further if the page is playing."""
    step = pending_step(path, sampling)
    if "decoding.playing" not in st.session_state:
        return path, step
    if step is None:
        stop()
        return path, step
    name, left = st.session_state["decoding.playing"]
    live, ids = st.session_state["decoding.live"], (*path.ids, step.id)
    try:
        after = live.iterator.send(step.id)
    except StopIteration:
        after = None
    st.session_state["decoding.live"] = live._replace(ids=ids, step=after)
    set_ids(path, ids)
    ended = name == "sentence" and any(sign in load(path.model).tokenizer.piece(step.id) for sign in ENDS)
    if after is None or ended or left == 1:
        stop()
    else:
        st.session_state["decoding.playing"] = name, left and left - 1
    PATH.value()  # so that the address says it as well
    return path._replace(ids=ids), after


def play_next_token():
    """After the page: the next frame, if it plays."""
    if "decoding.playing" in st.session_state:
        pause()
        st.rerun()


def buttons(path, step):
    """Draw the buttons that let the text grow; while it grows there is one, and it stops it."""
    with st.container(horizontal=True, vertical_alignment="center", key="decoding.play"):
        if "decoding.playing" in st.session_state:
            st.button("Stop", key="decoding.stop", type="primary", on_click=stop)
            return
        for name, (label, _) in STEPS.items():
            kind = "primary" if name == "one" else "secondary"
            how = {"type": kind, "disabled": step is None, "on_click": play, "args": (name,)}
            st.button(label, key=f"decoding.{name}", **how)
        over = path.ids == path.prompt
        how = {"disabled": over, "on_click": back_to_prompt, "args": (path,)}
        st.button("Start over", key="decoding.over", **how)
        TOKENS.draw()
