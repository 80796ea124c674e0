"""Figures about masks: how far outputs move, and the losses of two trainings."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme

MOST = 40  # token labels on an axis
ABREAST = 12  # numbers that have room side by side above their bars; more stand upright
TRAINED = {"causal": (theme.QUERY, "solid"), "cheat": (theme.KEY, "dash")}


def moved(values: np.ndarray, tokens: Sequence[str], *, unit: str, height: int = 210) -> go.Figure:
    """A bar per token: `values` (T,) in `unit`, at least 0; ValueError if there is not one for each of
    `tokens`.
    """
    values = np.asarray(values, np.float32)
    if values.shape != (len(tokens),):
        raise ValueError(f"there are {values.shape} values for {len(tokens)} tokens")
    draft = theme.Draft()
    text = [theme.number(value) for value in values] if len(tokens) <= MOST else None
    names = [theme.token(token) for token in tokens]
    draft.add_bar(
        x=np.arange(len(tokens)),
        y=values,
        marker={"color": theme.OUTPUT},
        text=text,
        textposition="outside",
        textangle=-90 if len(tokens) > ABREAST else 0,
        constraintext="none",  # all in one size: Plotly makes each as small as its own bar
        cliponaxis=False,
        customdata=names,
        hovertemplate="%{customdata}: %{y:.3g} " + unit + "<extra></extra>",
    )
    places = list(range(0, len(tokens), -(-len(tokens) // MOST)))
    draft.update_xaxes(
        tickvals=places,
        ticktext=[names[i] for i in places],
        showgrid=False,
        zeroline=False,
        range=[-0.5, len(tokens) - 0.5],
    )
    draft.update_yaxes(title=unit, range=[0, 1.25 * float(values.max(initial=0)) or 1])
    return theme.layout(draft, height=height)


def losses(curves: Mapping[str, Sequence], *, height: int = 230) -> go.Figure:
    """Two training losses in nats per token over the steps, on a log scale: `curves` maps the names of
    TRAINED to [(step, loss, held out?), ...].
    """
    draft = theme.Draft()
    for name, (colour, dash) in TRAINED.items():
        steps, nats = zip(*(point[:2] for point in curves[name]), strict=True)
        draft.add_scatter(
            x=list(steps),
            y=np.asarray(nats, np.float32),
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"size": 5},
            hovertemplate="step %{x}: %{y:.3g} nats<extra>" + name + "</extra>",
        )
        draft.add_annotation(
            x=steps[-1],
            y=float(np.log10(nats[-1])),
            text=theme.number(nats[-1]),
            showarrow=False,
            yshift=12,
            xanchor="right",
            font={"color": colour, "size": 14},
        )
    draft.update_xaxes(title="training step", showgrid=False)
    draft.update_yaxes(title="nats", type="log", dtick=1)
    return theme.layout(draft, height=height, top=30)
