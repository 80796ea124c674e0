"""Every control's choice, kept for the session and in the page's address, so that a link, a reload or a way round other pages restores the picture."""

from urllib.parse import urlencode

import streamlit as st

from viz.component.address import address

LONGEST = 8_000  # letters of an address: some servers refuse longer ones


def begin():
    """Before the page: take over what the address says, once for each session."""
    if "link" not in st.session_state:
        st.session_state.link, st.session_state.defaults = st.query_params.to_dict(), {}
    st.session_state.drawn = set()


def kept(key, options, default, spell=str):
    """The choice of the control `key`: what it said last, else what the link says, else the default, which it follows until somebody chooses.

    To be asked before the control is drawn, which then shows this choice. A choice that is none of the `options` gives the default; None
    allows any text. `spell` writes an option as the link's text.
    """
    state = st.session_state
    if key in state:
        value = default if state[key] == state.defaults.get(key) else state[key]
    else:
        said = state.link.get(key)
        value = said if options is None else next((option for option in options if spell(option) == said), default)
    if value is None or (options is not None and value not in options):
        value = default
    state.drawn.add(key)
    state.defaults[key] = default
    state.link[key] = spell(value)
    if value == default:
        del state.link[key]
    if key not in state or state[key] != value:
        state[key] = value
    return value


def write():
    """After the page: put the choices of its controls, but for the defaults, into the address; a text too long for that stays out, and the page says so."""
    said = {key: text for key, text in st.session_state.link.items() if key in st.session_state.drawn}
    if len(urlencode(said)) > LONGEST:
        del said["text"]
        st.caption("This text is too long for an address: a link to this page opens without it.")
    address(said)
