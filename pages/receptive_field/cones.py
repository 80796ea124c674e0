"""The two cones of the page about receptive fields, by formula and by gradient, in numbers."""

import numpy as np
import streamlit as st

from model.analysis import reach
from pages import _shell
from pages._cache import remembered
from pages._numbers import plural
from pages.receptive_field.switches import allowed


@remembered()
def convolution(tokens, output, settings):
    """Cone and gradients of a position of the last convolution."""
    arguments = settings.convolutions, tokens, output, settings.causal
    return reach.cone(*arguments), reach.measured(*arguments)


@remembered()
def attention(tokens, output, settings):
    """Cone and gradients of a token after the last layer of attention."""
    arguments = allowed(settings.mask, tokens, settings.window), settings.attention, output
    return reach.attention_cone(*arguments), reach.measured_attention(*arguments)


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
        "| layer | kind | kernel | stride | dilation | field | jump | start |",
        "|--:|:--|--:|--:|--:|--:|--:|--:|",
    ]
    listed = zip(settings.stack, reach.fields(settings.stack, settings.causal), strict=True)
    for i, (layer, field) in enumerate(listed, 1):
        kind = "pooling" if layer.pool else "convolution"
        start = f"{field.start:,}".replace("-", "−")
        lines.append(
            f"| {i} | {kind} | {layer.kernel} | {layer.stride} | {layer.dilation} | **{field.size:,}** | "
            f"{field.jump:,} | {start} |"
        )
    st.markdown("\n".join(lines))
    st.caption(
        "Field: how many tokens an output of this layer spans, r + (k − 1) d j. Jump: how many tokens lie "
        "from one output to the next, j s. Start: where the span of the first output begins, the text’s "
        "first token being 0 (Araujo 2019). Pooling takes the mean."
    )


def in_short(settings, output, word, T):
    """How much of the text reaches the output, in both networks."""
    place = output // reach.steps(settings.convolutions)[-1]
    convolved, attended = (
        int((gradients[-1] > 0).sum())
        for _, gradients in (convolution(T, place, settings), attention(T, output, settings))
    )
    st.markdown(
        f"Through {plural('layer', len(settings.convolutions))} of convolution **{convolved} of "
        f"{plural('token', T)}** reach the output of {word}, through "
        f"{plural('layer', settings.attention)} of attention **{attended} of {plural('token', T)}**."
    )


def computed(settings, output, word, T):
    """Both sizes by formula with their numbers, layers listed one by one, and the code."""
    left, right = st.columns(2, gap="medium")
    with left:
        about_convolutions(settings, output, word, T)
        if settings.stack:
            layer_table(settings)
    with right:
        about_attention(settings, output, word, T)
    _shell.show_source(reach.cone, reach.measured)


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
    gradient = f"exactly 0 in the {plural('cell', outside)} left out, and above 0 in all others"
    st.markdown(
        f"**Formula and measurement agree in all {cells:,} cells**: the output’s gradient is "
        f"{gradient if outside else 'above 0 in each, as none is left out'}.",
        help="The gradient of the output with respect to each cell, in networks of these shapes with random "
        "weights.",
    )
