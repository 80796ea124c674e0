"""Where the boxes of a network stand in the diagram."""

from model.analysis import anatomy
from viz.component.diagram import Part

ROWS = (  # what stands beside what; a row of one is a sum on the stream itself
    ("tokens", "embedding", "widen", "positions"),
    ("enter",),
    ("attention_norm", "query", "key", "value"),
    ("turn", "bias", "scores", "weights", "mix", "output"),
    ("add_attention",),
    ("mlp_norm", "mlp_in", "gelu", "mlp_out"),
    ("add_mlp",),
    ("norm", "narrow", "logits"),
)
BLOCK = 2, 6  # the rows of one layer
ACROSS = 5  # boxes beside the stream
ROLES = {"query": "query", "key": "key", "value": "value", "mix": "value", "output": "output"}


def parts(boxes):
    """The boxes as the diagram takes them, each with its place and its share of the whole model."""
    wholes = anatomy.parameters(boxes) or 1, anatomy.multiply_adds(boxes) or 1
    at = places([box.name for box in boxes])
    return [
        Part(
            box.name,
            box.title,
            *at[box.name],
            box.axes,
            box.shape,
            box.reads,
            box.parameters,
            box.multiply_adds,
            (anatomy.parameters([box]) / wholes[0], anatomy.multiply_adds([box]) / wholes[1]),
            box.times,
            ROLES.get(box.name, ""),
        )
        for box in boxes
    ]


def places(names):
    """{name: (row, column)}: sums stand in column 0, on the stream; the row of the scores ends under the
    values, all others begin at the stream.
    """
    columns = {}
    for i, row in enumerate(ROWS):
        there = [name for name in row if name in names]
        first = 0 if len(row) == 1 else ACROSS + 1 - len(there) if "scores" in row else 1
        columns |= {name: (i, first + j) for j, name in enumerate(there)}
    return columns
