"""What is shipped says where it comes from, and what is installed is what was tested."""

import json
import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
NOTICE = (ROOT / ".github" / "NOTICE.md").read_text(encoding="utf-8")
LICENCES = r"CC BY 4\.0|CC BY-SA 3\.0|CDLA-Sharing-1\.0|public domain"
MODELS = [path.with_suffix(".json") for path in sorted(ROOT.glob("model/checkpoints/**/*.safetensors"))]
CARDS = [json.loads(path.read_text(encoding="utf-8")) for path in MODELS if path.parent.name != "births"]
TEXTS = [path for path in ROOT.glob("model/**/*") if path.suffix in (".txt", ".tsv", ".csv", ".npz", ".gz")]


def test_the_readme_leads_to_the_notice():
    assert "(.github/NOTICE.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card["name"])
def test_every_source_of_a_model_is_in_the_notice(card):
    for text, licence in card["corpus"].items():
        assert text == "none" or text in NOTICE
        assert text == "none" or re.match(LICENCES, licence)[0] in NOTICE
    assert card.get("teacher", "all-MiniLM-L6-v2,").split(",")[0] in NOTICE
    assert card["name"] in NOTICE or f"{card['name'].split('-')[0]}-*" in NOTICE


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_text_in_the_tree_is_in_the_notice(path):
    assert path.name in NOTICE


def pinned(name):
    """The exact versions that a file of requirements names, by package in small letters."""
    pins = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    return {package.lower().replace("_", "-"): version for package, version in pins}


def needed(package, seen):
    """What a package needs in turn, as installed here, but for what it names itself with one version."""
    for line in metadata.requires(package) or []:
        one = Requirement(line)
        name = one.name.lower().replace("_", "-")
        exact = str(one.specifier).startswith("==") and "*" not in str(one.specifier)
        if name in seen or exact or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        needed(name, seen)
    return seen


def test_every_package_that_comes_along_is_pinned_and_installed_as_pinned():
    direct, constraints = pinned("requirements.txt"), pinned(".constraints.txt")
    assert (ROOT / "requirements.txt").read_text(encoding="utf-8").count("\n-c .constraints.txt\n") == 1
    along = set().union(*(needed(package, set()) for package in direct)) - set(direct) - {"setuptools"}
    assert len(along) > 30 and along <= set(constraints)
    for package, version in (direct | constraints).items():
        assert metadata.version(package).split("+")[0] == version
