"""The annotated heatmap for small matrices, whose numbers are read in place; long ones go to the canvas
component.
"""

import numpy as np
import plotly.graph_objects as go

from viz import theme


def matrix(
    values, *, rows, columns, kind="weights", allowed=None, limit=None, annotate=True, height=None, title=None
):
    """Heatmap of values (T, S) with token labels, row 0 on top, square cells, numbers to two decimals in the
    cells if `annotate`.

    kind "weights" is on [0, 1], "signed" on [-limit, limit], limit being the largest |value| unless given.
    Where `allowed` (T, S) is False, or a value is not finite, there is a hole that reads "masked". ValueError
    if the labels do not fit.
    """
    values = np.asarray(values, dtype=np.float32)
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            f"values are {values.shape}, but there are {len(rows)} row labels and {len(columns)} column "
            "labels"
        )
    seen = np.isfinite(values) if allowed is None else np.isfinite(values) & theme.may_look(allowed)
    shown = np.where(seen, values, np.nan)
    high = 1.0 if kind == "weights" else float(limit or np.nanmax(np.abs(shown), initial=0.0) or 1.0)
    heat = go.Heatmap(
        z=shown,
        zmin=0.0 if kind == "weights" else -high,
        zmax=high,
        colorscale=theme.WEIGHTS if kind == "weights" else theme.SIGNED,
        text=[[f"{value:.2f}" if np.isfinite(value) else "" for value in row] for row in shown]
        if annotate
        else None,
        texttemplate="%{text}" if annotate else None,
        customdata=np.where(seen, "", "masked"),
        hovertemplate="%{y} → %{x}: %{z:.3g}%{customdata}<extra></extra>",
        hoverongaps=True,
        colorbar={"thickness": 10, "outlinewidth": 0},
        xgap=1,
        ygap=1,
    )
    figure = go.Figure(heat)
    figure.update_xaxes(axis(columns), side="top", constrain="domain")
    figure.update_yaxes(axis(rows), autorange="reversed", scaleanchor="x", constrain="domain")
    return theme.layout(figure, height=height or 120 + 28 * len(rows), title=title)


def axis(tokens):
    """Integer positions with the tokens as tick texts: labels as positions would drop repeated tokens
    (plotly.py#4215).
    """
    return {
        "tickvals": list(range(len(tokens))),
        "ticktext": [theme.token(text) for text in tokens],
        "showgrid": False,
        "zeroline": False,
    }
