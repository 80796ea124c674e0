"""The audit of .ci/run fails on a known hole with a fix, and on nothing else."""

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

CI = Path(__file__).parent.parent / ".ci"
SPEC = importlib.util.spec_from_file_location("audit", CI / "audit.py")
audit = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(audit)

WELL = {"name": "numpy", "version": "2.4.6", "vulns": []}
SKIPPED = {"name": "torch", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def holed(*fixes):
    return {"name": "jinja2", "version": "3.1.2", "vulns": [{"id": "PYSEC-1", "fix_versions": [*fixes]}]}


@pytest.mark.parametrize(
    ("packages", "bad", "sentence"),
    [
        ([WELL], False, "1 packages audited, 0 known holes."),
        ([WELL, holed("3.1.3")], True, "jinja2 3.1.2: PYSEC-1, mended in 3.1.3"),
        ([WELL, holed()], False, "jinja2 3.1.2: PYSEC-1, without a fix so far"),
        ([WELL, SKIPPED], False, "Not audited: torch"),
        ([SKIPPED, SKIPPED], False, audit.UNREACHED),
        (None, False, audit.UNREACHED),
    ],
)
def test_only_a_hole_with_a_fix_fails(packages, bad, sentence):
    lines, failed = audit.verdict(packages and {"dependencies": packages})
    assert failed is bad and sentence in lines


@pytest.mark.parametrize("said", ["", "Traceback", subprocess.TimeoutExpired("pip-audit", 1)])
def test_a_server_that_cannot_be_reached_is_said_and_breaks_nothing(monkeypatch, said):
    def run(command, **how):
        if isinstance(said, Exception):
            raise said
        return subprocess.CompletedProcess(command, 1, stdout=said)

    monkeypatch.setattr(audit.subprocess, "run", run)
    assert audit.verdict(audit.findings("numpy==2.4.6")) == ([audit.UNREACHED], False)


def test_pip_audit_is_read_as_it_writes(monkeypatch):
    report = {"dependencies": [holed("3.1.3")], "fixes": []}
    answer = subprocess.CompletedProcess([], 1, stdout=json.dumps(report))
    monkeypatch.setattr(audit.subprocess, "run", lambda *command, **how: answer)
    assert audit.verdict(audit.findings("jinja2==3.1.2"))[1]


def test_versions_are_asked_for_as_pypi_has_them(monkeypatch):
    frozen = (
        "numpy==2.4.6\ntorch @ file:///wheels/torch-2.13.0+cpu-cp311-cp311-linux.whl#sha256=0\nx==1+cpu\n"
    )
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **how: subprocess.CompletedProcess([], 0, frozen))
    assert audit.installed() == "numpy==2.4.6\ntorch==2.13.0\nx==1\n"


def test_the_script_runs_the_audit():
    script = (CI / "run").read_text(encoding="utf-8")
    assert ".venv/bin/python .ci/audit.py" in script and "pip-audit==" in script
