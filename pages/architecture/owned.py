"""The parts of an opened model that own parameters, as a table."""

import streamlit as st

from model import load
from pages._numbers import percent, plural
from pages._shell import escaped

NAME = "Its parts and their parameters"


def show(view):
    """Show every part with its weights' shapes and its share of all parameters."""
    bundle = load(view.choice.model)
    parts, layers = bundle.card["parts"], bundle.config.layers
    total = sum(part.parameters for part in parts)
    lines = ["| part | kind | weights | times | parameters | share |", "|:--|:--|:--|--:|--:|--:|"]
    lines += [
        f"| {escaped(part.name)} | {escaped(part.kind)} | {shapes(part)} | {part.times} "
        f"| {counted(part)} | {percent(part.parameters / total, None)} |"
        for part in parts
    ]
    st.markdown("\n".join(lines))
    st.caption(
        "All modules of the loaded model that own parameters, in its own order and under its own names; # is "
        f"the number of a layer, of which there are {layers}. Together {plural('parameter', total)}, as many "
        f"as the library counts in the whole model ({bundle.card['parameters']:,}). A matrix that is used "
        "twice counts where it is met first."
    )


def shapes(part):
    """The shapes of its parameters."""
    return ", ".join(" × ".join(map(str, shape)) for shape in part.shapes)


def counted(part):
    """How many parameters it owns in all layers."""
    return f"{part.parameters:,}" if part.parameters else "those of a part above"
