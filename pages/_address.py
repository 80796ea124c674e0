"""The page's address: what it says holds before the page runs, and what the page shows is written into it."""

import re
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages import _reconnection
from pages._choices import excuse, forget, take
from viz.component.address import address

LONGEST = 8_000  # letters of an address: some servers refuse longer ones
MOST_REMEMBERED = 200  # addresses on the way back


def begin(page: str) -> None:
    """Before the page: read the address, once for each session and whenever the reader goes back or forward
    on the page, and settle which of the last run's controls that were in doubt (see `choose`) were really
    moved.
    """
    state, run = st.session_state, get_script_run_ctx()
    if "chosen" not in state:
        state.link = read(st.query_params.to_dict())
        state.chosen = {}
        state.replaced, state.doubted, state.settled = {}, {}, None
        state.addresses = {}  # page -> what its address said last
        state.trail, state.typed = {}, set()
        state.written = {}  # control that the browser shows -> what this run has set it to
        state.here, state.shown_on = None, {}  # the page; control -> the page that showed it last
        state.went_to = None  # the query to which the reader went back or forward last
        # key -> what the link said; and, where that is not here, what holds instead
        state.asked, state.refused = {}, {}
    state.written_before, state.written = state.written, {}
    _reconnection.listen()
    if page == state.here and run.is_history_navigation:
        state.went_to = run.query_string
        go_back(run.query_string)
    state.here = page
    if state.settled is not None:
        if len(state.doubted) == 1 and state.chosen == state.settled:
            take(*state.doubted.popitem())
        state.replaced = {}
        if state.chosen != state.settled:
            excuse()
    state.doubted, state.settled, state.drawn, state.placed = {}, None, {}, set()


def read(query: dict[str, str]) -> dict[str, str]:
    """What the query of an address says; a box knows but one line end."""
    return {key: re.sub(r"\r\n?", "\n", value) for key, value in query.items()}


def write(page: str, failed: bool = False) -> None:
    """After the page: write the choices of its controls, except the defaults, into its address. Texts too
    long for an address stay out, and the page says so. A page that `failed` may not have asked for all of its
    controls: of those the address says what it said before.
    """
    state = st.session_state
    state.settled = dict(state.chosen)
    state.shown_on |= dict.fromkeys(state.drawn, page)
    before = {**state.link, **state.addresses.get(page, {})} if failed else {}
    spelled = {key: text for key, text in {**before, **state.drawn}.items() if text is not None}
    state.addresses[page] = spelled
    fitting = {key: text for key, text in spelled.items() if len(text) <= LONGEST}
    while len(urlencode(fitting)) > LONGEST:
        del fitting[max(fitting, key=lambda key: len(fitting[key]))]
    if len(fitting) < len(spelled):
        st.caption("This text is too long for an address: a link to this page opens without it.")
    state.trail[page, frozenset(fitting.items())] = dict(state.chosen)
    if len(state.trail) > MOST_REMEMBERED:
        del state.trail[next(iter(state.trail))]
    address(fitting, page=page, boxes=state.typed & set(fitting), went_to=state.went_to)
    _reconnection.hear()


def go_back(query: str) -> None:
    """Take again what was chosen at this earlier address of the page, or what it says if it is older than the
    session. What was chosen on other pages alone stays.
    """
    state = st.session_state
    said = {
        key: text for key, text in parse_qsl(query, keep_blank_values=True) if not key.startswith("embed")
    }
    known = state.trail.get((state.here, frozenset(said.items())))
    shown = {*state.drawn, *state.addresses.get(state.here, {}), *said}
    prefixes = {key.partition(".")[0] for key in shown}  # of this page's controls
    excuse()
    state.doubted = {}
    for key in [key for key in state.chosen if key.partition(".")[0] in prefixes]:
        forget(key)
    if known is None:
        state.link |= read(said)
    else:
        state.chosen |= {key: one for key, one in known.items() if key.partition(".")[0] in prefixes}
