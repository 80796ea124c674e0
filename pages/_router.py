"""The script that every visit runs: page settings, then the page that the address names."""

from contextlib import suppress

import _link
import _shell
import streamlit as st

if "link" not in st.session_state:
    st.set_page_config(page_title="Riverbank", layout="wide", initial_sidebar_state=340)
_link.begin()
page = st.navigation(_shell.pages(), position="hidden" if len(_shell.PAGES) == 1 else "sidebar")
st.title(page.title)
with suppress(_shell.NothingToShow):
    page.run()
_shell.sidebar()
_link.write()
