"""What a view says: read here and nowhere else, because a visitor's browser can send anything.

A view says [*values, time]; the time makes the same choice again a change.
"""

from collections.abc import Callable, Collection, Mapping

import streamlit as st

Fits = Callable[[list], bool]  # whether values can be what the view that was drawn has said


def places(*counts: int) -> Fits:
    """As many whole numbers as there are counts, each from 0 to below its count."""

    def fits(values: list) -> bool:
        whole = [type(value) is int for value in values]  # True and False are ints as well
        if len(values) != len(counts) or not all(whole):
            return False
        return all(0 <= value < count for value, count in zip(values, counts, strict=True))

    return fits


def one_of(known: Collection) -> Fits:
    """One value, a text or a whole number, that is one of those known."""
    return lambda values: len(values) == 1 and type(values[0]) in (str, int) and values[0] in known


def read(key: str, name: str, fits: Fits) -> tuple | None:
    """The values that the view of that key has said last under that name; None for anything that it cannot
    have said.
    """
    said = _said(key, name)
    return tuple(said[:-1]) if said and fits(said[:-1]) else None


def time(key: str, name: str) -> int:
    """When the view of that key said something last under that name, in milliseconds; 0 if it never did."""
    said = _said(key, name)
    return said[-1] if said else 0


def _said(key: str, name: str) -> list | None:
    """[*values, time], the values unchecked."""
    state = st.session_state.get(key)
    said = state.get(name) if isinstance(state, Mapping) else None
    timed = isinstance(said, list) and bool(said) and type(said[-1]) is int
    return said if timed else None


def heard(key: str, name: str, fits: Fits, listener: Callable[..., None] | None) -> Callable[[], None]:
    """The callback for Streamlit: it calls the listener, if there is one, with the values that were said.

    What the view cannot have said, and a state that was dropped, are passed over.
    """

    def hear() -> None:
        values = read(key, name, fits)
        if values is not None and listener is not None:
            listener(*values)

    return hear
