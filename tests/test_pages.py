"""What is asked of every page, without a browser."""

import ast
import importlib
import inspect
import re
import textwrap

import pytest

from tests.session import ROOT, SHORT, control, opened, walk

PAGES = sorted(path.parent.name for path in (ROOT / "pages").glob("*/page.py"))
WITHOUT_TEXT = {"learning", "vision"}  # pages on which nobody types one
# pages with several views
VIEWED = "positions", "masks", "architecture", "heads", "decoding", "vision", "learning", "why", "bugs"


def sections(page):
    """{name of a view: the module that shows it}, as the page's script lists them."""
    tree = ast.parse((ROOT / "pages" / page / "page.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SECTIONS":
            listed = zip(node.value.keys, node.value.values, strict=True)
            return {ast.literal_eval(name): ast.unparse(module) for name, module in listed}
    return {}


def views(without=()):
    """(page, view) of all pages but those `without`; a page without views has one that has no name."""
    return [(page, view) for page in PAGES if page not in without for view in sections(page) or [None]]


@pytest.mark.parametrize("page", VIEWED)
def test_every_view_of_a_page_is_a_module_with_an_opening_and_one_function_that_shows_what_was_read(page):
    assert len(sections(page)) > 1
    for name in sections(page).values():
        module = importlib.import_module(f"pages.{page}.{name}")
        assert len(inspect.signature(module.show).parameters) == 1, name
        assert "**" in module.OPENING, name  # what to do first


def test_the_pages_with_several_views_are_those_that_list_them():
    assert {page for page in PAGES if sections(page)} == set(VIEWED)


def test_no_module_of_the_pages_is_long():
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in ROOT.glob("pages/**/*.py")}
    assert len(lengths) >= 109
    assert {str(path): lines for path, lines in lengths.items() if lines > 230} == {}


def test_no_sentence_says_left_or_right_of_pictures_that_stand_one_below_the_other_on_a_phone():
    sided = re.compile(r"\b(Left|Right): |\b(left|right) picture|on the (left|right)\b")
    for path in ROOT.glob("pages/**/*.py"):
        assert not sided.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page):
    at = opened(page)
    assert at.title


@pytest.mark.parametrize("page", PAGES)
def test_every_view_shows_the_code_that_made_it(page):
    at = opened(page, text=SHORT, **{f"{page}.code": "True"})
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
            if box.key == "model" and "decoder-alibi" in box.options:  # not where a page is about another
                assert box.value == "decoder-alibi", page
