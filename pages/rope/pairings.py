"""Adjacent pairs or halves: the same model under both conventions, and a model read with the wrong one."""

import streamlit as st

from model import load
from model.analysis import chance, rotation
from pages import _shell
from pages._cache import remembered
from pages._findings import extremes
from pages._numbers import compared, number, rounding
from viz import rotation as figures

NAMES = "adjacent, as trained", "halves, rows reordered", "halves, rows as they are"


@st.cache_resource(max_entries=4, show_spinner=False)  # a copy of the rows of q and k each: under 2 MB
def readings(name):
    """The model three times: as trained, with its rows reordered for halves, and misread; all but the
    reordered rows are shared.
    """
    bundle = load(name)
    return bundle, rotation.to_halves(bundle), rotation.reread(bundle, rope_pairing="halves")


@remembered(heavy=800)
def outcomes(text, name):
    """For each reading: its losses (T - 1,), and by how much its logits differ from those of the model as
    trained, at most.
    """
    trained, *others = (bundle.explain(text) for bundle in readings(name))
    return [
        (trained.losses, 0.0),
        *((trace.losses, float(abs(trace.logits - trained.logits).max())) for trace in others),
    ]


@remembered()
def reordering(width, chosen):
    return figures.reordering(
        rotation.halves(width), chosen=(2 * chosen, 2 * chosen + 1), names=("adjacent", "halves")
    )


@remembered()
def curves(text, name):
    readings = {reading: losses for reading, (losses, _) in zip(NAMES, outcomes(text, name), strict=True)}
    return figures.losses(readings, tokens=_shell.explain(text, name).tokens)


def show(pair, chosen):
    """The two conventions, the way from one to the other, and what it costs to take one for the other."""
    half = pair.trace.config.head_width // 2
    st.markdown(
        "Which two dimensions turn together is a convention. The paper and this model pair neighbours, (0, "
        f"1), (2, 3), …; Llama’s port for Hugging Face pairs each with the one half a head further, (0, "
        f"{half}), (1, {half + 1}), …. A dot product does not care about the order of its dimensions, so a "
        "checkpoint goes from one to the other by **reordering the rows** of its query and key projections. "
        "Both turn counter-clockwise."
    )
    order(pair, chosen)
    compare(pair)


def order(pair, chosen):
    """The permutation, as lines and as numbers."""
    width = pair.trace.config.head_width
    rows = rotation.halves(width)
    _shell.show(
        reordering(width, chosen),
        key="rope.reordering",
        finding=f"the rows in their new order: {' '.join(map(str, rows))}",
        shows="the rows of a head's query and key projections, before and after",
    )
    st.caption(
        f"These are the {len(rows)} rows of W_Q and of W_K in each head: on top as trained, below as a "
        f"reader of halves wants them, one after the other: {' '.join(map(str, rows))}. W_V and W_O stay as "
        "they are."
    )


def compare(pair):
    """Loss and logits under the three readings, in a table and token by token."""
    results, tokens = outcomes(pair.choice.text, pair.choice.model), pair.trace.tokens
    (right, _), (_, same), (wrong, _) = results
    lines = ["| read as | nats per token | logits differ by at most |", "|:--|--:|--:|"]
    for name, (losses, apart) in zip(NAMES, results, strict=True):
        lines.append(f"| {name} | {number(losses.mean(), 4) if len(losses) else '–'} | {number(apart)} |")
    same_model = (
        f"With its rows reordered it is the same model: the logits agree to {rounding(same)}, the rounding "
        "of 32-bit sums. "
    )
    st.markdown("\n".join([*lines, "", same_model + (misread(right, wrong, tokens) if len(right) else "")]))
    if len(right):
        _shell.show(
            curves(pair.choice.text, pair.choice.model),
            key="rope.losses",
            finding=extremes(
                {name: losses.mean() for name, (losses, _) in zip(NAMES, results, strict=True)}, "mean loss"
            ),
            shows="loss of each token under the three readings",
        )
        st.caption(
            "Each token’s loss, given those before it; lower is better. The dashed green line lies on the "
            "grey one: it is the same model."
        )


def misread(right, wrong, tokens):
    """What reading halves without reordering costs this text."""
    cost, worst = chance.difference(wrong, right), int((wrong - right).argmax())
    harm = f"{compared(cost, len(right))}"
    if cost.noise or cost.mean < 0:
        return (
            "Read with halves as it is, the wrong pairs turn, and nothing fails. Your text is too short to "
            f"show the harm (in nats per token {harm}). Type more."
        )
    return (
        "Read with halves as it is, the wrong pairs turn, and nothing fails: every shape fits, no error is "
        f"raised. The model only gets worse, in nats per token by **{harm}**, most at "
        f"{_shell.plain(tokens[worst + 1])}, from {number(right[worst], 2)} to {number(wrong[worst], 2)}. "
        "It is easily taken for a badly trained model."
    )
