"""The loss by position on a long text, measured curve by curve, beside what the cards recorded."""

import time
from itertools import pairwise

import streamlit as st

from model import Change
from model.analysis import order
from pages import _progress, _shell
from pages._cache import remembered
from pages._findings import extremes
from pages._numbers import plural
from pages.positions import encodings
from pages.positions.encodings import NAMES
from pages.positions.pictures import LOOKS
from viz import order as figures

OCTAVES = 0, 16, 32, 64, 128, 256, 512, 1_024  # one dot each: more tokens where the axis gives them less room


@remembered(heavy=200)
def losses(ids, name, method, base):
    """Nats of each of the N tokens that follow the first; of RoPE read by a method if one is named."""
    bundle, options = encodings.bundle(name), {}
    if method:
        angle, temperature = order.rescaled(bundle.config, len(ids) - 1, method, base)
        options = {"angle": angle, "changes": [Change(temperature=temperature)] * bundle.config.layers}
    return order.losses(bundle.network, ids, **options)


def jobs(ids, chosen, methods, base):
    """(name of the curve, what `losses` is asked for), in the order in which they are measured; the learned
    table is asked as far as it goes.
    """
    trained = [
        (name, (ids[: encodings.bundle(name).config.max_tokens + 1], name, None, 0)) for name in chosen
    ]
    return trained + [
        (method, (ids, "rope", method, base if method == "another base" else 0))
        for method in methods
        if "rope" in NAMES
    ]


def stop(asked):
    st.session_state["positions.stopped"] = asked


def measured(todo, chosen, context, N, asked, row):
    """Measure curve by curve and draw each as it comes; a press of Stop, or any other control, ends it.
    Returns {curve: rows}.
    """
    recorded = {name: by_octave(encodings.bundle(name).card["loss_by_position"], N) for name in chosen}
    button, status = row.empty(), row.container(width="content").empty()
    picture, state, began, drawn, curves = st.empty(), st.session_state, time.monotonic(), None, {}
    stopped = state.get("positions.stopped") == asked
    done = state.get("positions.done", {}).get(asked, 0) if stopped else len(todo)
    if not stopped:
        button.button("Stop", key="positions.stop", on_click=stop, args=(asked,))
    for name, arguments in todo[:done]:
        curves[name] = order.binned(losses(*arguments), OCTAVES)
        state["positions.done"] = {asked: len(curves)}
        if time.monotonic() - began > _progress.SOON:
            status.progress(len(curves) / len(todo), f"Measured {name}, curve {len(curves)} of {len(todo)}")
            drawn = draw(picture, curves, recorded, context, N)
    if drawn != len(curves):
        draw(picture, curves, recorded, context, N)
    if len(curves) < len(todo):
        button.button("Go on", key="positions.go", on_click=stop, args=(None,))
        status.markdown(f"Stopped after {len(curves)} of {plural('curve', len(todo))}.")
    else:
        button.button("Stop", key="positions.rest", disabled=True)
        status.markdown(f"Measured {plural('curve', len(todo))} on {plural('token', N)}.")
    return curves


def draw(picture, curves, recorded, context, N):
    """Draw the curves that there are into the placeholder; returns how many, which is part of the key, since
    no key may come twice in a run.
    """
    figure = figures.positions(curves, recorded, looks=LOOKS, context=context, last=N)
    with picture:
        _shell.show(
            figure,
            key=f"positions.curves{len(curves)}",
            finding=extremes(
                {name: rows[-1][-1] for name, rows in curves.items() if rows}, f"loss at the end, token {N:,}"
            ),
            shows="loss by position for each encoding, measured now and from the cards",
        )
    return len(curves)


def by_octave(rows, N):
    """The rows of a card, joined to those of the picture, as far as the text goes."""
    octaves = [(a, b, mean(rows, a, b)) for a, b in pairwise(OCTAVES) if a < N]
    return [row for row in octaves if row[-1] is not None]


def mean(rows, first, end):
    """The mean loss of the rows between two positions, each row by its tokens; None where there are none."""
    inside = [(b - a, nats) for a, b, nats in rows if first <= a and b <= end]
    return sum(size * nats for size, nats in inside) / sum(size for size, _ in inside) if inside else None
