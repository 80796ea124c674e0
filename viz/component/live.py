"""Text areas that are read while somebody types."""

from viz.component.view import view

mount = view("live")


def live(rest: int = 200) -> None:
    """Let the page read each text area inside a container whose key begins with "box.", `rest` milliseconds
    after the last key, as `st.text_input(live="200ms")` is read.
    """
    mount(key="live", data={"rest": rest}, height="content")
