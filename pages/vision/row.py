"""In a row: the patches as the transformer gets them, and what becomes of its answer once they are
shuffled.
"""

import numpy as np
import streamlit as st

from model.analysis import vision as seen
from model.vision import NAMES, assembled, patches
from pages import _fold
from pages._control import Number, pause, row_above, switch
from pages._numbers import percent, rounding
from pages.vision import chosen, measured
from viz.component.mosaic import mosaic

OPENING = (
    "A vision transformer gets 49 squares, one after the other: **this is the sentence**. **Shuffle them**: "
    "who still reads the digit, and who does not even notice?"
)
SHUFFLE = switch("Shuffle the patches", "vision.shuffle")
SEED = Number("Shuffle no.", "vision.order", range(1, 1000), 1, look={"width": 120})


def show(view):
    """Show the patches in a row, shuffled or not, and who still reads the digit."""
    digit, row, shuffles, seed = view.digit, row_above(), SHUFFLE.value(), SEED.value()
    order = np.arange(chosen.PATCHES**2)
    if shuffles:
        order = np.random.default_rng(seed).permutation(order)
    cut = patches(digit.bright, chosen.SIZE)[order]
    whole, words = st.columns([1, 3], gap="medium")
    with whole:
        picture(assembled(cut), digit.origin, order)
    with words:
        sentence(cut, order, digit.origin)
    pause()
    with row:
        chosen.samples(digit)
        SHUFFLE.draw()
        if shuffles:
            SEED.draw()
    if digit.empty:
        st.info(chosen.NOTHING)
    else:
        st.markdown(table(digit, tuple(order.tolist()), seed if shuffles else 0))
        apart = ", each shuffled in a way of its own" * shuffles
        st.caption(
            "The answers are given now, to the picture above; the accuracies are measured on the thousand "
            f"test digits{apart}."
        )
        if shuffles:
            st.markdown(told(digit, tuple(order.tolist())))
    _fold.sources("vision.code", patches, seen.shuffled)


def picture(whole, origin, order):
    """Draw the picture that the patches make in this order."""
    mosaic(
        {"the picture": whole},
        np.zeros_like(whole),
        key="vision.whole",
        kind="ink",
        unit="ink",
        across=1,
        side=150,
        label=origin,
        revision=f"{origin} {order[:5]}",
    )


def sentence(cut, order, origin):
    """Draw the patches one after the other, as a line of text that wraps; each has the number of its place in
    the picture.
    """
    squares = {
        str(place + 1): one.reshape(chosen.SIZE, chosen.SIZE) for place, one in zip(order, cut, strict=True)
    }
    mosaic(
        squares,
        np.zeros((chosen.SIZE, chosen.SIZE)),
        key="vision.row",
        patches=(1, 1),
        kind="ink",
        unit="ink",
        across=17,
        side=22,
        role="patch",
        chosen=str(chosen.PATCH.value() + 1),
        label="The 49 patches in a row, each with its place in the picture",
        revision=f"{origin} {order[:5]}",
        on_panel=lambda title: chosen.take_patch(*divmod(int(title) - 1, chosen.PATCHES)),
    )


def answers(digit, order):
    """{name: its guess and how probable it is to it} of every model, with the patches in that order."""
    shuffled = assembled(patches(digit.bright, chosen.SIZE)[list(order)])
    pixels = np.rint(255 * shuffled).astype(np.uint8).tobytes()
    beliefs = {name: chosen.trace(name, pixels).probabilities for name in NAMES}
    return {
        name: f"{belief.argmax()} ({percent(belief.max())})".replace(" ", "\u00a0")
        for name, belief in beliefs.items()
    }


def table(digit, order, seed):
    """What every model answers, before and after, and how many of the test digits it reads."""
    jobs = [(measured.moved, name, 0, 0) for name in NAMES]
    jobs += [(measured.shuffled, name, seed) for name in NAMES if seed]
    found = measured.all_of(jobs)
    plain, apart = (
        {name: percent(share, 1) for (one, name, *_), share in found.items() if one is how}
        for how in (measured.moved, measured.shuffled)
    )
    columns = {
        "this digit": answers(digit, range(len(order))),
        "shuffled": answers(digit, order) if seed else {},
        "1,000 digits": plain,
        "1,000 shuffled": apart,
    }
    columns = {name: column for name, column in columns.items() if column}
    lines = [f"| model | {' | '.join(columns)} |", "|:--|" + "--:|" * len(columns)]
    lines += [f"| {name} | {' | '.join(column[name] for column in columns.values())} |" for name in NAMES]
    return "\n".join(lines)


def told(digit, order):
    """How much the shuffle moves what the model without positions believes, and why."""
    cut = patches(digit.bright, chosen.SIZE)
    shuffled = np.rint(255 * assembled(cut[list(order)])).astype(np.uint8).tobytes()
    before, after = (chosen.trace("vit-none", pixels).probabilities for pixels in (digit.pixels, shuffled))
    moved = rounding(np.abs(after - before).max())
    return (
        f"The shuffle moves the ten probabilities of vit-none by at most {moved}, which is rounding: "
        "attention is a sum over the words, and a sum does not know their order. The other transformers are "
        "told where each patch stands, and have learned what stands where in a digit; the convolution reads "
        "what lies side by side, and the shuffle has parted it."
    )
