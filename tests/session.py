"""A session of the app without a browser: open a page, move its controls, click in its pictures, read what
was sent to them.
"""

import json
import re
import struct
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

ROOT = Path(__file__).parent.parent
AROUND = {"contents", "address", "live", "screen"}  # the components that every page has
SHORT, LONG = "The river bank", "She gave the red ball to the boy, and the boy gave it to the dog"
HOSTILE = {
    "empty": "",
    "spaces": "   ",
    "one token": "a",
    "100,000 letters": "a" * 100_000,
    "100,000 characters of prose": "the river bank. " * 6_250,
    "emoji with joiners": "👩‍👩‍👧‍👦 and 🏳️‍🌈",
    "right to left": "שלום עולם, مرحبا بالعالم",
    "combining marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "script": "<script>alert(1)</script>",
    "bold": "<b>bold</b> &amp; <img src=x onerror=alert(1)>",
    "LaTeX": "$x$ and $$\\frac{1}{0}$$",
    "link": "[link](javascript:alert(1))",
    "directive": ":red[red] :material/home: # title",
    "ticks": "`a` ``b`` ```c``` `",
    "line ends": "one\ntwo\r\n\tthree",
    "control characters": "a\x00b\x1b[31m\u202ec",
    "quotes": "a'b\"c\\d{e}%s",
}
MARKS = "script", "bold", "LaTeX", "link", "directive", "ticks", "quotes"
# What marks can do is asked of one text that has them all; most pages tell of its first or its last token.
BRIEF = {name: text for name, text in HOSTILE.items() if name not in MARKS} | {
    "all marks": "`d` ``e`` ```f``` ` '\"\\{}%s [b](javascript:alert(1)) :red[c] $x$ <img src=x> <b>a</b>"
}


def opened(page="attention", **query):
    """A fresh session on that page, opened by a link with this query."""
    return checked(visit(page, query).run())


def visit(page, query):
    """A session that has not run yet, at that page's address with this query."""
    at = AppTest.from_file(str(ROOT / "pages" / "_router.py"), default_timeout=60)
    at._page_hash = calc_hash(
        page
    )  # before the first run AppTest.switch_page would take the file's name, page, for the address
    for key, value in query.items():
        at.query_params[key] = value
    return at


def checked(at):
    """The session, if it shows no exception and either a picture or a sentence that says why not."""
    assert not at.exception, [element.message for element in at.exception]
    charts = bool(figures(at)) and not at.warning
    assert charts or bool(pictures(at)) != bool(at.warning)
    return at


def walk(at, page):
    """Go to another page as a browser does: what the page drew itself stays behind, the sidebar comes
    along.
    """
    at.switch_page(f"{page}/page.py")
    states, along = at._tree.get_widget_states(), {getattr(element, "id", None) for element in at.sidebar}
    for place in reversed(range(len(states.widgets))):
        if states.widgets[place].id not in along:
            del states.widgets[place]
    return at._run(states)


def control(at, key):
    return next(element for element in (*at.sidebar, *at.main) if getattr(element, "key", None) == key)


def move(at, changes):
    """Move the controls one after the other, as a person does, and run after each."""
    for key, value in changes.items():
        control(at, key).set_value(value)
        checked(at.run())
    return at


def click(at, key, state):
    """Send what the browser sends when somebody clicks in a component; AppTest has no public way to."""
    (element,) = (element for element in at.get("bidi_component") if element.proto.id.endswith(f"-{key}"))
    states = at._tree.get_widget_states()
    states.widgets.add(id=element.proto.id, json_value=json.dumps(state))
    return checked(at._run(states))


def unfold(at, key, is_open=True):
    """Open or close a fold, as a click on its name does; AppTest has no way to."""
    (fold,) = (element for element in at.get("expander") if element.proto.id.endswith(f"-{key}"))
    states = at._tree.get_widget_states()
    states.widgets.add(id=fold.proto.id, bool_value=is_open)
    return checked(at._run(states))


def pictures(at):
    """Each hand-made view of the page by its key, with what was sent to it, but those around every page."""
    others = AROUND | figures(at).keys()
    return {key: data for key, data in sent(at).items() if key not in others}


def figures(at):
    """Each of Plotly's figures on the page by its key, as {"data", "layout"}."""
    dicts = {key: data for key, data in sent(at).items() if isinstance(data, dict)}
    return {key: json.loads(data["spec"]) for key, data in dicts.items() if "spec" in data}


def sent(at):
    """What was sent to each component, by its key: to the chips a dict, to a matrix (header, array)."""
    found = {}
    for element in at.get("bidi_component"):
        proto = element.proto
        key = proto.id.rpartition("-")[2]
        if proto.WhichOneof("data") == "json":
            found[key] = json.loads(proto.json)
        else:
            (length,) = struct.unpack("<I", proto.bytes[:4])
            header = json.loads(proto.bytes[4 : 4 + length])
            numbers = np.frombuffer(proto.bytes[4 + length :], header.get("type", "<f4"))
            shape = header.get("shape", (len(header["rows"]), len(header["columns"])))
            found[key] = header, numbers.reshape(shape)
    return found


def said(at):
    """The sentences of the page: its text, captions and notes."""
    return "\n".join(element.value for element in (*at.markdown, *at.caption, *at.info))


def address(at):
    """What the page has written into its address."""
    return dict(parse_qsl(sent(at)["address"]["query"], keep_blank_values=True))


NUMBER = r"[−+]?[\d.,]*\d(?: × 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"  # as the pages write one


def numeric(shown):
    """The number that a page has written, such as −0.5, +1,230 or 3 × 10⁻⁷."""
    mantissa, _, power = shown.replace("−", "-").replace(",", "").partition(" × 10")
    return float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


def escaped(markdown):
    """What user text has brought out of its code spans into this Markdown, such as HTML, a link or a formula;
    None if nothing. Our formulas are left out.
    """
    markdown = re.sub(r"^\$\$\n.*?\n\$\$$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    outside = re.sub(
        r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown, flags=re.DOTALL
    )  # a span ends with a run of as many ticks as it began with
    return re.search(r"[<>`]|\]\(|javascript|alert\(|\$x|:red|:material|\ufffd", outside)
