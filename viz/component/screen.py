"""The page as a whole: its style sheet, the focus for what scrolls, and the switch for a projector."""

from collections.abc import Callable

from viz.component.message import heard, one_of
from viz.component.view import view

mount = view("screen", whole_page=True)


def screen(
    *, projector: bool, enlarged: bool, key: str = "screen", on_turn: Callable[[str], None] | None = None
) -> None:
    """Dress the page that is drawn around this.

    projector: whether the first picture fills the screen, without the sidebar and with type of 24 pixels.
    enlarged: whether Plotly's figures are drawn for it.
    on_turn: called with "on" or "off" before the run that a press of the switch, or of the key f, starts;
    with "phone" once a screen shows the usual page all the same, as it is too narrow.
    """
    mount(
        key=key,
        data={"on": projector, "enlarged": enlarged},
        on_projector_change=heard(key, "projector", one_of(("on", "off", "phone")), on_turn),
        height="content",
    )
