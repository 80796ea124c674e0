"""The heads of a model, each (layer, head) counted from 0: a picture of all, the chosen one, their names."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pages._choices import put
from viz.component import heatmap


def open_head(layer: int, head: int) -> None:
    """Choose this head: the sidebar, the link and every view follow."""
    put({"layer": layer + 1, "head": head + 1})


def map_heads(values: np.ndarray, *, on_select: Callable[[int, int], None] = open_head, **look: Any) -> None:
    """Draw one number of each head, values (L, H); a click chooses the head."""
    heatmap(
        values,
        rows=[f"layer {i + 1}" for i in range(len(values))],
        columns=[f"head {i + 1}" for i in range(values.shape[1])],
        square=False,
        row_role="layer",
        column_role="head",
        on_select=on_select,
        **look,
    )


def heads_in_words(places: Sequence[tuple[int, int]]) -> str:
    """Heads such as "layer 3, head 4"; of several three are named."""
    names = [f"layer {layer + 1}, head {head + 1}" for layer, head in places]
    if len(names) == 1:
        return names[0]
    return f"{len(names)} heads alike ({'; '.join(names[:3])}{'; …' * (len(names) > 3)})"
