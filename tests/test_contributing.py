"""What .github/CONTRIBUTING.md says is so."""

import re
from pathlib import Path

import pytest

from pages import _shell
from tests.conftest import SLOW

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
GUIDES = sorted(
    path
    for folder in ("", ".github", "model/checkpoints", "model/hub", "model/train", "tests/bench")
    for path in (ROOT / folder).glob("*.md")
)
EXAMPLES = {
    "pages/NAME/page.py": "pages/*/page.py",
    "tests/test_NAME.py": "tests/test_*.py",
    "tests/test_NAME_page.py": "tests/test_*_page.py",
    "viz/component/NAME.py": "viz/component/*.py",
    "viz/component/NAME.js": "viz/component/*.js",
    "viz/component/NAME.css": "viz/component/*.css",
    "model/network/encodings/NAME.py": "model/network/encodings/*.py",
    "pages/positions/pictures/NAME.py": "pages/positions/pictures/*.py",
    "model/checkpoints/NAME.safetensors": "model/checkpoints/*.safetensors",
    "model/checkpoints/NAME.json": "model/checkpoints/*.json",
    "pages/_*.py": "pages/_*.py",
}


def test_every_file_that_is_named_is_there():
    named = set(re.findall(r"`((?:model|viz|pages|tests|\.ci|\.github)/[\w./*]*)`", TEXT))
    assert len(named) > 20 and set(EXAMPLES) <= named
    missing = [name for name in named if not list(ROOT.glob(EXAMPLES.get(name, name.rstrip("/"))))]
    assert not missing


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(path):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_is_short_and_leads_to_what_lies_beside_the_code():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 120
    led = {ROOT / link for link in re.findall(r"\]\(([\w./]+\.md)\)", text)}
    assert led == set(GUIDES) - {ROOT / "README.md"}


def test_a_page_is_a_folder_and_a_line_in_the_list():
    assert set(_shell.PAGES) == {path.parent.name for path in ROOT.glob("pages/*/page.py")}


def test_every_file_that_is_called_slow_is_there():
    assert all((ROOT / "tests" / name).is_file() for name in SLOW)


def test_the_workflow_runs_the_same_script_and_the_hooks_the_same_linter():
    script, hooks = (ROOT / ".ci/run").read_text(), (ROOT / ".pre-commit-config.yaml").read_text()
    assert (ROOT / ".github/workflows/ci.yml").read_text().rstrip().endswith("- run: bash .ci/run")
    commands = re.findall(r"entry: (\.venv/bin/ruff \w+)", hooks)
    assert len(commands) == 2 and all(command in script for command in commands)
