"""The page as a whole: its style sheet, and the focus for what scrolls."""

from viz.component.view import view

mount = view("screen", whole_page=True)


def screen() -> None:
    """Dress the page that is drawn around this."""
    mount(key="screen", data={"on": False}, height="content")
