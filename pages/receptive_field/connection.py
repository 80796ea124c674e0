"""The layers that connect two tokens, for each kind of network."""

import numpy as np
import streamlit as st

from model.analysis import reach
from pages import _shell
from pages._cache import remembered
from pages._control import token
from pages._numbers import plural
from pages.receptive_field.switches import allowed
from viz import curves

OTHER = "receptive_field.other"  # the token that is connected with the output


@remembered()
def needed(tokens, settings):
    """Layers needed over the distance, -(T - 1) to T - 1, for each kind of network."""
    line = 2 * tokens - 1  # tokens, with the output in the middle
    kinds = {
        "full attention": "full",
        "causal attention": "causal",
        f"attention in a window of {settings.window}": "window",
    }
    by_attention = {
        name: reach.needed_by_attention(allowed(mask, line, settings.window), tokens - 1)
        for name, mask in kinds.items()
    }
    return {
        "convolution": reach.needed_of(settings.stack, tokens, settings.causal)
        if settings.stack
        else reach.needed(tokens, settings.kernel, settings.dilation, settings.stride, settings.causal)
    } | by_attention


def layers_in_words(layers, name, distance, settings):
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


def show(trace, output, settings):
    """The other token, which the reader chooses, and the layers that connect both."""
    T = len(trace.tokens)
    other = token("Connect the output with", OTHER, trace.tokens, min(1, T - 1))
    place = other.value()
    other.draw()
    draw_connection(trace, output, place, settings)


def draw_connection(trace, output, other, settings):
    """The layers that connect the output with another token, in words and as curves over the distance."""
    T, distance = len(trace.tokens), other - output
    needed_layers = needed(T, settings)
    word, far = _shell.plain(trace.tokens[output]), _shell.plain(trace.tokens[other])
    direction = (
        f"{plural('token', abs(distance))} to the {'left' if distance < 0 else 'right'}"
        if distance
        else "the same token"
    )
    here = {name: values[distance + T - 1] for name, values in needed_layers.items()}
    sentences = [layers_in_words(layers, name, distance, settings) for name, layers in here.items()]
    stride = (
        " With a stride, the distance counts from where the output stands."
        if reach.steps(settings.convolutions)[-1] > 1
        else ""
    )
    st.markdown(
        f"From {word} to {far}, {direction}, it takes this many layers: {'; '.join(sentences)}.{stride}"
    )
    figure = curves.layers(
        needed_layers, distance=distance, words=(trace.tokens[output], trace.tokens[other])
    )
    takes = (f"{name} {'never' if np.isnan(layers) else int(layers)}" for name, layers in here.items())
    _shell.show(
        figure,
        key="receptive_field.needed",
        finding=f"layers at {plural('token', abs(distance))}: {', '.join(takes)}",
        shows="layers needed to connect two tokens, over their distance",
    )
