"""What a decoder keeps of the tokens that it has read, and the time that it saves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz import theme

MOST = 48  # tokens that get a label each


def scale(colour: str) -> list[list[float | str]]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return [[0.0, f"rgba({red},{green},{blue},0)"], [1.0, f"rgba({red},{green},{blue},1)"]]


def axis(tokens: Sequence[str]) -> dict[str, Any]:
    """Integer positions with the tokens as tick texts.

    Labels as positions would drop repeated tokens (plotly.py#4215).
    """
    return {
        "tickvals": list(range(len(tokens))),
        "ticktext": [theme.token(text) for text in tokens],
        "showgrid": False,
        "zeroline": False,
    }


def kept(
    norms: Sequence[tuple[np.ndarray, np.ndarray]], tokens: Sequence[str], *, fresh: int, height: int = 310
) -> go.Figure:
    """Heatmap of the cache: `norms` has for each layer the lengths of the T keys and of the T values, two
    rows per layer, columns the `tokens`.

    fresh: how many of the last tokens were computed by the last pass; they are framed. ValueError if a row
    has not T numbers.
    """
    T = len(tokens)
    rows = np.array([part for layer in norms for part in layer], np.float32)
    if rows.shape != (2 * len(norms), T):
        raise ValueError(f"the norms are {rows.shape}, but there are {len(norms)} layers and {T} tokens")
    draft = theme.Draft()
    for first, name, colour in ((0, "key", theme.KEY), (1, "value", theme.VALUE)):
        shown = np.full_like(rows, np.nan)
        shown[first::2] = rows[first::2]
        draft.add_heatmap(
            z=shown,
            zmin=0,
            zmax=float(rows[first::2].max()),
            colorscale=scale(colour),
            showscale=False,
            xgap=1 if T <= MOST else 0,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y} of token %{x}: length %{z:.3g}<extra></extra>",
            name=name,
        )
    step = -(-T // MOST)
    labels = axis(tokens)
    draft.update_xaxes(
        **labels | {"tickvals": labels["tickvals"][::-step], "ticktext": labels["ticktext"][::-step]},
        side="top",
        tickangle=-60,
    )
    names = [f"layer {i // 2 + 1} {'value' if i % 2 else 'key'}" for i in range(len(rows))]
    draft.update_yaxes(**axis(names) | {"ticktext": names}, autorange="reversed")
    draft.add_shape(
        type="rect",
        x0=T - fresh - 0.5,
        x1=T - 0.5,
        y0=-0.5,
        y1=len(rows) - 0.5,
        line={"color": theme.OUTPUT, "width": 3},
    )
    return theme.layout(draft, height=height)


def durations(
    lengths: Sequence[int], whole: Sequence[float], cached: Sequence[float], *, height: int = 280
) -> go.Figure:
    """Milliseconds for one more token over the length of the text: a pass over the whole text, and over the
    new token with a cache, in seconds (N,) each.
    """
    draft = theme.Draft()
    looks = {
        "without the cache": (whole, {"color": theme.PLAIN, "width": 3, "dash": "dash"}),
        "with the cache": (cached, {"color": theme.OUTPUT, "width": 3}),
    }
    for name, (values, line) in looks.items():
        draft.add_scatter(
            x=np.asarray(lengths),
            y=1000 * np.asarray(values, np.float32),
            name=name,
            mode="lines+markers",
            line=line,
            marker={"size": 7},
            hovertemplate="%{x} tokens: %{y:.2f} ms<extra>" + name + "</extra>",
        )
    draft.update_xaxes(title="tokens in the text", zeroline=False)
    draft.update_yaxes(title="milliseconds for one more token", rangemode="tozero", zeroline=False)
    return theme.layout(draft, height=height)
