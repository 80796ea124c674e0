"""A vision transformer that somebody has opened, by its name on the hub or by its folder: its attention over
the photograph, and what it calls it.
"""

from contextlib import suppress

import numpy as np
import streamlit as st

from model import Unavailable
from model.hub import Offer
from model.vision import at_hand, opened
from pages import _downloads, _models, _shell
from pages._cache import remembered
from pages._choices import put, wished
from pages._control import Control, Line, Menu, NothingToShow, pause
from pages._glossary import explained
from pages._numbers import number, percent, plural
from pages.vision import chosen
from viz import theme
from viz.component.mosaic import mosaic
from viz.component.ranking import ranking

RANDOM = "a convolution, random weights"
MODEL = "vision.model"
NAMED = 5  # classes that are shown
KNOWN = "vision.known"  # in the session: the names of those that can be chosen
ASKED = "vision.asked"  # in the session: what was asked for last; _models.REPLY says what came of it
SIDE = 224  # pixels of the square photograph
NAME = Line("Its name on the Hugging Face hub, or its folder", "vision.open", None, "", look={"width": 420})


def menu():
    """The control of what looks at the photograph: vision transformers of this machine, and those that were
    opened in this session or by the link that led here.
    """
    known = st.session_state.setdefault(KNOWN, here())
    linked = wished(MODEL, RANDOM)
    if linked not in (RANDOM, *known):
        with suppress(Unavailable):
            known.append(opened(linked, download=False).name)
    look = {"width": 300, "label_visibility": "collapsed", "format_func": "looks: {}".format}
    return Menu("Model", MODEL, (RANDOM, *dict.fromkeys(known)), RANDOM, look=look)


@st.cache_data(ttl=60, show_spinner=False)  # to look through the folders takes some 10 ms
def here():
    """The names of the vision transformers of this machine."""
    return at_hand()


@remembered(spinner="Looking at the picture")
def trace(name, pixels):
    """The PictureTrace of the photograph's bytes in an opened model."""
    picture = np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE, 3)
    return opened(name, download=False).explain(picture)


@remembered()
def weights(name, pixels, layer):
    """The weights of all heads of a layer, (H, T, T)."""
    found = trace(name, pixels)
    attention = found.layers[layer].attention
    return np.stack([attention.weights(head) for head in range(found.config.heads)])


def places(config):
    """The controls of layer and head, counted from 1."""
    look = {"label_visibility": "collapsed", "width": 120}
    layer = {"format_func": "layer {}".format, "help": explained("layer")}
    head = {"format_func": "head {}".format, "help": explained("head")}
    return (
        Menu("Layer", "vision.depth", range(1, config.layers + 1), config.layers, look=look | layer),
        Menu("Head", "vision.eye", range(1, config.heads + 1), 1, look=look | head),
    )


def show(name, pixels, row, asks):
    """Show what an opened model looks at from a patch or its class token, as the control `asks` says, and
    what it calls the picture.
    """
    try:
        found = trace(name, pixels)
    except (Unavailable, ValueError) as reason:
        st.warning(_shell.escaped(str(reason)))
        raise NothingToShow from reason
    rows, columns = found.grid
    spot = Control("Place", "vision.seen", range(rows * columns), rows // 2 * columns + columns // 2, counted)
    layer, head = places(found.config)
    place, patch = divmod(spot.value(), columns), asks.value() == asks.options[0]
    every = found.over(
        weights(name, pixels, layer.value() - 1)[:, found.token(*place) if patch or not found.marks else 0]
    )
    one, all_heads = st.columns([2, 3], gap="medium")
    with one:
        draw({f"layer {layer.value()}, head {head.value()}": every[head.value() - 1]}, found, place, spot)
    with all_heads:
        heads(every, found, place, head)
    pause()
    with row:
        for control in (layer, head, asks):
            control.draw()
    st.markdown(told(found, every[head.value() - 1], place, patch))
    if found.logits is not None:
        classes(found)


def counted(place):
    return str(place + 1)


def grey(found):
    """How bright each pixel is that the model saw, from 0 to 1 (ITU-R BT.601)."""
    return found.image @ np.array([0.299, 0.587, 0.114]) / 255


def draw(maps, found, place, spot):
    """Draw one head’s weights large; a click chooses another patch."""
    columns = found.grid[1]
    mosaic(
        maps,
        grey(found),
        key="vision.attended",
        patches=found.grid,
        kind="amounts",
        photo=True,
        across=1,
        side=340,
        selected=place,
        label="Where it looks",
        revision=f"{list(maps)} {place}",
        on_patch=lambda row, column: put({spot.key: columns * row + column}),
    )


def heads(every, found, place, head):
    """Draw the weights of all heads of the layer; a click chooses one."""
    mosaic(
        {str(i + 1): one for i, one in enumerate(every)},
        grey(found),
        key="vision.every",
        patches=found.grid,
        kind="amounts",
        photo=True,
        across=6,
        side=110,
        selected=place,
        chosen=str(head.value()),
        role="head",
        label="All heads of the layer, on one scale",
        revision=f"{head.value()} {place}",
        on_panel=lambda title: put({head.key: int(title)}),
    )


def told(found, weights_, place, patch):
    """Where the head looks, in numbers."""
    most = np.unravel_index(weights_.argmax(), weights_.shape)
    asker = f"The patch in {chosen.named(place)}" if patch or not found.marks else "The class token"
    rest = f"the rest lies on {plural('token', found.marks)} outside of the picture" if found.marks else ""
    return (
        f"{asker} looks most at {chosen.named(most)}, **{number(weights_.max())}**; all {weights_.size} "
        f"patches together have {percent(weights_.sum())} of its weight{', ' * bool(rest)}{rest}."
    )


def classes(found):
    """Draw what the model calls the picture, the likeliest first."""
    order = np.argsort(-found.probabilities)[:NAMED]
    ranking(
        {"probability": (found.probabilities[order], theme.OUTPUT)},
        [found.labels[place] for place in order],
        key="vision.classes",
        sentences=True,
        label="what the model calls the picture",
    )


def opening():
    """The place where another vision transformer is opened, and what came of it."""
    state, asked = st.session_state, NAME.value().strip()
    NAME.draw()
    if not asked:
        return
    if _downloads.runs(asked):
        _models.progress(asked)
        return
    if state.get(ASKED) != asked or _models.REPLY not in state:
        state[ASKED], state[_models.REPLY] = asked, attempt(asked)
        if not state[_models.REPLY]:
            st.rerun()  # with it
    reply = state[_models.REPLY]
    if isinstance(reply, Offer):
        _models.offered(reply)
    elif reply:
        st.error(_shell.escaped(reply))


def attempt(asked):
    """Open a vision transformer, choose it and return ""; else what the hub offers, or why there is none."""
    st.session_state.pop("models.asked", None)  # what another page has asked for has its reply no more
    reply = _models.attempt(asked)
    if reply:
        return reply
    try:
        name = opened(asked, download=False).name
    except Unavailable as reason:
        return str(reason)
    if name not in st.session_state[KNOWN]:
        st.session_state[KNOWN] = [*st.session_state[KNOWN], name]
    put({MODEL: name})
    return ""
