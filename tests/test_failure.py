"""A page that fails says so, and takes neither the text nor the model nor the address with it."""

import importlib
import logging

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

import app
from pages import _failure, _shell
from tests.browser import launch
from tests.session import ROOT, address, control, visit, walk
from tests.test_pages import PAGES
from tests.wire import Visitor

TEXT, MODEL = "The river bank and the money bank", "decoder-alibi"
SECRET = "a sentence that is nobody's business"
REPORT = _failure.report
for view in app.VIEWS:
    importlib.import_module(view)  # before anything is broken that they import


class Broken(RuntimeError):
    pass


def broken(*_, **__):
    raise Broken(f"cannot compute {SECRET!r}")


@pytest.fixture(autouse=True)
def as_served(monkeypatch, failures_are_loud):
    monkeypatch.setattr(_failure, "report", REPORT)


def failing(page, **query):
    """A session on a page that fails."""
    at = visit(page, query).run()
    assert not at.exception
    assert [element.value for element in at.error] == [_failure.SENTENCE]
    return at


def text_of(at):
    return control(at, "text").value


PLACES = {"early": (st.Page, "run"), "late": (_shell, "show_source")}


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (page, place) for page in PAGES for place in PLACES if (page, place) != ("masks", "late")
    ],  # its views show their sources themselves
)
def test_text_model_and_address_outlive_a_failure(page, place, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(*PLACES[place], broken)
        own = {f"{page}.nothing": "a", f"{page}.code": "True"}
        at = failing(page, text=TEXT, model=MODEL, layer="2", **own)
        assert text_of(at) == TEXT
        kept = address(at)
        assert kept["text"] == TEXT and kept["layer"] == "2"
        menus = [menu for menu in at.selectbox if menu.key == "model"]
        offered = not menus or MODEL in menus[0].options  # rope's page is about one model of ours
        assert kept.get("model") == (MODEL if offered else None)
        control(at, "again").click().run()
        assert text_of(at) == TEXT and at.error
    control(at, "again").click().run()  # what was broken is mended
    assert not at.error and not at.exception
    other = "heads" if page != "heads" else "attention"
    walk(at, other)
    assert text_of(at) == TEXT and control(at, "model").value == MODEL and not at.error
    assert address(at)["text"] == TEXT and address(at)["model"] == MODEL


def test_a_view_that_fails_leaves_the_others_alone(monkeypatch):
    from pages.heads import grid

    monkeypatch.setattr(grid, "show", broken)
    at = failing("heads", text=TEXT, model=MODEL)
    control(at, "heads.section").set_value("Lines").run()
    assert not at.error and text_of(at) == TEXT
    control(at, "heads.section").set_value("Grid").run()
    control(at, "text").set_value("Another text").run()
    assert at.error and address(at)["text"] == "Another text" and address(at)["model"] == MODEL


def test_a_page_started_over_forgets_its_own_choices_and_no_others(monkeypatch):
    from pages.heads import lines

    monkeypatch.setattr(lines, "show", broken)
    at = failing("heads", text=TEXT, model=MODEL, layer="2", **{"heads.section": "Lines"})
    control(at, "over").click().run()
    assert not at.error and control(at, "heads.section").value == "Grid"
    assert address(at) == {"text": TEXT, "model": MODEL}


def test_the_log_says_where_and_keeps_the_text_to_itself(monkeypatch, caplog):
    def chained(*_, **__):
        try:
            broken()
        except Broken as error:
            raise ValueError(SECRET) from error

    monkeypatch.setattr(_shell, "show_source", chained)
    with caplog.at_level(logging.ERROR, "riverbank"):
        at = failing("attention", text=SECRET, **{"attention.code": "True"})
    (record,) = caplog.records
    log = record.getMessage()
    assert "Traceback" in log and "in chained" in log and "ValueError" in log and "Broken" in log
    assert SECRET not in log and "nobody" not in log
    shown = " ".join(element.value for element in (*at.markdown, *at.error, *at.warning))
    assert (
        "Traceback" not in shown
        and "Broken" not in shown
        and ".py" not in " ".join(e.value for e in at.error)
    )


@pytest.mark.parametrize("stop", [StopException, RerunException])
def test_streamlits_own_ways_to_end_a_run_pass(stop, monkeypatch):
    """They are no failures: a click during a run must be able to end it."""
    runs = []

    def ends(*_, **__):
        runs.append(1)
        if len(runs) == 1:
            st.stop() if stop is StopException else st.rerun()

    monkeypatch.setattr(_shell, "show_source", ends)
    at = visit("attention", {"text": TEXT, "attention.code": "True"}).run()
    assert not at.error and not at.exception
    assert len(runs) == (2 if stop is RerunException else 1)


SCRIPT = """
import streamlit as st
import app
from pages import _text

def broken(reader):
    raise RuntimeError("no" + "body")

_text.take = broken
app.prepare = lambda: None  # one page of one model is asked for
app = st.App({router!r}, lifespan=app.lifespan, on_script_error=app.failed)
"""


def test_an_answer_to_a_click_that_fails_loses_neither_text_nor_model(tmp_path):
    """Streamlit runs nothing of the app then, and the browser drops all controls: they must come back."""
    (tmp_path / "serve.py").write_text(SCRIPT.format(router=str(ROOT / "pages" / "_router.py")))
    quiet = {"browser.gatherUsageStats": "false"}
    own = {"folder": tmp_path, "environment": {"PYTHONPATH": str(ROOT)}, "options": quiet}
    with launch.server("serve.py", **own) as server, Visitor(server.url) as visitor:
        visitor.open("attention", text=TEXT, model=MODEL)
        visitor.run(states={visitor.box("text").id: "Another"})
        assert len(visitor.wrong()) == 1 and "failed" in visitor.wrong()[0]
        visitor.run(states={visitor.widget("button", "again").id: True})
        assert visitor.wrong() == []
        assert visitor.box("text").value == TEXT and visitor.box("text").set_value
        assert "in broken" in server.log and "nobody" not in server.log
