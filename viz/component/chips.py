"""Token chips: a text as the model reads it, each token a button."""

from viz.component.message import heard, places
from viz.component.view import view

mount = view("chips")


def chips(
    tokens, *, key, notes, values=None, selected=None, struck=(), label="", revision="", on_select=None
):
    """Draw T tokens, each with its note (a short text) under it and, where `values` (T,) in [0, 1] are given,
    a bar of that share of its width.

    `selected` is the place of the outlined one, counted from 0; those at the places `struck` are struck
    through. Returns the place that was clicked last, or None; a place that this text does not have gives
    None. ValueError if the counts differ.
    """
    if len(notes) != len(tokens) or (values is not None and len(values) != len(tokens)):
        raise ValueError(
            f"there are {len(tokens)} tokens, {len(notes)} notes and "
            f"{len(tokens) if values is None else len(values)} values"
        )
    data = {
        "tokens": list(tokens),
        "notes": list(notes),
        "values": None if values is None else [float(value) for value in values],
        "selected": None if selected is None else int(selected),
        "struck": [int(place) for place in struck],
        "label": label,
        "revision": str(revision),
    }
    # [place, time of the choice]
    mount(key=key, data=data, on_token_change=heard(key, "token", places(len(tokens)), on_select))
