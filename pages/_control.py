"""A control declared once: its value before the picture, its drawing after it, its place in the address.

Every choice is kept for the session and in the page's address, so that a link, a reload or a way round other
pages restores the picture. Streamlit's own `bind="query-params"` and `persist_state="session"` do this for a
widget whose value is asked for where it is drawn. They cannot do it here: the picture is sent before its
controls, so values are known before any widget is; defaults follow the text (the strongest key, the last
token); places are counted from 1 in an address; and a click in a picture chooses as well.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages import _reconnection
from viz.component.address import address

NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")
LONGEST = 8_000  # letters of an address: some servers refuse longer ones


class NothingToShow(Exception):
    """The page has said why, and ends here; after `st.stop` its address could not be written any more."""


# ---- controls ----


@dataclass(frozen=True)
class Control:
    """A choice of the reader's: `value` says it before the picture, `draw` draws the control after it. One of
    this class itself is drawn by no widget: a picture is clicked, and `put` says what was chosen.

    label: what stands beside it. key: its name in the session and in the address, `page.control`.
    options: what can be chosen, of which `default` holds until somebody chooses; None allows any text.
    spell: how an address writes an option. dependents: keys of the controls whose choices no longer hold once
    this one is moved. look: what else Streamlit's widget is told, such as its width.
    """

    label: str
    key: str
    options: Sequence | None
    default: Any
    spell: Callable[[Any], str] = str
    dependents: tuple[str, ...] = ()
    look: Mapping[str, Any] = field(default_factory=dict)

    def value(self) -> Any:
        """What is chosen, in this session or by the link that led here; else the default."""
        return kept(self.key, self.options, self.default, self.spell)

    def draw(self, **look: Any) -> None:
        """Draw the control where the page stands now; this `look` goes before the declared one."""
        raise NotImplementedError(f"{self.key} is chosen in a picture")

    def widget(self, look: Mapping[str, Any]) -> dict[str, Any]:
        """What Streamlit's widget is told besides its label and its options; it shows what `value` says."""
        if self.key not in st.session_state.drawn:
            self.value()
        st.session_state.placed.add(self.key)
        return {
            "key": self.key,
            "on_change": choose,
            "args": (self.key, *self.dependents),
            **self.look,
            **look,
        }


class Buttons(Control):
    """A row of buttons, one of them pressed."""

    def draw(self, **look: Any) -> None:
        st.segmented_control(self.label, self.options, required=True, **self.widget(look))


@dataclass(frozen=True)
class Several(Control):
    """A row of buttons, any number of them pressed: the value is a list in the order of the options.

    With fewer than the `least` pressed the default comes back.
    """

    least: int = 1

    def value(self) -> list:
        key, known, default = self.key, list(self.options), list(self.default)
        linked = from_link(key)
        parts = linked.split(",") if linked else []
        fits = [one for one in known if any(same(self.spell(one), part) for part in parts)]
        if linked is not None and (fits or not parts):
            st.session_state.chosen[key] = fits
        value = [one for one in known if one in st.session_state.chosen.get(key, default)]
        value = default if len(value) < self.least else value
        if linked is not None and not len(fits) == len(parts) == len(value):
            refuse(key, ",".join(map(self.spell, value)))
        st.session_state.drawn[key] = None if value == default else ",".join(map(self.spell, value))
        st.session_state[key] = value
        return value

    def draw(self, **look: Any) -> None:
        st.pills(self.label, self.options, selection_mode="multi", **self.widget(look))


class Menu(Control):
    """A list that opens, one option chosen."""

    def draw(self, **look: Any) -> None:
        st.selectbox(self.label, self.options, **self.widget(look))


class Slider(Control):
    """A slider over numbers at equal steps."""

    def draw(self, **look: Any) -> None:
        first, second, last = self.options[0], self.options[min(1, len(self.options) - 1)], self.options[-1]
        if first < last:  # Streamlit draws no slider with one place
            st.slider(self.label, first, last, step=second - first, **self.widget(look))


class Steps(Control):
    """A slider over options at any steps."""

    def draw(self, **look: Any) -> None:
        st.select_slider(self.label, self.options, **self.widget(look))


class Number(Control):
    """A box for a whole number of a range."""

    def draw(self, **look: Any) -> None:
        st.number_input(self.label, min(self.options), max(self.options), **self.widget(look))


class Toggle(Control):
    """A switch, on or off."""

    def draw(self, **look: Any) -> None:
        st.toggle(self.label, **self.widget(look))


class Line(Control):
    """A box for a line of text."""

    def draw(self, **look: Any) -> None:
        st.text_input(self.label, **self.widget(look))


class Text(Control):
    """A box for a text of one line or several; it grows with the text and answers while somebody types.

    It has no max_chars, with which Streamlit drops a longer paste without a word: the text stays in the box,
    and the page says that it is too long.
    """

    def draw(self, **look: Any) -> None:
        look = self.widget(look)
        width = look.pop("width", "stretch")
        with st.container(key=f"box.{self.key}", width=width):  # see viz.component.live
            st.text_area(self.label, height="content", **look)


class Lines(Control):
    """A box for a list or a long text, line by line; it answers Ctrl + Enter, or when it is left."""

    def draw(self, **look: Any) -> None:
        st.text_area(self.label, **self.widget(look))


def switch(label: str, key: str, default: bool = False, **look: Any) -> Toggle:
    """A Toggle that stands at its default until somebody switches it."""
    return Toggle(label, key, (default, not default), default, look=look)


def token(label: str, key: str, tokens: Sequence[str], default: int, *dependents: str) -> Menu:
    """A Menu of the tokens of a text: the value is a place counted from 0, the address counts from 1."""
    names = [f"{i}: {one}" for i, one in enumerate(tokens, 1)]
    look = {"format_func": names.__getitem__, "width": 220}
    return Menu(label, key, range(len(names)), default, lambda i: str(i + 1), dependents, look)


@contextmanager
def picture_first(*controls: Control) -> Iterator[DeltaGenerator]:
    """What is drawn in this block is sent before the controls, which stand in a row above it.

    The reader waits for the picture, and a browser takes things in as they come. The row has the height of a
    control from the start, so that nothing moves down; it is given to the block, which may put more into it.
    The controls are drawn as well where the block ends with nothing to show: they are the way on.
    """
    row = row_above()
    try:
        yield row
        pause()
    finally:
        with row:
            for control in controls:
                control.draw()


def row_above() -> DeltaGenerator:
    """A row, as high as a control from the start, for controls that are sent after the picture below it: so
    they push nothing down.
    """
    row = st.container(horizontal=True, vertical_alignment="bottom", key="above")
    row.empty()  # the browser leaves out a row of nothing
    return row


def pause() -> None:
    """Let the picture be painted before more is sent: what comes earlier, the browser takes in first."""
    time.sleep(0.08)


# ---- choices ----


def begin():
    """Before the page: take over what the address says, once for each session, and what was said in doubt
    (see `choose`), if it was a choice.
    """
    state = st.session_state
    if "chosen" not in state:
        query = st.query_params.to_dict()  # a box knows but one line end
        state.link = {key: re.sub(r"\r\n?", "\n", value) for key, value in query.items()}
        state.chosen = {}
        state.replaced, state.doubted, state.settled = {}, {}, None
        state.addresses = {}  # page -> what its address said last
        state.here, state.shown_on = None, {}  # the page; control -> the page that showed it last
        # key -> what the link said; and, where that is not here, what holds instead
        state.asked, state.refused = {}, {}
    _reconnection.listen()
    if state.settled is not None:
        if len(state.doubted) == 1 and state.chosen == state.settled:
            take(*state.doubted.popitem())
        state.replaced = {}
        if state.chosen != state.settled:
            excuse()
    state.doubted, state.settled, state.drawn, state.placed = {}, None, {}, set()


def kept(key, options, default, spell=str):
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
    value = state.chosen.get(key, default)
    if options is not None and value not in options:
        value = default
        forget(key)
    if linked is not None and not fits:
        refuse(key, spell(value))
    # a control of the same key on another page is another one, and the browser draws it empty
    moved = state.shown_on.get(key) != state.here and key not in state.drawn
    state.drawn[key] = None if value == default else spell(value)
    if key not in state.placed and (key not in state or state[key] != value or moved):
        if key in state and state[key] != value:
            state.replaced.setdefault(key, []).append(state[key])
        state[key] = value
    return value


def from_link(key):
    """What the link that led here says under this key, once; afterwards None."""
    linked = st.session_state.link.pop(key, None)
    if linked is not None:
        st.session_state.asked[key] = linked
    return linked


def meant(linked, options, spell):
    """The options that a link may mean: the one that is spelled just so before those that only read the
    same.
    """
    if options is None:
        return [linked]
    exactly = [option for option in options if spell(option) == linked]
    return exactly or [option for option in options if same(spell(option), linked)]


def same(spelled, linked):
    """Whether a link means the option that is spelled so: 1 is 1.0, and true is True."""
    if NUMBER.fullmatch(linked) and NUMBER.fullmatch(spelled):
        return float(linked) == float(spelled)
    return linked.casefold() == spelled.casefold()


def refuse(key, instead):
    """What the link says under this key is not here, and `instead` holds; the page says so until somebody
    chooses. What does not come from the link is not a wish, and nothing is said.
    """
    if key in st.session_state.asked:
        st.session_state.refused[key] = instead


def refusals():
    """What the link asked for in vain on this page: (key, what it said, what holds instead) of each."""
    state = st.session_state
    return [(key, state.asked[key], instead) for key, instead in state.refused.items() if key in state.drawn]


def excuse():
    """Somebody has chosen: what the link asked for in vain is no longer spoken of."""
    st.session_state.asked, st.session_state.refused = {}, {}


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
    excuse()
    st.session_state.chosen[key] = st.session_state[key]
    for other in dependent:
        forget(other)


def put(choices: Mapping[str, Any], *dependents: str) -> None:
    """Somebody has made these choices by other means than the controls, {key: value}, such as a click in a
    picture; those of the `dependents` no longer hold.
    """
    excuse()
    st.session_state.chosen |= choices
    for key in dependents:
        forget(key)


def forget(key):
    """The choice made before no longer holds; the control goes back to its default."""
    st.session_state.chosen.pop(key, None)


def write(page, failed=False):
    """After the page: put the choices of its controls, but for the defaults, into its address; texts too long
    for that stay out, and the page says so. Of a page that failed, what it did not get to ask for stays as it
    was.
    """
    state = st.session_state
    state.settled = dict(state.chosen)
    state.shown_on |= dict.fromkeys(state.drawn, page)
    before = {**state.link, **state.addresses.get(page, {})} if failed else {}
    said = {key: text for key, text in {**before, **state.drawn}.items() if text is not None}
    state.addresses[page] = dict(said)
    short = {key: text for key, text in said.items() if len(text) <= LONGEST}
    kept_out, said = len(short) < len(said) or len(urlencode(short)) > LONGEST, short
    while len(urlencode(said)) > LONGEST:
        del said[max(said, key=lambda key: len(said[key]))]
    if kept_out:
        st.caption("This text is too long for an address: a link to this page opens without it.")
    address(said, page=page)
    _reconnection.hear()
