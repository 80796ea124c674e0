"""How the views write numbers, as the browser that draws them does."""

import pytest

from tests.session import ROOT

CALL = """async ([source, name, given]) => {
    const numbers = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    return numbers[name](...given.map((one) => (one === "-0" ? -0 : one)));
}"""


@pytest.fixture(scope="module")
def tab(tabs):
    tab = tabs.take()
    yield tab
    tabs.give(tab)


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("signed", [0.004, 2], "0.00"),
        ("signed", [-0.004, 2], "0.00"),
        ("signed", ["-0", 0], "0"),
        ("signed", [-0.006, 2], "−0.01"),
        ("signed", [0.25, 2], "+0.25"),
        ("figure", [-0.00000012], "−1.20 × 10⁻⁷"),
        ("figure", [-0.5], "−0.500"),
        ("figure", ["-0"], "0"),
        ("figure", [-3], "−3"),
        ("fixed", [-0.004, 2], "0.00"),
        ("fixed", [-1.25, 1], "−1.3"),
        ("percent", [0.0551], "5.5 %"),
        ("percent", [0.00042, 3], "0.042 %"),
        ("short", [6.2832], "6.28"),
        ("short", [1234.5], "1,230"),
        ("short", [-0.5], "−0.5"),
        ("plural", ["token", 1], "1 token"),
        ("plural", ["token", 2048], "2,048 tokens"),
    ],
)
def test_a_number_is_written_as_on_the_page_around_it(tab, name, given, shown):
    source = (ROOT / "viz" / "component" / "numbers.js").read_text(encoding="utf-8")
    assert tab.evaluate(CALL, [source, name, given]) == shown
