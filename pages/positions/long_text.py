"""The long text on which the encodings are measured past their training length, and the controls of that."""

import streamlit as st

from model import zoo
from pages._cache import remembered
from pages._control import Buttons, Lines, Several, Steps
from pages.positions import encodings
from viz import order as figures

TALE, OWN = "a fairy tale", "your own text"
# The beginning of "The Bronze Ring", from The Blue Fairy Book, edited by Andrew Lang (1889): public domain in
# the US, by Project Gutenberg.
TALE_FILE = "passage.txt"
METHODS = tuple(figures.METHODS)
BASES = 1_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000
LENGTHS = range(32, 1_025, 32)
LENGTH = Steps(
    "Length, tokens",
    "positions.length",
    LENGTHS,
    1_024,
    look={"width": 200, "label_visibility": "collapsed", "format_func": lambda n: f"{n:,} tokens"},
)
SOURCE = Buttons("Text", "positions.source", (TALE, OWN), TALE, look={"label_visibility": "collapsed"})
PASSAGE = Lines("Your own long text", "positions.passage", None, "", look={"height": 110})
MEASURED = "positions.measured"
READ = Several("RoPE read in other ways", "positions.methods", METHODS, ["YaRN"], least=0)
BASE = Steps(
    "The other base",
    "positions.base",
    BASES,
    100_000,
    look={"width": 220, "format_func": lambda value: f"{value:,}"},
)


@remembered()
def passage():
    return (zoo.FOLDER / TALE_FILE).read_text(encoding="utf-8")


@remembered()
def encoded(text):
    """Token ids of a text of any length."""
    return tuple(encodings.bundle(encodings.usable()[0]).tokenizer.encode(text))


def settings():
    """What the controls say: the text, its length, encodings, methods, base."""
    source = SOURCE.value()
    text = passage() if source == TALE else PASSAGE.value()
    chosen = encodings.several_control(MEASURED).value()
    return source, text, LENGTH.value(), chosen, READ.value(), BASE.value()


def controls(source, row):
    """Draw what the settings said of the text: its length and where it is from."""
    with row:
        LENGTH.draw()
        SOURCE.draw()
    if source == OWN:
        PASSAGE.draw()


def others():
    """Draw what else the settings said: which curves there are."""
    encodings.several_control(MEASURED).draw()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        READ.draw()
        BASE.draw()
