"""What the pages share: their list, the cached model calls, the controls in the sidebar, and two ways to show things."""

import inspect
from typing import NamedTuple

import streamlit as st

from model import load, masks, names
from viz import theme

PAGES = {"attention": "How does a word decide what to look at?"}  # file name: the question that it answers

FIRST = "decoder-rope"  # the model that a visitor meets first,
LAYER, HEAD = 3, 4  # and its head in which, of all, "bank" looks most at "river"
EXAMPLES = (
    "I swam across the river to get to the other bank",
    "I walked across the road to get cash from the other bank",
    "The cat sat on the mat because it was tired. The cat wanted to sleep.",
    "Lily gave Tom a red ball, and Tom said thank you to Lily.",
    "One day, a little girl found a big box under her bed. She opened the",
)


def pages():
    """The pages as st.Page, the first one at the root."""
    return [st.Page(f"{name}.py", title=question, url_path=name, default=i == 0) for i, (name, question) in enumerate(PAGES.items())]


@st.cache_resource(max_entries=24, show_spinner=False)
def explain(text, name, change, layers, mask):
    """The Trace of `text` in model `name`, shared by all sessions; `mask` is None for the model's own, else the name of a function of model.masks."""
    bundle = load(name)
    allowed = None if mask is None else getattr(masks, mask)(len(bundle.read(text)))
    return bundle.explain(text, allowed, change, layers)


class Choice(NamedTuple):
    """What the sidebar says: text, name of the model, layer and head counted from 0."""

    text: str
    model: str
    layer: int
    head: int


def sidebar(kinds=("encoder", "decoder")):
    """Draw the text, the model (of the kinds given), the layer and the head, all kept in the address; returns the Choice."""
    with st.sidebar:
        text = st.text_input("Your text", EXAMPLES[0], key="text", live="200ms", bind="query-params")
        st.selectbox("or an example", EXAMPLES, index=None, key="example", on_change=take_example, placeholder="Choose a sentence")
        known = [name for kind in kinds for name in names(kind)]
        if not known:
            st.error("There is no model in model/checkpoints. Restore the folder, or train one with python -m model.train.")
            st.stop()
        model = st.selectbox("Model", known, index=known.index(FIRST) if FIRST in known else 0, key="model", bind="query-params")
        config = load(model).config
        layer = pick("Layer", range(1, config.layers + 1), key="layer", default=min(LAYER, config.layers))
        head = pick("Head", range(1, config.heads + 1), key="head", default=min(HEAD, config.heads))
    return Choice(text or "", model, layer - 1, head - 1)


def kept(key, options, default):
    """What the control of that key said last, if it is still one of the options; a page may ask before it draws the control."""
    choice = st.session_state.get(key, default)
    return choice if choice in options else default


def pick(label, options, *, key, default):
    """A row of buttons, one of them chosen and kept in the address; a choice that is none of the options, as in a broken link, gives the default."""
    if key in st.session_state:
        st.session_state[key] = kept(key, options, default)
    choice = st.segmented_control(label, options, default=default, key=key, bind="query-params", required=True)
    if choice is None:  # the address says "none of them"; it has the last word in a first run, so the default comes in a second
        st.rerun()
    return choice


def take_example():
    st.session_state.text, st.session_state.example = st.session_state.example, None


def read(choice):
    """The Trace of the chosen text in the chosen model; where there is none, the reason, and the page stops."""
    try:
        trace = explain(choice.text, choice.model, None, None, None)
    except ValueError as reason:
        st.warning(str(reason))
        st.stop()
    if len(trace.tokens) > trace.config.context:
        st.info(
            f"This text has {len(trace.tokens)} tokens; the model was trained on {trace.config.context} at a time. "
            "What it does past them is computed like all else, but it never learned to."
        )
    return trace


def pick_token(label, trace, *, key, default):
    """A list of the tokens, numbered from 1; returns the place of the chosen one, counted from 0. A place that the text no longer has gives the default."""
    places = range(len(trace.tokens))
    if key in st.session_state:
        st.session_state[key] = kept(key, places, default)
    index = 0 if key in st.session_state else default
    return st.selectbox(label, places, index=index, format_func=lambda i: f"{i + 1}: {trace.tokens[i]}", key=key, bind="query-params")


def show(figure, *, key, alt):
    """Draw a Plotly figure that can be saved as SVG, with a text for those who do not see it."""
    save = {"toImageButtonOptions": {"format": "svg", "filename": f"riverbank-{key}", "scale": 2}, "displaylogo": False}
    st.plotly_chart(figure, key=key, alt=alt, config=save)


def show_source(function):
    """Print the very function that the page has just run."""
    st.code(inspect.getsource(function), language="python")


def plain(text):
    """User text inside a sentence: a code span that no Markdown, LaTeX or HTML gets out of."""
    shown = "".join(theme.MARKS.get(letter, letter) for letter in text)
    fence = "`" * (1 + max((len(run) for run in "".join(c if c == "`" else " " for c in shown).split()), default=0))
    return f"{fence} {shown} {fence}"
