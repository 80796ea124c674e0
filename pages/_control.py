"""Every control's choice, kept for the session and in the page's address, so that a link, a reload or a way
round other pages restores the picture.
"""

from urllib.parse import urlencode

import streamlit as st

from viz.component.address import address

LONGEST = 8_000  # letters of an address: some servers refuse longer ones


def begin():
    """Before the page: take over what the address says, once for each session, and what was said in doubt
    (see `choose`), if it was a choice.
    """
    state = st.session_state
    if "chosen" not in state:
        state.link, state.chosen = st.query_params.to_dict(), {}
        state.replaced, state.doubted, state.settled = {}, {}, None
    if state.settled is not None:
        if len(state.doubted) == 1 and state.chosen == state.settled:
            take(*state.doubted.popitem())
        state.replaced = {}
    state.doubted, state.settled, state.drawn = {}, None, {}


def kept(key, options, default, spell=str):
    """The choice of the control `key`: what somebody chose, in this session or for the link that led here;
    else the default.

    To be asked before the control is drawn, which then shows this choice. A choice that is none of the
    `options` gives the default; None allows any text. `spell` writes an option as the link's text.
    """
    state = st.session_state
    if key in state.link:
        said = state.link.pop(key)
        for option in [said] if options is None else options:
            if spell(option) == said:
                state.chosen[key] = option
    value = state.chosen.get(key, default)
    if options is not None and value not in options:
        value = default
        forget(key)
    state.drawn[key] = None if value == default else spell(value)
    if key not in state or state[key] != value:
        if key in state:
            state.replaced.setdefault(key, []).append(state[key])
        state[key] = value
    return value


def choose(key, *dependent):
    """Somebody has moved the control; the choices that were `dependent` on it no longer hold.

    But if it says what the last run has replaced, it may be that the browser had not drawn that run when
    somebody moved another control, and sent this one as it was: that is in doubt, and a choice only if the
    run came to its end and nothing else was moved. Nor does anybody choose nothing: a row of buttons says
    None when the chosen one is taken from it.
    """
    if st.session_state[key] in st.session_state.replaced.get(key, ()):
        st.session_state.doubted[key] = dependent
    elif st.session_state[key] is not None:
        take(key, dependent)


def take(key, dependent):
    """The control's value is a choice."""
    st.session_state.chosen[key] = st.session_state[key]
    for other in dependent:
        forget(other)


def forget(key):
    """The choice made before no longer holds; the control goes back to its default."""
    st.session_state.chosen.pop(key, None)


def write(page):
    """After the page: put the choices of its controls, but for the defaults, into its address; texts too long
    for that stay out, and the page says so.
    """
    st.session_state.settled = dict(st.session_state.chosen)
    said = {key: text for key, text in st.session_state.drawn.items() if text is not None}
    kept_out = len(urlencode(said)) > LONGEST
    while len(urlencode(said)) > LONGEST:
        del said[max(said, key=lambda key: len(said[key]))]
    if kept_out:
        st.caption("This text is too long for an address: a link to this page opens without it.")
    address(said, page=page)
