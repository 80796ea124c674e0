"""How numbers are written."""

import ast
import math

import numpy as np
import pytest

from pages._numbers import (
    largest,
    number,
    percent,
    plural,
    rounding,
    signed,
    signed_tex,
    tex,
    uncertain,
)
from tests.session import ROOT
from viz import bars, curves, order, surprise


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (-1.5, "−1.5"),
        (0.123456, "0.123"),
        (np.float32(0.1), "0.1"),
        (-0.00012344, "−0.000123"),
        (0.0000123, "1.23 × 10⁻⁵"),
        (-3e-12, "−3 × 10⁻¹²"),
        (999.6, "1,000"),
        (12345, "12,300"),
        (-1.234e7, "−1.23 × 10⁷"),
        (1e6, "1 × 10⁶"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_a_number_has_three_digits_and_a_true_minus(value, shown):
    assert number(value) == shown


def test_a_zero_has_no_sign_however_it_came_about():
    for value in (0.0, -0.0, -0.004, 0.004, -1e-30):
        assert number(value, 2) == signed(value, 2) == "0.00"
    assert signed(0.0) == signed(-0.0) == "0"
    assert percent(-0.004) == percent(-0.0) == "0 %"
    assert (signed(0.006, 2), signed(-0.006, 2)) == ("+0.01", "−0.01")


def test_shares():
    assert (percent(0.125), percent(0.125, 1), percent(-0.03), percent(0.00123, None)) == (
        "12 %",
        "12.5 %",
        "−3 %",
        "0.123 %",
    )


def test_rounding_has_one_digit():
    assert (rounding(0), rounding(3.4e-7), rounding(0.02), rounding(-5e-6)) == (
        "0",
        "3 × 10⁻⁷",
        "0.02",
        "−5 × 10⁻⁶",
    )


def test_what_agrees_exactly_is_said_in_words():
    assert largest(0, "difference") == "no difference at all"
    assert largest(2.4e-7, "difference") == "largest difference 2 × 10⁻⁷"


def test_one_of_a_thing_is_singular_and_all_else_is_plural():
    counts = {1: "1 token", 0: "0 tokens", 2: "2 tokens", 2048: "2,048 tokens", np.int64(1): "1 token"}
    for count, shown in counts.items():
        assert plural("token", count) == shown
    assert plural("bit", 1.0) == plural("bit", 0.9999) == "1 bit"
    assert plural("bit", 1.01) == "1.01 bits"


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (0.30571, 0.0432, "0.31 ± 0.04"),
        (-0.0113, 0.0234, "−0.01 ± 0.02"),
        (1.23456, 0.0146, "1.235 ± 0.015"),
        (123.456, 2.9, "123 ± 3"),
        (123.456, 29, "123 ± 29"),
        (0.0004, 0.03, "0.00 ± 0.03"),
        (0.5, 0.0096, "0.500 ± 0.010"),
        (0.5, 0, "0.5 ± 0"),
        (0.51239, math.nan, "0.512 ± –"),
    ],
)
def test_an_estimate_has_the_digits_that_its_error_leaves(value, error, shown):
    assert uncertain(value, error) == shown


def test_numbers_in_formulas():
    assert (tex(-0.0), tex(-1.5), tex(1.2e-5), tex(-2e-12), tex(12345.0)) == (
        "0",
        "-1.5",
        r"1.2 \cdot 10^{-5}",
        r"-2 \cdot 10^{-12}",
        "12{,}300",
    )
    assert (signed_tex(-0.0), signed_tex(0.0), signed_tex(-1.5), signed_tex(2)) == ("+0", "+0", "-1.5", "+2")
    assert (tex(-0.0004, 3), tex(-0.0006, 3)) == ("0.000", "-0.001")


def test_no_page_formats_a_number_by_itself():
    """Thousands may be set apart and whole numbers shown as they are; all else is for _numbers."""
    found = []
    for path in set((ROOT / "pages").rglob("*.py")) - {ROOT / "pages" / "_numbers.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                spec = ast.unparse(node.format_spec)[2:-1]
                if spec not in (",", "04X"):  # the number of a character has four digits
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {spec}")
    assert not found


# ---- what is read under the pointer ----


def under_the_pointer(figure):
    """The texts of all traces, as the pages' law demands them."""
    return [text for trace in figure.data for text in (trace.text if trace.text is not None else ())]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (bars.contributions(np.array([-0.25, 0.125])), ["−0.25", "0.125", "−0.25", "−0.125"]),
        (
            curves.meters({"a": np.array([-0.001, -0.5])}, ends=("x", "y"), now=0),
            ["0 words between: 0.00", "1 word between: −0.50"],
        ),
        (
            curves.layers({"a": np.array([2.0, 0, 1])}, distance=0, words=("x", "y")),
            ["−1: 2 layers", "0: 0 layers", "+1: 1 layer"],
        ),
        (order.biases(np.array([[0.0, -0.25]]), chosen=0), ["0 tokens back: 0", "1 token back: −0.25"]),
        (surprise.sums({"a": np.array([1.25])}), ["after 0 tokens: 0.0 bits", "after 1 token: 1.2 bits"]),
    ],
)
def test_figures_write_numbers_alike(figure, expected):
    assert under_the_pointer(figure) == expected
