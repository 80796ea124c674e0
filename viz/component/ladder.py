"""The ladder: one word on its way from bytes to tokens, a row of chips for every merge."""

from typing import NamedTuple

from viz.component.view import view

mount = view("ladder")


class Rung(NamedTuple):
    """A name, such as that of a merge, the pieces after it, and the places of those that it made."""

    name: str
    pieces: list[str]
    made: list[int]


def ladder(rungs, ids, *, key, label="", revision=""):
    """Draw the rungs from the top; under the pieces of the last one stand their ids. ValueError if it has
    another number of pieces than there are ids.
    """
    if len(rungs[-1].pieces) != len(ids):
        raise ValueError(f"the last row has {len(rungs[-1].pieces)} pieces for {len(ids)} ids")
    rows = [{"name": rung.name, "pieces": list(rung.pieces), "made": list(rung.made)} for rung in rungs]
    mount(
        key=key,
        data={"rows": rows, "ids": [int(id) for id in ids], "label": label, "revision": str(revision)},
    )
