"""Curves, and bars: one number over the distance between two tokens."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from viz import theme

# colour, width, dash, of the first curve and those after it: a convolution, and attention with one mask or
# another
LOOKS = (
    {"color": theme.VALUE, "width": 3},
    {"color": theme.QUERY, "width": 2},
    {"color": theme.QUERY, "width": 2, "dash": "dash"},
    {"color": theme.QUERY, "width": 2, "dash": "dot"},
)
ROLES = LOOKS[1], LOOKS[0]  # attention first, as the encoders are listed
SIGNS = "circle", "square", "diamond", "triangle-up"


def layers(
    needed: Mapping[str, np.ndarray], *, distance: int, words: tuple[str, str], height: int = 340
) -> go.Figure:
    """The layers that connect two tokens, over their distance: `needed` maps up to four names to (2T - 1,)
    numbers for -(T - 1) to T - 1, NaN for never.

    distance: that of the two chosen tokens, whose texts are `words`; it is marked by a line. ValueError if it
    lies outside.
    """
    (count,) = {len(values) for values in needed.values()}
    reach = count // 2
    if abs(distance) > reach:
        raise ValueError(f"a distance of {distance} lies outside -{reach} to {reach}")
    draft = theme.Draft()
    for (name, values), line, sign in zip(needed.items(), LOOKS, SIGNS, strict=False):
        draft.add_scatter(
            x=np.arange(-reach, reach + 1),
            y=np.asarray(values, np.float32),
            name=name,
            mode="lines+markers",
            line=line,
            marker={"size": 5 if reach < 64 else 2, "symbol": sign},
            text=[
                f"{theme.number(x, 0, sign=True)}: {theme.plural('layer', y)}"
                for x, y in zip(range(-reach, reach + 1), values, strict=True)
            ],
            hovertemplate="%{text}<extra>" + name + "</extra>",
        )
    draft.add_vline(x=distance, line={"color": theme.PLAIN, "width": 2, "dash": "dot"})
    label = f"{theme.token(words[0])} → {theme.token(words[1])}"
    draft.add_annotation(x=distance, y=1, yref="paper", yanchor="bottom", text=label, showarrow=False)
    draft.update_xaxes(
        title="tokens to the left (−) or to the right (+) of the output",
        range=[-reach - 0.5, reach + 0.5],
        zeroline=False,
    )
    draft.update_yaxes(
        title="layers needed", rangemode="tozero", zeroline=True, zerolinecolor=theme.PLAIN, tickformat="d"
    )
    return theme.layout(draft, height=height, top=60, legend={"y": 1.1})


def distances(
    rows: Mapping[str, tuple[np.ndarray, np.ndarray]], *, leaves: int, height: int = 220
) -> go.Figure:
    """How far towards its own sense words fall, over the number of words between them and their clue: `rows`
    maps up to four names to means and standard errors, both (B,), for 0 to B - 1.

    leaves: from here on a convolution sees no clue, shaded.
    """
    draft = theme.Draft()
    (count,) = {len(mean) for mean, _ in rows.values()}
    for (name, (mean, error)), line, sign in zip(rows.items(), ROLES, SIGNS, strict=False):
        draft.add_scatter(
            y=np.asarray(mean, np.float32),
            error_y={"array": np.asarray(error, np.float32), "thickness": 1},
            name=name,
            mode="lines+markers",
            line=line,
            marker={"size": 6, "symbol": sign},
            text=theme.numbers(mean, 2, sign=True),
            hovertemplate="%{x} words between: %{text}<extra>" + name + "</extra>",
        )
    draft.add_vrect(x0=leaves - 0.5, x1=count - 0.5, fillcolor=theme.PLAIN, opacity=0.15)
    draft.update_xaxes(title="words between the word and its clue", range=[-0.5, count - 0.5], zeroline=False)
    draft.update_yaxes(
        title="towards its own sense", zeroline=True, zerolinecolor=theme.PLAIN, rangemode="tozero"
    )
    return theme.layout(draft, height=height)


def meters(
    values: Mapping[str, np.ndarray],
    *,
    ends: tuple[str, str],
    now: int,
    leaves: int | None = None,
    height: int = 220,
) -> go.Figure:
    """Where a word falls on the meter, over the number of words between it and its clue: `values` maps up to
    four names to (N,) numbers for 0 to N - 1.

    ends: the names of the senses at -1 and +1. now: the number of words chosen, marked by a line. leaves:
    from here on a convolution sees no clue, shaded.
    """
    draft = theme.Draft()
    (count,) = {len(row) for row in values.values()}
    for (name, row), line, sign in zip(values.items(), ROLES, SIGNS, strict=False):
        draft.add_scatter(
            y=np.asarray(row, np.float32),
            name=name,
            mode="lines+markers",
            line=line,
            marker={"size": 6, "symbol": sign},
            text=[
                f"{theme.plural('word', between)} between: {value}"
                for between, value in enumerate(theme.numbers(row, 2, sign=True))
            ],
            hovertemplate="%{text}<extra>" + name + "</extra>",
        )
    if leaves is not None:
        draft.add_vrect(x0=leaves - 0.5, x1=count - 0.5, fillcolor=theme.PLAIN, opacity=0.15)
    draft.add_vline(x=now, line={"color": theme.PLAIN, "width": 2, "dash": "dot"})
    draft.update_xaxes(title="words between the word and its clue", range=[-0.5, count - 0.5], zeroline=False)
    low, high = (theme.token(end) for end in ends)
    draft.update_yaxes(
        title="meter",
        zeroline=True,
        zerolinecolor=theme.PLAIN,
        tickvals=[-1, 0, 1],
        ticktext=[f"{low} −1", "0", f"{high} +1"],
    )
    return theme.layout(draft, height=height)


def shares(bands: Mapping[str, Mapping[str, tuple[float, int]]], *, height: int = 340) -> go.Figure:
    """Shares of right answers as bars with one standard error, sqrt(p (1 - p) / n): `bands` maps up to four
    names to {band: (p, n)}; a line where chance is.
    """
    draft = theme.Draft()
    for (name, found), line in zip(bands.items(), ROLES, strict=False):
        share, count = (np.array(part, np.float32) for part in zip(*found.values(), strict=True))
        draft.add_bar(
            x=list(found),
            y=share,
            name=name,
            marker={"color": line["color"]},
            error_y={"array": np.sqrt(share * (1 - share) / count), "color": theme.PLAIN},
            customdata=count,
            hovertemplate="clue %{x} words off: %{y:.2f} of %{customdata:d} sentences<extra>"
            + name
            + "</extra>",
        )
    draft.add_hline(y=0.5, line={"color": theme.PLAIN, "dash": "dot"})
    draft.update_xaxes(title="words from the clue to the word", type="category")
    draft.update_yaxes(title="sense found", range=[0, 1], tickformat=".0%")
    return theme.layout(draft, height=height)
