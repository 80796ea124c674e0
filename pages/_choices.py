"""What the reader has chosen, by a control or by a click in a picture, in the session and in the address."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")
NOTHING = object()  # what a control shows that was never drawn
EVERYWHERE = "model"  # what is chosen for all pages, though not every page has it


@dataclass
class Session:
    """What a session knows of its controls besides their values, which Streamlit keeps by their keys. It is
    one of the things that Streamlit keeps: to ask for one of those takes longer than for all of these.

    link: what the address said and no page has asked for yet. chosen: what somebody chose. drawn: how the
    values of this run are spelled in the address, None for a default. placed: the controls that stand on the
    page already. written: what this run has set those to that the browser shows, and written_before the last
    run. told: the controls of which the browser told when it asked for this run. typed: the boxes that
    somebody types into. trail: what was chosen at each address, which the way back leads to. addresses: what
    the address of each page said last. here: the page; shown_on: the one that showed a control last. went_to:
    the query to which the reader went back or forward last. asked: what the link said; refused: where that is
    not here, what holds instead. replaced, doubted, settled: see `choose`.
    """

    link: dict[str, str]
    chosen: dict[str, Any] = field(default_factory=dict)
    drawn: dict[str, str | None] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    written: dict[str, Any] = field(default_factory=dict)
    written_before: dict[str, Any] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    typed: set[str] = field(default_factory=set)
    trail: dict[tuple, dict[str, Any]] = field(default_factory=dict)
    addresses: dict[str, dict[str, str]] = field(default_factory=dict)
    here: str | None = None
    shown_on: dict[str, str] = field(default_factory=dict)
    went_to: str | None = None
    asked: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, list] = field(default_factory=dict)
    doubted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    settled: dict[str, Any] | None = None


def session() -> Session:
    """Those of this session."""
    return st.session_state.session


def kept(key: str, options: Sequence | None, default: Any, spell: Callable[[Any], str] = str) -> Any:
    """The choice of the control `key`: what somebody chose, in this session or for the link that led here;
    else the default.

    To be asked before the control is drawn, which then shows this choice. A choice that is none of the
    `options` gives the default, and if it was a link's, the page says so; None allows any text. `spell`
    writes an option as the link's text.
    """
    own = session()
    linked = from_link(key, own)
    fits = [] if linked is None else meant(linked, options, spell)
    if fits:
        own.chosen[key] = fits[0]
    elif linked is not None and key == EVERYWHERE:
        own.chosen[key] = linked
    value = own.chosen.get(key, default)
    if options is not None and value not in options:
        value = default
        if key != EVERYWHERE:
            forget(key)
    if linked is not None and not fits:
        refuse(key, spell(value))
    # a control of the same key on another page is another one, and the browser draws it empty; so it does one
    # of which it has not told yet: what the last run sent may never be drawn
    moved = (own.shown_on.get(key) != own.here and key not in own.drawn) or key not in own.told
    own.drawn[key] = None if value == default else spell(value)
    if key in own.placed:
        return value
    shown = st.session_state.get(key, NOTHING)
    if shown != value or moved or crossed(key, value, own):
        if shown is not NOTHING and shown != value:
            own.replaced.setdefault(key, []).append(shown)
        if shown is not NOTHING and not moved:
            own.written[key] = value
        st.session_state[key] = value
    return value


def crossed(key: str, value: Any, own: Session) -> bool:
    """Whether the control was moved at once after the last run had set it: the browser may have drawn that
    after the click, and must be told of the click's value. A box is left to who types in it.
    """
    return key not in own.typed and own.written_before.get(key, value) != value


def from_link(key: str, own: Session) -> str | None:
    """What the link that led here says under this key, the first time that somebody asks; afterwards None."""
    linked = own.link.pop(key, None)
    if linked is not None:
        own.asked[key] = linked
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
    if key in session().asked:
        session().refused[key] = instead


def refusals() -> list[tuple[str, str, str]]:
    """What the link asked for that does not exist on this page: the key, what the link said, what is shown
    instead.
    """
    own = session()
    return [(key, own.asked[key], instead) for key, instead in own.refused.items() if key in own.drawn]


def excuse() -> None:
    """Stop saying what the link asked for in vain: somebody has chosen since."""
    session().asked, session().refused = {}, {}


def choose(key: str, *dependents: str) -> None:
    """Take the control's new value as a choice; the choices of its `dependents` no longer hold.

    If the value is one that the last run has replaced, the control may not have been moved at all: perhaps
    the browser had not yet drawn that run when somebody moved another control, and it sent the old value of
    this one along. The value then stays in doubt; `begin` takes it as a choice if the run came to its end
    and nothing else was moved. A row of buttons says None when its pressed button is pressed again: that is
    no choice either.
    """
    if st.session_state[key] in session().replaced.get(key, ()):
        session().doubted[key] = dependents
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
    session().chosen |= choices
    for key in dependents:
        forget(key)


def hold(key: str, value: Any) -> None:
    """Let this value hold from now on, as if somebody had chosen it, until somebody chooses."""
    if not is_chosen(key):
        session().chosen[key] = value


def is_chosen(key: str) -> bool:
    """Whether somebody chose under this key, in this session or for the link that led here."""
    return key in session().chosen or key in session().link


def wished(key: str, default: Any) -> Any:
    """What somebody chose under this key, or the link that led here says; for who must know it before it is
    settled what can be chosen.
    """
    return session().chosen.get(key, session().link.get(key, default))


def forget(key: str) -> None:
    """Drop the choice of this control, which goes back to its default."""
    session().chosen.pop(key, None)
