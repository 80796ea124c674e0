"""A control declared once: its value before the picture, its drawing after it, its place in the address.

Every choice is kept for the session and in the page's address, so that a link, a reload or a way round other
pages restores the picture. Streamlit's own `bind="query-params"` and `persist_state="session"` do this for a
widget whose value is asked for where it is drawn. They cannot do it here: the picture is sent before its
controls, so values are known before any widget is; defaults follow the text (the strongest key, the last
token); places are counted from 1 in an address; and a click in a picture chooses as well.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._choices import choose, from_link, kept, refuse, same, session
from pages._glossary import explained

PAINTED = 0.08  # seconds until a browser has painted what was sent


class NothingToShow(Exception):
    """The page has said why, and ends here; after `st.stop` its address could not be written any more."""


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

    def take(self) -> None:
        """Take what the widget says as a choice of the reader's."""
        choose(self.key, *self.dependents)

    def widget(self, look: Mapping[str, Any]) -> dict[str, Any]:
        """What Streamlit's widget is told besides its label and its options; it shows what `value` says."""
        own = session()
        if self.key not in own.drawn:
            self.value()
        own.placed.add(self.key)
        return {
            "key": self.key,
            "on_change": self.take,
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
        own = session()
        linked = from_link(key, own)
        parts = linked.split(",") if linked else []
        fits = [one for one in known if any(same(self.spell(one), part) for part in parts)]
        if linked is not None and (fits or not parts):
            own.chosen[key] = fits
        value = [one for one in known if one in own.chosen.get(key, default)]
        value = default if len(value) < self.least else value
        if linked is not None and not len(fits) == len(parts) == len(value):
            refuse(key, ",".join(map(self.spell, value)))
        own.drawn[key] = None if value == default else ",".join(map(self.spell, value))
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


class Box(Control):
    """What somebody types into: no letter is a step of the browser's way back."""

    def value(self) -> str:
        session().typed.add(self.key)
        return super().value()


class Line(Box):
    """A box for a line of text."""

    def draw(self, **look: Any) -> None:
        st.text_input(self.label, **self.widget(look))


class Text(Box):
    """A box for a text of one line or several; it grows with the text and answers while somebody types.

    It has no max_chars, with which Streamlit drops a longer paste without a word: the text stays in the box,
    and the page says that it is too long.
    """

    def draw(self, **look: Any) -> None:
        look = self.widget(look)
        width = look.pop("width", "stretch")
        with st.container(key=f"box.{self.key}", width=width):  # see viz.component.live
            st.text_area(self.label, height="content", **look)


class Lines(Box):
    """A box for a list or a long text, line by line; it answers Ctrl + Enter, or when it is left."""

    def draw(self, **look: Any) -> None:
        st.text_area(self.label, **self.widget(look))


def switch(label: str, key: str, default: bool = False, **look: Any) -> Toggle:
    """A Toggle that stands at its default until somebody switches it."""
    return Toggle(label, key, (default, not default), default, look=look)


def token(label: str, key: str, tokens: Sequence[str], default: int, *dependents: str) -> Menu:
    """A Menu of the tokens of a text: the value is a place counted from 0, the address counts from 1."""
    names = [f"{i}: {one}" for i, one in enumerate(tokens, 1)]
    look = {"format_func": names.__getitem__, "width": 220, "help": explained("token")}
    return Menu(label, key, range(len(names)), default, lambda i: str(i + 1), dependents, look)


@contextmanager
def picture_first(*controls: Control, row: DeltaGenerator | None = None) -> Iterator[DeltaGenerator]:
    """What is drawn in this block is sent before the controls, which stand in a row above it, in `row` if one
    is there already.

    The reader waits for the picture, and a browser takes things in as they come. The row has the height of a
    control from the start, so that nothing moves down; it is given to the block, which may put more into it.
    The controls are drawn as well where the block ends with nothing to show: they are the way on.
    """
    labelled = any(control.look.get("label_visibility") != "collapsed" for control in controls)
    row = row or (row_above() if labelled else row_above("above_bare"))
    try:
        yield row
        pause()
    finally:
        with row:
            for control in controls:
                control.draw()


def row_above(key: str = "above") -> DeltaGenerator:
    """A row, as high as a control from the start, for controls that are sent after the picture below it: so
    they push nothing down.
    """
    row = st.container(horizontal=True, vertical_alignment="bottom", key=key)
    row.empty()  # the browser leaves out a row of nothing
    return row


def pause() -> None:
    """Let the picture be painted before more is sent: what comes earlier, the browser takes in first."""
    time.sleep(PAINTED)
