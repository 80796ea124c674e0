"""Lines: who looks at whom, as curves between the tokens on the left, which ask, and the same tokens on the
right, which answer.
"""

import numpy as np

from viz import theme
from viz.component.grid import pack
from viz.component.view import view

MOST = 2000  # lines drawn at once

mount = view("lines")


def lines(
    maps,
    *,
    rows,
    columns,
    names,
    key,
    heads,
    chosen,
    count,
    allowed=None,
    selected=None,
    start=0,
    label="",
    revision="",
    on_head=None,
    on_count=None,
    on_token=None,
):
    """Draw the weights of N heads, `maps` (N, T, S), as lines from T tokens that ask to S that answer, each
    head in a colour of its own, up to six.

    names: N names. rows, columns: the tokens, numbered from `start` + 1. allowed as in `grid`. heads: rows of
    the names of all heads that can be chosen, `chosen` those that are. count: how many lines are drawn, the
    strongest, while no token is pointed at. selected: (row, column) marked. `on_head`, `on_count` and
    `on_token` are called after a head, a number of lines or a token was chosen; st.session_state[key] then
    has "head": [name, time], "count": [number, time] or "token": ["row" or "column", place, time]. ValueError
    if sizes do not fit.
    """
    data = pack(
        maps,
        rows,
        columns,
        allowed,
        "weights",
        {
            "names": list(names),
            "notes": [""] * len(names),
            "measures": {},
            "start": int(start),
            "label": label,
            "revision": str(revision),
            "heads": [list(line) for line in heads],
            "chosen": list(chosen),
            "count": int(count),
            "selected": None if selected is None else [int(place) for place in selected],
            "strongest": strongest(maps, allowed).tolist(),
        },
    )
    nothing = lambda: None  # noqa: E731
    mount(
        key=key,
        data=data,
        on_head_change=on_head or nothing,
        on_count_change=on_count or nothing,
        on_token_change=on_token or nothing,
    )


def strongest(maps, allowed):
    """The places of the MOST largest weights in the flattened `maps` (N, T, S), largest first; those that are
    0, masked or not finite are none.
    """
    weights = np.asarray(maps, dtype=np.float32)
    seen = np.isfinite(weights) & (True if allowed is None else theme.may_look(allowed))
    weights = np.where(seen, weights, 0).ravel()
    some = np.argpartition(-weights, min(MOST, weights.size) - 1)[:MOST]
    some = some[np.lexsort((some, -weights[some]))]
    return some[weights[some] > 0]
