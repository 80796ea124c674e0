"""What does turning a vector have to do with order? RoPE on the reader's own text: clocks for each pair of
dimensions, turned in the browser.
"""

import streamlit as st

from model.analysis import rotation
from model.network.encodings import rope
from pages import _shell, _sidebar
from pages._control import picture_first
from pages.rope import bases, clocks, distances, pairings, proof, two_tokens

choice = _sidebar.choice(only=_shell.FIRST)
trace = _sidebar.read(choice)
pair = two_tokens.pair(trace, choice)
st.markdown(
    "Rotary positions (RoPE) turn each pair of dimensions of a query and a key like the hand of a clock, the "
    "further the later the token stands. **Move both tokens**: all hands turn, and the score stays. Then "
    "move only the key: it changes. Turned vectors feel the distance, not the place."
)
with picture_first(*pair.pickers, clocks.ORDER):
    chosen = clocks.draw(pair, clocks.ORDER.value())
st.caption(
    "Each clock is a pair of dimensions; ↺ says in how many tokens it comes round once. Round tip: query; "
    "square tip: key; length: share of the longest hand. Dashed: before turning; solid: turned "
    "counter-clockwise by position × speed; positions count from 0. Bar and number: what the pair adds to "
    "the score. Below: the score of the two at every distance; the ring is where the text has them."
)
proof.add_up(pair)

_shell.heading("The score over the distance")
distances.draw_scores(pair)

_shell.heading("One pair, by hand")
proof.by_hand(pair, chosen)
_shell.show_source(rope.rotate)

_shell.heading("How fast should the hands turn?")
base = bases.slider(int(trace.config.rope_base))
left, right = st.columns(2, gap="medium")
with left:
    bases.speeds(pair, base)
with right:
    bases.rerun(pair, base)

_shell.heading("Adjacent pairs or halves?")
half = trace.config.head_width // 2
st.markdown(
    "Which two dimensions turn together is a convention. The paper and this model pair neighbours, (0, 1), "
    f"(2, 3), …; Llama’s port for Hugging Face pairs each with the one half a head further, (0, {half}), (1, "
    f"{half + 1}), …. A dot product does not care about the order of its dimensions, so a checkpoint goes "
    "from one to the other by **reordering the rows** of its query and key projections. Both turn "
    "counter-clockwise."
)
pairings.order(pair, chosen)
pairings.compare(pair)

_shell.heading("The functions behind it, and the same numbers in Python")
_shell.show_source(rotation.contributions, rotation.to_halves)
st.code(proof.snippet(pair), language="python", wrap_lines=True)
