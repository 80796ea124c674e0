"""The page's address, kept in step with its controls, and the browser's way back along it."""

from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlencode

from viz.component.message import heard, time
from viz.component.view import view

mount = view("address")


def address(
    values: Mapping[str, str],
    *,
    page: str,
    boxes: Collection[str] = (),
    on_back: Callable[[str], None] | None = None,
    key: str = "address",
) -> None:
    """Put `values`, texts by name, into the address of the page. Each change is a step of the browser's way
    back, but what is typed at one word into one of the `boxes`, some of the names, is one step.

    The page is named because a page that is new begins with an empty one. on_back: called with the query,
    from its question mark on, of the address to which the reader has gone, back or forward, before the run
    that it starts. Streamlit's own binding of controls to the address sends what other controls said when the
    session began, wherever one is set by the page.
    """
    mount(
        key=key,
        data={
            "query": urlencode(values),
            "page": page,
            "boxes": sorted(boxes),
            "heard": time(key, "back"),
        },
        on_back_change=heard(key, "back", _a_query, on_back),
        height="content",
    )


def _a_query(values: list) -> bool:
    return len(values) == 1 and isinstance(values[0], str) and values[0].startswith("?")
