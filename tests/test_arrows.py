"""Imports point one way: a page -> its own folder, what pages share, model and viz; model -> torch, numpy;
viz -> plotly, numpy.
"""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "pages").rglob("*.py"))
SHARED = {f"pages.{path.stem}" for path in FILES if path.parent == ROOT / "pages" and path.stem != "__init__"}
QUESTIONS = sorted(path.parent.name for path in FILES if path.name == "page.py")


def modules(package, without=()):
    """Dotted names of all modules of a package, at any depth, but for those below a package listed in
    `without`.
    """
    paths = sorted((ROOT / package).rglob("*.py"))
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths
    ]
    return [name for name in names if not any(name == one or name.startswith(f"{one}.") for one in without)]


MODEL = modules("model", without=["model.train"])
VIZ = modules("viz")
SERVED = MODEL + [name for name in modules("pages") if not name.endswith((".page", "._router"))]


@cache
def loaded(root, *groups):
    """What is loaded once a fresh Python has imported the first group of modules, a tuple of names, once it
    has imported the next one as well, and so on.
    """
    code = (
        f"import importlib, sys\nfor group in {groups}:\n"
        "    for name in group: importlib.import_module(name)\n    print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split() for line in done.stdout.splitlines()]


def among(names, packages):
    """Those of the packages that are among the names of what is loaded."""
    return {package for package in packages if any(f"{name}.".startswith(f"{package}.") for name in names)}


def with_model():
    """What is loaded with the model, and what with all that is served."""
    return loaded(ROOT, tuple(MODEL), tuple(SERVED))


def with_viz():
    """What is loaded with the figures that Plotly draws, and what with all of viz."""
    plotted = [name for name in VIZ if not name.startswith("viz.component")]
    return loaded(ROOT, tuple(plotted), tuple(VIZ))


def brought_in(root, packages):
    """Those of the packages that are loaded once a fresh Python has imported `planted` from a folder."""
    (names,) = loaded(root, ("planted",))
    return among(names, packages)


def imported(path):
    """What a file imports anywhere, inside functions too: dotted names, `from a import b` as a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {"." * node.level + f"{node.module or ''}.{alias.name}" for alias in node.names}
    return names


def strays(path, may):
    """Those of a file's imports that lie outside the standard library and outside the packages and modules
    that it `may` use.
    """
    allowed = may | sys.stdlib_module_names
    return {name for name in imported(path) if not any(f"{name}.".startswith(f"{one}.") for one in allowed)}


def may(path):
    """What a file below pages may import besides the standard library."""
    folder, *below = path.relative_to(ROOT / "pages").parts
    own = {f"pages.{folder}"} if below else set()
    layers = {"starlette", "google"} if path.stem in ("_guard", "_server") else set()  # before Streamlit
    return {"streamlit", "model", "viz", "numpy"} | SHARED | own | layers


def test_the_house_has_the_rooms_that_these_tests_look_into():
    assert len(QUESTIONS) >= 11 and len(FILES) >= 111 and len(SHARED) >= 16
    assert len(MODEL) >= 65 and len(VIZ) >= 30


def test_the_model_knows_nothing_of_pages_and_pictures():
    assert {"model.trace", "model.network.attention", "model.analysis.heads"} <= set(MODEL)
    alone, _ = with_model()
    assert "model.trace" in alone
    assert among(alone, {"streamlit", "plotly", "viz", "pages"}) == set()


def test_models_of_others_cost_nothing_until_one_is_opened():
    assert "model.hub.library" in MODEL
    _, served = with_model()
    assert among(served, {"transformers", "huggingface_hub", "tokenizers"}) == set()


def circle(arrows):
    """Names from which the arrows, {name: names}, lead round for ever; empty if there is no circle."""
    while ends := {name for name, targets in arrows.items() if not targets}:
        arrows = {name: targets - ends for name, targets in arrows.items() if name not in ends}
    return set(arrows)


def arrows_of(package):
    """{module: the modules of the package that it imports when it is loaded}."""
    names = modules(package)
    arrows = {}
    for name in names:
        file = ROOT.joinpath(*name.split("."))
        tree = ast.parse(
            (file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text("utf-8")
        )
        brought = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        pairs = [(node.module, f"{node.module}.{alias.name}") for node in brought for alias in node.names]
        arrows[name] = {inner if inner in names else outer for outer, inner in pairs} & set(names)
    return arrows


def test_no_module_of_the_model_leads_back_to_itself():
    arrows = arrows_of("model")
    assert "model.network.attention" in arrows["model.network.transformer"]
    assert circle(arrows) == set()
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}


def test_figures_know_nothing_of_models_and_pages():
    assert {"viz.bars", "viz.component.view"} <= set(VIZ)
    plotted, every = with_viz()
    assert "viz.bars" in plotted and "viz.component.view" in every
    assert among(plotted, {"torch", "model", "streamlit", "pages"}) == set()
    assert among(every, {"torch", "model", "pages"}) == set()


def test_nothing_served_imports_the_training():
    assert "pages.attention.steps" in SERVED
    _, served = with_model()
    assert "pages.attention.steps" in served
    assert among(served, {"model.train"}) == set()
    pages = [
        path for path in FILES if path.name in ("page.py", "_router.py")
    ]  # these run, and are not imported
    assert not any(name.startswith("model.train") for path in pages for name in imported(path))


@pytest.mark.parametrize(
    "path", FILES, ids=lambda path: ".".join(path.relative_to(ROOT).with_suffix("").parts)
)
def test_a_page_imports_its_own_folder_and_what_pages_share(path):
    assert strays(path, may(path)) == set()


def test_a_stray_import_at_the_top_is_found(tmp_path):
    (tmp_path / "planted.py").write_text("import json, plotly.graph_objects\n")
    assert brought_in(tmp_path, {"plotly", "streamlit"}) == {"plotly"}


def test_a_stray_import_behind_another_module_is_found(tmp_path):
    (tmp_path / "planted.py").write_text("import behind\n")
    (tmp_path / "behind.py").write_text("from plotly import graph_objects\n")
    assert brought_in(tmp_path, {"plotly", "streamlit"}) == {"plotly"}


@pytest.mark.parametrize(
    ("line", "stray"),
    [
        ("import torch.nn as nn", "torch.nn"),
        ("from torch import nn", "torch.nn"),
        ("def f():\n    import json, torch", "torch"),
        ("if True:\n    from torch.nn import *", "torch.nn.*"),
        ("from pages.heads import grid", "pages.heads.grid"),
        ("from pages.attentive import steps", "pages.attentive.steps"),
        ("from . import steps", "..steps"),
    ],
)
def test_a_stray_import_in_a_page_is_found(tmp_path, line, stray):
    page = tmp_path / "planted.py"
    fine = "import math\nimport streamlit as st\nfrom model import load\nfrom viz.bars import contributions\n"
    page.write_text(
        f"{fine}from pages import _shell\nfrom pages._control import Menu\nfrom pages.attention import "
        f"steps\n{line}\n"
    )
    assert strays(page, may(ROOT / "pages" / "attention" / "page.py")) == {stray}


def shadows(source):
    """Names that a source imports at its top and binds to something else as well, which hides the module."""
    tree = ast.parse(source)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}
    bound = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return names & (bound | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "pages")))
def test_no_local_name_hides_an_import(path):
    assert shadows(path.read_text(encoding="utf-8")) == set()


def test_a_hidden_import_is_found():
    assert shadows("from pages import a, b\nimport c.d\na = 1\ndef f(c): ...") == {"a", "c"}
