"""Fail if an installed package has a known hole that a newer version mends; pip-audit asks for them."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

VENV = Path(__file__).parent.parent / ".venv"
SECONDS = 180  # for all packages; a server that cannot be reached may let each of them wait
UNREACHED = "NOT AUDITED: the server of the advisories cannot be reached from here."


def installed() -> str:
    """The packages of .venv as pinned requirements, as PyPI names their versions: without a build's +cpu."""
    frozen = subprocess.run([VENV / "bin/pip", "freeze"], check=True, capture_output=True, text=True).stdout
    frozen = re.sub(r"^(\S+) @ .*?-(\d[\w.]*)(\+\w+)?-.*$", r"\1==\2", frozen, flags=re.MULTILINE)
    return re.sub(r"\+\w+$", "", frozen, flags=re.MULTILINE)


def findings(requirements: str) -> dict | None:
    """What pip-audit says of these requirements; None if it could not ask."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        options = ["--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json"]
        command = [VENV / "audit/bin/pip-audit", *options, "--requirement", file.name]
        try:
            audit = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
            return json.loads(audit.stdout)
        except (subprocess.TimeoutExpired, json.JSONDecodeError):
            return None


def verdict(said: dict | None) -> tuple[list[str], bool]:
    """Sentences on what was found, and whether a hole with a fix is among it."""
    packages = (said or {}).get("dependencies", [])
    asked = [one for one in packages if "skip_reason" not in one]
    if not asked:
        return [UNREACHED], False
    holes = [(one, hole) for one in asked for hole in one["vulns"]]
    lines = [f"{len(asked)} packages audited, {len(holes)} known holes."]
    if len(asked) < len(packages):
        lines.append("Not audited: " + ", ".join(one["name"] for one in packages if one not in asked))
    for one, hole in holes:
        mended = ", ".join(hole["fix_versions"])
        fix = f"mended in {mended}" if mended else "without a fix so far"
        lines.append(f"{one['name']} {one['version']}: {hole['id']}, {fix}")
    return lines, any(hole["fix_versions"] for _, hole in holes)


if __name__ == "__main__":
    sentences, bad = verdict(findings(installed()))
    print(*sentences, sep="\n")
    sys.exit(bad)
