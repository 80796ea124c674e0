"""Plotly's figures on the page, redrawn in place."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from viz.component.view import view

if TYPE_CHECKING:
    import plotly.graph_objects as go

LIBRARY = Path(find_spec("plotly").origin).parent / "package_data" / "plotly.min.js"
CODE = f"static/js/plotly-{version('plotly')}.min.js"  # where the server has the library

mount = view("figure", whole_page=True)  # Plotly styles its buttons and labels from the page's head


def figure(plot: "go.Figure", *, key: str, label: str) -> None:
    """Draw a Plotly figure as wide as its room and as high as its layout says; fonts, and colours that it
    does not set, are those of the page. It can be saved as an SVG file.

    key: the widget key, and the name of the file. label: its accessible name.
    """
    from plotly.io.json import to_json_plotly

    spec = plot.to_plotly_json()
    spec["layout"].pop("template", None)
    data = {"spec": to_json_plotly(spec), "label": label, "name": f"riverbank-{key}", "code": CODE}
    mount(key=key, data=data, height=plot.layout.height)
