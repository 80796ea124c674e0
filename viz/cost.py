"""What a transformer costs: curves over the length of the text, with what was measured as points, and the
shares of its parts.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme

LOOKS = (  # of multi-head, grouped-query, multi-query and windowed attention
    ({"color": theme.QUERY, "width": 3}, "circle"),
    ({"color": theme.KEY, "width": 2.5, "dash": "dash"}, "square"),
    ({"color": theme.VALUE, "width": 2.5, "dash": "dot"}, "diamond"),
    ({"color": theme.OUTPUT, "width": 2.5, "dash": "dashdot"}, "triangle-up"),
)
TICKS = 16, 64, 256, 1024, 4096, 16_384, 131_072
TONES = theme.PLAIN, theme.QUERY, theme.KEY, theme.VALUE, theme.OUTPUT


def curves(
    lengths: Sequence[int],
    found: Mapping[str, np.ndarray],
    points: Mapping[str, Sequence[tuple[int, float]]],
    *,
    unit: str,
    now: int,
    term: tuple[str, np.ndarray] | None = None,
    crossing: float | None = None,
    height: int = 430,
) -> go.Figure:
    """Log-log curves over the number of tokens: `found` maps up to four names to (N,) numbers for the N
    `lengths`, `points` the same names to (T, value) pairs.

    unit: what the numbers count. now: the number of tokens chosen, a line. term: (name, (N,) numbers) of one
    more, thin curve; crossing: where it overtakes the rest, a line. ValueError if a curve has another number
    of values than there are lengths.
    """
    draft = theme.Draft()
    for (name, values), (line, sign) in zip(found.items(), LOOKS, strict=False):
        if len(values) != len(lengths):
            raise ValueError(f"{name!r} has {len(values)} values for {len(lengths)} lengths")
        read = "%{x:,} tokens: %{y:.3s} " + unit + "<extra>" + name
        draft.add_scatter(
            x=np.asarray(lengths),
            y=np.asarray(values, np.float64),
            name=name,
            mode="lines",
            line=line,
            hovertemplate=read + "</extra>",
        )
        if pairs := points.get(name):
            x, y = (np.asarray(part, np.float64) for part in zip(*pairs, strict=True))
            draft.add_scatter(
                x=x,
                y=y,
                mode="markers",
                showlegend=False,
                marker={
                    "size": 10,
                    "symbol": sign,
                    "color": line["color"],
                    "line": {"width": 1.5, "color": "white"},
                },
                hovertemplate=read + ", measured</extra>",
            )
    if term:
        name, values = term
        read = "%{x:,} tokens: %{y:.3s} " + unit + f"<extra>{name}</extra>"
        draft.add_scatter(
            x=np.asarray(lengths),
            y=np.asarray(values, np.float64),
            name=name,
            mode="lines",
            line={"color": theme.PLAIN, "width": 1.5},
            hovertemplate=read,
        )
    marks = [(now, "your length")] + ([(crossing, "T² overtakes")] if crossing else [])
    for place, label in marks:
        draft.add_vline(x=place, line={"color": theme.PLAIN, "width": 2, "dash": "dot"})
        draft.add_annotation(
            x=np.log10(place),
            y=0 if label == "your length" else 1,
            yref="paper",
            yanchor="bottom",
            text=label,
            showarrow=False,
        )
    draft.update_xaxes(
        title="tokens in the text, T",
        type="log",
        tickvals=TICKS,
        ticktext=[f"{n:,}" for n in TICKS],
        showgrid=True,
    )
    draft.update_yaxes(title=unit, type="log", exponentformat="SI", dtick=1)
    return theme.layout(draft, height=height, top=48, legend={"y": 1.06})


def shares(rows: Mapping[str, Mapping[str, float]], *, height: int = 200) -> go.Figure:
    """Shares of a whole as bars end to end: `rows` maps the name of a whole to {part: how much}, the same
    parts in each.
    """
    draft = theme.Draft()
    parts = list(next(iter(rows.values())))
    for part, tone in zip(parts, TONES, strict=False):
        amounts = np.array([row[part] for row in rows.values()], np.float64)
        share = amounts / np.array([sum(row.values()) or 1 for row in rows.values()])
        draft.add_bar(
            x=share,
            y=list(rows),
            name=part,
            orientation="h",
            marker={"color": tone},
            customdata=amounts,
            text=[f"{theme.number(100 * one, 0)} %" if one >= 0.04 else "" for one in share],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": "white"},
            hovertemplate="%{customdata:,} of the %{y}: %{x:.1%}<extra>" + part + "</extra>",
        )
    draft.update_xaxes(range=[0, 1], tickformat=".0%", showgrid=False)
    draft.update_yaxes(autorange="reversed", ticksuffix=" ")
    legend = {"traceorder": "normal", "maxheight": 0.6}
    return theme.layout(draft, height=height, top=40, legend=legend, barmode="stack")
