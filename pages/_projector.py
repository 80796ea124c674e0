"""The switch for a projector: one picture fills the screen, in large type, on every page until it is off."""

from pages._choices import put
from pages._control import switch
from viz import theme
from viz.component.screen import screen

PROJECTOR = switch("Projector", "projector")
LARGER = 1.5  # times, as type is: 24 pixels in place of 16


def draw() -> None:
    """Draw the switch, beside the page's title."""
    screen(projector=PROJECTOR.value(), on_turn=lambda to: put({PROJECTOR.key: to == "on"}))


def enlarged(figure):
    """The Plotly figure as it is, or larger for a projector."""
    return theme.larger(figure, LARGER) if PROJECTOR.value() else figure
