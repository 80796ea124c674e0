"""The ladder: one word on its way from bytes to tokens, a row of chips for every merge."""

from collections.abc import Sequence
from typing import NamedTuple

from viz.component.view import view

mount = view("ladder")


class Rung(NamedTuple):
    """A name, such as that of a merge, the pieces after it, the places of those that it made, and a note
    under each piece, if there are any.
    """

    name: str
    pieces: list[str]
    made: list[int]
    notes: Sequence[str] = ()


def ladder(rungs, *, key, label="", revision=""):
    """Draw the rungs from the top. ValueError if one has another number of notes than of pieces."""
    for rung in rungs:
        if rung.notes and len(rung.notes) != len(rung.pieces):
            raise ValueError(f"“{rung.name}” has {len(rung.pieces)} pieces and {len(rung.notes)} notes")
    rows = [
        {"name": rung.name, "pieces": list(rung.pieces), "made": list(rung.made), "notes": list(rung.notes)}
        for rung in rungs
    ]
    mount(key=key, data={"rows": rows, "label": label, "revision": str(revision)})
