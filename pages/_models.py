"""The models that can be chosen: the bundled ones, and those that somebody opens by name or by folder."""

import os
from contextlib import suppress

import streamlit as st

from model import Unavailable, load, names, open_model
from model.hub import Offer, at_hand, kind, may_download, name_of, offer
from model.loading import HUB, is_opened
from pages import _downloads
from pages._choices import put, session
from pages._numbers import number, plural
from pages._shell import escaped

LOOPBACK = ("localhost", "127.0.0.1", "::1")
REPLY = "models.reply"  # in the session: what came of asking for a model


def is_toy(name: str) -> bool:
    """Whether a model knows random strings only."""
    return name.startswith("toy-")


def bundled(kinds: tuple[str, ...], toys: bool) -> list[str]:
    """The names of our own models of these kinds, the toys, where they are wanted, last."""
    every = sorted((name for one in kinds for name in names(one)), key=is_toy)
    return every if toys else [name for name in every if not is_toy(name)]


def opened(kinds: tuple[str, ...]) -> list[str]:
    """The names of the other models of these kinds that this session may choose: those that were on this
    machine when it began, and those that were opened in it, by hand or by the link that led here.
    """
    state = st.session_state
    if "opened" not in state:
        state.opened = here(os.environ.get("RIVERBANK_MODELS"))
    link = session().link
    linked = link.get("model", "")
    if is_opened(linked) and linked not in state.opened:
        link["model"] = remember(linked)
    return [name for name, its_kind in state.opened.items() if its_kind in kinds]


@st.cache_data(ttl=60, show_spinner=False)  # to look through the folders takes some 10 ms
def here(folders: str | None) -> dict[str, str]:
    """The models of this machine in these folders, each with its kind."""
    kinds = {}
    for name in at_hand():
        with suppress(Unavailable):  # a folder that holds no model
            kinds[HUB + name] = kind(name)
    return kinds


def remember(name: str) -> str:
    """Offer a model of this machine from now on, by its name, which is returned, and not by its folder; where
    it is none, prepare to ask for it.
    """
    asked = name.removeprefix(HUB)
    try:
        known = HUB + name_of(asked)
        st.session_state.opened[known] = kind(asked)
    except Unavailable:
        st.session_state["models.asked"] = asked
        return name
    return known


def draw() -> None:
    """The place where another model is opened."""
    waits = "models.asked" in st.session_state
    with st.expander("Open another model", expanded=waits, key="models.open", on_change="rerun") as place:
        if place.open or waits:
            panel()


def panel() -> None:
    """The box for a name or a folder, and what came of it."""
    state = st.session_state
    asked = state.get("models.asked", "")
    state.setdefault("models.name", asked)
    st.text_input(
        "Its name on the Hugging Face hub, or its folder",
        key="models.name",
        placeholder="openai-community/gpt2",
        on_change=ask,
    )
    if _downloads.runs(asked):
        progress(asked)
    elif asked:
        reply(asked)
    st.button("Open", key="models.go", on_click=ask)


def ask() -> None:
    """Somebody wants the model of the name in the box."""
    st.session_state["models.asked"] = st.session_state["models.name"].strip()
    st.session_state.pop(REPLY, None)


def reply(asked: str) -> None:
    """Choose the model if it is on this machine; else say why not, or what its download takes. What came of
    asking is kept until somebody asks again: it may take seconds, and the page runs at every choice.
    """
    state = st.session_state
    if REPLY not in state:
        state[REPLY] = attempt(asked)
    if isinstance(state[REPLY], Offer):
        offered(state[REPLY])
    elif state[REPLY]:
        st.warning(escaped(state[REPLY]))
    else:
        del state["models.asked"], state[REPLY]
        put({"model": remember(HUB + asked)}, "layer", "head", "word_sense.stage")
        st.rerun()


def attempt(asked: str) -> Offer | str:
    """Open a model of this machine, and return nothing; else what the hub offers, or why there is none."""
    try:
        with st.spinner("Opening the model"):
            open_model(asked, download=False)
    except Unavailable as reason:
        if not reads_like_a_name(asked) or "on this machine" not in str(reason):
            return str(reason)
        if not downloads_allowed():
            return (
                f"{reason} Downloads are off on this server; RIVERBANK_HUB=on in its environment allows them."
            )
        try:
            return offer(asked)
        except Unavailable as none:
            return str(none)
    return ""


def reads_like_a_name(asked: str) -> bool:
    """Whether a name on the hub is meant, and no folder."""
    return not asked.startswith((".", "~", os.sep))


def downloads_allowed() -> bool:
    """Whether visitors may have models downloaded: as RIVERBANK_HUB says, or else where nobody but this
    computer reaches the server.
    """
    stated = "RIVERBANK_HUB" in os.environ
    return may_download() and (stated or st.get_option("server.address") in LOOPBACK)


def offered(found: Offer) -> None:
    """Say what a download takes, and let the reader begin it."""
    if wrong := _downloads.wrong(found.name):
        st.warning(escaped(wrong))
    st.markdown(
        f"{escaped(found.name)} is not on this machine. Its download is **{number(found.bytes / 1e6)} MB**, "
        f"{number(found.parameters / 1e6)} million parameters."
    )
    if st.button("Download", key="models.download", type="primary"):
        if wrong := _downloads.begin(found):
            st.warning(wrong)
        else:
            del st.session_state[REPLY]
            st.rerun()


@st.fragment(run_every=0.5)
def progress(asked: str) -> None:
    """How far a download is, with a button that cancels it."""
    if not _downloads.runs(asked):
        st.rerun()
    running = _downloads.RUNNING[asked]
    size = running.offered.bytes
    share = min(1.0, running.come / max(1, size))
    st.progress(share, f"{number(running.come / 1e6)} of {number(size / 1e6)} MB")
    st.button("Cancel", key="models.cancel", on_click=running.cancelled.set)


def origin(name: str) -> str | None:
    """Where an opened model is from and how large it is, in a sentence; None if it is unavailable."""
    try:
        card = load(name).card
    except Unavailable:
        return None
    size = plural("million parameter", round(card["parameters"] / 1e6, 1))
    return (
        f"The model {name.removeprefix(HUB)} was opened with transformers {card['transformers']}: "
        f"a {card['family']} with {size}."
    )
