"""The models that can be chosen: the bundled ones, and those that somebody opens by name or by folder."""

import os
import re
from contextlib import suppress
from typing import NamedTuple

import streamlit as st

from model import Trace, Unavailable, load, names, open_model
from model.hub import at_hand, kind, may_download, offer
from model.hub.plain import PlainNetwork
from model.loading import HUB
from pages import _downloads
from pages._choices import put
from pages._control import NothingToShow
from pages._numbers import number, plural
from viz.component import heatmap

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!$:|~&])")  # what Markdown takes for more than a letter


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
    linked = state.link.get("model", "")
    if linked.startswith(HUB) and linked not in state.opened:
        remember(linked)
    return [name for name, its_kind in state.opened.items() if its_kind in kinds]


@st.cache_data(ttl=60, show_spinner=False)  # to look through the folders takes some 10 ms
def here(folders: str | None) -> dict[str, str]:
    """The models of this machine in these folders, each with its kind."""
    kinds = {}
    for name in at_hand():
        with suppress(Unavailable):  # a folder that holds no model
            kinds[HUB + name] = kind(name)
    return kinds


def remember(name: str) -> None:
    """Offer a model of this machine from now on; where it is none, prepare to ask for it."""
    try:
        st.session_state.opened[name] = kind(name.removeprefix(HUB))
    except Unavailable:
        st.session_state["models.asked"] = name.removeprefix(HUB)


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
    if _downloads.concerns(asked):
        progress(asked)
    elif asked:
        answer(asked)
    st.button("Open", key="models.go", on_click=ask)


def ask() -> None:
    """Somebody wants the model of the name in the box."""
    st.session_state["models.asked"] = st.session_state["models.name"].strip()


def answer(asked: str) -> None:
    """Open a model of this machine; else say why not, or what its download takes."""
    try:
        with st.spinner("Opening the model"):
            open_model(asked, download=False)
    except Unavailable as reason:
        if not reads_like_a_name(asked) or "on this machine" not in str(reason):
            st.warning(escaped(str(reason)))
        elif not downloads_allowed():
            st.warning(
                f"{escaped(str(reason))} Downloads are off on this server; RIVERBANK_HUB=on in its "
                "environment allows them."
            )
        else:
            offered(asked)
        return
    del st.session_state["models.asked"]
    st.session_state.opened[HUB + asked] = kind(asked)
    put({"model": HUB + asked}, "layer", "head")
    st.rerun()


def reads_like_a_name(asked: str) -> bool:
    """Whether a name on the hub is meant, and no folder."""
    return not asked.startswith((".", "~", os.sep))


def downloads_allowed() -> bool:
    """Whether visitors may have models downloaded: as RIVERBANK_HUB says, or else where nobody but this
    computer reaches the server.
    """
    stated = "RIVERBANK_HUB" in os.environ
    return may_download() and (stated or st.get_option("server.address") in LOOPBACK)


def offered(asked: str) -> None:
    """Say what a download takes, and let the reader begin it."""
    try:
        found = offer(asked)
    except Unavailable as reason:
        st.warning(escaped(str(reason)))
        return
    st.markdown(
        f"{escaped(asked)} is not on this machine. Its download is **{number(found.bytes / 1e6)} MB**, "
        f"{number(found.parameters / 1e6)} million parameters."
    )
    if st.button("Download", key="models.download", type="primary"):
        wrong = _downloads.begin(found)
        if wrong:
            st.warning(wrong)
        else:
            st.rerun()


@st.fragment(run_every=0.5)
def progress(asked: str) -> None:
    """How far a download is, with a button that cancels it."""
    running = _downloads.RUNNING.get(asked)
    if not _downloads.concerns(asked):
        st.rerun()
    if running.ended:
        st.warning(escaped(running.wrong))
        return
    size = running.offered.bytes
    share = min(1.0, running.come / max(1, size))
    st.progress(share, f"{number(running.come / 1e6)} of {number(size / 1e6)} MB")
    st.button("Cancel", key="models.cancel", on_click=running.cancelled.set)


def weights_only(trace: Trace, choice: NamedTuple) -> None:
    """Of a model that tells its weights and nothing else of its attention: show them, say what is missing,
    and end the page.
    """
    st.info(escaped(" ".join(trace.config.missing)))
    heatmap(
        trace.layers[choice.layer].attention.weights(choice.head),
        rows=trace.tokens,
        columns=trace.tokens,
        key="models.weights",
        label=f"weights of layer {choice.layer + 1}, head {choice.head + 1}",
        revision=trace.text,
    )
    st.caption("Rows ask, columns answer; each row sums to 1.")
    raise NothingToShow


def runs_attention(name: str) -> None:
    """End the page, with what is missing, where a model tells its weights and nothing else of its
    attention.
    """
    network = load(name).network
    if isinstance(network, PlainNetwork):
        st.info(escaped(" ".join(network.config.missing)))
        raise NothingToShow


def ours(name: str, what: str) -> None:
    """End the page with a line where it shows what is known of our own models only."""
    if name.startswith(HUB):
        st.info(
            f"{what} is drawn for Riverbank’s own models, whose parts are known by name. Choose one of them "
            "in the sidebar, or another view for this model."
        )
        raise NothingToShow


def escaped(text: str) -> str:
    """A text with names that anybody may have typed, as Markdown that shows it as it is."""
    return SPECIAL.sub(r"\\\1", text)


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
