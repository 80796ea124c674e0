"""Clocks: a query's and a key's hand for every pair of dimensions, turned in the browser as the two tokens
move.
"""

import numpy as np

from viz.component.message import heard
from viz.component.message import places as within
from viz.component.view import view

mount = view("clocks")


def clocks(
    q,
    k,
    frequency,
    *,
    scale,
    home,
    places,
    last,
    order,
    words,
    key,
    chosen=0,
    label="",
    revision="",
    on_move=None,
    on_select=None,
):
    """Draw a clock per pair of dimensions (0, 1), (2, 3), ... of q and k (D,), unturned: each hand at rest,
    and turned by place times frequency (P,).

    home: the two tokens' own positions, the query's first; places: where they stand now, both within 0 to
    `last`, the end of the two sliders. A slider that comes to rest calls `on_move` with the places of query
    and key. A click on a clock calls `on_select` with its pair; `chosen` is the outlined one. order (P,): the
    pairs as they are to be drawn. words: the texts of the two tokens. Scores are computed in the browser in
    float64, scale times the dot product. ValueError if sizes or places do not fit.
    """
    pairs = len(frequency)
    if np.shape(q) != (2 * pairs,) or np.shape(k) != (2 * pairs,) or sorted(order) != list(range(pairs)):
        raise ValueError(
            f"for {pairs} frequencies, q and k need {2 * pairs} numbers and the order each pair once; q "
            f"has {np.shape(q)}, k {np.shape(k)}"
        )
    if not all(0 <= place <= last for place in (*home, *places)):
        raise ValueError(f"places {tuple(home)} and {tuple(places)} are not all within 0 to {last}")
    data = {
        "q": [float(x) for x in q],
        "k": [float(x) for x in k],
        "frequency": [float(x) for x in frequency],
        "scale": float(scale),
        "home": [int(x) for x in home],
        "places": [int(x) for x in places],
        "last": int(last),
        "order": [int(x) for x in order],
        "words": list(words),
        "chosen": int(chosen),
        "label": label,
        "revision": str(revision),
    }
    mount(
        key=key,
        data=data,
        on_places_change=heard(key, "places", within(last + 1, last + 1), on_move),
        on_pair_change=heard(key, "pair", within(pairs), on_select),
    )
