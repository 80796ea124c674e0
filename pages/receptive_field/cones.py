"""The parts of the page about receptive fields: its switches, the two cones in numbers, and the layers that
connect two tokens.
"""

from typing import NamedTuple

import numpy as np
import streamlit as st

from model import masks
from model.analysis import reach
from pages import _shell
from pages._cache import remembered
from pages._control import Buttons, Line, Slider
from pages._numbers import plural
from viz import curves

DILATIONS = 1, 2, reach.EXPONENTIAL
LOOKS = "causal", "centred"
MASKS = "full", "causal", "window"


KEY = "receptive_field."
LAYERS = Slider("Layers of convolution", f"{KEY}layers", range(1, reach.MOST + 1), 4, look={"width": 150})
KERNEL = Slider("Kernel", f"{KEY}kernel", range(1, 8), 3, look={"width": 150})
DILATION = Buttons("Dilation", f"{KEY}dilation", DILATIONS, 1)
STRIDE = Buttons("Stride", f"{KEY}stride", (1, 2), 1)
LOOK = Buttons("Looks", f"{KEY}looks", LOOKS, LOOKS[0])
STACK = Line(
    "or layer by layer",
    f"{KEY}stack",
    None,
    "",
    look={
        "placeholder": "k3, k3 s2, pool 2/2, k3 d2",
        "help": "k kernel, s stride, d dilation, pool size/stride; the first layer reads the tokens",
        "width": 320,
    },
)
ATTENTION = Slider("Layers of attention", f"{KEY}attention", range(1, 9), 1, look={"width": 150})
WINDOW = Slider("Window", f"{KEY}window", range(1, 33), 4, look={"width": 150})
MASK = Buttons("Mask", f"{KEY}mask", MASKS, MASKS[0])


class Settings(NamedTuple):
    """What the switches say."""

    layers: int
    kernel: int
    dilation: int | str
    stride: int
    stack: tuple[reach.Layer, ...]  # the layers one by one; empty where they are all equal
    causal: bool
    mask: str
    window: int
    attention: int  # its layers

    @property
    def convolutions(self):
        return list(self.stack) or reach.stack(self.layers, self.kernel, self.dilation, self.stride)


def settings():
    """The Settings of this run; asked before the switches are drawn. A list of layers that cannot be read is
    said so, and equal layers stand in for it.
    """
    equal = LAYERS.value(), KERNEL.value(), DILATION.value(), STRIDE.value()
    try:
        stack = tuple(reach.parsed(STACK.value()))
    except reach.NoLayer as wrong:
        st.info(f"{_shell.plain(wrong.part)} {wrong.reason} Until then the layers are equal.")
        stack = ()
    except ValueError as reason:
        st.info(f"{reason} Until then the layers are equal.")
        stack = ()
    return Settings(*equal, stack, LOOK.value() == "causal", MASK.value(), WINDOW.value(), ATTENTION.value())


def convolution_switches(settings):
    """Draw the switches of the convolutions; those of equal layers rest where the layers are listed."""
    rest = bool(settings.stack)
    with st.container(horizontal=True):
        LAYERS.draw(disabled=rest)
        KERNEL.draw(disabled=rest)
    with st.container(horizontal=True):
        DILATION.draw(disabled=rest)
        STRIDE.draw(disabled=rest)
        LOOK.draw()
    STACK.draw()


def attention_switches():
    """Draw the switches of attention."""
    with st.container(horizontal=True):
        ATTENTION.draw()
        WINDOW.draw()
    MASK.draw()


def allowed(mask, tokens, window):
    """The mask of that name, as an array (T, T)."""
    return (masks.window(tokens, window) if mask == "window" else getattr(masks, mask)(tokens)).numpy()


# ---- both networks, by formula and by gradient ----


@remembered()
def convolution(tokens, output, settings):
    """Cone and gradients of a position of the last convolution."""
    what = settings.convolutions, tokens, output, settings.causal
    return reach.cone(*what), reach.measured(*what)


@remembered()
def attention(tokens, output, settings):
    """Cone and gradients of a token after the last layer of attention."""
    what = allowed(settings.mask, tokens, settings.window), settings.attention, output
    return reach.attention_cone(*what), reach.measured_attention(*what)


def product(settings):
    """The size of the convolutions' cone as LaTeX, with its numbers."""
    if settings.stack:
        return listed_product(settings.stack)
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


def listed_product(stack):
    """The same for layers that are not all equal."""
    terms = [
        rf"{layer.kernel - 1} \cdot {layer.dilation} \cdot {step}"
        for layer, step in zip(stack, reach.steps(stack), strict=False)
    ]
    rows = [" + ".join(terms[i : i + 4]) for i in range(0, len(terms), 4)]
    sum_ = r" \\ &\qquad + ".join(rows)
    return (
        r"\begin{aligned} R &= 1 + \textstyle\sum_l (k_l-1)\, d_l \prod_{m<l} s_m \\ &= 1 + "
        rf"{sum_} = {reach.size(stack)} \end{{aligned}}"
    )


def layer_table(settings):
    """The layers one by one: what an output of each sees of the tokens."""
    lines = [
        "| layer | | kernel | stride | dilation | field | jump | start |",
        "|--:|:--|--:|--:|--:|--:|--:|--:|",
    ]
    found = zip(settings.stack, reach.fields(settings.stack, settings.causal), strict=True)
    for i, (layer, field) in enumerate(found, 1):
        kind = "pooling" if layer.pool else "convolution"
        start = f"{field.start:,}".replace("-", "−")
        lines.append(
            f"| {i} | {kind} | {layer.kernel} | {layer.stride} | {layer.dilation} | **{field.size:,}** | "
            f"{field.jump:,} | {start} |"
        )
    st.markdown("\n".join(lines))
    st.caption(
        "field: how many tokens an output of this layer spans, r + (k − 1) d j; jump: how many tokens lie "
        "from one output to the next, j s; start: where the span of the first output begins, the text’s "
        "first token being 0 (Araujo 2019). Pooling takes the mean"
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
        f"{stands}By formula the output of {word} spans {plural('token', last - first + 1)}, {where}. By "
        f"gradient it reaches **{len(seen)} of {plural('token', T)}**, from token {seen[0] + 1} to "
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
        f"decides whether. After {plural('layer', layers)} the gradient reaches "
        f"**{int((gradients[-1] > 0).sum())} of {plural('token', T)}**.",
    )


def agreement(*pairs):
    """Say whether cones and gradients agree, cell for cell; the names of both networks with (cone,
    gradients).
    """
    cells = sum(level.size for _, cone, _ in pairs for level in cone.levels)
    wrong = [(name, *cell) for name, cone, gradients in pairs for cell in reach.disagreement(cone, gradients)]
    if wrong:
        name, level, place = wrong[0]
        st.error(
            f"Formula and gradient disagree in {len(wrong)} of {plural('cell', cells)}, first in the "
            f"{name}, {level} levels down, position {place + 1}."
        )
        return
    outside = sum(int((norm == 0).sum()) for *_, gradients in pairs for norm in gradients)
    st.markdown(
        f"**Formula and measurement agree in all {cells:,} cells.** Measured: the gradient of the output "
        "with respect to each cell, in networks of these shapes with random weights. It is exactly 0 in "
        f"the {plural('cell', outside)} that the formula leaves out, and above 0 in all others."
    )


# ---- the layers that connect two tokens ----


@remembered()
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
        "convolution": reach.needed_of(settings.stack, tokens, settings.causal)
        if settings.stack
        else reach.needed(tokens, settings.kernel, settings.dilation, settings.stride, settings.causal)
    } | found


def layers_told(layers, name, distance, settings):
    """A number of layers, or why no number does."""
    if not np.isnan(layers):
        return f"{name}: **{int(layers)}**"
    if name == "convolution" and settings.stack and not (distance > 0 and settings.causal):
        reason = "none of the layers listed reads as far, or their places leave it out"
    elif name == "convolution" and settings.kernel == 1:
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
        f"{plural('token', abs(distance))} to the {'left' if distance < 0 else 'right'}"
        if distance
        else "the same token"
    )
    here = {name: values[distance + T - 1] for name, values in found.items()}
    told = [layers_told(layers, name, distance, settings) for name, layers in here.items()]
    stride = (
        " With a stride, the distance counts from where the output stands."
        if reach.steps(settings.convolutions)[-1] > 1
        else ""
    )
    st.markdown(f"From {word} to {far}, {way}, it takes this many layers: {'; '.join(told)}.{stride}")
    figure = curves.layers(found, distance=distance, words=(trace.tokens[output], trace.tokens[other]))
    _shell.show(
        figure, key="receptive_field.needed", alt="layers needed to connect two tokens, over their distance"
    )
