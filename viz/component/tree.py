"""The tree of a beam search: a column per step, a button per beginning that was kept."""

from typing import NamedTuple

from viz.component.message import heard, places
from viz.component.view import view

mount = view("tree")


class Node(NamedTuple):
    """One beginning: its last token, its place among those of the column before, that token's probability
    (None: ended before), the bits of all of it.
    """

    token: str
    parent: int
    share: float | None
    bits: float


def tree(levels, *, root, key, label="", revision="", on_select=None):
    """Draw the levels, lists of Nodes, the best of each on top, after the text `root`.

    A click calls `on_select` with its level and its place there. ValueError if a node's
    parent is not there.
    """
    alive = [set() for _ in levels]
    for depth in reversed(range(len(levels))):
        reached = (
            range(len(levels[depth]))
            if depth == len(levels) - 1
            else {node.parent for i, node in enumerate(levels[depth + 1]) if i in alive[depth + 1]}
        )
        alive[depth] = set(reached)
    best = 0
    bold = []
    for depth in reversed(range(len(levels))):
        if depth and not all(0 <= node.parent < len(levels[depth - 1]) for node in levels[depth]):
            raise ValueError(f"a node of level {depth} has a parent that is not there")
        bold.insert(0, best)
        best = levels[depth][best].parent
    drawn = [
        [
            {
                "token": node.token,
                "parent": node.parent,
                "share": node.share,
                "bits": float(node.bits),
                "alive": i in alive[depth],
                "best": i == bold[depth],
            }
            for i, node in enumerate(nodes)
        ]
        for depth, nodes in enumerate(levels)
    ]
    data = {"levels": drawn, "root": root, "label": label, "revision": str(revision)}

    def a_node(values: list) -> bool:
        return places(len(levels))(values[:1]) and places(len(levels[values[0]]))(values[1:])

    mount(key=key, data=data, on_node_change=heard(key, "node", a_node, on_select))
