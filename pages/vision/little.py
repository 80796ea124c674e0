"""Little data: how good both kinds of model become with how many training pictures."""

import numpy as np
import streamlit as st

from model.analysis import vision as seen
from model.vision import load
from pages import _fold, _shell
from pages._control import pause
from pages._numbers import percent
from viz import vision as figures

OPENING = (
    "A convolution is told that neighbours belong together and that a shape is a shape wherever it stands; a "
    "transformer is told neither. **Look at the few pictures first**: what does it cost to learn that from "
    "examples?"
)


def show(view):
    """Show the recorded learning curves."""
    curves = seen.curves()
    means = {name: rows.mean(1) for name, rows in curves.accuracy.items()}
    _shell.show(
        figures.learning(curves.sizes, curves.accuracy),
        key="vision.curves",
        finding="; ".join(
            f"{name} from {percent(row[0], 1)} with {curves.sizes[0]:,} pictures to {percent(row[-1], 1)} "
            f"with {curves.sizes[-1]:,}"
            for name, row in means.items()
        ),
        shows="accuracy on the test digits over the number of training pictures, one dot for each seed",
    )
    pause()
    card, steps = load("cnn").card, [load(name).card["steps"] for name in curves.accuracy]
    st.caption(
        "Accuracy on the thousand test digits over the number of training pictures, each trained anew from "
        f"nothing with {len(curves.seeds)} seeds, {curves.steps:,} steps of {curves.batch} pictures each; "
        "the line is their mean, each dot one seed. These are recorded, and short: the models of the other "
        f"views learned for {min(steps):,} to {max(steps):,} steps, and from digits {card['augmentation']}."
    )
    st.markdown(told(curves, means))
    _fold.fold("The numbers", "vision.numbers", numbers, curves)
    _fold.sources("vision.code", seen.curves.__wrapped__)


def told(curves, means):
    """The widest gap, and that with all pictures, and whether they are more than the seeds differ."""
    gaps = means["cnn"] - means["vit"]
    parts = []
    for i in dict.fromkeys((int(np.abs(gaps).argmax()), len(gaps) - 1)):
        spread = float(max(np.ptp(curves.accuracy[name][i]) for name in ("cnn", "vit")))
        sure = "more" if abs(gaps[i]) > spread else "no more"
        parts.append(
            f"With {curves.sizes[i]:,} pictures the cnn reads **{percent(means['cnn'][i], 1)}** and the vit "
            f"**{percent(means['vit'][i], 1)}**: a gap of {percent(abs(gaps[i]), 1)}, {sure} than the seeds "
            f"of one model differ ({percent(spread, 1)} at most)."
        )
    return " ".join(parts)


def numbers(curves):
    """Mean, lowest and highest accuracy for each number of pictures."""
    names = list(curves.accuracy)
    lines = [
        "| pictures |" + "".join(f" {name} |" for name in names),
        "|--:|" + ":--|" * len(names),
    ]
    for i, size in enumerate(curves.sizes):
        cells = [
            f" {percent(rows[i].mean(), 1)} ({percent(rows[i].min(), 1)} to {percent(rows[i].max(), 1)}) |"
            for rows in curves.accuracy.values()
        ]
        lines.append(f"| {size:,} |{''.join(cells)}")
    st.markdown("\n".join(lines))
