"""The score of two tokens over their distance."""

import numpy as np
import streamlit as st

from model.analysis import rotation
from pages import _shell
from pages._numbers import number, signed
from viz import rotation as figures


def draw_scores(pair):
    """The score of the two tokens at every offset, with their content and without it, and what is to be seen
    in it.
    """
    offsets = np.arange(-pair.last, pair.last + 1)
    (q, k), settings = pair.hands, (offsets, pair.frequency, pair.attention.scale)
    alike = rotation.without_content(q, k)
    content = rotation.curve(q, k, *settings) + pair.rest
    without = rotation.curve(alike, alike, *settings)
    here, there = pair.key - pair.query, pair.at[1] - pair.at[0]
    marks = {"in the text": here} | ({"moved": there} if there != here else {})
    bound, context = rotation.bound(q, k, pair.attention.scale) + pair.rest, pair.trace.config.context
    figure = figures.scores(
        offsets,
        content,
        without,
        rotation.envelope(alike, alike, *settings),
        bound=bound,
        limit=context,
        marks={name: (offset, content[offset + pair.last]) for name, offset in marks.items()},
    )
    seen = content[: pair.last + 1]  # the key at the query's place or before it
    _shell.show(
        figure,
        key="rope.distances",
        finding=f"looking back, the two would score highest at {signed(offsets[seen.argmax()])}, "
        f"{number(seen.max(), 2)}; in the text, at {signed(here)}, they score "
        f"{number(content[here + pair.last], 2)}",
        shows="score of the two tokens over their offset, with and without content",
    )
    paper = rotation.decay(q, k, *settings)
    asks, answers = map(_shell.plain, pair.words)
    st.markdown(
        f"- Purple: **the real q of {asks} and k of {answers}, set at every distance.** Looking back, the "
        f"two would score highest at {signed(offsets[seen.argmax()])}, with {number(seen.max(), 2)}; in the "
        f"text they stand at {signed(here)}, with {number(content[here + pair.last], 2)}.\n- Dashed: "
        f"**without content.** All {len(q)} pairs equally long, pointing the same way at offset 0, with the "
        "same Σ a, a = |q| |k|. Their cosines agree near 0 and drift apart further out: what RoPE says by "
        "itself is “the nearer, the higher”, more or less. The grey band is the envelope of this curve, "
        "scale × |Σ a e^(i offset θ)|; real words need not stay inside.\n- Dotted: **what these two cannot "
        f"exceed at any distance**, scale × Σ a = {number(bound, 2)}. The decaying bound of the RoPE paper "
        f"(Su 2021, eq. 37) goes for this q and k from {number(paper[pair.last], 0)} at offset 0 to "
        f"{number(paper[0], 0)} at {signed(offsets[0])}: true, but "
        f"{'everywhere' if paper.min() > bound else 'nearly everywhere'} above the dotted line, and so not "
        "drawn. RoPE leans to decay; it does not enforce it."
    )
