"""Vocabularies: what a tokenizer makes of several languages, and what a smaller one costs."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz import theme


def languages(lines: Mapping[str, str], tokens: Mapping[str, int], *, height: int = 330) -> go.Figure:
    """Characters per token, a bar per language: `lines` maps its name to a sentence, `tokens` to how many
    tokens that is. ValueError if the names differ.
    """
    if list(lines) != list(tokens):
        raise ValueError(f"sentences in {', '.join(lines)}, but tokens of {', '.join(tokens)}")
    shares = np.array([len(lines[name]) / tokens[name] for name in lines], np.float32)
    places = np.arange(len(lines))
    names = [f"{name}: {len(lines[name])} characters, {tokens[name]} tokens" for name in lines]
    draft = theme.Draft()
    draft.add_bar(
        x=shares,
        y=places,
        orientation="h",
        marker={"color": theme.QUERY},
        text=theme.numbers(shares, 2),
        textposition="outside",
        customdata=[theme.ISOLATE.format(line) for line in lines.values()],
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )
    draft.add_vline(x=1, line={"color": theme.PLAIN, "width": 2, "dash": "dot"}, layer="below")
    draft.update_xaxes(
        title="characters per token", range=[0, 1.15 * max(1.0, float(shares.max()))], zeroline=False
    )
    draft.update_yaxes(tickvals=places, ticktext=names, autorange="reversed", showgrid=False)
    return theme.layout(draft, height=height)


def cost(
    merges: Sequence[int], tokens: np.ndarray, bits: np.ndarray, *, chosen: int, height: int = 260
) -> go.Figure:
    """Tokens of a text and the model's surprise in bits per byte over the number of merges used, all (N,),
    rising; the place `chosen` is marked.

    NaN leaves a gap. ValueError if the sizes differ.
    """
    merges = np.asarray(merges)
    if not len(merges) == len(tokens) == len(bits):
        raise ValueError(f"{len(merges)} numbers of merges, {len(tokens)} of tokens, {len(bits)} of bits")
    places = np.log2(merges + 16)  # a few merges apart at the left, a few hundred at the right
    shown = [
        i
        for i, count in enumerate(merges)
        if count == 0 or i == len(merges) - 1 or (count >= 64 and (count & (count - 1)) == 0)
    ]
    across = {
        "title": "merges used",
        "tickvals": places[shown],
        "ticktext": [f"{count:,}" for count in merges[shown]],
        "showgrid": False,
        "zeroline": False,
    }
    size = np.where(np.arange(len(merges)) == chosen, 14, 6)
    draft = theme.Draft()
    for side, half, values, name, colour in (
        ("", (0, 0.455), tokens, "tokens T", theme.QUERY),
        ("2", (0.545, 1), bits, "bits per byte", theme.KEY),
    ):
        x, y = f"x{side}", f"y{side}"
        draft.add_scatter(
            x=places,
            y=np.asarray(values, np.float32),
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": size},
            customdata=merges,
            text=[
                f"first {theme.plural('merge', int(count))}: {value}"
                for count, value in zip(merges, theme.numbers(values), strict=True)
            ],
            hovertemplate="%{text}<extra>" + name + "</extra>",
            showlegend=False,
            xaxis=x,
            yaxis=y,
        )
        line = {"color": theme.PLAIN, "width": 2, "dash": "dot"}
        draft.add_vline(x=places[chosen], line=line, xref=x, yref=f"{y} domain")
        draft.parts[f"xaxis{side}"] = across | {"domain": half, "anchor": y}
        draft.parts[f"yaxis{side}"] = {"title": name, "rangemode": "tozero", "anchor": x}
    return theme.layout(draft, height=height)
