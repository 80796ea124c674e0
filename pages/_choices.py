"""What the reader has chosen, by a control or by a click in a picture, in the session and in the address.

Streamlit's session state holds it, by the keys of the controls. `chosen`: what somebody chose; `link`: what
the address said and no page has asked for yet; `drawn`: how the values of this run are spelled in the
address, None for a default; `placed`: the controls that stand on the page already; `written`: what this run
has set those to that the browser shows, and `written_before` the last run; `typed`: the boxes that somebody
types into; `trail`: what was chosen at each address, which the browser's way back leads to.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")
EVERYWHERE = "model"  # what is chosen for all pages, though not every page has it


def kept(key: str, options: Sequence | None, default: Any, spell: Callable[[Any], str] = str) -> Any:
    """The choice of the control `key`: what somebody chose, in this session or for the link that led here;
    else the default.

    To be asked before the control is drawn, which then shows this choice. A choice that is none of the
    `options` gives the default, and if it was a link's, the page says so; None allows any text. `spell`
    writes an option as the link's text.
    """
    state, linked = st.session_state, from_link(key)
    fits = [] if linked is None else meant(linked, options, spell)
    if fits:
        state.chosen[key] = fits[0]
    elif linked is not None and key == EVERYWHERE:
        state.chosen[key] = linked
    value = state.chosen.get(key, default)
    if options is not None and value not in options:
        value = default
        if key != EVERYWHERE:
            forget(key)
    if linked is not None and not fits:
        refuse(key, spell(value))
    # a control of the same key on another page is another one, and the browser draws it empty
    moved = state.shown_on.get(key) != state.here and key not in state.drawn
    state.drawn[key] = None if value == default else spell(value)
    if key not in state.placed and (key not in state or state[key] != value or moved or crossed(key, value)):
        if key in state and state[key] != value:
            state.replaced.setdefault(key, []).append(state[key])
        if key in state and not moved:
            state.written[key] = value
        state[key] = value
    return value


def crossed(key: str, value: Any) -> bool:
    """Whether the control was moved at once after the last run had set it: the browser may have drawn that
    after the click, and must be told of the click's value. A box is left to who types in it.
    """
    state = st.session_state
    return key not in state.typed and state.written_before.get(key, value) != value


def from_link(key: str) -> str | None:
    """What the link that led here says under this key, the first time that somebody asks; afterwards None."""
    linked = st.session_state.link.pop(key, None)
    if linked is not None:
        st.session_state.asked[key] = linked
    return linked


def meant(linked: str, options: Sequence | None, spell: Callable[[Any], str]) -> list:
    """The options that a link may mean: the one that is spelled exactly so, if there is one, else those that
    read the same. Without options it is the link's text itself.
    """
    if options is None:
        return [linked]
    exactly = [option for option in options if spell(option) == linked]
    return exactly or [option for option in options if same(spell(option), linked)]


def same(spelled: str, linked: str) -> bool:
    """Whether a link means the option that is spelled so: 1 is 1.0, and true is True."""
    if NUMBER.fullmatch(linked) and NUMBER.fullmatch(spelled):
        return float(linked) == float(spelled)
    return linked.casefold() == spelled.casefold()


def refuse(key: str, instead: str) -> None:
    """Note that what the link asks for under this key does not exist here, and that `instead` is shown; the
    page says so until somebody chooses. Where the link asks for nothing under this key, nothing is noted.
    """
    if key in st.session_state.asked:
        st.session_state.refused[key] = instead


def refusals() -> list[tuple[str, str, str]]:
    """What the link asked for that does not exist on this page: the key, what the link said, what is shown
    instead.
    """
    state = st.session_state
    return [(key, state.asked[key], instead) for key, instead in state.refused.items() if key in state.drawn]


def excuse() -> None:
    """Stop saying what the link asked for in vain: somebody has chosen since."""
    st.session_state.asked, st.session_state.refused = {}, {}


def choose(key: str, *dependents: str) -> None:
    """Take the control's new value as a choice; the choices of its `dependents` no longer hold.

    If the value is one that the last run has replaced, the control may not have been moved at all: perhaps
    the browser had not yet drawn that run when somebody moved another control, and it sent the old value of
    this one along. The value then stays in doubt; `begin` takes it as a choice if the run came to its end
    and nothing else was moved. A row of buttons says None when its pressed button is pressed again: that is
    no choice either.
    """
    if st.session_state[key] in st.session_state.replaced.get(key, ()):
        st.session_state.doubted[key] = dependents
    elif st.session_state[key] is not None:
        take(key, dependents)


def take(key: str, dependents: tuple[str, ...]) -> None:
    """The control's value is a choice; those of the `dependents` no longer hold."""
    put({key: st.session_state[key]}, *dependents)


def put(choices: dict[str, Any], *dependents: str) -> None:
    """Take these choices, {key: value}, that somebody made without the controls, such as by a click in a
    picture; those of the `dependents` no longer hold.
    """
    excuse()
    st.session_state.chosen |= choices
    for key in dependents:
        forget(key)


def hold(key: str, value: Any) -> None:
    """Let this value hold from now on, as if somebody had chosen it, until somebody chooses."""
    if not is_chosen(key):
        st.session_state.chosen[key] = value


def is_chosen(key: str) -> bool:
    """Whether somebody chose under this key, in this session or for the link that led here."""
    return key in st.session_state.chosen or key in st.session_state.link


def wished(key: str, default: Any) -> Any:
    """What somebody chose under this key, or the link that led here says; for who must know it before it is
    settled what can be chosen.
    """
    return st.session_state.chosen.get(key, st.session_state.link.get(key, default))


def forget(key: str) -> None:
    """Drop the choice of this control, which goes back to its default."""
    st.session_state.chosen.pop(key, None)
