"""The parts of the page about receptive fields: its switches, the two cones in numbers, and the layers that
connect two tokens.
"""

from typing import NamedTuple

import numpy as np
import streamlit as st

from model import masks
from model.analysis import reach
from pages import _shell
from pages._control import choose, kept
from viz import curves

DILATIONS = 1, 2, reach.EXPONENTIAL
LOOKS = "causal", "centred"
MASKS = "full", "causal", "window"


class Settings(NamedTuple):
    """What the switches say."""

    layers: int
    kernel: int
    dilation: int | str
    stride: int
    causal: bool
    mask: str
    window: int
    attention: int  # its layers

    @property
    def convolutions(self):
        return reach.stack(self.layers, self.kernel, self.dilation, self.stride)


def settings():
    """The Settings of this run; asked before the switches are drawn."""

    def said(name, options, default):
        return kept(f"receptive_field.{name}", options, default)

    convolution = (
        said("layers", range(1, 9), 4),
        said("kernel", range(1, 8), 3),
        said("dilation", DILATIONS, 1),
        said("stride", (1, 2), 1),
    )
    causal = said("looks", LOOKS, "causal") == "causal"
    return Settings(
        *convolution,
        causal,
        said("mask", MASKS, "full"),
        said("window", range(1, 33), 4),
        said("attention", range(1, 9), 1),
    )


def slider(label, low, high, name, **how):
    key = f"receptive_field.{name}"
    st.slider(label, low, high, key=key, on_change=choose, args=(key,), **how)


def convolution_switches():
    """Draw the switches of the convolutions."""
    with st.container(horizontal=True):
        slider("Layers of convolution", 1, 8, "layers", width=150)
        slider("Kernel", 1, 7, "kernel", width=150)
    with st.container(horizontal=True):
        _shell.pick("Dilation", DILATIONS, key="receptive_field.dilation")
        _shell.pick("Stride", (1, 2), key="receptive_field.stride")
        _shell.pick("Looks", LOOKS, key="receptive_field.looks")


def attention_switches():
    """Draw the switches of attention."""
    with st.container(horizontal=True):
        slider("Layers of attention", 1, 8, "attention", width=150)
        slider("Window", 1, 32, "window", width=150)
    _shell.pick("Mask", MASKS, key="receptive_field.mask")


def allowed(mask, tokens, window):
    """The mask of that name, as an array (T, T)."""
    return (masks.window(tokens, window) if mask == "window" else getattr(masks, mask)(tokens)).numpy()


# ---- both networks, by formula and by gradient ----


@st.cache_resource(max_entries=64, show_spinner=False)
def convolution(tokens, output, settings):
    """Cone and gradients of a position of the last convolution."""
    what = settings.convolutions, tokens, output, settings.causal
    return reach.cone(*what), reach.measured(*what)


@st.cache_resource(max_entries=64, show_spinner=False)
def attention(tokens, output, settings):
    """Cone and gradients of a token after the last layer of attention."""
    what = allowed(settings.mask, tokens, settings.window), settings.attention, output
    return reach.attention_cone(*what), reach.measured_attention(*what)


def product(settings):
    """The size of the convolutions' cone as LaTeX, with its numbers."""
    terms = [
        layer.dilation * step
        for layer, step in zip(settings.convolutions, reach.steps(settings.convolutions), strict=False)
    ]
    rows = [" + ".join(map(str, terms[i : i + 5])) for i in range(0, len(terms), 5)]
    sum_ = r" \\ &\qquad + ".join(rows)  # on two lines where it would not fit on one
    general = r"R &= 1 + \textstyle\sum_l (k-1)\, d_l \prod_{m<l} s_m"
    return (
        rf"\begin{{aligned}} {general} \\ &= 1 + {settings.kernel - 1} \cdot ({sum_}) = "
        rf"{reach.size(settings.convolutions)} \end{{aligned}}"
    )


def about_convolutions(settings, output, word, T):
    """The size of the cone by formula, with its numbers, and what of it the gradient reaches."""
    apart = reach.steps(settings.convolutions)[-1]
    place = output // apart
    (first, last), (_, gradients) = (
        reach.ends(settings.convolutions, place, settings.causal),
        convolution(T, place, settings),
    )
    seen = np.flatnonzero(gradients[-1])
    inside = min(last, T - 1) - max(first, 0) + 1
    beyond = last - first + 1 - inside
    where = f"{beyond:,} of them beyond the text’s ends" if beyond else "all of them in the text"
    holes = (
        f"; {inside - len(seen)} of the {inside} that the span has in the text fall into its holes."
        if inside > len(seen)
        else "."
    )
    stands = (
        f"With this stride an output stands at every {apart}th token, that of {word} at token "
        f"{place * apart + 1}. "
        if apart > 1
        else ""
    )
    _shell.say(
        product(settings),
        f"{stands}By formula the output of {word} spans {plural(last - first + 1, 'token')}, {where}. "
        f"By gradient it reaches **{len(seen)} of {plural(T, 'token')}**, from token {seen[0] + 1} to "
        f"{seen[-1] + 1}{holes}",
    )


def about_attention(settings, output, word, T):
    """The size of the cone by the mask, and what of it the gradient reaches."""
    _, gradients = attention(T, output, settings)
    window, layers = settings.window, settings.attention
    formula = {
        "full": rf"R = T = {T}",
        "causal": rf"R = i = {output + 1}",
        "window": r"\begin{aligned} R &= \min(i,\; 1 + L\,(w-1)) \\ &= "
        + rf"\min({output + 1},\; 1 + {layers} \cdot {window - 1}) = "
        rf"{min(output + 1, 1 + layers * (window - 1))} \end{{aligned}}",
    }
    sees = {
        "full": "the whole text",
        "causal": "itself and all before it",
        "window": f"itself and the {window - 1} before it",
    }
    _shell.say(
        formula[settings.mask],
        f"In each layer {word} may look at {sees[settings.mask]}: the text decides how much, the mask "
        f"decides whether. After {plural(layers, 'layer')} the "
        f"gradient reaches **{int((gradients[-1] > 0).sum())} of {plural(T, 'token')}**.",
    )


def plural(number, noun):
    return f"{number:,} {noun}{'s' * (number != 1)}"


def agreement(*pairs):
    """Say whether cones and gradients agree, cell for cell; the names of both networks with (cone,
    gradients).
    """
    cells = sum(level.size for _, cone, _ in pairs for level in cone.levels)
    wrong = [(name, *cell) for name, cone, gradients in pairs for cell in reach.disagreement(cone, gradients)]
    if wrong:
        name, level, place = wrong[0]
        st.error(
            f"Formula and gradient disagree in {len(wrong)} of {cells:,} cells, first in the {name}, {level} "
            f"levels down, position {place + 1}."
        )
        return
    outside = sum(int((norm == 0).sum()) for *_, gradients in pairs for norm in gradients)
    st.markdown(
        f"**Formula and measurement agree in all {cells:,} cells.** Measured: the gradient of the output "
        "with respect to each cell, in networks of these "
        f"shapes with random weights. It is exactly 0 in the {outside:,} cells that the formula leaves out, "
        "and above 0 in all others."
    )


# ---- the layers that connect two tokens ----


@st.cache_resource(max_entries=32, show_spinner=False)
def needed(tokens, settings):
    """Layers needed over the distance, -(T - 1) to T - 1, for each kind of network."""
    line = 2 * tokens - 1  # tokens, with the output in the middle
    kinds = {
        "full attention": "full",
        "causal attention": "causal",
        f"attention in a window of {settings.window}": "window",
    }
    found = {
        name: reach.needed_by_attention(allowed(mask, line, settings.window), tokens - 1)
        for name, mask in kinds.items()
    }
    return {
        "convolution": reach.needed(
            tokens, settings.kernel, settings.dilation, settings.stride, settings.causal
        )
    } | found


def layers_told(layers, name, distance, settings):
    """A number of layers, or why no number does."""
    if not np.isnan(layers):
        return f"{name}: **{int(layers)}**"
    if name == "convolution" and settings.kernel == 1:
        reason = "a kernel of 1 reads nothing but its own place"
    elif "window" in name and settings.window == 1:
        reason = "a window of 1 is the token itself"
    elif distance > 0 and (name != "convolution" or settings.causal):
        reason = "it never looks to the right"
    elif distance < 0 and settings.kernel == 2 and not settings.causal:
        reason = "centred, a kernel of 2 reads its own place and the next, and never looks to the left"
    else:
        reason = "the places that it reads leave holes, the same at every layer"
    return f"{name}: **never**, {reason}"


def connection(trace, output, other, settings):
    """The layers that connect the output with another token, in words and as curves over the distance."""
    T, distance = len(trace.tokens), other - output
    found = needed(T, settings)
    word, far = _shell.plain(trace.tokens[output]), _shell.plain(trace.tokens[other])
    way = (
        f"{plural(abs(distance), 'token')} to the {'left' if distance < 0 else 'right'}"
        if distance
        else "the same token"
    )
    here = {name: values[distance + T - 1] for name, values in found.items()}
    told = [layers_told(layers, name, distance, settings) for name, layers in here.items()]
    stride = (
        " With a stride, the distance counts from where the output stands." if settings.stride > 1 else ""
    )
    st.markdown(f"From {word} to {far}, {way}, it takes this many layers: {'; '.join(told)}.{stride}")
    figure = curves.layers(found, distance=distance, words=(trace.tokens[output], trace.tokens[other]))
    _shell.show(
        figure, key="receptive_field.needed", alt="layers needed to connect two tokens, over their distance"
    )
