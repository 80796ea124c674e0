"""Filters and positions: what the models have learned before they see a picture."""

import numpy as np
import streamlit as st

from model.analysis import vision as seen
from model.vision import load
from pages import _fold, _shell
from pages._control import pause
from pages._numbers import number
from pages.vision import chosen
from viz.component.mosaic import mosaic

OPENING = (
    "Nobody has told the transformer that its 49 patches lie in a grid. **Click a place**: which places has "
    "it learned to be like that one? Below it, what both models look for first."
)
KNOWING = [name for name in chosen.TRANSFORMERS if load(name).config.positions != "none"]


def show(view):
    """Show which places are alike, and the first filters of both models."""
    place = chosen.place()
    maps = {name: likeness(name, place) for name in KNOWING}
    titles = {"vit": "vit: learned vectors, cosine", "vit-rope": "vit-rope: angles, mean cosine"}
    mosaic(
        {titles.get(name, name): one for name, one in maps.items()},
        np.zeros((28, 28)),
        key="vision.likeness",
        kind="signed",
        limit=1.0,
        unit="likeness",
        across=2,
        side=250,
        selected=place,
        label=f"How alike every place is to {chosen.named(place)}",
        revision=str(place),
        on_patch=chosen.take_patch,
    )
    pause()
    st.markdown(" ".join(grid_like(name, place, maps[name]) for name in KNOWING))
    _shell.heading("What do they look for first?")
    for column, name, label in zip(
        st.columns([3, 8], gap="medium"),
        (chosen.CNN, chosen.TRANSFORMERS[0]),
        ("its first kernels, 3 × 3 pixels", "its patch embedding, 4 × 4 pixels"),
        strict=True,
    ):
        with column:
            kernels(name, label)
    st.caption(
        "Vermillion adds, blue takes away. Each picture is what one number of the first layer answers to "
        "most: a kernel of the convolution is laid on every pixel in turn, a filter of the transformer on "
        "each patch once."
    )
    _fold.sources("vision.code", seen.position_likeness, seen.filters)


def likeness(name, place):
    """How alike all places are to one, (7, 7)."""
    row = seen.position_likeness(load(name))[chosen.PATCHES * place[0] + place[1]]
    return row.reshape(chosen.PATCHES, chosen.PATCHES).round(6)  # a place is like itself by 1, not 0.9999999


def grid_like(name, place, found):
    """Whether a model’s places know the grid: neighbours against all others, over all places, and the place
    that is most like the chosen one.
    """
    every = seen.position_likeness(load(name))
    rows, columns = np.divmod(np.arange(chosen.PATCHES**2), chosen.PATCHES)
    away = np.abs(rows[:, None] - rows) + np.abs(columns[:, None] - columns)
    others = np.where(
        np.arange(chosen.PATCHES**2).reshape(found.shape) == chosen.PATCHES * place[0] + place[1], -2, found
    )
    most = np.unravel_index(others.argmax(), others.shape)
    told = "It was told so" if load(name).config.positions == "rope" else "Nobody told it"
    return (
        f"In {name}, {chosen.named(place)} is most like {chosen.named(most)} ({number(found[most])}). Over "
        f"all places, those side by side are alike by **{number(every[away == 1].mean(), 2)}**, all others "
        f"by {number(every[away > 1].mean(), 2)}. {told}."
    )


def kernels(name, label):
    """Draw the filters of a model’s first layer, on one scale around zero."""
    filters = seen.filters(load(name))
    mosaic(
        {str(i + 1): one for i, one in enumerate(filters)},
        np.zeros(filters.shape[1:]),
        key=f"vision.kernels_{name}",
        patches=(1, 1),
        kind="signed",
        unit="parameter",
        across=16,
        side=38,
        role="filter",
        label=f"{name}: {label}",
        revision=name,
    )
