"""What is asked of every page, without a browser."""

import ast
import re
import textwrap

import pytest

from tests.session import ROOT, SHORT, control, opened, walk

PAGES = sorted(path.parent.name for path in (ROOT / "pages").glob("*/page.py"))
VIEWED = "positions", "masks", "architecture", "heads", "decoding"  # pages with several views


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page):
    at = opened(page)
    assert at.title


@pytest.mark.parametrize("page", PAGES)
def test_every_view_shows_the_code_that_made_it(page):
    at = opened(page, text=SHORT)
    for view in control(at, f"{page}.section").options if page in VIEWED else [None]:
        if view:
            control(at, f"{page}.section").set_value(view).run()
            assert not at.exception
        sources = [textwrap.dedent(element.value) for element in at.code]
        assert any(ast.parse(source).body for source in sources if re.match("def |class |@", source)), view


def test_text_and_model_come_along_wherever_they_are_shown():
    """A control of the same key stands in the sidebar of one page and on another page itself; to the browser
    these are two, and the second is empty unless the app says what it holds.
    """
    at = opened("attention", text=SHORT, model="decoder-alibi")
    for page in [*PAGES, *reversed(PAGES[:-1])]:
        walk(at, page)
        assert not at.exception, page
        for box in at.get("text_input") + at.get("text_area"):
            if box.key == "text":
                assert box.value == SHORT and box.proto.set_value, page
        for box in at.get("selectbox"):
            if box.key == "model":
                assert box.value == "decoder-alibi", page
