"""Curves: one number over the distance between two tokens."""

import numpy as np
import plotly.graph_objects as go

from viz import theme

LOOKS = (  # colour, width, dash, of the first curve and those after it: a convolution, and attention with one mask or another
    {"color": theme.VALUE, "width": 3},
    {"color": theme.QUERY, "width": 2},
    {"color": theme.QUERY, "width": 2, "dash": "dash"},
    {"color": theme.QUERY, "width": 2, "dash": "dot"},
)
SIGNS = "circle", "square", "diamond", "triangle-up"


def layers(needed, *, distance, words, height=340):
    """The layers that connect two tokens, over their distance: `needed` maps up to four names to (2T - 1,) numbers for -(T - 1) to T - 1, NaN for never.

    distance: that of the two chosen tokens, whose texts are `words`; it is marked by a line. ValueError if it lies outside.
    """
    (count,) = {len(values) for values in needed.values()}
    reach = count // 2
    if abs(distance) > reach:
        raise ValueError(f"a distance of {distance} lies outside -{reach} to {reach}")
    figure = go.Figure()
    for (name, values), line, sign in zip(needed.items(), LOOKS, SIGNS, strict=False):
        figure.add_scatter(
            x=np.arange(-reach, reach + 1), y=np.asarray(values, np.float32), name=name, mode="lines+markers", line=line,
            marker={"size": 5 if reach < 64 else 2, "symbol": sign}, hovertemplate="%{x:+d}: %{y} layers<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.add_vline(x=distance, line={"color": theme.PLAIN, "width": 2, "dash": "dot"})
    label = f"{theme.token(words[0])} → {theme.token(words[1])}"
    figure.add_annotation(x=distance, y=1, yref="paper", yanchor="bottom", text=label, showarrow=False)
    figure.update_xaxes(title="tokens to the left (−) or to the right (+) of the output", range=[-reach - 0.5, reach + 0.5], zeroline=False)
    figure.update_yaxes(title="layers needed", rangemode="tozero", zeroline=True, zerolinecolor=theme.PLAIN, tickformat="d")
    theme.layout(figure, height=height)
    return figure.update_layout(margin_t=60, legend_y=1.1)
