"""Public functions say what they take and what they give; no file of the model is long."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "model").rglob("*.py"), *(ROOT / "viz").glob("*.py")])
SHARED = ("_address", "_choices", "_control", "_guard", "_heads", "_server", "_words")  # of the pages, so far
FILES += [ROOT / "pages" / f"{name}.py" for name in SHARED]


def unannotated(source):
    """Functions of a module and methods of its classes, in the source, that leave out a type."""
    tree = ast.parse(source)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    functions = [
        node for owner in (tree, *classes) for node in owner.body if isinstance(node, ast.FunctionDef)
    ]
    missing = []
    for function in functions:
        taken = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        named = [one for one in taken if one.arg not in ("self", "cls")]
        if function.returns is None or any(one.annotation is None for one in named):
            missing.append(function.name)
    return missing


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_function_is_annotated(path):
    assert unannotated(path.read_text(encoding="utf-8")) == []


def test_a_missing_type_is_found():
    source = "def f(a: int, *, b): ...\nclass C:\n    def g(self): ...\ndef h(a: int) -> None: ..."
    assert unannotated(source) == ["f", "g"]
    assert len(FILES) > 90


def test_no_module_of_the_model_is_long():
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in (ROOT / "model").rglob("*.py")}
    assert len(lengths) >= 90
    assert {str(path): lines for path, lines in lengths.items() if lines > 230} == {}
