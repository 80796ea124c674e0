"""Near-sighted: a mask lets each patch see its neighbours only, and attention sees no further than a
convolution.
"""

import streamlit as st

from model.analysis import vision as seen
from model.vision import load, window
from pages import _fold, _shell
from pages._control import Buttons, pause, row_above
from pages._numbers import percent
from pages.vision import chosen, field, measured
from viz.component.mosaic import mosaic

OPENING = (
    "A mask can make attention as near-sighted as a convolution: each patch sees a window around it and "
    "nothing else. **Widen the window**, and compare, layer by layer, how far a place can see."
)
RADII = range(chosen.PATCHES)
RADIUS = Buttons("Patches on each side", "vision.radius", RADII, 1)


def show(view):
    """Show how far a place sees through each layer, in attention with a window and in the convolution."""
    (digit, name), row, radius = view, row_above(), RADIUS.value()
    place, config = chosen.place(), load(name).config
    reaches(digit, name, place, radius)
    pause()
    with row:
        chosen.samples(digit)
        chosen.TRANSFORMER.draw(label_visibility="collapsed")
        RADIUS.draw()
    if digit.empty:
        st.info(chosen.NOTHING)
    else:
        st.markdown(told(digit, name, place, radius, config))
    _shell.lead("receptive_field", "The same on words: how far can a neuron see?")
    _fold.sources("vision.code", window, seen.attended_field, seen.field)


def reaches(digit, name, place, radius):
    """Draw how far a place sees through each layer: by formula, dashed, and by gradient, in colour."""
    config, allowed = load(name).config, window(radius)
    attended = [seen.attended_field(config, allowed, layer, place) for layer in range(config.depth)]
    convolution = load(chosen.CNN).config
    convolved = [seen.field(convolution, layer, place) for layer in range(convolution.depth)]
    side = 2 * radius + 1
    sizes = [(2 * radius * (layer + 1) + 1) * chosen.SIZE for layer in range(config.depth)]
    kernels = [seen.field_size(convolution, layer) for layer in range(convolution.depth)]
    draw(name, f"{name}, each patch sees {side} × {side} patches", digit, place, attended, sizes, radius)
    draw(chosen.CNN, f"{chosen.CNN}, kernels of 3 × 3", digit, place, convolved, kernels)


def draw(name, label, digit, place, fields, sizes, radius=None):
    """Draw what each layer of a model sees from a place, beside what its formula says."""
    found = [field.reach(name, digit.pixels, layer, place, radius) for layer in range(len(fields))]
    titles = [f"layer {layer + 1}" for layer in range(len(fields))]
    boxes = [field.box(inside) for inside in fields]
    mosaic(
        {title: one / (one.max() or 1) for title, one in zip(titles, found, strict=True)},
        digit.bright,
        key=f"vision.near_{'cnn' if radius is None else 'vit'}",
        kind="amounts",
        unit="gradient, as a share of the layer’s largest",
        across=6,
        side=132,
        boxes=dict(zip(titles, boxes, strict=True)),
        notes={title: f"{size} × {size} pixels" for title, size in zip(titles, sizes, strict=True)},
        selected=place,
        label=label,
        revision=f"{digit.origin} {place} {radius}",
        on_patch=chosen.take_patch,
    )


def told(digit, name, place, radius, config):
    """How far both see, and what the mask costs, in numbers."""
    allowed, convolution = window(radius), load(chosen.CNN).config
    last = seen.attended_field(config, allowed, config.depth - 1, place)
    other = seen.field(convolution, convolution.depth - 1, place)
    jobs = (measured.moved, name, 0, 0), (measured.windowed, name, radius)
    before, after = measured.all_of(jobs).values()
    trace = chosen.trace(name, digit.pixels, radius)
    return (
        f"After its last layer {chosen.named(place)} depends on **{int(last.sum())} of 784 pixels** in "
        f"{name} with this window, and on {int(other.sum())} in the convolution. The class token still sees "
        f"all patches; with the window {name} reads **{trace.guess}** "
        f"({percent(trace.probabilities.max())}), and of the thousand test digits {percent(after, 1)} "
        f"rightly, measured now; {percent(before, 1)} without it, as it was trained."
    )
