"""What the pages share: their list, the cached model calls, the controls in the sidebar, and two ways to show
things.
"""

import inspect
import time
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from model import Change, Trace, Unavailable, load, masks, names
from pages import _signs
from pages._cache import remembered
from pages._choices import put, refusals
from pages._control import Buttons, Menu, NothingToShow, Text
from viz import theme

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
    "architecture": "What is around the attention?",
}

FRONT = next(iter(PAGES))  # what the root shows as well
FIRST = "decoder-rope"  # the model that a visitor meets first,
MOST_REFUSED, LONGEST_REFUSED = (
    4,
    40,
)  # of a link's wishes that are not here: how many are named, how many letters of each
SOON = 0.5  # seconds of work that nobody needs to be told of
LAYER, HEAD = 3, 4  # and its head in which, of all, "bank" looks most at "river"
EXAMPLES = (
    "I swam across the river to get to the other bank",
    "I walked across the road to get cash from the other bank",
    "The cat sat on the mat because it was tired. The cat wanted to sleep.",
    "Lily gave Tom a red ball, and Tom said thank you to Lily.",
    "One day, a little girl found a big box under her bed. She opened the",
)

TEXT = Text("Your text", "text", None, EXAMPLES[0])


def pages():
    """The pages as st.Page, each at its name; the first one is also what the root shows."""
    root = st.Page(f"{FRONT}/page.py", title=PAGES[FRONT], url_path="front", default=True)
    return [
        root,
        *(st.Page(f"{name}/page.py", title=question, url_path=name) for name, question in PAGES.items()),
    ]


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


class Choice(NamedTuple):
    """What the sidebar says: text, name of the model, layer and head counted from 0."""

    text: str
    model: str
    layer: int
    head: int


def choice(kinds=("encoder", "decoder"), only=None, toys=False):
    """What the sidebar, drawn after the page, says of text, model (of the kinds given, unless the page is
    about `only` one), layer and head.

    toys: whether to offer the toys as well, last: they know no words, but a head can be seen at work in them.
    """
    every = sorted((name for kind in kinds for name in names(kind)), key=is_toy)
    known = every if toys else [name for name in every if not is_toy(name)]
    st.session_state.models = known
    if not known:
        st.error(
            "There is no model in model/checkpoints. Restore the folder, or train one with python -m "
            "model.train."
        )
        raise NothingToShow
    text = TEXT.value()
    model = only or model_control(known).value()
    st.session_state.reader = model
    layer, head = (control.value() - 1 for control in place_controls(model))
    return Choice(text, model, layer, head)


def model_control(known):
    """The control of the model, one of those `known` to the page."""
    return Menu("Model", "model", known, FIRST if FIRST in known else known[0])


def place_controls(model):
    """The controls of layer and head, counted from 1, for a model of that name."""
    config = load(model).config
    return (
        Buttons("Layer", "layer", range(1, config.layers + 1), min(LAYER, config.layers)),
        Buttons("Head", "head", range(1, config.heads + 1), min(HEAD, config.heads)),
    )


def is_toy(name):
    return name.startswith("toy-")


def sidebar(anyhow=False):
    """Draw what `choice` was asked for in this run; `anyhow` asks it where the page did not."""
    if st.session_state.reader is None and anyhow:
        with suppress(NothingToShow, Unavailable):
            choice(toys=True)
    if st.session_state.reader is None:
        return
    with st.sidebar:
        with suppress(StreamlitDuplicateElementKey, Unavailable):  # a page that failed after its own text box
            TEXT.draw(on_change=take_text)
            _signs.note(TEXT.key, TEXT.value(), st.session_state.reader)
        st.selectbox(
            "or an example",
            EXAMPLES,
            index=None,
            key="example",
            on_change=take_example,
            placeholder="Choose a sentence",
        )
        if "model" in st.session_state.drawn:
            model_control(st.session_state.models).draw()
        with suppress(Unavailable):  # the page has said so; another model can be chosen
            for control in place_controls(st.session_state.reader):
                control.draw()


def take_text():
    """Read the new text before anything of the page is sent, so that its head and its picture come in one
    piece and the browser draws once.
    """
    TEXT.take()
    with suppress(Exception):  # the page will say it
        explain(st.session_state.text, st.session_state.reader)


def take_example():
    put({"text": st.session_state.example})
    st.session_state.example = None


def read(choice):
    """The Trace of the chosen text in the chosen model; where there is none, the page shows the reason and
    ends with NothingToShow.
    """
    try:
        trace = explain(choice.text, choice.model)
    except ValueError as reason:
        st.warning(str(reason))
        raise NothingToShow from reason
    if len(trace.tokens) > trace.config.context:
        st.info(
            f"This text has {len(trace.tokens)} tokens; the model was trained on {trace.config.context} at a "
            "time. "
            "What it does past them is computed like all else, but it never learned to."
        )
    return trace


def tell_refusals():
    """Say in a line what the link asked for that is not here, and what is shown instead."""
    refused = refusals()
    if not refused:
        return
    asked = [plain(f"{key}={shortened(linked)}") for key, linked, _ in refused[:MOST_REFUSED]]
    shown = [plain(f"{key}={shortened(instead)}") for key, _, instead in refused[:MOST_REFUSED]]
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


def heading(text):
    """A heading that is no address: to make one, the browser would spell it anew in every run."""
    st.subheader(text, anchor=False)


def say(formula, *sentences):
    """A formula and what it means, as one element: a page with few of them is quick.

    Several formulas with \\qquad between them stand side by side, or one below the other on a phone; a single
    one breaks after = and + where it must.
    """
    if len(several := formula.split(r" \qquad ")) > 1:
        formula = r" \qquad\allowbreak ".join(f"{{{one}}}" for one in several)
    st.markdown("\n\n".join([f"$$\n{formula}\n$$", *sentences]))


def watched(jobs, told):
    """The jobs one after the other, for a loop that does them; once that has taken half a second, a bar shows
    how far it is.
    """
    room, began, jobs = st.empty(), time.monotonic(), list(jobs)
    for done, job in enumerate(jobs, 1):
        yield job
        if time.monotonic() - began > SOON:
            room.progress(done / len(jobs), told)
    room.empty()


def show(figure, *, key, alt):
    """Draw a Plotly figure that can be saved as SVG, with a text for those who do not see it."""
    save = {
        "toImageButtonOptions": {"format": "svg", "filename": f"riverbank-{key}", "scale": 2},
        "displaylogo": False,
    }
    st.plotly_chart(figure, key=key, alt=alt, config=save)


def show_source(*functions):
    """Print the very functions that the page has just run."""
    for function in functions:
        st.code(source(function), language="python", wrap_lines=True)


@lru_cache(maxsize=256)  # more than as the pages show; to look for one takes milliseconds
def source(function):
    return inspect.getsource(function)


def heads_in_words(places):
    """Heads, each (layer, head) counted from 0, such as "layer 3, head 4"; of several three are named."""
    names = [f"layer {layer + 1}, head {head + 1}" for layer, head in places]
    if len(names) == 1:
        return names[0]
    return f"{len(names)} heads alike ({'; '.join(names[:3])}{'; …' * (len(names) > 3)})"


def plain(text):
    """User text inside a sentence: a code span that no Markdown, LaTeX or HTML gets out of."""
    shown = "".join(theme.MARKS.get(letter, letter) for letter in text)
    fence = "`" * (
        1 + max((len(run) for run in "".join(c if c == "`" else " " for c in shown).split()), default=0)
    )
    return f"{fence} {shown} {fence}"
