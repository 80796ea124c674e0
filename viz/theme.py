"""One table of colours for every view (Okabe and Ito 2008, safe for colour-blind readers), and what all
figures have in common.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

QUERY = "#0072B2"  # blue: who asks
KEY = "#D55E00"  # vermillion: who answers
VALUE = "#009E73"  # green: what is passed on
OUTPUT = "#CC79A7"  # purple: what comes out
PLAIN = "#8A8A8A"  # what has no role, such as the model left unchanged

MARKS = {
    " ": "·",
    "\n": "⏎",
    "\r": "␍",
    "\t": "⇥",
}  # white space as signs, so that a token shows all of itself
LONGEST = 14
ISOLATE = "\u2068{}\u2069"  # keeps a right-to-left token from turning its neighbours round


def token(text: str) -> str:
    """A token as a label: white space as signs, long ones cut, HTML inert; Plotly reads a little HTML in
    labels.
    """
    shown = "".join(MARKS.get(letter, letter) for letter in text)
    if len(shown) > LONGEST:
        shown = shown[: LONGEST - 1] + "…"
    return ISOLATE.format(shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def number(value: float) -> str:
    """Three significant digits, with a true minus sign."""
    return f"{value:.3g}".replace("-", "−")


def may_look(allowed: Any) -> np.ndarray:
    """A mask as an array of bools; ValueError if it holds anything but True and False, or 1 and 0."""
    mask = np.asarray(allowed)
    if mask.dtype.kind not in "biuf" or ((mask != 0) & (mask != 1)).any():
        raise ValueError("allowed must hold True (may look) and False, or 1 and 0")
    return mask.astype(bool)


def layout(figure: "go.Figure", *, height: int, title: str | None = None) -> "go.Figure":
    """Apply the common look to a figure and return it."""
    return figure.update_layout(
        height=height,
        title={"text": title, "font": {"size": 14}} if title else None,
        margin={"l": 8, "r": 8, "t": 36 if title else 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        bargap=0.25,
    )
