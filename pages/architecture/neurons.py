"""The MLP: the neurons that fire for a token, the tokens that make a neuron fire, and how much all of them
add to the stream.
"""

import numpy as np
import streamlit as st

from model import load
from model.analysis import activations, stream
from pages import _fold, _foreign, _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import Number, pause
from pages._findings import extremes
from pages._glossary import explained
from pages._numbers import number, percent, plural
from viz import neurons as figures
from viz import theme
from viz.component import heatmap
from viz.component.chips import chips
from viz.component.ranking import ranking

OPENING = (
    "Between two attentions each token thinks by itself, in the MLP. **Click a cell** and look for "
    "neurons that fire for few words only."
)

NEURON = "architecture.neuron"
COLUMNS = 16  # neurons beside each other
PUSHED = 8  # tokens that a neuron's direction pushes up, and as many that it pushes down


@remembered()
def pushed(name, layer, neuron):
    return stream.pushed(load(name).network, layer, neuron)


def show(view):
    """Show the neurons of the layer's MLP on the text, and the chosen one."""
    _foreign.ours(view.choice.model, "The inside of the MLP")
    trace, layer, token = view.trace, view.choice.layer, view.token
    _, before, after, difference = activations.hidden(view.network, trace, layer)
    best = stream.firing(after, token, COLUMNS)
    which = Number("Neuron", NEURON, range(1, after.shape[1] + 1), int(best[0]) + 1, look={"width": 160})
    neuron = which.value() - 1
    shown = best if neuron in best else np.append(best[:-1], neuron)
    left, right = st.columns(2, gap="medium")
    with left:
        grid(view, after, shown, neuron)
    pause()
    with right:
        st.markdown(summary(view, before[token], after[token], best), help=explained("MLP"))
        spread = np.linspace(min(-4, before[token].min()), max(3, before[token].max()), 200)
        curve = spread, stream.gelu(spread)
        _shell.show(
            figures.activations(before[token], after[token], curve=curve, chosen=neuron, height=330),
            key="architecture.gelu",
            finding=f"neuron {best[0] + 1} fires most, {number(after[token, best[0]])}; neuron {neuron + 1} "
            f"goes from {number(before[token, neuron])} to {number(after[token, neuron])}",
            shows="the token’s neurons before and after the GELU, on its curve",
        )
    with view.row:
        view.picker.draw(label_visibility="collapsed", width=190)
        which.draw(label_visibility="collapsed")
    same = (
        "what the pass added follows from them bit for bit"
        if difference == 0
        else f"it and what the pass added differ by at most {number(difference, digits=2)}"
    )
    st.caption(f"The neurons are computed again by the model’s own MLP; {same}.")
    one(view, before, after, neuron)
    _fold.fold("How much do they add?", "architecture.adds", additions, view)


def grid(view, after, shown, neuron):
    """Tokens by neurons: those that fire most for the chosen token, the strongest first."""

    def clicked(token, column):
        put({"architecture.token": token, NEURON: int(shown[column]) + 1})

    token = view.trace.tokens[view.token].strip()
    heatmap(
        after[:, shown],
        rows=view.trace.tokens,
        columns=[str(i + 1) for i in shown],
        key="architecture.neurons",
        kind="signed",
        square=False,
        height=430,
        label=f"layer {view.choice.layer + 1}: the neurons that fire most for “{token}”",
        row_role="token",
        column_role="neuron",
        reading="{row}, neuron {column}",
        selected=(view.token, int(np.flatnonzero(shown == neuron)[0])),
        revision=f"{view.token} {neuron}",
        on_select=clicked,
    )
    st.caption(
        "Each row is a token, each column a neuron after the GELU, the strongest for the chosen token "
        "first. A click chooses both."
    )


def summary(view, before, after, best):
    """The token's neurons in a sentence."""
    open_ = int((before > 0).sum())
    strongest = ", ".join(f"{i + 1} ({number(after[i])})" for i in best[:5])
    share = np.sort(after**2)[::-1][:COLUMNS].sum() / max(float((after**2).sum()), 1e-30)
    return (
        f"Of the {len(after):,} neurons in layer {view.choice.layer + 1}, **{open_:,} are above zero** for "
        f"{_shell.plain(view.trace.tokens[view.token])}; the strongest are {strongest}. The "
        f"strongest {COLUMNS} hold {percent(share)} of the sum of squares."
    )


def one(view, before, after, neuron):
    """One neuron: the tokens that make it fire, and what its direction pushes."""
    trace, column = view.trace, after[:, neuron]
    most = int(column.argmax())
    _shell.heading(f"Neuron {neuron + 1} of layer {view.choice.layer + 1}")
    st.markdown(
        f"Below each token: the neuron’s output. Of your tokens {_shell.plain(trace.tokens[most])} makes it "
        f"fire most, **{number(column[most])}** (before the GELU {number(before[most, neuron])}); "
        f"{int((before[:, neuron] > 0).sum())} of {len(column)} bring it above zero."
    )

    chips(
        trace.tokens,
        notes=[number(value) for value in column],
        values=np.clip(column, 0, None) / max(float(column.max()), 1e-30),
        selected=view.token,
        key="architecture.firing",
        label=f"output of neuron {neuron + 1} for each token",
        revision=f"{neuron}",
        on_select=lambda token: put({"architecture.token": token}),
    )
    if not trace.config.predicts:
        st.caption(
            "An encoder has no output matrix, so a direction in its stream has no words: choose a decoder to "
            "see which next tokens a neuron pushes."
        )
        return
    moves, piece = (
        pushed(view.choice.model, view.choice.layer, neuron),
        load(view.choice.model).tokenizer.piece,
    )
    order = np.argsort(-moves, kind="stable")
    for place, ids, name, colour in zip(
        st.columns(2),
        (order[:PUSHED], order[::-1][:PUSHED]),
        ("up", "down"),
        (theme.KEY, theme.QUERY),
        strict=True,
    ):
        with place:
            st.markdown(f"**When it fires, its direction pushes {name}**")
            ranking(
                {name: (moves[ids], colour)},
                [piece(int(i)) for i in ids],
                key=f"architecture.pushes_{name}",
                shares=False,
                label=f"next tokens that the neuron pushes {name}",
            )
    st.caption(
        "The neuron’s column of the second matrix, through the factor of the last norm and the output "
        "matrix. The norm also divides by the spread of the stream, and later layers read the stream before "
        "it ends: this is a direction, not an amount."
    )


def additions(view):
    """What attention and MLP add, layer by layer, for the chosen token, beside the stream itself."""
    trace, token = view.trace, view.token
    added = stream.added(trace)  # (2, L, T)
    after = stream.norms(np.stack([layer.resid_out for layer in trace.layers]))
    _shell.show(
        figures.additions(added[0, :, token], added[1, :, token], after[:, token], layer=view.choice.layer),
        key="architecture.added",
        finding=extremes(
            {
                f"{part} in layer {i + 1}": added[half, i, token]
                for half, part in enumerate(("attention", "the MLP"))
                for i in range(added.shape[1])
            },
            "length",
        ),
        shows="length of what attention and MLP add to the token’s stream, layer by layer",
    )
    a, m = added[:, view.choice.layer, token]
    means = added.mean(axis=2)
    lengths = ", ".join(
        f"layer {i} {number(one)} and {number(two)}" for i, (one, two) in enumerate(means.T, 1)
    )
    st.markdown(
        f"In layer {view.choice.layer + 1} attention adds a vector of length **{number(a)}** to "
        f"{_shell.plain(trace.tokens[token])}, the MLP one of **{number(m)}**, "
        f"{number(m / a) if a else 'no'} times as long. Over {plural('token', len(trace.tokens))} the means "
        f"of both are: {lengths}."
    )
