"""The page's address, kept in step with its controls."""

from urllib.parse import urlencode

from viz.component.view import view

mount = view("address")


def address(values, *, page, key="address"):
    """Put `values`, texts by name, into the address of the page.

    The page is named because a page that is new begins with an empty one. Streamlit's own binding of controls
    to the address sends what other controls said when the session began, wherever one is set by the page.
    """
    mount(key=key, data={"query": urlencode(values), "page": page}, height="content")
