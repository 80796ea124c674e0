"""Lines: who looks at whom, as curves between the tokens on the left, which ask, and the same tokens on the
right, which answer.
"""

import numpy as np

from viz import theme
from viz.component.grid import pack
from viz.component.message import heard, one_of, places
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
    strongest, while no token is pointed at. selected: (row, column) marked. `on_head` is called with the name
    of a head that was chosen, `on_count` with a number of lines, `on_token` with "row" or "column" and the
    place of a token. ValueError if sizes do not fit.
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
    sides = {"row": len(rows), "column": len(columns)}

    def a_token(values: list) -> bool:
        return len(values) == 2 and one_of(sides)(values[:1]) and places(sides[values[0]])(values[1:])

    mount(
        key=key,
        data=data,
        on_head_change=heard(key, "head", one_of([name for line in heads for name in line]), on_head),
        on_count_change=heard(key, "count", one_of(range(1, MOST + 1)), on_count),
        on_token_change=heard(key, "token", a_token, on_token),
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
