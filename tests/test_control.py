"""A control declared once: its value before it is drawn, its drawing after, its place in the address."""

import ast
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest


def script():
    """Every kind of control, its value first and its drawing after it, as a page has them."""
    import streamlit as st

    from pages import _address, _control

    _address.begin("a")
    tokens = ["I", " swam", " I"]
    controls = [
        _control.Buttons("Step", "a.step", ("one", "two"), "two", dependents=("a.menu",)),
        _control.Menu("Menu", "a.menu", ("x", "y"), "x"),
        _control.Slider("Degree", "a.degree", [i / 10 for i in range(1, 51)], 1.0),
        _control.Steps("Size", "a.size", (1, 10, 100), 10),
        _control.Number("Seed", "a.seed", range(1, 10), 3),
        _control.switch("Divide", "a.divide", True),
        _control.Line("Line", "a.line", None, "dog"),
        _control.Text("Text", "a.text", None, "bank"),
        _control.Lines("Lines", "a.lines", None, "one\ntwo"),
        _control.Several("Some", "a.some", ("p", "q", "r"), ["p"]),
        _control.token("Token", "a.token", tokens, 2),
    ]
    st.json({control.key: control.value() for control in controls})
    for control in controls:
        control.draw()
    _address.write("a")


DEFAULTS = {
    "a.step": "two",
    "a.menu": "x",
    "a.degree": 1.0,
    "a.size": 10,
    "a.seed": 3,
    "a.divide": True,
    "a.line": "dog",
    "a.text": "bank",
    "a.lines": "one\ntwo",
    "a.some": ["p"],
    "a.token": 2,
}
OTHERS = {
    "a.step": "one",
    "a.degree": 2.5,
    "a.size": 100,
    "a.seed": 9,
    "a.divide": False,
    "a.line": "cat",
    "a.text": "a river\nand a bank",
    "a.lines": "three",
    "a.some": ["r", "p"],
    "a.token": 0,
}
SPELLED = {
    "a.step": "one",
    "a.degree": "2.5",
    "a.size": "100",
    "a.seed": "9",
    "a.divide": "False",
    "a.line": "cat",
    "a.text": "a river\nand a bank",
    "a.lines": "three",
    "a.some": "p,r",
    "a.token": "1",
}


def opened(function=script, **query):
    at = AppTest.from_function(function, default_timeout=30)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def values(at):
    """What `value` said in the last run, before anything was drawn."""
    return json.loads(at.json[0].value)


def moved(at, key, value):
    next(element for element in at.main if getattr(element, "key", None) == key).set_value(value).run()
    assert not at.exception
    return at


def test_without_a_choice_the_defaults_hold_and_the_address_is_empty():
    at = opened()
    assert values(at) == DEFAULTS
    assert not {key for key, text in at.session_state.session.drawn.items() if text is not None}


@pytest.mark.parametrize("key", OTHERS)
def test_a_control_that_is_moved_says_so_and_is_spelled_into_the_address(key):
    at = moved(opened(), key, OTHERS[key])
    expected = sorted(OTHERS[key]) if isinstance(OTHERS[key], list) else OTHERS[key]
    assert values(at) == DEFAULTS | {key: expected}
    assert {name: text for name, text in at.session_state.session.drawn.items() if text is not None} == {
        key: SPELLED[key]
    }


@pytest.mark.parametrize("key", SPELLED)
def test_a_link_opens_on_what_it_says(key):
    expected = sorted(OTHERS[key]) if isinstance(OTHERS[key], list) else OTHERS[key]
    assert values(opened(**{key: SPELLED[key]})) == DEFAULTS | {key: expected}


@pytest.mark.parametrize("key", sorted(set(SPELLED) - {"a.line", "a.text", "a.lines"}))
def test_a_link_that_asks_for_what_there_is_not_opens_on_the_default(key):
    assert values(opened(**{key: "nonsense"})) == DEFAULTS


def test_line_ends_of_a_link_become_those_that_a_box_has():
    at = opened(**{"a.text": "one\r\ntwo\rthree\n"})
    assert values(at)["a.text"] == "one\ntwo\nthree\n"
    assert at.session_state.session.drawn["a.text"] == "one\ntwo\nthree\n"


@pytest.mark.parametrize("spelled", ["2", "2.0", "2.00", "0.2e1"])
def test_a_link_may_spell_a_number_as_people_do(spelled):
    assert values(opened(**{"a.degree": spelled}))["a.degree"] == 2.0


def test_what_depends_on_a_control_goes_back_when_that_is_moved():
    at = moved(opened(), "a.menu", "y")
    assert values(at)["a.menu"] == "y"
    assert values(moved(at, "a.step", "one"))["a.menu"] == "x"


def test_of_several_none_is_no_choice():
    at = moved(moved(opened(), "a.some", ["q"]), "a.some", [])
    assert values(at)["a.some"] == ["p"]


def below(ends):
    """A script whose picture comes first and shows nothing where it `ends`."""

    def script(ends):
        from contextlib import suppress

        import streamlit as st

        from pages import _address, _control

        _address.begin("a")
        step = _control.Buttons("Step", "a.step", ("one", "two"), "two")
        with suppress(_control.NothingToShow), _control.picture_first(step):
            if ends:
                st.warning("There is nothing to show.")
                raise _control.NothingToShow
            st.write(step.value())
        _address.write("a")

    at = AppTest.from_function(script, args=(ends,), default_timeout=30).run()
    assert not at.exception
    return at


@pytest.mark.parametrize("ends", [False, True])
def test_the_picture_comes_first_and_its_controls_stand_above_it_in_any_case(ends):
    at = below(ends)
    kinds = [element.type for element in at.main]
    assert kinds.index("button_group") < kinds.index("warning" if ends else "markdown")
    assert at.button_group[0].key == "a.step"


def test_a_click_chooses_as_a_control_does():

    def script():
        import streamlit as st

        from pages import _address, _choices, _control

        _address.begin("a")
        menu = _control.Menu("Menu", "a.menu", ("x", "y"), "x")
        size = _control.Steps("Size", "a.size", (1, 10, 100), 10)
        st.json({"menu": menu.value(), "size": size.value()})
        st.button("click", on_click=_choices.put, args=({"a.menu": "y"}, "a.size"))
        menu.draw()
        size.draw()
        _address.write("a")

    at = moved(opened(script), "a.size", 100)
    at.button[0].click().run()
    assert values(at) == {"menu": "y", "size": 10}


# ---- nobody does a control's work beside it ----

PAGES = Path(__file__).parent.parent / "pages"
OWN = {"_address.py", "_choices.py", "_control.py"}  # the work itself
FILES = [path for path in sorted(PAGES.rglob("*.py")) if path.name not in OWN]
HALVES = {"kept", "choose", "take", "from_link"}  # a value, and what becomes of a move: Control joins them
STATE = {"st.session_state.session", "session()", "own"}


def by_hand(source):
    """The lines of a source that import half of a control, or reach for the session's choices."""
    lines = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module="pages._choices" | "pages._control"):
                wrong = HALVES & {alias.name for alias in node.names}
            case ast.Attribute(value=ast.Name(id="_choices" | "_control"), attr=name):
                wrong = name in HALVES
            case ast.Attribute(value=owner, attr="chosen"):
                wrong = ast.unparse(owner) in STATE
            case _:
                wrong = False
        if wrong:
            lines.add(node.lineno)
    return sorted(lines)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PAGES)))
def test_a_page_asks_controls_and_does_not_do_their_work(path):
    assert by_hand(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "from pages._choices import kept, put",
        "_choices.choose('a.menu')",
        "session().chosen['a.menu'] = 1",
        "own.chosen |= {'a.menu': 1}",
        "st.session_state.session.chosen.pop('a.menu')",
    ],
)
def test_work_done_beside_a_control_is_found(line):
    assert by_hand(f"from pages._choices import put\n{line}\nput({{'a.menu': 1}})") == [2]
    assert len(FILES) >= 79
