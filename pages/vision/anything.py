"""Any picture: a photograph in patches, and what a convolution could see from each of them."""

import numpy as np
import streamlit as st

from model.analysis import vision as seen
from model.vision import reading, untrained
from pages import _fold
from pages._cache import remembered
from pages._choices import put, wished
from pages._control import Buttons, Control, Menu, pause, row_above
from pages._numbers import percent
from pages.vision import chosen, field, foreign, upload
from viz.component.mosaic import mosaic

OPENING = (
    "The same on a photograph, as large as vision transformers take it. **Upload one and click a patch**: "
    "how many words is it, and what could a convolution see from there?"
)
SIDE = 224  # pixels, as most vision transformers read
STRIDES = 2, 2, 2, 2, 1, 1
WIDTH = 8  # channels
ASKS = Buttons(
    "Who looks",
    "vision.who",
    ("asks: the patch", "asks: the class token"),
    "asks: the patch",
    look={"label_visibility": "collapsed"},
)
PHOTO = "vision.photo"  # among the session's choices: the bytes, which no address holds
CUT = Menu(
    "Patches",
    "vision.cut",
    (16, 28, 32, 56),
    16,
    dependents=("vision.spot",),
    look={"width": 230, "label_visibility": "collapsed", "format_func": "patches of {0} × {0} pixels".format},
)


def show(view):
    """Show the photograph in patches, and what a random convolution or an opened model sees from one."""
    pixels, model = photo(view.digit), foreign.menu()
    row, (pictures, files) = row_above("above_bare"), st.columns([5, 3], gap="medium")
    with pictures:
        if model.value() == foreign.RANDOM:
            convolved(pixels, row)
        else:
            foreign.show(model.value(), pixels, row, ASKS)
    with row:
        model.draw()
        if isinstance(wished(PHOTO, None), bytes):
            st.button("Back to the digit", key="vision.digit", on_click=put, args=({}, PHOTO))
    with files:
        upload.uploader("A photograph", "vision.photograph_file", take)
    asked = bool(foreign.NAME.value())
    _fold.fold("Open a vision transformer", "vision.foreign", foreign.opening, opened=asked)
    _fold.sources("vision.code", reading.square, seen.field, seen.gradient_reach)


def convolved(pixels, row):
    """Show what each layer of a convolution with random weights sees from a place."""
    size = CUT.value()
    side = SIDE // size
    spot = Control("Place", "vision.spot", range(side**2), side**2 // 2 + side // 2, lambda i: str(i + 1))
    place = divmod(spot.value(), side)
    layers(pixels, size, place, spot)
    pause()
    with row:
        CUT.draw()
    st.markdown(told(pixels, size, place))


def layers(pixels, size, place, spot):
    """Draw what each layer of a random convolution sees from a place, over the photograph."""
    side = SIDE // size
    config = convolution(size).config
    found = [seen.by_patch(reach(pixels, size, layer, place), size) for layer in range(config.depth)]
    titles = [f"layer {layer + 1}" for layer in range(config.depth)]
    boxes = [field.box(seen.field(config, layer, place)) for layer in range(config.depth)]
    sizes = [seen.field_size(config, layer) for layer in range(config.depth)]
    mosaic(
        {title: one / (one.max() or 1) for title, one in zip(titles, found, strict=True)},
        grey(pixels),
        key="vision.squares",
        patches=(side, side),
        kind="amounts",
        unit="gradient, as a share of the layer’s largest",
        photo=True,
        across=3,
        side=190,
        boxes=dict(zip(titles, boxes, strict=True)),
        notes={title: f"{wide} × {wide} pixels" for title, wide in zip(titles, sizes, strict=True)},
        selected=place,
        label="What reaches this place, layer by layer: by formula, dashed; by gradient, in colour",
        revision=f"{len(pixels)} {size} {place}",
        on_patch=lambda row, column: put({spot.key: side * row + column}),
    )


def photo(digit):
    """The bytes of the square that is looked at, (224, 224, 3): the upload, or the digit, enlarged."""
    uploaded = wished(PHOTO, None)
    if isinstance(uploaded, bytes):
        return uploaded
    paper = 1 - np.repeat(digit.bright[..., None], 3, axis=-1)
    return reading.square(paper, SIDE).tobytes()


def take(picture):
    put({PHOTO: reading.square(picture, SIDE).tobytes()})


def grey(pixels):
    """How bright each pixel is, (224, 224) from 0 to 1 (ITU-R BT.601)."""
    colours = np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE, 3)
    return (colours @ np.array([0.299, 0.587, 0.114]) / 255).clip(0, 1).astype(np.float32)


def convolution(size):
    """A convolution with random weights, over patches of so many pixels."""
    channels = (WIDTH,) * len(STRIDES)
    return untrained("convolution", SIDE, size, channels=channels, strides=STRIDES)


@remembered()
def reach(pixels, size, layer, place):
    """How much each pixel changes what a layer of a convolution with random weights says of a place."""
    return seen.gradient_reach(convolution(size), grey(pixels), seen.Place(layer, *place))


def told(pixels, size, place):
    """How many tokens the picture is, and how far the convolution sees, in numbers."""
    side, config = SIDE // size, convolution(size).config
    last = seen.by_patch(reach(pixels, size, config.depth - 1, place), size)
    inside = int(seen.field(config, config.depth - 1, place).sum())
    field_size = seen.field_size(config, config.depth - 1)
    within = int((last > 0).sum())
    return (
        f"Cut into patches of {size} × {size} pixels, the picture is a sentence of **{side**2} words**: "
        f"attention compares {side**2} × {side**2} pairs of them, and any patch may look at any other in the "
        f"first layer. From {chosen.named(place)} a convolution of {config.depth} layers with kernels of 3 × "
        f"3 sees {field_size} × {field_size} pixels, of which {inside:,} lie in the picture, "
        f"**{percent(inside / SIDE**2)}** of it; {within} patches have a gradient. Its weights are "
        "**random**: what a place can see is a matter of kernels and strides, not of training."
    )
