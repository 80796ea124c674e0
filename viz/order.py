"""Figures about order: losses token by token and by position, differences on a log scale, biases by distance.
Colours name encodings here, not roles.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from viz import theme


class Look(NamedTuple):
    """How the curves of one encoding look: two of the three would tell it from the others."""

    colour: str  # of Okabe and Ito
    dash: str
    sign: str


METHODS = {  # the ways to read RoPE past its training: one colour, with dashes and signs
    "another base": Look("#CC79A7", "dot", "star"),
    "linear interpolation": Look("#CC79A7", "dash", "hourglass"),
    "NTK-aware": Look("#CC79A7", "solid", "pentagon"),
    "YaRN": Look("#CC79A7", "longdashdot", "hexagram"),
}
DASHES = "solid", "dash", "dot", "dashdot", "longdash", "longdashdot"  # of heads
NOTHING = 1e-8  # where a difference of exactly 0 is drawn on a log scale


def losses(
    found: Mapping[str, np.ndarray | str],
    tokens: Sequence[str],
    *,
    looks: Mapping[str, Look],
    height: int = 280,
) -> go.Figure:
    """A line per encoding: `found` maps its name to the nats (T - 1,) lost on each of `tokens` (T,) but the
    first, or to a sentence why there are none; `looks` maps it to its Look.
    """
    draft = theme.Draft()
    for name, nats in found.items():
        if isinstance(nats, str):
            continue
        colour, dash, sign = looks[name]
        draft.add_scatter(
            x=np.arange(1, len(tokens)),
            y=np.asarray(nats, np.float32),
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": sign, "size": 7},
            hovertemplate="%{y:.3g} nats<extra>" + name + "</extra>",
        )
    step = max(1, len(tokens) // 40)
    places = list(range(1, len(tokens), step))
    draft.update_xaxes(
        tickvals=places, ticktext=[theme.token(tokens[i]) for i in places], showgrid=False, zeroline=False
    )
    draft.update_yaxes(title="loss, nats", rangemode="tozero", zeroline=False)
    return theme.layout(draft, height=height, hovermode="x unified", top=40)


def ranges(
    found: Mapping[str, Sequence[float | None]],
    names: Sequence[str],
    *,
    looks: Mapping[str, Look],
    height: int = 300,
) -> go.Figure:
    """A line per encoding over ranges of places: `found` maps its name to the nats lost in each of the ranges
    `names`, None where it has no such place; `looks` maps it to its Look.
    """
    draft = theme.Draft()
    for name, nats in found.items():
        colour, dash, sign = looks[name]
        draft.add_scatter(
            x=np.arange(len(names)),
            y=np.array(nats, np.float32),  # None becomes NaN, a gap
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": sign, "size": 9},
            hovertemplate="%{y:.3g} nats<extra>" + name + "</extra>",
        )
    draft.update_xaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        title="tokens read before",
        showgrid=False,
        zeroline=False,
    )
    draft.update_yaxes(title="loss, nats", zeroline=False)
    return theme.layout(draft, height=height, hovermode="x unified", top=40)


def differences(found: Mapping[str, Mapping[str, float] | str], *, height: int = 320) -> go.Figure:
    """Two dots per encoding on a log scale: `found` maps its name to numbers by mask, {"full": x, "causal":
    y}, or to a sentence why there are none.
    """
    signs = {
        "full": ("circle", theme.OUTPUT, -0.18, "left"),
        "causal": ("triangle-up", theme.PLAIN, 0.18, "right"),
    }
    draft, names = theme.Draft(), list(found)
    for mask, (sign, colour, shift, side) in signs.items():
        shown = {name: numbers[mask] for name, numbers in found.items() if not isinstance(numbers, str)}
        draft.add_scatter(
            x=[max(number, NOTHING) for number in shown.values()],
            y=[names.index(name) + shift for name in shown],
            name=f"{mask} mask",
            mode="markers+text",
            marker={"symbol": sign, "color": colour, "size": 12},
            text=[f"  {theme.number(number)}  " for number in shown.values()],
            # left of the smallest is the axis
            textposition=[f"middle {side if number > 1e-4 else 'right'}" for number in shown.values()],
            textfont={"size": 13},
            cliponaxis=False,
            customdata=list(shown),
            hovertemplate="%{customdata}, " + mask + " mask: %{text}<extra></extra>",
        )
    for name, numbers in found.items():
        if isinstance(numbers, str):
            draft.add_annotation(x=-4, y=names.index(name), text=numbers, showarrow=False)
    draft.add_vline(x=2**-23, line={"color": theme.PLAIN, "dash": "dot"})
    draft.add_annotation(
        x=np.log10(2**-23), y=1, yref="paper", yanchor="bottom", text="one rounding, 2⁻²³", showarrow=False
    )
    draft.update_xaxes(
        type="log",
        title="largest |f(Px) − P f(x)| / |P f(x)|",
        range=[-8.3, 0.8],
        exponentformat="power",
        dtick=2,  # on a phone there is no room for all powers
    )
    draft.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[len(names) - 0.4, -0.6],
        zeroline=False,
        tickfont={"size": 14},
    )
    return theme.layout(draft, height=height, top=56, legend={"x": 0.3})


def biases(bias: np.ndarray, *, chosen: int, height: int = 360) -> go.Figure:
    """What each head adds to a score by distance, bias (H, S) for distances 0 to S - 1: a line each, that of
    the head `chosen` strong.
    """
    draft = theme.Draft()
    for head, numbers in enumerate(bias):
        draft.add_scatter(
            x=np.arange(len(numbers)),
            y=np.asarray(numbers, np.float32),
            name=f"head {head + 1}",
            mode="lines",
            line={
                "color": theme.KEY if head == chosen else theme.PLAIN,
                "width": 3 if head == chosen else 1.5,
                "shape": "hv",
                "dash": DASHES[head % 6],
            },
            text=[
                f"{theme.plural('token', back)} back: {number}"
                for back, number in enumerate(theme.numbers(numbers))
            ],
            hovertemplate="%{text}<extra>head " + str(head + 1) + "</extra>",
        )
    draft.update_xaxes(title="distance i − j, tokens", showgrid=False, zeroline=False)
    draft.update_yaxes(title="added to the score", zeroline=True, zerolinecolor=theme.PLAIN)
    return theme.layout(draft, height=height, top=40)


def positions(
    measured: Mapping[str, Sequence[tuple[int, int, float]]],
    recorded: Mapping[str, Sequence[tuple[int, int, float]]],
    *,
    looks: Mapping[str, Look],
    context: int,
    last: int,
    height: int = 400,
) -> go.Figure:
    """Loss by position, one solid line per encoding measured now, a thin dashed one as its card has it; both
    map a name to rows (first, end, nats).

    context: where the training ended, marked; last: the end of the axis, so that it stays while lines come
    in.
    """
    draft = theme.Draft()
    for name, rows in measured.items():
        colour, dash, sign = (METHODS | looks)[name]
        draft.add_scatter(
            x=[(a + b) / 2 for a, b, _ in rows],
            y=[nats for *_, nats in rows],
            name=name,
            mode="lines+markers",
            legendgroup=name,
            line={"color": colour, "width": 2.5, "dash": dash if name in METHODS else "solid"},
            marker={"symbol": sign, "size": 8},
            customdata=[f"after {a + 1} to {b} tokens" for a, b, _ in rows],
            hovertemplate="%{customdata}: %{y:.3f} nats<extra>" + name + ", now</extra>",
        )
    for name, rows in recorded.items():
        draft.add_scatter(
            x=[(a + b) / 2 for a, b, _ in rows],
            y=[nats for *_, nats in rows],
            name=f"{name}, its card",
            mode="lines",
            legendgroup=name,
            showlegend=False,
            line={"color": looks[name].colour, "width": 1.5, "dash": "dash"},
            opacity=0.7,
            customdata=[f"after {a + 1} to {b} tokens" for a, b, _ in rows],
            hovertemplate="%{customdata}: %{y:.3f} nats<extra>" + name + ", its card</extra>",
        )
    for name, rows in measured.items():
        if rows[-1][1] < last:
            text = f"{name}: no such position past {rows[-1][1]} "
            draft.add_annotation(
                x=np.log10(rows[-1][1]),
                y=0,
                yref="paper",
                text=text,
                showarrow=False,
                xanchor="right",
                yanchor="bottom",
            )
    draft.add_vline(x=context, line={"color": theme.PLAIN, "dash": "dot"})
    draft.add_annotation(
        x=np.log10(context),
        xref="x",
        y=1,
        yref="paper",
        text=f" training ends at {context}",
        showarrow=False,
        xanchor="left",
        yanchor="top",
    )
    marks = [2**i for i in range(3, 11) if 2**i <= last]
    draft.update_xaxes(
        title="tokens read before (log scale)",
        type="log",
        range=[np.log10(6), np.log10(max(last, 16) * 1.05)],
        tickvals=marks,
        ticktext=marks,
    )
    draft.update_yaxes(title="loss, nats per token", zeroline=False)
    return theme.layout(draft, height=height, top=40, legend={"y": 1.02})
