"""The page's address, kept in step with its controls, so that the browser's way back leads along it."""

from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from viz.component.view import view

mount = view("address")


def address(
    values: Mapping[str, str],
    *,
    page: str,
    boxes: Collection[str] = (),
    went_to: str | None = None,
    key: str = "address",
) -> None:
    """Put `values`, texts by name, into the address of the page. Each change is a step of the browser's way
    back, but what is typed at one word into one of the `boxes`, some of the names, is one step.

    The page is named because a page that is new begins with an empty one, and because what was computed for
    the page before may come late. went_to: the query to which the reader went back or forward last, as far as
    the server has heard. Streamlit's own binding of controls to the address sends what other controls said
    when the session began, wherever one is set by the page.
    """
    data = {"query": urlencode(values), "page": page, "boxes": sorted(boxes), "went_to": went_to}
    mount(key=key, data=data, height="content")
