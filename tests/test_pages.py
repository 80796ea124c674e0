"""What is asked of every page, without a browser."""

import ast
import re
import textwrap

import pytest

from tests.session import ROOT, SHORT, checked, control, opened

PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py") if not path.name.startswith("_"))
VIEWED = "positions", "masks", "architecture", "heads", "decoding"  # pages with several views


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page):
    at = checked(opened().switch_page(page).run())
    assert at.title


@pytest.mark.parametrize("page", PAGES)
def test_every_view_shows_the_code_that_made_it(page):
    name = page.removesuffix(".py")
    at = opened(name, text=SHORT)
    for view in control(at, f"{name}.section").options if name in VIEWED else [None]:
        if view:
            control(at, f"{name}.section").set_value(view).run()
            assert not at.exception
        sources = [textwrap.dedent(element.value) for element in at.code]
        assert any(ast.parse(source).body for source in sources if re.match("def |class |@", source)), view
