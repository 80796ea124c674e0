"""Bars: the parts of a sum."""

import numpy as np
import plotly.graph_objects as go

from viz import theme


def contributions(products, *, height=200, title=None):
    """One bar per dimension for products (D,) and a line for their running sum: below zero blue, above vermillion."""
    products = np.asarray(products, dtype=np.float32)
    dimension = np.arange(len(products))
    colours = np.where(products < 0, theme.QUERY, theme.KEY)
    figure = go.Figure(
        [
            go.Bar(x=dimension, y=products, marker_color=colours, name="q × k", hovertemplate="dimension %{x}: %{y:.3g}<extra></extra>"),
            go.Scatter(
                x=dimension,
                y=np.cumsum(products),
                mode="lines",
                line={"color": theme.PLAIN, "shape": "hvh", "width": 1.5},
                name="running sum",
                hovertemplate="sum of dimensions 0 to %{x}: %{y:.3g}<extra></extra>",
            ),
        ]
    )
    figure.update_xaxes(title="dimension", showgrid=False)
    figure.update_yaxes(zeroline=True, zerolinecolor=theme.PLAIN)
    return theme.layout(figure, height=height, title=title)
