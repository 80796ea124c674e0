"""A second reading behind its name: computed and sent only while it is open, and a link can open it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages import _shell
from pages._choices import hold
from pages._control import Control

OPEN = (False, True)


def fold(name: str, key: str, show: Callable[..., None], *arguments: Any, opened: bool = False) -> None:
    """A place that opens and closes: `show(*arguments)` runs in it while it is open.

    key: its name in the session and in the address, which says `key=true` where somebody has opened it;
    opened: whether something was chosen of what it holds, by a link perhaps: then it stands open until
    somebody closes it.
    """
    if opened:
        hold(key, True)
    place = Control(name, key, OPEN, False)
    is_open = place.value()
    with st.expander(name, **place.widget({})):
        if is_open:
            show(*arguments)


def sources(key: str, *functions: Callable, name: str = "The code that computed this") -> None:
    """The very functions that the page has just run, behind a name."""
    fold(name, key, _shell.show_source, *functions)
