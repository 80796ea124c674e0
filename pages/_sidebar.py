"""The sidebar: model, layer and head, asked for before the page and drawn after it where it asks for them."""

from contextlib import suppress
from typing import NamedTuple

import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from model import Unavailable, load
from model.loading import is_opened
from pages import _foreign, _models, _text
from pages._choices import session
from pages._control import Buttons, Menu, NothingToShow
from pages._glossary import explained
from pages._numbers import number
from pages._shell import FIRST, escaped, explain

LAYER, HEAD = 3, 4  # the head of _shell.FIRST in which, of all, "bank" looks most at "river"
LAYER_HELP = {"help": explained("layer")}
HEAD_HELP = {"help": explained("head", "query", "key", "value")}
LONGEST = 22  # letters that the menu of the models shows of a name
SMALL = "Large language models have thousands of times as many."


class Choice(NamedTuple):
    """The text and the name of the model; layer and head, counted from 0, as the sidebar then has them."""

    text: str
    model: str

    @property
    def layer(self) -> int:
        return place_controls(self.model)[0].value() - 1

    @property
    def head(self) -> int:
        return place_controls(self.model)[1].value() - 1


def choice(kinds=("encoder", "decoder"), only=None, toys=False, hub=False, default=_text.FIRST):
    """The reader's text, whose box will stand here, or the page's `default`; and what the sidebar, drawn
    after the page, says of the model: one of the kinds given, unless the page is about `only` one of ours.

    toys: whether to offer the toys as well, last: they know no words, but a head can be seen at work in them.
    hub: whether the page can show models that were opened with the library.
    """
    ours = [only] if only else _models.bundled(kinds, toys)
    known = ours + (_models.opened(kinds) if hub else [])
    if not known:
        st.error(
            "There is no model in model/checkpoints. Restore the folder, or train one with python -m "
            "model.train."
        )
        raise NothingToShow
    model = reader(known, hub) if hub or not only else only
    text = _text.place(model, default)
    load(model)  # where it is unavailable, the page ends here
    return Choice(text, model)


def reader(known, hub):
    """The model that the sidebar, drawn after the page, says: one of those `known` to the page. hub: whether
    others can be opened.
    """
    st.session_state.models, st.session_state.opens = known, hub
    return model_control(known).value()


def model_control(known):
    """The control of the model, one of those `known` to the page."""
    return Menu("Model", "model", known, FIRST if FIRST in known else known[0])


def origin(model):
    """Who trained a model, on what, and how small it is, in two or three sentences; None if it is
    unavailable.
    """
    if is_opened(model):
        return _models.origin(model)
    try:
        bundle = load(model)
    except Unavailable:
        return None
    if _models.is_toy(model):
        task = "to copy strings of random symbols that repeat: it knows no words"
    elif "teacher" in bundle.card:
        task = (
            "to give a word the vector that a larger model, all-MiniLM-L6-v2, gives it, on children’s "
            "stories, fairy tales and a dictionary’s definitions and examples"
        )
    else:
        unmasked = ", without the causal mask," * (not bundle.config.causal)
        task = f"to guess the next token{unmasked} of children’s stories and fairy tales"
    size = f"{number(bundle.card['parameters'] / 1e6, digits=2)} million parameters"
    return f"The model {model} was trained for Riverbank {task}. It is small: {size}. {SMALL}"


def place_controls(model):
    """The controls of layer and head, counted from 1, for a model of that name."""
    config = load(model).config
    return (
        Buttons("Layer", "layer", range(1, config.layers + 1), min(LAYER, config.layers), look=LAYER_HELP),
        Buttons("Head", "head", range(1, config.heads + 1), min(HEAD, config.heads), look=HEAD_HELP),
    )


def sidebar(anyhow=False):
    """Draw what the page asked for in this run, its text included; `anyhow` asks for it where the page did
    not come so far.
    """
    if st.session_state.reader is None and anyhow:
        with suppress(NothingToShow, Unavailable):
            choice(toys=True)
    reads, model = st.session_state.reader, "model" in session().drawn
    if reads is not None:
        # a page that failed may have its own text box; and of what is unavailable it has said so
        with suppress(StreamlitDuplicateElementKey, Unavailable):
            _text.draw()
    with st.sidebar:
        if model and st.session_state.models:
            model_control(st.session_state.models).draw(help=origin(st.session_state.model))
            if len(name := st.session_state.model) > LONGEST:
                st.caption(escaped(name))
        if reads is not None:
            draw_places(reads)
        if model and st.session_state.opens:
            _models.draw()


def draw_places(model):
    """The controls of layer and head, those that the page has asked for."""
    with suppress(Unavailable):
        for control in place_controls(model):
            if control.key in session().drawn:
                control.draw()


def read(choice, notice=True):
    """The Trace of the chosen text in the chosen model; where there is none, the page shows the reason and
    ends with NothingToShow. notice: whether to say that the text is longer than any in training.
    """
    try:
        trace = explain(choice.text, choice.model)
    except ValueError as reason:
        st.warning(str(reason))
        raise NothingToShow from reason
    if trace.config.opaque:
        _foreign.weights_only(trace, choice)
    if notice and len(trace.tokens) > trace.config.context:
        st.info(
            f"This text has {len(trace.tokens)} tokens; the model was trained on {trace.config.context} at a "
            "time. What it does past them is computed like all else, but it never learned to."
        )
    return trace
