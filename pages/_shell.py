"""What the pages share: their list, the cached model calls, and ways to show things."""

import inspect
import re
from functools import lru_cache
from threading import Lock
from typing import Any

import streamlit as st

from model import Change, Trace, load, masks
from pages._cache import remembered
from pages._choices import put, refusals
from pages._glossary import explained
from pages._projector import enlarged
from viz import theme
from viz.component.figure import figure as draw

PAGES = {  # folder, and address: the question that it answers
    "word_sense": "Which bank?",
    "receptive_field": "How far can a neuron see?",
    "averaging": "Why not just average all the context?",
    "attention": "How does a word decide what to look at?",
    "heads": "What is each head doing?",
    "positions": "What does a transformer know about order?",
    "rope": "What does turning a vector have to do with order?",
    "bpe": "Where do tokens come from?",
    "masks": "Why must the model not see the future?",
    "decoding": "How is the next word chosen?",
    "architecture": "What else is in a transformer?",
    "vision": "What does a patch look at?",
    "learning": "How does attention learn?",
    "why": "Why did it look there?",
    "bugs": "Which bug is it?",
}

NAME = "Riverbank"  # of the app
FRONT = next(iter(PAGES))  # what the root shows as well
FIRST = "decoder-rope"  # the model that a visitor meets first
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!$:|~&])")  # what Markdown takes for more than a letter
PARSING = Lock()  # a class's source is parsed, which may fail in two threads at once (cpython gh-106905)
MOST_REFUSED = 4  # of what a link asks for that is not here: how much is named,
LONGEST_REFUSED = 40  # and how many letters of each


def pages():
    """The pages as st.Page, each at its name; the first one is also what the root shows."""
    root = st.Page(f"{FRONT}/page.py", title=PAGES[FRONT], url_path="front", default=True)
    return [
        root,
        *(st.Page(f"{name}/page.py", title=question, url_path=name) for name, question in PAGES.items()),
    ]


def lead(folder: str, label: str, **query: str) -> None:
    """A link to another page, with this query for who opens it in a tab of its own: of addresses a session
    reads only the first, and what is chosen in it holds on all pages.
    """
    st.page_link(page_in(folder), label=label, icon=":material/arrow_forward:", query_params=query)


def lead_to(folder: str, label: str, choices: dict[str, Any], *, key: str) -> None:
    """A button that opens another page with these choices, {key of a control: value}."""
    if st.button(label, key=key, icon=":material/arrow_forward:", on_click=put, args=(choices,)):
        st.switch_page(page_in(folder))


def page_in(folder: str) -> Any:
    """The page of that folder, as Streamlit knows it."""
    return next(page for page in st.session_state.pages if page.url_path == folder)


def explain(
    text: str,
    name: str,
    change: Change | None = None,
    layers: tuple[int, ...] | None = None,
    mask: str | None = None,
) -> Trace:
    """The Trace of `text` in model `name`, shared by all sessions; `mask` is None for the model's own, else
    the name of a function of model.masks. What changes nothing is the same Trace as nothing said.
    """
    if change in (None, Change()):
        change = layers = None
    return traced(text, name, change, layers, mask)


@remembered()
def traced(text, name, change, layers, mask):
    """What `explain` says, once for each difference that it makes."""
    bundle = load(name)
    allowed = None if mask is None else getattr(masks, mask)(len(bundle.read(text)))
    return bundle.explain(text, allowed, change, layers)


def tell_refusals():
    """Say in a line what the link asked for that is not here, and what is shown instead."""
    refused = refusals()
    if not refused:
        return
    asked = [plain(f"{key}={shortened(linked)}") for key, linked, _ in refused[:MOST_REFUSED]]
    shown = [
        plain(f"{key}={shortened(instead)}") if instead else f"nothing for {plain(key)}"
        for key, _, instead in refused[:MOST_REFUSED]
    ]
    more = f" (and {len(refused) - MOST_REFUSED} more)" * (len(refused) > MOST_REFUSED)
    st.info(
        f"This link asks for {listing(asked)}{more}, which {'does' if len(refused) == 1 else 'do'} not exist "
        f"here. Shown instead: {listing(shown)}."
    )


def shortened(text):
    return text if len(text) <= LONGEST_REFUSED else f"{text[:LONGEST_REFUSED]}…"


def listing(parts):
    """Parts of a sentence: one; one and two; one, two and three."""
    return " and ".join(", ".join(group) for group in (parts[:-1], parts[-1:]) if group)


def heading(text, *terms):
    """A heading that is no address: to make one, the browser would spell it anew in every run. Beside it
    stands what the `terms` mean.
    """
    st.header(text, anchor=False, help=explained(*terms) or None)


def say(formula, *sentences):
    """A formula and what it means, as one element: a page with few of them is quick.

    Several formulas with \\qquad between them stand side by side, or one below the other on a phone; a single
    one breaks after = and + where it must.
    """
    if len(several := formula.split(r" \qquad ")) > 1:
        formula = r" \qquad\allowbreak ".join(f"{{{one}}}" for one in several)
    st.markdown("\n\n".join([f"$$\n{formula}\n$$", *sentences]))


def show(figure, *, key, finding, shows):
    """Draw a Plotly figure that can be saved as SVG. Those who do not see it are told the `finding`, a
    sentence with its numbers, and then what it `shows`, the axes and lines.
    """
    draw(enlarged(figure), key=key, label=f"{finding}; {shows}")


def show_source(*functions):
    """Print the very functions that the page has just run."""
    for function in functions:
        st.code(source(function), language="python", wrap_lines=True)


@lru_cache(maxsize=256)  # more than as the pages show; to look for one takes milliseconds
def source(function):
    with PARSING:
        return inspect.getsource(function)


def plain(text):
    """User text inside a sentence: a code span that no Markdown, LaTeX or HTML gets out of."""
    between = range(len(text) - len(text.lstrip(" ")), len(text.rstrip(" ")))  # words, as it was typed
    shown = "".join(
        letter if letter == " " and i in between else theme.MARKS.get(letter, letter)
        for i, letter in enumerate(text)
    )
    fence = "`" * (
        1 + max((len(run) for run in "".join(c if c == "`" else " " for c in shown).split()), default=0)
    )
    return f"{fence} {shown} {fence}"


def escaped(text: str) -> str:
    """A text with names that anybody may have typed, as Markdown that shows it as it is."""
    return SPECIAL.sub(r"\\\1", text)
