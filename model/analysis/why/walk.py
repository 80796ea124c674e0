"""From a score down to the embeddings, head by head: each step goes on with the score of the head that has
brought most of the one before (Elhage 2021: Q- and K-composition).
"""

from typing import NamedTuple

from model.analysis.why.parts import HEAD, Part
from model.analysis.why.score import Ingredients, ingredients, opened
from model.bundle import Bundle
from model.trace import Trace


class Step(NamedTuple):
    """One score on the way, counted from 0, and the earlier head through which most of it came: a `part` of
    one `side`, "query" or "key", which brought most of that from the token `source`. `through` is what came
    through the head in all, `brought` what it brought from that token alone, in the units of the score.
    `part` is None where no head has added to the score, as in the first layer.
    """

    layer: int
    head: int
    query: int
    key: int
    ingredients: Ingredients
    part: Part | None = None
    side: str = ""
    source: int | None = None
    through: float = 0.0
    brought: float = 0.0


def walk(bundle: Bundle, trace: Trace, layer: int, head: int, query: int, key: int) -> list[Step]:
    """The Steps from a score down to the first layer, at most one in each. ValueError as in `ingredients`."""
    steps = [step(bundle, trace, layer, head, query, key)]
    while (last := steps[-1]).part is not None:
        at = last.query if last.side == "query" else last.key
        steps.append(step(bundle, trace, last.part.layer, last.part.head, at, last.source))
    return steps


def step(bundle: Bundle, trace: Trace, layer: int, head: int, query: int, key: int) -> Step:
    """The score and its way on. ValueError as in `ingredients`."""
    score = ingredients(bundle, trace, layer, head, query, key)
    here = Step(layer, head, query, key, score)
    gains = [
        (float(sums[i]), which, part)
        for which, names, sums in (
            ("query", score.queries, score.table.sum(1)),
            ("key", score.keys, score.table.sum(0)),
        )
        for i, part in enumerate(names)
        if part.kind == HEAD
    ]
    most, which, part = max(gains, default=(0.0, "", None), key=lambda gain: gain[0])
    if most <= 0:
        return here
    brought = opened(bundle, trace, layer, head, query, key, part, which).sum(1)  # (S,)
    source = int(brought.argmax())
    return here._replace(part=part, side=which, source=source, through=most, brought=float(brought[source]))
