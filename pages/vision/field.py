"""What the convolution sees from a place, layer by layer, and which patches the answers hang on."""

import numpy as np
import streamlit as st

from model.analysis import vision as seen
from model.vision import load, window
from pages._cache import remembered
from pages._glossary import explained
from pages._numbers import number, percent
from pages.vision import chosen
from viz.component.mosaic import mosaic


@remembered()
def reach(name, pixels, layer, place, radius=None):
    """How much each pixel changes what a layer says of a patch, (28, 28); radius: of the window that each
    patch sees.
    """
    allowed = None if radius is None else window(radius)
    return seen.gradient_reach(load(name), chosen.bright(pixels), seen.Place(layer, *place), allowed)


@remembered()
def influences(name, pixels):
    """What each patch does to the logit of the model's answer: by occlusion and by gradient, (7, 7) each."""
    bundle, picture = load(name), chosen.bright(pixels)
    guess = chosen.trace(name, pixels).guess
    gradient = seen.by_patch(seen.gradient_reach(bundle, picture, guess), chosen.SIZE)
    return seen.support(bundle, picture, guess), gradient


def box(inside):
    """The rectangle of pixels that are True: first row, first column, rows, columns."""
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def layers(digit, place):
    """Draw the convolution's receptive field of a place, layer by layer: by formula and by gradient."""
    config = load(chosen.CNN).config
    found = [reach(chosen.CNN, digit.pixels, layer, place) for layer in range(config.depth)]
    sizes = [seen.field_size(config, layer) for layer in range(config.depth)]
    titles = [f"layer {layer + 1}" for layer in range(config.depth)]
    allowed = [seen.field(config, layer, place) for layer in range(config.depth)]
    mosaic(
        {title: one / (one.max() or 1) for title, one in zip(titles, found, strict=True)},
        digit.bright,
        key="vision.field",
        kind="amounts",
        unit="gradient, as a share of the layer’s largest",
        across=6,
        side=124,
        boxes={title: box(inside) for title, inside in zip(titles, allowed, strict=True)},
        notes={title: f"{size} × {size} pixels" for title, size in zip(titles, sizes, strict=True)},
        selected=place,
        label="What the convolution sees from there: by formula, dashed; by gradient, in colour",
        revision=f"{digit.origin} {place}",
        on_patch=chosen.take_patch,
    )
    strays = sum(int((one[~inside] > 0).sum()) for one, inside in zip(found, allowed, strict=True))
    used = int((found[-1] > 0).sum())
    agreement = f"{strays:,} pixels outside of the dashed squares have one: formula and gradient do not agree"
    if not strays:
        agreement = "outside of the dashed squares no pixel of any layer has one: formula and gradient agree"
    st.markdown(
        f"From {chosen.named(place)} the first layer sees {sizes[0]} × {sizes[0]} pixels, the last "
        f"**{sizes[-1]} × {sizes[-1]}**, of which {int(allowed[-1].sum())} lie in the picture. {used} of "
        f"these have a gradient; {agreement}."
    )


def influence(digit, name):
    """Draw which patches the answers hang on, by occlusion and by gradient, for both models on one scale."""
    found = {one: influences(one, digit.pixels) for one in (name, chosen.CNN)}
    guesses = {one: chosen.trace(one, digit.pixels).guess for one in found}
    maps, notes = {}, {}
    for one, (occluded, gradient) in found.items():
        for title, amounts in ((f"{one}, occlusion", np.abs(occluded)), (f"{one}, gradient", gradient)):
            maps[title], notes[title] = amounts / (amounts.sum() or 1), f"of its {guesses[one]}"
    mosaic(
        maps,
        digit.bright,
        key="vision.influence",
        kind="amounts",
        unit="share",
        across=4,
        side=170,
        notes=notes,
        label="Each patch’s share of all that is done to the answer",
        revision=f"{digit.origin} {name}",
        on_patch=chosen.take_patch,
    )
    sentences = [hangs(one, occluded, guesses[one], maps) for one, (occluded, _) in found.items()]
    st.markdown(" ".join(sentences), help=explained("occlusion"))


def hangs(name, occluded, guess, maps):
    """In words, what one answer hangs on most, and whether the two measures agree."""
    place = np.unravel_index(np.abs(occluded).argmax(), occluded.shape)
    one, other = (maps[f"{name}, {measure}"].ravel() for measure in ("occlusion", "gradient"))
    verb, change = ("falls", occluded[place]) if occluded[place] > 0 else ("rises", -occluded[place])
    return (
        f"Hide {chosen.named(place)}, and {name}’s logit of its {guess} {verb} by **{number(change)}**, more "
        f"than for any other patch; {percent(np.minimum(one, other).sum())} of what occlusion points at, the "
        "gradient points at as well."
    )
