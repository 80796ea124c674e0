"""Does the page show what the model did? Identities that must hold, measured on the reader's text."""

import streamlit as st

from model import load
from model.analysis import conformance
from pages import _fold, _shell
from pages._cache import remembered
from pages._numbers import rounding
from pages._shell import explain

NAME = "Does the page show what the model did?"


@remembered(heavy=600)
def checks(text, name):
    return conformance.checks(load(name), explain(text, name))


def folded(view):
    """The sheet behind its name."""
    _fold.fold(NAME, "architecture.checks", show, view)


def show(view):
    """Show each identity with its largest error on this text."""
    found = checks(view.choice.text, view.choice.model)
    held = sum(one.held for one in found)
    st.markdown(
        f"**{held} of {len(found)} identities {'holds' if held == 1 else 'hold'}** in "
        "this pass, in all layers and heads. Nothing is taken on trust: each is computed from what the model "
        "really had."
    )
    lines = ["| identity | largest error | |", "|:--|--:|:--|"]
    for one in found:
        error = "exactly 0" if one.error == 0 else rounding(one.error)
        lines.append(f"| {one.claim} | {error} | {'holds' if one.held else '**fails**'} |")
    st.markdown("\n".join(lines))
    versions(view)


def versions(view):
    """What computed this."""
    card = load(view.choice.model).card
    with_ = [f"{name} {card[name]}" for name in ("transformers", "torch") if name in card]
    said = [f"Computed with {_shell.listing(with_)}." if with_ else "", *view.trace.config.missing]
    st.caption(" ".join(filter(None, said)))
