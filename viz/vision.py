"""Figures about models that look at pictures: accuracy over a shift, and over the number of training
pictures.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme

LOOKS = {
    "vit": {"color": theme.QUERY},
    "vit-rope": {"color": theme.QUERY, "dash": "dash"},
    "vit-none": {"color": theme.QUERY, "dash": "dot"},
    "cnn": {"color": theme.VALUE, "width": 3},
}
SIGNS = "circle", "square", "diamond", "triangle-up"


def shifts(curves: Mapping[str, Sequence[float]], *, now: int | None, height: int = 300) -> go.Figure:
    """A line per model: its accuracy, 0 to 1, on digits moved by 0, 1, 2 ... pixels; `now` is marked, if
    given.
    """
    draft = theme.Draft()
    for (name, row), sign in zip(curves.items(), SIGNS, strict=False):
        draft.add_scatter(
            y=np.asarray(row, np.float32),
            name=name,
            mode="lines+markers",
            line=LOOKS.get(name),
            marker={"size": 7, "symbol": sign},
            hovertemplate="moved by %{x} pixels: %{y:.1%}<extra>" + name + "</extra>",
        )
    last = max(map(len, curves.values())) - 1
    if now is not None:
        draft.add_vline(x=now, line={"color": theme.PLAIN, "width": 2, "dash": "dot"})
    draft.update_xaxes(title="pixels moved", range=[-0.3, last + 0.3], dtick=1, zeroline=False)
    draft.update_yaxes(title="accuracy", range=[0, 1.02], tickformat=".0%")
    return theme.layout(draft, height=height)


def learning(sizes: Sequence[int], accuracy: Mapping[str, np.ndarray], *, height: int = 380) -> go.Figure:
    """A line per model: its mean accuracy over the number of training pictures, and a dot for each seed;
    `accuracy` maps a name to (sizes, seeds).
    """
    draft = theme.Draft()
    for (name, rows), sign in zip(accuracy.items(), SIGNS, strict=False):
        look, found = LOOKS.get(name, {}), np.asarray(rows, np.float32)
        common = {"line": look, "legendgroup": name, "name": name}
        draft.add_scatter(
            x=list(sizes),
            y=found.mean(1),
            mode="lines",
            hovertemplate="%{x} pictures: %{y:.1%}, the mean<extra>" + name + "</extra>",
            **common,
        )
        draft.add_scatter(
            x=np.repeat(sizes, found.shape[1]),
            y=found.ravel(),
            mode="markers",
            showlegend=False,
            marker={"size": 7, "symbol": sign, "color": look.get("color"), "opacity": 0.6},
            hovertemplate="%{x} pictures: %{y:.1%}, one seed<extra>" + name + "</extra>",
            **common,
        )
    draft.update_xaxes(
        title="training pictures", type="log", tickvals=list(sizes), ticktext=[f"{size:,}" for size in sizes]
    )
    draft.update_yaxes(title="accuracy", range=[0, 1.02], tickformat=".0%")
    return theme.layout(draft, height=height)
