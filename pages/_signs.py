"""What a page says beside the box of a text with typographic signs; it changes them only when asked to."""

import unicodedata

import streamlit as st

from model import load
from model.analysis import signs
from pages._cache import remembered
from pages._choices import put
from pages._numbers import number, plural

LISTED = 4  # signs
ALIKE = "‐‑−"  # signs that look like a hyphen
UNNAMED = {"\x0b": "line tabulation", "\x85": "next line"}  # control characters have no name in Unicode


@remembered()
def costs(text, name):
    """The Costs of the text as it is and with plain signs; None where either is refused."""
    try:
        return tuple(signs.cost(load(name), one) for one in (text, signs.plain(text)))
    except ValueError:  # the page says why
        return None


def note(key, text, name):
    """Below the box of that key: what the signs of its text cost the model; the plain ones in one click."""
    every = signs.signs(text)
    both = costs(text, name) if every else None
    if both is None:
        return
    now, then = both
    cheaper = now.nats is not None and then.nats < now.nats
    if now.tokens > then.tokens or cheaper:
        listed = ", ".join(map(shown, every[:LISTED])) + " …" * (len(every) > LISTED)
        st.caption(f"Typographic signs here: {listed}. {compared(now, then, name)}")
        st.button("Use plain signs", key=f"signs.{key}", on_click=put, args=({key: signs.plain(text)},))


def shown(sign):
    """A sign as a person can tell it: itself, or its name where it cannot be seen or looks like another."""
    if sign.isprintable() and not sign.isspace() and sign not in ALIKE:
        return f"` {sign} `"
    return UNNAMED.get(sign) or unicodedata.name(sign).lower()


def compared(now, then, name):
    """Both Costs in a sentence."""
    read = f"With plain signs, {name} reads this text as **{plural('token', then.tokens)} instead of "
    read += f"{number(now.tokens)}**"
    if now.nats is None:
        return f"{read}."
    return (
        f"{read}, and it costs {number(then.nats)} nats instead of {number(now.nats)}: "
        f"{number(then.mean, 2)} a token instead of {number(now.mean, 2)}."
    )
