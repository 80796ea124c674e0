"""The end of the model: a decoder's likeliest next tokens, or an encoder's vector."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import stream
from model.loading import is_opened
from pages import _ending, _shell
from pages._control import pause
from pages._numbers import number, percent
from pages.architecture.encoder_end import encoder
from viz import theme
from viz.component.ranking import ranking

OPENING = (
    "What comes out at the end depends on what the model is for. **Choose a decoder or an encoder** "
    "in the sidebar: each ends in something of use."
)

LISTED = 10  # next tokens


def show(view):
    """Show the end that the model has."""
    (decoder if view.trace.config.predicts else encoder)(view)


def decoder(view):
    """From the end of the stream to the likeliest next tokens."""
    trace, token = view.trace, view.token
    piece = load(view.choice.model).tokenizer.piece
    chances, logits, end = trace.probabilities[token], trace.logits[token], trace.layers[-1].resid_out[token]
    best = np.argsort(-chances, kind="stable")[:LISTED]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(
            f"**After {_shell.plain(trace.tokens[token])}, of {len(chances):,} tokens the likeliest "
            f"{len(best)}**"
        )
        ranking(
            {"probability": (chances[best], theme.OUTPUT)},
            [piece(int(i)) for i in best],
            key="architecture.next",
            label="likeliest next tokens",
        )
        pause()
        with view.row:
            view.picker.draw(label_visibility="collapsed", width=190)
        if token == len(trace.tokens) - 1:
            _ending.note(view.choice.text, view.choice.model)
        _ending.note_ahead(trace, token)
    with right:
        first, foreign = int(best[0]), is_opened(view.choice.model)
        norms = "makes their mean 0 and their spread 1, then a factor and a shift for each"
        norms = "brings them to a common scale, then a factor for each" if foreign else norms
        tied = "" if foreign else ", which is the embedding table again,"
        st.markdown(
            f"1. The stream ends in {len(end)} numbers, of length {number(stream.norms(end))}.\n2. The "
            f"**final norm** {norms}: "
            f"length {number(stream.norms(trace.final[token]))}.\n3. The **output matrix**{tied} "
            "has a row for each token; the product with each row is its **logit**: "
            f"{_shell.plain(piece(first))} has {number(logits[first])}, the mean of all is "
            f"{number(logits.mean())}.\n4. The **softmax** makes probabilities of them: "
            f"{_shell.plain(piece(first))} gets **{percent(chances[first], 1)}**; these {len(best)} have "
            f"{percent(chances[best].sum())} together, all other {len(chances) - len(best):,} the rest."
        )
        letter = "W" if foreign else "E"  # of an opened model it need not be the embedding table
        _shell.say(rf"p = \mathrm{{softmax}}({letter}\,\mathrm{{norm}}(x)) \qquad {letter}: V \times C")
        st.info(
            "An encoder ends the other way: in one vector for the whole text, to be compared with others. "
            "Choose encoder in the sidebar to see that."
        )
