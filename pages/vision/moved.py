"""Moved: the same digit a few pixels further, and what each model makes of it."""

import numpy as np
import streamlit as st

from model.analysis import vision as seen
from model.vision import NAMES, digits, load
from pages import _fold, _shell
from pages._control import Slider, pause, row_above
from pages._numbers import percent
from pages.vision import chosen, measured
from viz import theme
from viz import vision as figures
from viz.component.mosaic import mosaic
from viz.component.ranking import ranking

OPENING = (
    "A digit moved by two pixels is the same digit, but every patch of it is another one. **Move it**: a "
    "convolution slides the same kernels everywhere; a transformer must have learned each place that it is "
    "told by a vector of its own."
)
FAR = 6  # pixels
RIGHT = Slider("Pixels to the right", "vision.right", range(-FAR, FAR + 1), 0, look={"width": 240})
DOWN = Slider("Pixels down", "vision.down", range(-FAR, FAR + 1), 0, look={"width": 240})


def show(view):
    """Show the digit moved, both answers, and the accuracy against the shift."""
    (digit, name), row = view, row_above()
    down, right = DOWN.value(), RIGHT.value()
    moved = seen.shifted(digit.levels, down, right)
    picture, answers, curve = st.columns([4, 5, 8], gap="medium")
    with picture:
        mosaic(
            {"moved": digits.bright(moved)},
            np.zeros(moved.shape),
            key="vision.moved",
            kind="ink",
            unit="ink",
            across=1,
            side=230,
            label=digit.origin,
            revision=f"{digit.origin} {down} {right}",
        )
    with answers:
        if moved.any():
            answer(moved, name)
        else:
            st.info(chosen.NOTHING)
    with curve:
        recorded(abs(down + right) if not down * right else None)
    pause()
    with row:
        chosen.samples(digit)
        chosen.TRANSFORMER.draw(label_visibility="collapsed")
        RIGHT.draw()
        DOWN.draw()
    st.markdown(told(name, down, right))
    _fold.fold("Measure the curve again, now", "vision.again", again)
    _fold.sources("vision.code", seen.shifted, seen.shift_accuracy)


def answer(moved, name):
    """Draw the ten probabilities of both models for the moved digit."""
    beliefs = {one: chosen.trace(one, moved.tobytes()).probabilities for one in (name, chosen.CNN)}
    colours = theme.QUERY, theme.VALUE
    ranking(
        {one: (belief, colour) for (one, belief), colour in zip(beliefs.items(), colours, strict=True)},
        [str(label) for label in range(10)],
        key="vision.moved_answers",
        label="how probable each digit is to both models",
    )


def recorded(far):
    """Draw the accuracy of all models over the shift, as their cards record it; far: the shift to mark."""
    curves = {one: load(one).card["shift_accuracy"] for one in NAMES}
    _shell.show(
        figures.shifts(curves, now=far),
        key="vision.shifts",
        finding="; ".join(
            f"{one} from {percent(row[0], 1)} to {percent(row[-1], 1)}" for one, row in curves.items()
        ),
        shows=f"accuracy on the test digits moved by 0 to {len(seen.SHIFTS) - 1} pixels",
    )
    st.caption(
        "Accuracy on the thousand test digits over the pixels that all of them are moved by, the mean of "
        "right, left, down and up; as measured after the training."
    )


def told(name, down, right):
    """The accuracies with all test digits moved as this one is, measured now."""
    models, moves = (name, chosen.CNN), ((0, 0), (down, right))
    found = measured.all_of((measured.moved, one, *move) for one in models for move in moves)
    before, after = ({one: percent(found[measured.moved, one, *move], 1) for one in models} for move in moves)
    if not (down or right):
        listed = [f"{one} reads **{right_ones}**" for one, right_ones in before.items()]
        return f"Of the thousand test digits as they lie {_shell.listing(listed)}. Move them."
    listed = [f"{one} goes from {before[one]} to **{after[one]}**" for one in models]
    augmented = load(name).card.get("augmentation", "")
    return (
        f"With all thousand test digits moved like this one, {_shell.listing(listed)}, measured now. In the "
        f"training the digits were {augmented}: within that, places were learned by example."
    )


def again():
    """Measure the accuracies of the figure again, and say how far they are from the record."""
    jobs = {(name, pixels): (measured.shifted, name, pixels) for name in NAMES for pixels in seen.SHIFTS}
    found = measured.all_of(jobs.values())
    shares = {place: found[job] for place, job in jobs.items()}
    heads = "".join(f" {pixels} px |" for pixels in seen.SHIFTS)
    lines = [f"| model |{heads}", "|:--|" + "--:|" * len(seen.SHIFTS)]
    for name in NAMES:
        row = "".join(f" {percent(shares[name, pixels], 1)} |" for pixels in seen.SHIFTS)
        lines.append(f"| {name} |{row}")
    st.markdown("\n".join(lines))
    recorded_ones = {
        (name, pixels): load(name).card["shift_accuracy"][i]
        for name in NAMES
        for i, pixels in enumerate(seen.SHIFTS)
    }
    off = max(abs(share - recorded_ones[place]) for place, share in shares.items())
    st.markdown(f"The largest difference from what the cards say is {percent(off, 1)}.")
