"""A race: how much several models answer right over the steps of their training."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme
from viz.order import Look

LOOKS = {  # of encodings
    "none": Look("#8A8A8A", "dot", "circle"),
    "learned": Look("#E69F00", "dash", "square"),
    "sinusoidal": Look("#56B4E9", "dashdot", "diamond"),
    "rope": Look("#0072B2", "solid", "triangle-up"),
    "alibi": Look("#D55E00", "longdash", "triangle-down"),
    "t5": Look("#009E73", "longdashdot", "cross"),
}
OTHER = Look("#CC79A7", "solid", "star")  # of an encoding that is not among them


def race(
    curves: Mapping[str, tuple[Sequence[int], np.ndarray]], *, total: int, height: int = 330
) -> go.Figure:
    """A line for each encoding: `curves` maps its name to S steps and to the lowest share of right answers,
    the mean and the highest over the seeds, (3, S); the range is drawn as a band. total: the last step.
    """
    draft = theme.Draft()
    for name, (steps, shares) in curves.items():
        colour, dash, sign = LOOKS.get(name, OTHER)
        low, mean, high = np.asarray(shares, np.float32)
        band = {"x": [*steps, *steps[::-1]], "y": [*high, *low[::-1]], "fill": "toself", "mode": "none"}
        draft.add_scatter(
            **band, fillcolor=colour, opacity=0.15, hoverinfo="skip", showlegend=False, legendgroup=name
        )
        draft.add_scatter(
            x=list(steps),
            y=mean,
            name=name,
            legendgroup=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": sign, "size": 7},
            text=[
                f"{theme.number(100 * a, 0)} to {theme.number(100 * b, 0)} %"
                for a, b in zip(low, high, strict=True)
            ],
            hovertemplate="step %{x}: %{y:.0%}, seeds %{text}<extra>" + name + "</extra>",
        )
    draft.update_xaxes(title="step of the training", range=[0, total * 1.02], zeroline=False)
    draft.update_yaxes(title="right answers", range=[-0.02, 1.02], tickformat=".0%", zeroline=False)
    return theme.layout(draft, height=height)
