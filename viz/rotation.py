"""Turning pairs: the score over the distance, wavelengths, a loss over RoPE's base, the reordering of a
head's rows, losses token by token.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz import theme

SCORE = {"color": theme.OUTPUT, "width": 3}
TICKS = 32  # numbers of pairs on an axis, at most


def scores(
    offsets: np.ndarray,
    content: np.ndarray,
    without: np.ndarray,
    envelope: np.ndarray,
    *,
    bound: float,
    marks: Mapping[str, tuple[float, float]],
    limit: int,
    height: int = 360,
) -> go.Figure:
    """Scores over the offset of two tokens, each (N,): with their content, without it, and the latter's
    envelope, drawn as a band; and the bound of both.

    marks: {name: (offset, score)}, drawn as signs. limit: distances past it were never trained. ValueError if
    the sizes differ.
    """
    if not len(offsets) == len(content) == len(without) == len(envelope):
        raise ValueError(
            f"there are {len(offsets)} offsets, {len(content)} scores, {len(without)} without content, "
            f"{len(envelope)} of the envelope"
        )
    draft = theme.Draft()
    band = {
        "x": offsets,
        "mode": "lines",
        "line": {"color": theme.PLAIN, "width": 0.5},
        "hoverinfo": "skip",
        "legendgroup": "envelope",
    }
    draft.add_scatter(y=-envelope, showlegend=False, **band)
    draft.add_scatter(
        y=envelope,
        name="without content: envelope",
        fill="tonexty",
        fillcolor="rgba(138,138,138,0.18)",
        **band,
    )
    for sign in (1, -1):
        ends = {
            "x": [offsets[0], offsets[-1]],
            "y": [sign * bound] * 2,
            "line": {"color": theme.PLAIN, "width": 1.5, "dash": "dot"},
        }
        draft.add_scatter(
            **ends,
            mode="lines",
            name="all pairs in step: ± Σ |q| |k|",
            showlegend=sign > 0,
            legendgroup="bound",
            hoverinfo="skip",
        )
    draft.add_scatter(
        x=offsets,
        y=without,
        name="without content",
        mode="lines",
        line={"color": theme.PLAIN, "width": 2, "dash": "dash"},
        **hover(offsets, without),
    )
    draft.add_scatter(
        x=offsets, y=content, name="these two tokens", mode="lines", line=SCORE, **hover(offsets, content)
    )
    for (name, (offset, score)), symbol in zip(marks.items(), ("circle", "diamond-open"), strict=False):
        sign = {
            "size": 12,
            "symbol": symbol,
            "color": theme.OUTPUT,
            "line": {"width": 2.5, "color": theme.OUTPUT},
        }
        place = {"x": [offset], "y": [score], "name": name, "mode": "markers", "marker": sign}
        draft.add_scatter(**place, **hover([offset], [score]))
    for x in (-limit, limit):
        if offsets[0] < x < offsets[-1]:
            draft.add_vline(x=x, line={"color": theme.PLAIN, "width": 1, "dash": "dot"})
    draft.update_xaxes(title="offset: key’s position − query’s", zeroline=True, zerolinecolor=theme.PLAIN)
    draft.update_yaxes(title="score", zeroline=True, zerolinecolor=theme.PLAIN)
    return theme.layout(draft, height=height, top=40)


def hover(offsets: Sequence[int], scores: Sequence[float]) -> dict[str, Any]:
    """What is read under the pointer at each offset."""
    pairs = zip(offsets, theme.numbers(scores), strict=True)
    told = [f"offset {theme.number(offset, 0, sign=True)}: {score}" for offset, score in pairs]
    return {"text": told, "hovertemplate": "%{text}<extra></extra>"}


def wavelengths(
    trained: np.ndarray,
    chosen: np.ndarray,
    *,
    lengths: Mapping[str, int],
    chosen_name: str,
    trained_name: str = "as trained",
    height: int = 340,
) -> go.Figure:
    """After how many tokens each of P pairs is back where it was, on a log scale, with the base of the
    training and with the chosen one, each (P,), and with these names.

    lengths: {name: tokens} of two things to compare with, drawn as lines; a pair that did not get round in
    the second of them with the base of the training is hollow, with either base.
    """
    draft = theme.Draft()
    pair, (first, last) = np.arange(1, len(trained) + 1), lengths.values()
    for values, name, colour in ((trained, trained_name, theme.PLAIN), (chosen, chosen_name, theme.VALUE)):
        fill = [colour if value <= last else "rgba(0,0,0,0)" for value in trained]
        sign = {"color": fill, "size": 10, "line": {"color": colour, "width": 2}}
        line = {"color": colour, "width": 1, "dash": "dot"}
        draft.add_scatter(
            x=pair,
            y=values,
            name=name,
            mode="lines+markers",
            marker=sign,
            line=line,
            hovertemplate="pair %{x}: once round in %{y:.4g} tokens",
        )
    sides = (
        ("top", "bottom") if first <= last else ("bottom", "top")
    )  # the upper line has its label above it, the lower one below
    for (name, tokens), dash, side in zip(lengths.items(), ("dash", "solid"), sides, strict=True):
        draft.add_hline(y=tokens, line={"color": theme.OUTPUT, "width": 2, "dash": dash})
        place = {"x": 1, "xref": "paper", "xanchor": "right", "y": np.log10(tokens), "yanchor": side}
        draft.add_annotation(**place, text=f"{name}: {tokens:,}", showarrow=False)
    draft.update_xaxes(title="pair", tickvals=pair[:: -(-len(pair) // TICKS)], showgrid=False)
    draft.update_yaxes(title="tokens for one turn", type="log", dtick=1)
    return theme.layout(draft, height=height, top=40)


def bases(losses: Mapping[int, float], *, trained: int, chosen: int, height: int = 340) -> go.Figure:
    """The mean loss of a text over RoPE's base: {base: nats per token}; the trained and the chosen base are
    marked.
    """
    base, loss = np.array(list(losses)), np.array(list(losses.values()))
    line = {"color": theme.PLAIN, "width": 2}
    draft = theme.Draft()
    draft.add_scatter(
        x=base,
        y=loss,
        mode="lines+markers",
        line=line,
        showlegend=False,
        hovertemplate="base %{x:,}: %{y:.4f}<extra></extra>",
    )
    for value, name, symbol, colour in (
        (trained, "as trained", "circle", theme.PLAIN),
        (chosen, "chosen", "diamond-open", theme.VALUE),
    ):
        sign = {"size": 14, "symbol": symbol, "color": colour, "line": {"width": 3, "color": colour}}
        draft.add_scatter(
            x=[value],
            y=[losses[value]],
            name=name,
            mode="markers",
            marker=sign,
            hovertemplate="base %{x:,}: %{y:.4f}<extra></extra>",
        )
    draft.update_xaxes(title="base", type="log", dtick=1)
    draft.update_yaxes(title="nats per token of your text")
    return theme.layout(draft, height=height, top=40)


def reordering(order: np.ndarray, *, chosen: int, names: Sequence[str], height: int = 210) -> go.Figure:
    """Lines from where each of D rows stood, on top, to where `order` (D,) puts it: row j has been row
    order[j].

    The `chosen` pair of old rows is purple; every fourth row has its number, and those two.
    """
    draft, rows = theme.Draft(), np.arange(len(order))
    kinds = {
        "first of a pair": (lambda old: old % 2 == 0, "solid"),
        "second of a pair": (lambda old: old % 2 == 1, "dot"),
    }
    for name, (wanted, dash) in kinds.items():
        moved = [(old, new) for new, old in enumerate(order) if wanted(old) and old not in chosen]
        draft.add_scatter(
            **path(moved),
            name=name,
            mode="lines",
            line={"color": theme.PLAIN, "width": 1.5, "dash": dash},
            hoverinfo="skip",
        )
    moved = [(old, new) for new, old in enumerate(order) if old in chosen]
    draft.add_scatter(**path(moved), name="the chosen pair", mode="lines", line=SCORE, hoverinfo="skip")
    for y, olds, side in ((1, rows, "top center"), (0, np.asarray(order), "bottom center")):
        marked = np.isin(olds, chosen)
        near = np.array([abs(rows[marked] - place).min(initial=9) < 3 for place in rows])
        text = np.where(marked | (rows % 4 == 0) & ~near, olds.astype(str), "").astype(object)
        if marked[:-1] @ marked[1:]:  # two numbers side by side are one label
            text[marked] = [", ".join(text[marked]), ""]
        labels = {
            "x": rows,
            "y": np.full(len(rows), y),
            "text": text,
            "customdata": olds,
            "textposition": side,
            "textfont": {"size": 12},
        }
        draft.add_scatter(
            **labels,
            mode="text",
            showlegend=False,
            hovertemplate="was row %{customdata}, is row %{x}<extra></extra>" if y == 0 else SKIP,
        )
    draft.update_xaxes(visible=False, range=[-1, len(order)])
    draft.update_yaxes(
        range=[-0.3, 1.3], tickvals=[1.13, -0.13], ticktext=names, showgrid=False, zeroline=False
    )
    return theme.layout(draft, height=height, top=30)


SKIP = "row %{x}<extra></extra>"


def path(moved: Sequence[tuple[int, int]]) -> dict[str, list]:
    """Coordinates of separate lines from (old, 1) to (new, 0)."""
    return {
        "x": [x for old, new in moved for x in (old, new, None)],
        "y": [y for _ in moved for y in (1, 0, None)],
    }


def losses(series: Mapping[str, Sequence[float]], *, tokens: Sequence[str], height: int = 320) -> go.Figure:
    """The loss of each token under up to three readings: {name: (T - 1,)}, for the tokens after the first;
    ValueError if the sizes do not fit.
    """
    draft = theme.Draft()
    looks = (
        {"color": theme.PLAIN, "width": 5},
        {"color": theme.VALUE, "width": 2, "dash": "dash"},
        {"color": theme.OUTPUT, "width": 2},
    )
    place = np.arange(1, len(tokens))
    for (name, values), line, symbol in zip(
        series.items(), looks, ("circle", "square", "diamond"), strict=False
    ):
        if len(values) != len(place):
            raise ValueError(
                f"{name!r} has {len(values)} losses for {len(tokens)} tokens, of which all but the first are "
                "predicted"
            )
        draft.add_scatter(
            x=place,
            y=np.asarray(values, np.float32),
            name=name,
            line=line,
            mode="lines+markers" if len(tokens) < 65 else "lines",
            marker={"size": 6, "symbol": symbol},
            hovertemplate="%{y:.3f} nats<extra>" + name + "</extra>",
        )
    step = -(-len(tokens) // 40)  # at most forty labels
    draft.update_xaxes(
        tickvals=place[::step],
        ticktext=[theme.token(text) for text in tokens[1::step]],
        showgrid=False,
        tickangle=-45,
    )
    draft.update_yaxes(title="nats", rangemode="tozero", zeroline=True, zerolinecolor=theme.PLAIN)
    return theme.layout(draft, height=height, top=40, hovermode="x")
