"""What a visitor or a link says is shown as it is: no picture is loaded, no link, formula or icon made of
it.
"""

import re

import pytest

from pages.vision import measured
from tests.session import visit
from tests.test_crowd import views
from tests.test_pages import PAGES

MARK = "zq"
HOSTILE = (
    f"![](//{MARK}/a) [{MARK}](//{MARK}/b) ${MARK}$ :material/{MARK}: :{MARK}: :red[{MARK}] `{MARK}` "
    f"<b>{MARK}</b> **{MARK}** bank"
)
RIGHT = {"text": "The river bank", "word_sense.other": "the bank", "model": "decoder-rope"}
SIGNS = "](//", f"${MARK}", f"/{MARK}:", f":{MARK}:", f"[{MARK}]", f"<b>{MARK}", f"**{MARK}"
# Fields that the browser shows as they are, or not at all.
AS_THEY_ARE = set(
    [
        "id",
        "key",
        "user_key",
        "element_id",
        "component_name",
        "options",
        "value",
        "raw_value",
        "raw_values",
        "default",
        "placeholder",
        "alt",
        "json",
        "bytes",
        "mixed",
        "code_text",
        "spec",
        "figure",
        "url",
        "query",
    ]
)
VIEWS = [(page, view) for page in PAGES for view in views(page)]


def texts(message, inside=""):
    """All texts of a message that the browser may read as Markdown: (name of the field, text)."""
    for field, value in message.ListFields():
        if field.name in AS_THEY_ARE and not (inside == "button_group" and field.name == "options"):
            continue
        several = value if field.is_repeated else [value]
        for one in several:
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                yield from texts(one, field.name)
            elif isinstance(one, str):
                yield field.name, one


def read_as_marks(text):
    """Whether a sign of the hostile text stands outside of code spans, where it is read as Markdown."""
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)
    return any(sign in outside for sign in SIGNS)


def found(at):
    elements = [element for element in at if getattr(element, "proto", None) is not None]
    return [
        (name, text)
        for element in elements
        for name, text in texts(element.proto, element.type)
        if read_as_marks(text)
    ]


@pytest.mark.parametrize(("page", "view"), VIEWS)
def test_nothing_that_a_link_says_is_read_as_markdown(page, view, monkeypatch):
    monkeypatch.setattr(measured, "all_of", lambda jobs: dict.fromkeys(jobs, 0.5))  # of a thousand digits
    section = {f"{page}.section": view} if view else {}
    keys = set(visit(page, RIGHT | section).run().session_state["session"].drawn) - set(section)
    for right in ({}, RIGHT) if keys & set(RIGHT) else ({},):  # some views have neither text nor model
        at = visit(page, dict.fromkeys(keys, HOSTILE) | right | section).run()
        assert not at.exception
        assert found(at) == []


def test_marks_are_found_where_they_are_read(monkeypatch):
    from pages import _shell

    monkeypatch.setattr(_shell, "plain", str)
    at = visit("masks", {"masks.section": "Leak test", "masks.word": HOSTILE}).run()
    assert found(at)
