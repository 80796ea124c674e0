"""Imports point one way: pages -> _shell, model, viz; model -> torch, numpy; viz -> plotly, numpy."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODEL = ["model", *(f"model.{path.stem}" for path in sorted((ROOT / "model").glob("*.py")) if path.stem != "__init__")]
VIZ = [f"viz.{path.stem}" for path in sorted((ROOT / "viz").glob("*.py")) if path.stem != "__init__"]
PAGES = sorted((ROOT / "pages").glob("*.py"))
SHARED = {path.stem for path in PAGES if path.stem.startswith("_")}  # _shell, and the parts of a page that is too long for one file
MAY = {"streamlit", "model", "viz", "numpy"} | SHARED  # what a page may import besides the standard library


def brought_in(modules, packages, root=ROOT):
    """Those of the packages that are loaded once a fresh Python has imported the modules."""
    code = f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=os.environ | {"PYTHONPATH": ""}, capture_output=True, text=True, check=True)
    return packages & set(done.stdout.split())


def strays(path, may):
    """Packages outside the standard library and `may` that a file imports anywhere, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or "").split(".")[0])
    return found - may - sys.stdlib_module_names


def test_the_model_knows_nothing_of_pages_and_pictures():
    assert "model.trace" in MODEL
    assert brought_in(MODEL, {"streamlit", "plotly", "viz", "pages", "_shell"}) == set()


def test_figures_know_nothing_of_models_and_pages():
    assert "viz.heatmap" in VIZ
    assert brought_in(VIZ, {"torch", "model", "streamlit", "pages", "_shell"}) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_imports_streamlit_its_shell_model_and_viz_only(page):
    assert strays(page, MAY) == set()


def test_a_stray_import_at_the_top_is_found(tmp_path):
    (tmp_path / "planted.py").write_text("import json, plotly.graph_objects\n")
    assert brought_in(["planted"], {"plotly", "streamlit"}, root=tmp_path) == {"plotly"}


def test_a_stray_import_behind_another_module_is_found(tmp_path):
    (tmp_path / "planted.py").write_text("import behind\n")
    (tmp_path / "behind.py").write_text("from plotly import graph_objects\n")
    assert brought_in(["planted"], {"plotly", "streamlit"}, root=tmp_path) == {"plotly"}


@pytest.mark.parametrize("line", ["import torch.nn as nn", "from torch import nn", "def f():\n    import json, torch", "if True:\n    from torch.nn import *"])
def test_a_stray_import_in_a_page_is_found(tmp_path, line):
    page = tmp_path / "planted.py"
    page.write_text(f"import math\nimport streamlit as st\nfrom model import load\nfrom viz.heatmap import matrix\nfrom _shell import show\n{line}\n")
    assert strays(page, MAY) == {"torch"}
