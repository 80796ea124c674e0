"""The terms that the pages explain, and what the models are said to be."""

import ast
import re

import pytest

from model import load, names
from pages import _glossary, _sidebar
from tests.session import ROOT, SHORT, control, opened


def named():
    """The terms that the pages explain somewhere."""
    for path in ROOT.glob("pages/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("explained", "heading")):
                yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def test_every_term_stands_somewhere():
    assert set(_glossary.TERMS) <= set(named())


@pytest.mark.parametrize("term", _glossary.TERMS)
def test_a_term_is_explained_in_a_sentence(term):
    assert re.fullmatch(rf"\*\*{term}\*\*: .+\.", _glossary.explained(term), re.IGNORECASE)
    assert not re.search(r"[<>$\\]", _glossary.TERMS[term])


def test_what_a_term_means_stands_beside_the_controls():
    at = opened("attention", text=SHORT)
    assert "⟨E6⟩" in control(at, "attention.query").help
    assert _glossary.TERMS["head"] in control(at, "head").proto.help
    assert "2.6 million" in control(at, "model").help


@pytest.mark.parametrize("name", names())
def test_a_model_is_said_to_be_what_its_card_says(name):
    told = _sidebar.origin(name)
    card = load(name).card
    assert f"{card['parameters'] / 1e6:.2g} million parameters" in told
    assert ("all-MiniLM-L6-v2" in told) == ("teacher" in card)
    assert ("random symbols" in told) == name.startswith("toy-")
    assert ("without the causal mask" in told) == (name == "decoder-unmasked")


def test_another_model_is_another_sentence_beside_the_same_control():
    at = opened("attention", text=SHORT)
    before = control(at, "model")
    before.set_value("encoder").run()
    after = control(at, "model")
    assert after.proto.id == before.proto.id
    assert "all-MiniLM-L6-v2" in after.help
