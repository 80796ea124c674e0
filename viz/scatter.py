"""Points on a plane, one frame per layer, played in the browser."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme


def planes(
    points: np.ndarray, groups: Sequence[tuple], *, frames: Sequence[str], chosen: int, height: int = 460
) -> go.Figure:
    """Points (N, S, 2) at S stages, with a slider over them; all stages are in the figure, so that moving it
    asks nobody.

    groups: (name, rows of points, colour, symbol, size, texts) for each series of dots. frames: the S names
    on the slider; chosen: the one shown first. Every stage has its own scale, one for both axes: lengths
    between stages do not compare.
    """

    def traces(stage):
        spread = abs(points[:, stage]).max() or 1
        return [
            go.Scatter(
                x=points[rows, stage, 0] / spread,
                y=points[rows, stage, 1] / spread,
                mode="markers+text" if size > 12 else "markers",
                name=line(name),
                text=[theme.token(text) if size > 12 else text for text in texts],
                textfont={"size": 14, "color": "white"},
                marker={
                    "color": colour,
                    "symbol": symbol,
                    "size": size,
                    "opacity": 1 if size > 12 else 0.65,
                    "line": {"width": 0},
                },
                hovertemplate="%{customdata}<extra></extra>",
                customdata=[line(text) for text in texts],
            )
            for name, rows, colour, symbol, size, texts in groups
        ]

    still = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 300}}
    steps = [{"label": name, "method": "animate", "args": [[name], still]} for name in frames]
    slider = {
        "active": chosen,
        "steps": steps,
        "currentvalue": {"prefix": "at: "},
        "pad": {"t": 20},
        "x": 0.25,
        "len": 0.71,
    }
    played = {"frame": {"duration": 900, "redraw": False}, "transition": {"duration": 300}}
    play = {"label": "Play", "method": "animate", "args": [[*frames], played]}
    button = {
        "type": "buttons",
        "buttons": [play],
        "x": 0.02,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 34},
        "showactive": False,
    }
    axis = theme.AXIS | {
        "range": [-1.15, 1.15],
        "showgrid": False,
        "zeroline": True,
        "zerolinecolor": theme.PLAIN,
        "showticklabels": False,
    }
    common = theme.look(height=height) | {
        "xaxis": axis,
        "yaxis": axis,
        "sliders": [slider],
        "updatemenus": [button],
    }
    common["margin"] |= {"b": 60}
    stages = [go.Frame(name=name, data=traces(stage)) for stage, name in enumerate(frames)]
    return go.Figure(traces(chosen), common, stages)


def line(text: str, longest: int = 70) -> str:
    """A sentence as hover text: HTML inert, cut at `longest` letters."""
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
