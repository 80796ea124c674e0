"""Bars: the parts of a sum."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme

MOST_TICKS = 16


def contributions(
    products: np.ndarray, *, order: Sequence[int] | None = None, height: int = 200, title: str | None = None
) -> go.Figure:
    """One bar per dimension for products (D,) and a line for their running sum: below zero blue, above
    vermillion.

    order (D,): the dimensions from left to right, if not as they are counted.
    """
    order = np.arange(len(products)) if order is None else np.asarray(order)
    products = np.asarray(products, dtype=np.float32)[order]
    dimension = np.arange(len(products))
    colours = np.where(products < 0, theme.QUERY, theme.KEY)
    draft = theme.Draft()
    draft.add_bar(
        x=dimension,
        y=products,
        marker={"color": colours},
        name="q × k",
        customdata=order,
        text=theme.numbers(products),
        textposition="none",
        hovertemplate="dimension %{customdata}: %{text}<extra></extra>",
    )
    draft.add_scatter(
        x=dimension,
        y=np.cumsum(products),
        mode="lines",
        line={"color": theme.PLAIN, "shape": "hvh", "width": 1.5},
        name="running sum",
        customdata=dimension + 1,
        text=theme.numbers(np.cumsum(products)),
        hovertemplate="sum of the first %{customdata}: %{text}<extra></extra>",
    )
    ticks = dimension[:: -(-len(order) // MOST_TICKS)]
    draft.update_xaxes(
        title="dimension",
        showgrid=False,
        tickvals=ticks,
        ticktext=[str(d) for d in order[ticks]],
        tickangle=0,
    )
    draft.update_yaxes(zeroline=True, zerolinecolor=theme.PLAIN)
    return theme.layout(draft, height=height, title=title)
