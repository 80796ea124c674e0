"""How the modules of a view become the one that Streamlit wants."""

import importlib
import re

import pytest

from tests.views import NAMES

view = importlib.import_module("viz.component.view")  # the package has a function of that name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """folder(name="source", ...) -> a folder of JavaScript modules in the place of our own."""
    monkeypatch.setattr(view, "HERE", tmp_path)

    def write(**sources):
        for name, source in sources.items():
            (tmp_path / f"{name}.js").write_text(source, encoding="utf-8")

    return write


SOURCES = {
    "top": """import { left } from "./left.js";
import {
  right,
  base as low,
} from "./right.js";
export default left(right, low);
""",
    "left": """import { base } from "./base.js";
const own = 1;
export const left = (...all) => [base, own, ...all];
""",
    "right": """import { base } from "./base.js";
const own = 2;
export function right() {
  return own;
}
""",
    "base": "export class base {}\n",
}
JOINED = """const $base = (() => {
class base {}
return { base };
})();
const $left = (() => {
const { base } = $base;
const own = 1;
const left = (...all) => [base, own, ...all];
return { left };
})();
const $right = (() => {
const { base } = $base;
const own = 2;
function right() {
  return own;
}
return { right };
})();
const { left } = $left;
const {
  right,
  base: low,
} = $right;
export default left(right, low);
"""


def test_each_module_comes_once_after_those_that_it_imports(folder):
    folder(**SOURCES)
    assert list(view.files("top", "js")) == ["base", "left", "right", "top"]
    assert view.script("top") == JOINED


def test_modules_that_import_each_other_are_an_error(folder):
    folder(
        one='import { two } from "./two.js";\nexport const one = two;\n',
        two='import { one } from "./one.js";\nexport const two = one;\n',
    )
    with pytest.raises(ValueError, match="one imports two imports one: nobody can be first"):
        view.script("one")


def test_a_style_sheet_takes_in_what_it_imports():
    sheet = view.style("heatmap")
    assert "@import" not in sheet
    assert sheet.index(".readout {\n  min-height") < sheet.index(".tip {")  # canvas.css, then its own


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_to_import_and_one_thing_is_exported(name):
    script = view.script(name)
    assert not re.findall(r"^ *import\b", script, re.MULTILINE)
    (exported,) = re.findall(r"^ *export\b.*", script, re.MULTILINE)
    assert exported.startswith(f'export default view("{name}", ')
    for source in view.files(name, "js").values():  # what the joining reads is all that there is to read
        imports = re.findall(r"^import\b", source, re.MULTILINE)
        assert len(imports) == len(re.findall(view.IMPORT["js"], source))
        exports = re.findall(r"^export (?!default)", source, re.MULTILINE)
        assert len(exports) == len(re.findall(view.EXPORT, source, re.MULTILINE))


def test_every_module_is_part_of_a_view():
    used = {module for name in NAMES for module in view.files(name, "js")}
    assert used == {path.stem for path in view.HERE.glob("*.js")}
    assert {path.stem for path in view.HERE.glob("*.css")} == {
        sheet for name in NAMES if (view.HERE / f"{name}.css").exists() for sheet in view.files(name, "css")
    }
