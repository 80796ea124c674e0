"""One table of colours for every view (Okabe and Ito 2008, safe for colour-blind readers), and what all
figures have in common.
"""

import math
from collections.abc import Iterable
from numbers import Integral
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
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")  # the digits of a power
LONGEST = 14
# Else Plotly lays the page out once for each label, to see whether it leaves the figure: 5 ms each.
AXIS = {"ticklabeloverflow": "allow"}
HIGH = {"xref": "x", "yref": "y domain", "y0": 0, "y1": 1}  # of a shape as high as the figure
WIDE = {"xref": "x domain", "yref": "y", "x0": 0, "x1": 1}
ISOLATE = "\u2068{}\u2069"  # keeps a right-to-left token from turning its neighbours round


def token(text: str) -> str:
    """A token as a label: white space as signs, long ones cut, HTML inert; Plotly reads a little HTML in
    labels.
    """
    shown = "".join(MARKS.get(letter, letter) for letter in text)
    if len(shown) > LONGEST:
        shown = shown[: LONGEST - 1] + "…"
    return ISOLATE.format(shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def number(value: float, places: int | None = None, *, digits: int = 3, sign: bool = False) -> str:
    """A number as text, with so many significant digits or so many `places` behind the point; "–" for NaN.

    The minus is a true one. sign: a plus before what is above zero. No zero has a sign, nor what is rounded
    to one. What is under 0.0001 or has more than six digits gets a power of ten.
    """
    size = abs(float(value))
    if not math.isfinite(size):
        return "–" if math.isnan(size) else "∞" if value > 0 else "−∞"
    shown = significant(size, digits) if places is None else f"{size:,.{places}f}"
    zero = not shown.strip("0.")
    return ("" if zero else "−" if value < 0 else "+" if sign else "") + shown


def significant(size: float, digits: int) -> str:
    """A number from 0 on with so many significant digits, zeros at its end left out."""
    mantissa, power = f"{size:.{digits - 1}e}".split("e")
    if size and not -4 <= int(power) < 6:
        return f"{float(mantissa):g} × 10{str(int(power)).translate(RAISED)}"
    shown = f"{float(f'{mantissa}e{power}'):,.{max(0, digits - 1 - int(power))}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def may_look(allowed: Any) -> np.ndarray:
    """A mask as an array of bools; ValueError if it holds anything but True and False, or 1 and 0."""
    mask = np.asarray(allowed)
    if mask.dtype.kind not in "biuf" or ((mask != 0) & (mask != 1)).any():
        raise ValueError("allowed must hold True (may look) and False, or 1 and 0")
    return mask.astype(bool)


def plural(noun: str, count: float) -> str:
    """So many of something, such as "1 token", "2,048 tokens", "0.5 bits"."""
    shown = f"{count:,}".replace("-", "−") if isinstance(count, Integral) else number(count)
    return f"{shown} {noun if shown.lstrip('−') == '1' else f'{noun}s'}"


def numbers(values: Iterable[float], places: int | None = None, *, sign: bool = False) -> list[str]:
    """Numbers for what is read under the pointer: Plotly's own formats write a hyphen for a minus."""
    return [number(value, places, sign=sign) for value in values]


def look(*, height: int, title: str | None = None) -> dict[str, Any]:
    """The common look, as a layout. A figure that is made of one layout costs half of one that is updated."""
    return {
        "height": height,
        "title": {"text": title, "font": {"size": 14}} if title else None,
        "margin": {"l": 8, "r": 8, "t": 36 if title else 8, "b": 8},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "bargap": 0.25,
        "xaxis": AXIS,
        "yaxis": AXIS,
    }


class Draft:
    """A figure in the making. A Plotly figure checks and copies each part that is added to it, which takes
    ten times as long as checking all parts once.
    """

    def __init__(self) -> None:
        self.traces: list[dict[str, Any]] = []
        self.parts: dict[str, Any] = {"xaxis": {}, "yaxis": {}, "shapes": [], "annotations": []}

    def add_scatter(self, **trace: Any) -> None:
        self.traces.append({"type": "scatter", **trace})

    def add_bar(self, **trace: Any) -> None:
        self.traces.append({"type": "bar", **trace})

    def add_heatmap(self, **trace: Any) -> None:
        self.traces.append({"type": "heatmap", **trace})

    def add_shape(self, **shape: Any) -> None:
        self.parts["shapes"].append(shape)

    def add_annotation(self, **annotation: Any) -> None:
        self.parts["annotations"].append(annotation)

    def add_vline(self, *, x: float, **shape: Any) -> None:
        """A line at x, as high as the figure."""
        self.add_shape(**{"type": "line", "x0": x, "x1": x} | HIGH | shape)

    def add_hline(self, *, y: float, **shape: Any) -> None:
        """A line at y, as wide as the figure."""
        self.add_shape(**{"type": "line", "y0": y, "y1": y} | WIDE | shape)

    def add_vrect(self, *, x0: float, x1: float, **shape: Any) -> None:
        """A ground from x0 to x1, as high as the figure."""
        self.add_shape(**{"type": "rect", "x0": x0, "x1": x1, "line": {"width": 0}} | HIGH | shape)

    def update_xaxes(self, **axis: Any) -> None:
        self.parts["xaxis"] |= axis

    def update_yaxes(self, **axis: Any) -> None:
        self.parts["yaxis"] |= axis


def layout(
    draft: Draft,
    *,
    height: int,
    title: str | None = None,
    top: int | None = None,
    legend: dict[str, Any] | None = None,
    **more: Any,
) -> "go.Figure":
    """The figure of a draft, with the common look. top: its upper margin in pixels; legend, more: attributes
    of the legend and of the layout, in place of the common ones. ValueError if Plotly does not know one.
    """
    import plotly.graph_objects as go

    common = look(height=height, title=title)
    own = {name: AXIS | part for name, part in draft.parts.items() if "axis" in name}
    own["legend"] = common["legend"] | (legend or {})
    own["margin"] = common["margin"] | ({} if top is None else {"t": top})
    return go.Figure(draft.traces, common | draft.parts | own | more)


def larger(figure: "go.Figure", times: float) -> "go.Figure":
    """A figure like this one, so many times as high, and with so much larger letters."""
    height, size = figure.layout.height or 450, figure.layout.font.size or 12  # Plotly's own
    return type(figure)(figure).update_layout(height=times * height, font_size=times * size)
