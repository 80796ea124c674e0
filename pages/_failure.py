"""What becomes of a page that fails: it says so in a sentence, and nothing else is lost."""

import logging
import traceback

import streamlit as st

from model import Unavailable
from pages import _address, _choices, _progress, _shell, _sidebar
from pages._control import NothingToShow
from pages._pool import Interrupted

LOG = logging.getLogger("riverbank")
# Streamlit would write the messages of exceptions, which may quote what a visitor has typed; `report` does
# the same without.
logging.getLogger("streamlit.error_util").addFilter(lambda record: record.exc_info is None)
st.set_option("logger.enableRich", False)  # where rich is installed, Streamlit writes past the log
SENTENCE = (
    "This page failed while it was being computed; the log of the server says where. Your text and your "
    "choices are kept. Try again, change the text or the model in the sidebar, or open another page. If one "
    "of this page’s own settings is the cause, start the page over."
)


def run(page):
    """Run the page, then draw the sidebar and write the address, whatever the page did."""
    st.session_state.reader, above, failed = None, st.container(), False
    with above:
        _progress.begin()
    try:
        page.run()
    except NothingToShow:
        pass
    except Unavailable as reason:
        failed = True
        above.warning(f"{reason} Until then, choose another model or another page.")
    except Interrupted as reason:
        failed = True
        _progress.place().empty()
        with above:
            st.warning(str(reason))
            st.button("Try again", key="again")
    except Exception as error:
        report(error)
        failed = True
        with above:
            say_so()
    with above:
        _shell.tell_refusals()
    _sidebar.sidebar(anyhow=failed)
    _address.write(page.url_path, failed=failed)


def outside(error):
    """Of what fails outside a page, such as in the answer to a click: say so, with a way on. Streamlit then
    runs nothing else, and the browser drops all controls: they are forgotten here as well, so that they come
    back with what they held.
    """
    report(error)
    for key in set(_choices.session().drawn) & set(st.session_state):
        del st.session_state[key]
    st.error(
        "What you have just done failed; the log of the server says where. Your text and choices are kept."
    )
    st.button("Show the page again", key="again")
    return True


def report(error):
    """Write into the log what failed where; without the messages, which may quote what a visitor has
    typed.
    """
    parts = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    LOG.error("A page failed.\n%s", "\n\nafter\n\n".join(parts))


def say_so():
    """Say so, with a way on."""
    st.error(SENTENCE)
    with st.container(horizontal=True):
        st.button("Try again", key="again")
        st.button("Start this page over", key="over", on_click=start_over)


def start_over():
    """Take back this page's own choices; text, model and the projector are everybody's."""
    for key in set(_choices.session().drawn) - {"text", "model", "projector"}:
        _choices.forget(key)
