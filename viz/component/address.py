"""The page's address, kept in step with its controls."""

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

mount = st.components.v2.component(
    "riverbank_address", html="", js=(Path(__file__).parent / "address.js").read_text(encoding="utf-8")
)


def address(values, *, page, key="address"):
    """Put `values`, texts by name, into the address of the page, which is named because a page that is new
    begins with an empty one.

    Streamlit's own binding of controls to the address sends what other controls said when the session began,
    wherever one is set by the page.
    """
    mount(key=key, data={"query": urlencode(values), "page": page}, height="content")
