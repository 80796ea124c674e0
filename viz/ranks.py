"""The distribution over a vocabulary, from the likeliest token to the least likely."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz import theme

LOWEST = 1e-9  # of the axis
LOOKS = (
    {"color": theme.PLAIN, "width": 3},
    {"color": theme.QUERY, "width": 2, "dash": "dash"},
    {"color": theme.OUTPUT, "width": 3},
)


def ranks(
    chances: Mapping[str, np.ndarray], *, cuts: Mapping[str, int], chosen: int, height: int = 330
) -> go.Figure:
    """Probability over rank, both axes logarithmic: `chances` maps up to three names to (V,) probabilities,
    all in one order, zero for what is cut.

    cuts: the name of each filter and how many tokens it leaves, drawn as a line after the last of them.
    chosen: the place of the chosen token, counted from 0. ValueError if the arrays differ in length.
    """
    (count,) = {len(values) for values in chances.values()}
    lines = []
    for (name, values), line in zip(chances.items(), LOOKS, strict=False):
        shown = np.where(np.asarray(values) > 0, values, np.nan).astype(np.float32)
        lines.append(
            go.Scatter(
                x=np.arange(1, count + 1, dtype=np.float32),
                y=shown,
                name=name,
                mode="lines+markers" if np.isfinite(shown).sum() == 1 else "lines",
                line=line,
                hovertemplate="rank %{x:d}: %{y:.3g}<extra>" + name + "</extra>",
            )
        )
    last = np.asarray(list(chances.values())[-1], np.float32)
    drawn = go.Scatter(
        x=[chosen + 1],
        y=[last[chosen]],
        name="chosen",
        mode="markers",
        marker={"size": 12, "color": theme.OUTPUT, "line": {"width": 2, "color": theme.PLAIN}},
        hovertemplate="chosen: rank %{x:d}, %{y:.3g}<extra></extra>",
    )
    low = max(LOWEST, float(np.min(next(iter(chances.values())))))
    rank = {"title": "rank of the token", "range": [-0.05, np.log10(count) + 0.02], "dtick": 1}
    probability = {
        "title": "probability",
        "range": [np.log10(low), 0.1],
        "dtick": 2,
        "exponentformat": "power",
    }
    logarithmic = theme.AXIS | {"type": "log", "zeroline": False}
    axes = {"xaxis": rank | logarithmic, "yaxis": probability | logarithmic}
    marks = flags({name: left for name, left in cuts.items() if left < count}, count)
    return go.Figure([*lines, drawn], theme.look(height=height) | axes | marks)


def flags(cuts: Mapping[str, int], count: int) -> dict[str, list[dict[str, Any]]]:
    """A line after the last token that each filter leaves of `count`, with its label at its top, on the side
    that has room, as parts of a layout: the lines that a label points to are lower, and none runs through it.
    """
    away = {name: left >= count / 10 for name, left in cuts.items()}  # the label points to the left
    order = sorted(cuts, key=lambda name: (not away[name], -cuts[name] if away[name] else cuts[name]))
    shapes, labels = [], []
    for i, name in enumerate(order):
        top = 0.98 - 0.09 * i
        line = {"color": theme.KEY, "width": 2, "dash": "dot"}
        place = {"x0": cuts[name] + 0.5, "x1": cuts[name] + 0.5, "y0": 0, "y1": top, "yref": "paper"}
        shapes.append({**place, "line": line})
        labels.append(
            {
                "x": np.log10(cuts[name] + 0.5),
                "y": top,
                "yref": "paper",
                "yanchor": "top",
                "xanchor": "right" if away[name] else "left",
                "xshift": -6 if away[name] else 6,
                "text": f"{name}: {cuts[name]:,} left",
                "showarrow": False,
            }
        )
    return {"shapes": shapes, "annotations": labels}
