"""The script that every visit runs: page settings, then the page that the address names."""

import streamlit as st

from pages import _server

with _server.WARMING:  # until app.py has imported everything
    from pages import _address, _failure, _projector, _shell
    from viz.component.contents import contents
    from viz.component.live import live

if "pages" not in st.session_state:
    st.set_page_config(page_title=_shell.NAME, layout="wide", initial_sidebar_state=300)
    st.session_state.pages = _shell.pages()
page = st.navigation(st.session_state.pages, position="hidden")
_address.begin(page.url_path)
st.set_page_config(page_title=f"{page.title} · {_shell.NAME}")  # of the browser's tab
with st.sidebar:
    contents(_shell.NAME, _shell.PAGES, here=page.url_path or _shell.FRONT)
_projector.draw()
st.title(page.title, anchor=False)
_failure.run(page)
live()
