"""The stream: how long each token's vector is at each stage, and how far it turns."""

import numpy as np
import streamlit as st

from model.analysis import stream
from pages import _fold, _shell
from pages._choices import put
from pages._control import pause
from pages._glossary import explained
from pages._numbers import number
from viz import neurons as figures
from viz.component import heatmap

OPENING = (
    "Every layer adds to what runs through. **Click a token** and look where its vector grows, "
    "and where it turns."
)


def show(view):
    """Show how the stream grows and turns from layer to layer."""
    trace, token = view.trace, view.token
    names, stages = stream.names(trace.config), stream.stages(trace)
    lengths = stream.norms(stages)  # (S, T)
    cosines = stream.cosines(stages[:, None, token], stages[None, :, token])  # (S, S)
    left, right = st.columns(2, gap="medium")
    with left:
        heatmap(
            lengths.T,
            rows=trace.tokens,
            columns=names,
            key="architecture.lengths",
            kind="amounts",
            square=False,
            height=400,
            selected=(token, len(names) - 1),
            label="length of each token’s vector",
            row_role="token",
            column_role="stage",
            revision=str(token),
            on_select=take_token,
        )
        st.caption(
            "Each row is a token, each column a stage of the stream, after attention or MLP of a layer. "
            "**Click a row** to choose its token."
        )
    with right:
        heatmap(
            cosines,
            rows=names,
            columns=names,
            key="architecture.cosines",
            kind="signed",
            limit=1.0,
            height=400,
            row_role="stage",
            column_role="stage",
            label=f"cosine between the stages of “{trace.tokens[token].strip()}”",
            revision=str(token),
        )
        st.caption(
            "Rows and columns are stages of the chosen token. At 1 two stages point the same way, as on the "
            "diagonal; at 0 they have no direction in common."
        )
    pause()
    with view.row:
        view.picker.draw(label_visibility="collapsed", width=190)
    steps = stream.cosines(stages[1:], stages[:-1])  # (S - 1, T)
    explain(view, names, lengths, cosines, steps)
    _fold.fold("How far each step turns it", "architecture.turns", turns, steps, token, names)
    _fold.fold("What a stage is", "architecture.formula", formula, trace.config)


def turns(steps, token, names):
    """The cosine of each stage with the one before, of the token and on average."""
    turn = int(steps[:, token].argmin())
    _shell.show(
        figures.successive(steps[:, token], steps.mean(axis=1), names, label=f"token {token + 1}"),
        key="architecture.steps",
        finding=f"the largest turn comes with {names[turn + 1]}, a cosine of {number(steps[turn, token], 2)}",
        shows="cosine between each stage of the stream and the one before",
    )


def formula(config):
    """The stream as a sum, or, where a norm follows each sum, as in BERT, step by step."""
    if config.residual == "after":
        return _shell.say(
            r"x \leftarrow \mathrm{norm}(x + a_\ell) \qquad x \leftarrow \mathrm{norm}(x + m_\ell) \qquad "
            r"\cos(x, y) = \frac{x \cdot y}{|x|\,|y|}",
            "This model normalises after each sum (post-norm, Vaswani 2017): attention and MLP add to the "
            "stream, and the norm brings each token’s vector back to about one length.",
        )
    _shell.say(
        r"x_\ell = x_0 + \sum_{i \le \ell} (a_i + m_i) \qquad \cos(x, y) = \frac{x \cdot y}{|x|\,|y|}",
        "Each stage is the embedding plus everything that attention and MLP have added so far. Nothing is "
        "overwritten; but what is added may point against what is there, and so take some of it away.",
    )


def take_token(token, _):
    put({"architecture.token": token})


def explain(view, names, lengths, cosines, steps):
    """The numbers in sentences."""
    trace, token = view.trace, view.token
    turn = int(steps[:, token].argmin())
    longest = np.unravel_index(lengths.argmax(), lengths.shape)
    st.markdown(
        f"{_shell.plain(trace.tokens[token])} enters with a length of **{number(lengths[0, token])}** and "
        f"leaves with **{number(lengths[-1, token])}**; the cosine between the two is "
        f"{number(cosines[0, -1], 2)}. Its largest turn comes with {names[turn + 1]}: cosine "
        f"{number(steps[turn, token], 2)} with the stage before. The longest vector of all is that of "
        f"{_shell.plain(trace.tokens[longest[1]])}, token {longest[1] + 1}, at “{names[longest[0]]}”: "
        f"{number(lengths[longest])}.",
        help=explained("residual stream"),
    )
