"""The page's address: what it says holds before the page runs, and what the page shows is written into it."""

import re
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages import _reconnection
from pages._choices import Session, excuse, forget, session, take
from viz.component.address import address

LONGEST = 8_000  # letters of an address: some servers refuse longer ones
MOST_REMEMBERED = 200  # addresses on the way back


def begin(page: str) -> None:
    """Before the page: read the address, once for each session and whenever the reader goes back or forward
    on the page, and settle which of the last run's controls that were in doubt (see `choose`) were really
    moved.
    """
    run = get_script_run_ctx()
    if "session" not in st.session_state:
        st.session_state.session = Session(read(st.query_params.to_dict()))
    own = session()
    own.written_before, own.written = own.written, {}
    own.told = _reconnection.told()
    _reconnection.listen()
    if page == own.here and run.is_history_navigation:
        own.went_to = run.query_string
        go_back(run.query_string)
    own.here = page
    if own.settled is not None:
        if len(own.doubted) == 1 and own.chosen == own.settled:
            take(*own.doubted.popitem())
        own.replaced = {}
        if own.chosen != own.settled:
            excuse()
    own.doubted, own.settled, own.drawn, own.placed = {}, None, {}, set()


def read(query: dict[str, str]) -> dict[str, str]:
    """What the query of an address says; a box knows but one line end."""
    return {key: re.sub(r"\r\n?", "\n", value) for key, value in query.items()}


def write(page: str, failed: bool = False) -> None:
    """After the page: write the choices of its controls, except the defaults, into its address. Texts too
    long for an address stay out, and the page says so. A page that `failed` may not have asked for all of its
    controls: of those the address says what it said before.
    """
    own = session()
    own.settled = dict(own.chosen)
    own.shown_on |= dict.fromkeys(own.drawn, page)
    before = {**own.link, **own.addresses.get(page, {})} if failed else {}
    spelled = {key: text for key, text in {**before, **own.drawn}.items() if text is not None}
    own.addresses[page] = spelled
    fitting = {key: text for key, text in spelled.items() if len(text) <= LONGEST}
    while len(urlencode(fitting)) > LONGEST:
        del fitting[max(fitting, key=lambda key: len(fitting[key]))]
    if len(fitting) < len(spelled):
        st.caption("This text is too long for an address: a link to this page opens without it.")
    own.trail[page, frozenset(fitting.items())] = dict(own.chosen)
    if len(own.trail) > MOST_REMEMBERED:
        del own.trail[next(iter(own.trail))]
    address(fitting, page=page, boxes=own.typed & set(fitting), went_to=own.went_to)
    _reconnection.hear()


def go_back(query: str) -> None:
    """Take again what was chosen at this earlier address of the page, or what it says if it is older than the
    session. What was chosen on other pages alone stays.
    """
    own = session()
    said = {
        key: text for key, text in parse_qsl(query, keep_blank_values=True) if not key.startswith("embed")
    }
    known = own.trail.get((own.here, frozenset(said.items())))
    shown = {*own.drawn, *own.addresses.get(own.here, {}), *said}
    prefixes = {key.partition(".")[0] for key in shown}  # of this page's controls
    excuse()
    own.doubted = {}
    for key in [key for key in own.chosen if key.partition(".")[0] in prefixes]:
        forget(key)
    if known is None:
        own.link |= read(said)
    else:
        own.chosen |= {key: one for key, one in known.items() if key.partition(".")[0] in prefixes}
