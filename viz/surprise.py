"""Surprise, added up."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from viz import theme

LOOKS = ({"color": theme.OUTPUT, "width": 3}, {"color": theme.PLAIN, "width": 3, "dash": "dash"})


def sums(bits: Mapping[str, np.ndarray], *, height: int = 280) -> go.Figure:
    """The running sum of bits over the tokens since a fork: `bits` maps up to two names to the numbers of a
    branch, of any length each.
    """
    draft = theme.Draft()
    for (name, values), line in zip(bits.items(), LOOKS, strict=False):
        total = np.concatenate([[0], np.cumsum(values)]).astype(np.float32)
        draft.add_scatter(
            x=np.arange(len(total)),
            y=total,
            name=name,
            mode="lines+markers",
            line=line,
            marker={"size": 6},
            text=[
                f"after {theme.plural('token', i)}: {theme.number(bits, 1)} bits"
                for i, bits in enumerate(total)
            ],
            hovertemplate="%{text}<extra>" + name + "</extra>",
        )
    draft.update_xaxes(title="tokens since the branches part", zeroline=False)
    draft.update_yaxes(title="bits, added up", rangemode="tozero", zeroline=False)
    return theme.layout(draft, height=height)
