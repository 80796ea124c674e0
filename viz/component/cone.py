"""The cone: everything that one output depends on, level by level, for one network beside another."""

from typing import NamedTuple

import numpy as np

from viz.component.message import heard, places
from viz.component.view import view

SHOWN = 128  # tokens in a panel; of a longer text those around where its output stands
BEFORE = 96  # of them to its left, since more networks look back than forth

mount = view("cone")


class Panel(NamedTuple):
    """One network: its levels, the output's first and the tokens' last, as bool arrays, True where a position
    can change the output.

    steps: how many tokens apart the positions of each level stand. reads: for every level but the last, what
    its True positions read of the next: (first, last, gap), from `first` to `last`, both (N,), each `gap`-th.
    """

    name: str
    levels: list[np.ndarray]
    steps: list[int]
    reads: list[tuple[np.ndarray, np.ndarray, int]]


def cone(panels, tokens, *, output, key, label="", revision="", height=360, on_select=None):
    """Draw a panel per network over the same T tokens, the output's level on top, the tokens at the bottom;
    the token `output` is the chosen one.

    A click on a token, or an arrow key, calls `on_select` with its place. height: CSS pixels of a panel in a
    window of 900; it grows with the window.
    ValueError if the lowest level of a panel has another length than the text, or if `output` is not in it.
    """
    if not 0 <= output < len(tokens):
        raise ValueError(f"the output is token {output}, but there are {len(tokens)} tokens")
    for panel in panels:
        if len(panel.levels[-1]) != len(tokens):
            raise ValueError(
                f"{panel.name!r} has {len(panel.levels[-1])} positions at its lowest level, for "
                f"{len(tokens)} tokens"
            )
    data = {
        "panels": [drawn(panel, tokens) for panel in panels],
        "all": len(tokens),
        "output": int(output),
        "label": label,
        "revision": str(revision),
        "height": int(height),
    }
    mount(key=key, data=data, on_token_change=heard(key, "token", places(len(tokens)), on_select))


def drawn(panel, tokens):
    """What the browser is sent of a panel: its tokens from `start` on, and the levels from the top.

    Of each level its length, how many tokens apart its positions stand, the True ones, and what they read.
    """
    stands = int(panel.levels[0].argmax()) * panel.steps[0]
    start = int(np.clip(stands - BEFORE, 0, max(0, len(tokens) - SHOWN)))
    reads = [*panel.reads, (np.empty(0, int), np.empty(0, int), 1)]
    levels = [
        {
            "length": len(level),
            "step": step,
            "lit": np.flatnonzero(level).tolist(),
            "first": first.tolist(),
            "last": last.tolist(),
            "gap": int(gap),
        }
        for level, step, (first, last, gap) in zip(panel.levels, panel.steps, reads, strict=True)
    ]
    return {
        "name": panel.name,
        "start": start,
        "tokens": list(tokens[start : start + SHOWN]),
        "levels": levels,
    }
