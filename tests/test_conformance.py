"""The identities that a trace must fulfil: they hold in every model, and a trace that lies is caught."""

from dataclasses import replace

import numpy as np
import pytest

from model import load, names
from model.analysis import conformance
from tests.session import LONG, opened

OURS = [name for name in names() if not name.startswith("toy-")]


def told(name, change=None):
    bundle = load(name)
    trace = bundle.explain(LONG)
    return {one.claim: one for one in conformance.checks(bundle, change(trace) if change else trace)}


@pytest.mark.parametrize("name", OURS)
def test_all_identities_hold_in_our_models(name):
    found = told(name)
    assert [claim for claim, one in found.items() if not one.held] == []
    config = load(name).config
    twin = not hasattr(load(name).explain(LONG).layers[0].attention, "q")
    assert len(found) == (5 - 5 * twin) + (config.causal and len(LONG) > 1)


def changed(part, add):
    """A trace whose first layer says something else."""

    def change(trace):
        first = trace.layers[0]
        if hasattr(first, part):
            lies = replace(first, **{part: getattr(first, part) + np.float32(add)})
        else:
            attention = replace(first.attention, **{part: getattr(first.attention, part) + np.float32(add)})
            lies = replace(first, attention=attention)
        return replace(trace, layers=(lies, *trace.layers[1:]))

    return change


@pytest.mark.parametrize(
    ("part", "fails"),
    [
        ("heads", "Weights times values are what the heads put out"),
        ("resid_mid", "The stream after attention is the stream before, plus what attention puts out"),
        ("mlp_out", "The stream after the MLP is the stream before, plus what the MLP puts out"),
    ],
)
def test_a_trace_that_lies_is_caught(part, fails):
    assert not told("decoder-rope", changed(part, 0.1))[fails].held


def test_a_model_that_reads_ahead_is_caught():
    """The cheat is no causal model; asked as if it were, it fails."""
    bundle = load("decoder-unmasked")
    assert conformance.leaked(bundle, bundle.explain(LONG)) > 1e-3


def test_the_page_shows_the_sheet():
    at = opened("architecture", text=LONG, **{"architecture.checks": "True"})
    sheet = next(one.value for one in at.markdown if one.value.startswith("| identity"))
    assert sheet.count("| holds |") == 6 and "fails" not in sheet
