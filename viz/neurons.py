"""The MLP: a token's neurons on the curve of the GELU, and what the MLP adds beside attention."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme


def activations(
    before: np.ndarray,
    after: np.ndarray,
    *,
    curve: tuple[np.ndarray, np.ndarray],
    chosen: int,
    height: int = 400,
) -> go.Figure:
    """The M neurons of one token as points on the GELU: `before` (M,) across, `after` (M,) upwards; the
    neuron `chosen` is larger.

    curve: (x, y), both (N,), of the function itself. ValueError if before and after differ in length.
    """
    if len(before) != len(after):
        raise ValueError(f"there are {len(before)} inputs and {len(after)} outputs")
    draft = theme.Draft()
    x, y = (np.asarray(part, np.float32) for part in curve)
    draft.add_scatter(
        x=x, y=y, mode="lines", name="GELU", line={"color": theme.PLAIN, "width": 1.5}, hoverinfo="skip"
    )
    hover = [f"{a} → {b}" for a, b in zip(theme.numbers(before), theme.numbers(after), strict=True)]
    one = {"hovertemplate": "neuron %{customdata}: %{text}<extra></extra>"}
    draft.add_scatter(
        x=np.asarray(before, np.float32),
        y=np.asarray(after, np.float32),
        mode="markers",
        name=f"its {len(before):,} neurons",
        customdata=np.arange(1, len(before) + 1),
        text=hover,
        marker={"size": 7, "color": theme.QUERY, "opacity": 0.55},
        **one,
    )
    draft.add_scatter(
        x=[float(before[chosen])],
        y=[float(after[chosen])],
        mode="markers",
        name=f"neuron {chosen + 1}",
        customdata=[chosen + 1],
        text=[hover[chosen]],
        marker={"size": 15, "color": theme.KEY, "symbol": "diamond"},
        **one,
    )
    draft.update_xaxes(title="before the GELU", zeroline=True, zerolinecolor=theme.PLAIN)
    draft.update_yaxes(title="after the GELU", zeroline=True, zerolinecolor=theme.PLAIN)
    return theme.layout(draft, height=height, top=40)


def additions(
    attention: np.ndarray, mlp: np.ndarray, stream: np.ndarray, *, layer: int, height: int = 300
) -> go.Figure:
    """Lengths, layer by layer, (L,) each: of what attention adds to the stream, of what the MLP adds, and of
    the stream behind both; `layer` is marked.
    """
    names = [f"layer {i}" for i in range(1, len(attention) + 1)]
    draft = theme.Draft()
    for name, values, colour, pattern in (
        ("attention adds", attention, theme.QUERY, ""),
        ("the MLP adds", mlp, theme.VALUE, "/"),
    ):
        draft.add_bar(
            x=names,
            y=np.asarray(values, np.float32),
            name=name,
            marker={"color": colour, "pattern": {"shape": pattern}},
            text=[theme.number(value) for value in values],
            textposition="outside",
            hovertemplate="%{x}: %{y:.3g}<extra>" + name + "</extra>",
        )
    draft.add_scatter(
        x=names,
        y=np.asarray(stream, np.float32),
        name="the stream after both",
        mode="lines+markers",
        line={"color": theme.PLAIN, "width": 2},
        hovertemplate="%{x}: %{y:.3g}<extra>the stream after both</extra>",
    )
    draft.add_vrect(x0=layer - 0.5, x1=layer + 0.5, fillcolor=theme.PLAIN, opacity=0.12)
    draft.update_yaxes(title="length of the vector", rangemode="tozero")
    return theme.layout(draft, height=height, top=40)


def successive(
    token: np.ndarray, mean: np.ndarray, names: Sequence[str], *, label: str, height: int = 300
) -> go.Figure:
    """Cosine between each stage of the stream and the one before, (S - 1,) each: of the chosen token and the
    mean of all; `names` has all S stages.
    """
    draft = theme.Draft()
    for name, values, line in (
        (label, token, {"color": theme.OUTPUT, "width": 3}),
        ("mean of all tokens", mean, {"color": theme.PLAIN, "width": 2, "dash": "dash"}),
    ):
        draft.add_scatter(
            x=names[1:],
            y=np.asarray(values, np.float32),
            name=name,
            mode="lines+markers",
            line=line,
            marker={"size": 7},
            text=theme.numbers(values, 3),
            hovertemplate="%{x} against the stage before: %{text}<extra></extra>",
        )
    draft.update_xaxes(type="category")
    draft.update_yaxes(
        title="cosine",
        range=[min(0, float(np.min([token, mean]))) - 0.05, 1.05],
        zeroline=True,
        zerolinecolor=theme.PLAIN,
    )
    return theme.layout(draft, height=height, top=40)
