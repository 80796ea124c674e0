"""Look: what both models make of a digit while it is drawn, and where one of its patches looks."""

import numpy as np
import streamlit as st

from model.analysis import vision as seen
from model.vision import load, reading
from pages import _fold, _shell
from pages._choices import put
from pages._control import Buttons, pause, row_above
from pages._numbers import number, percent
from pages.vision import chosen, field, upload
from viz import theme
from viz.component.drawing import drawing
from viz.component.mosaic import mosaic
from viz.component.ranking import ranking

OPENING = (
    "A picture is a sentence, its squares are the words. **Draw a digit, then click a patch**: where does it "
    "look, and what does a convolution see from there?"
)
LABELS = [str(label) for label in range(10)]
PATCH, CLASS = "asks: the patch", "asks: the class token"
ASKS = Buttons("Who looks", "vision.asks", (PATCH, CLASS), PATCH, look={"label_visibility": "collapsed"})
CONVOLUTION = "cnn, gradient"


def show(view):
    """Show the digit, the answers of both models, and where the chosen patch looks."""
    (digit, name), row = view, row_above("vision.controls")
    layer, head = chosen.places(name)
    asks, place = ASKS.value(), chosen.place()
    left, answers, looks = st.columns([5, 5, 8], gap="medium")
    canvas, below = left.container(), left.container()
    if not digit.empty:
        with answers:
            sentence = answer(digit, name)
        below.markdown(sentence)
    with canvas:
        drawing(
            digit.levels,
            key="vision.canvas",
            label=digit.origin,
            own=digit.origin == chosen.DRAWN,
            revision=digit.origin,
            on_draw=chosen.take_drawing,
        )
    if answered_anew(digit, name):
        pause()
    with row:
        chosen.sample_control().draw()
        chosen.TRANSFORMER.draw(label_visibility="collapsed")
        layer.draw()
        head.draw()
        ASKS.draw()
    with below:
        chosen.back(digit)
    if digit.empty:
        answers.info(chosen.NOTHING)
    else:
        with looks:
            where = attended(digit, name, place, layer.value() - 1, head.value() - 1, asks)
        st.markdown(where)
        heads(digit, name, place, asks, (layer, head))
        field.layers(digit, place)
        title = "Which patches do the answers hang on?"
        _fold.fold(title, "vision.influences", field.influence, digit, name)
    own = digit.origin == chosen.YOURS
    _fold.fold("Read a digit from a photograph of yours", "vision.photograph", photograph, opened=own)
    _fold.fold("How it is computed", "vision.code", computed, name)


def answered_anew(digit, name):
    """Note the digit and the model, and return whether they are others than when this view last ran."""
    asked = name, digit.pixels
    before, st.session_state.answered = st.session_state.get("answered"), asked
    return asked != before


def answer(digit, name):
    """Draw the ten probabilities of both models; return in words what they answer."""
    beliefs = {one: chosen.trace(one, digit.pixels).probabilities for one in (name, chosen.CNN)}
    colours = theme.QUERY, theme.VALUE
    ranking(
        {one: (belief, colour) for (one, belief), colour in zip(beliefs.items(), colours, strict=True)},
        LABELS,
        key="vision.answers",
        label="how probable each digit is to both models",
    )
    listed = [
        f"{one} reads **{belief.argmax()}** ({percent(belief.max())})" for one, belief in beliefs.items()
    ]
    truth = "" if digit.label is None else f"; its label is {digit.label}"
    return f"{_shell.listing(listed)}{truth}."


def attended(digit, name, place, layer, head, asks):
    """Draw where the chosen patch looks and what the convolution sees from there; return it in words."""
    trace = chosen.trace(name, digit.pixels)
    token = trace.token(*place) if asks == PATCH else 0
    row, flown = trace.layers[layer].attention.weights(head)[token], seen.rollout(trace, token)[-1]
    last = load(chosen.CNN).config.depth - 1
    share = seen.by_patch(field.reach(chosen.CNN, digit.pixels, last, place), chosen.SIZE)
    share = share / (share.sum() or 1)
    maps = {f"{name}, layer {layer + 1}, head {head + 1}": trace.over(row), f"{name}, rollout": flown}
    if token:
        maps["class token, rollout"] = seen.rollout(trace)[-1]
    maps[CONVOLUTION] = share
    mosaic(
        maps,
        digit.bright,
        key="vision.looks",
        kind="amounts",
        each=True,
        unit="share",
        across=2,
        side=140,
        selected=place,
        notes={title: f"up to {number(one.max())}" for title, one in maps.items()},
        boxes={CONVOLUTION: field.box(seen.field(load(chosen.CNN).config, last, place))},
        label="What comes to this place, and from where",
        revision=f"{digit.origin} {name} {layer} {head} {token}",
        on_patch=chosen.take_patch,
    )
    return told(name, place, token, row, trace, flown, share, last)


def told(name, place, token, row, trace, flown, share, last):
    """The numbers of these pictures, in a sentence."""
    weights, size = trace.over(row), seen.field_size(load(chosen.CNN).config, last)
    most = np.unravel_index(weights.argmax(), weights.shape)
    near = np.abs(np.indices(share.shape) - np.array(place)[:, None, None]).max(0) <= 1
    asker, own = "The class token, from which the answer is read,", f"at itself {number(row[0], 2)}"
    if token:
        asker = f"The patch in {chosen.named(place)}"
        own = f"at itself {number(row[token], 2)}, at the class token {number(row[0], 2)}"
    return (
        f"{asker} looks most at {chosen.named(most)}, **{number(weights.max(), 2)}** ({own}). By rollout "
        f"{percent(flown[near].sum())} of what comes to it through all layers is from the 3 × 3 patches "
        f"around {chosen.named(place)}; in the convolution, by gradient, **{percent(share[near].sum())}**, "
        f"and its {last + 1} layers reach {size} × {size} pixels, the dashed square."
    )


def heads(digit, name, place, asks, controls):
    """Draw the weights of every head of every layer; a click chooses one."""
    _shell.heading(
        "What do all the heads look at?", "head", "patch", "class token", "rollout", "receptive field"
    )
    trace = chosen.trace(name, digit.pixels)
    token = trace.token(*place) if asks == PATCH else 0
    maps = {
        f"{i + 1}.{h + 1}": trace.over(layer.attention.weights(h)[token])
        for i, layer in enumerate(trace.layers)
        for h in range(trace.config.heads)
    }
    layer, head = controls

    def take(title):
        chosen_layer, chosen_head = map(int, title.split("."))
        put({layer.key: chosen_layer, head.key: chosen_head})

    mosaic(
        maps,
        digit.bright,
        key="vision.heads",
        kind="amounts",
        unit="weight",
        across=8,
        side=76,
        role="head",
        selected=place if token else None,
        chosen=f"{layer.value()}.{head.value()}",
        label="layer.head, all on one scale",
        revision=f"{digit.origin} {name} {token}",
        on_panel=take,
    )
    widest = max(maps, key=lambda title: spread(maps[title], place))
    narrowest = min(maps, key=lambda title: spread(maps[title], place))
    st.markdown(
        f"On average head **{widest}** looks {number(spread(maps[widest], place), 2)} patches away from "
        f"{chosen.named(place)}, head **{narrowest}** {number(spread(maps[narrowest], place), 2)}."
    )


def spread(weights, place):
    """The mean distance of what is looked at from a place, in patches, by weights (7, 7)."""
    away = np.hypot(*(np.indices(weights.shape) - np.array(place)[:, None, None]))
    return float((weights * away).sum() / weights.sum())


def photograph():
    """The place for an upload."""
    upload.uploader("A photograph of one handwritten digit", "vision.file", read)
    st.caption(
        "The digit is made ready as MNIST’s were: cut out, laid white on black, made 20 pixels high or wide, "
        "its centre of mass in the middle. The picture above is what both models see."
    )


def read(picture):
    """Take a digit from an uploaded picture."""
    chosen.take_upload(reading.digit(picture))


def computed(name):
    """A picture as tokens, a head’s weights, rollout and the receptive field; and the code."""
    config, convolution = load(name).config, load(chosen.CNN).config
    strides = ", ".join(map(str, convolution.strides))
    added = {
        "learned": "is a learned vector for each place",
        "rope": "is nothing: queries and keys are turned instead, half of their pairs by row, half by column",
        "none": "is nothing",
    }
    _shell.say(
        r"x_i = E\, p_i + b + t_i \qquad w_{ij} = \frac{e^{q_i \cdot k_j / \sqrt D}}"
        r"{\sum_n e^{q_i \cdot k_n / \sqrt D}} \qquad R_l = \tfrac12 (\bar W_l + I)\, R_{l-1} \qquad "
        r"r = 1 + \sum_l (k_l - 1) \prod_{m < l} s_m",
        f"A patch is {config.patch**2} numbers $p_i$; one matrix $E$ makes {config.width} of them, a token, "
        f"and $t_i$ {added[config.positions]}. Token 0 is the class token, which is learned; after "
        f"{config.layers} layers of {config.heads} heads the digit is read from it. Rollout $R_l$ multiplies "
        r"the mean weights $\bar W_l$ of all heads, layer by layer, half of each token being itself. The "
        "receptive field $r$ of a convolution grows by its kernel $k_l$ less one times the strides $s_m$ "
        f"before; the cnn has kernels of {convolution.kernel} and strides {strides}.",
    )
    _shell.show_source(seen.rollout, seen.field, seen.gradient_reach, seen.occlusion)
