"""What does turning a vector have to do with order? RoPE on the reader's own text: clocks for each pair of
dimensions, turned in the browser.
"""

import streamlit as st

from model.analysis import rotation
from model.network.encodings import rope
from pages import _fold, _shell, _sidebar
from pages._control import picture_first
from pages.rope import bases, clocks, distances, opened, pairings, proof, two_tokens

st.markdown(
    "Rotary positions (RoPE) turn each pair of dimensions of a query and a key like the hand of a clock, the "
    "further the later the token stands. **Move both tokens**: all hands turn, and the score stays; move "
    "only the key, and it changes."
)
choice = _sidebar.choice(only=_shell.FIRST, hub=True)
trace = _sidebar.read(choice)
pair = two_tokens.pair(trace, choice)
with picture_first(*pair.pickers, clocks.ORDER):
    chosen = clocks.draw(pair, clocks.ORDER.value())
st.caption(
    "Each clock is a pair of dimensions, and ↺ says in how many tokens it comes round once. The round tip is "
    "the query’s and the square one the key’s; a hand is as long as its share of the longest. It is dashed "
    "before turning and solid after, turned counter-clockwise by position × speed, where positions count "
    "from 0. The bar and the number are what the pair adds to the score. The curve is the score at every "
    "distance, with a ring where the text has the two tokens."
)

if not pair.ours:
    st.markdown(opened.sentence(pair))

_fold.fold("Why turning makes the score feel the distance", "rope.sum", proof.add_up, pair)
_fold.fold("The score over the distance", "rope.distance", distances.draw_scores, pair)
_fold.fold("One pair, by hand", "rope.hand", proof.by_hand, pair, chosen)
if pair.ours:
    moved = bases.control(trace).value() != trace.config.rope_base
    _fold.fold("How fast should the hands turn?", "rope.speed", bases.show, pair, opened=moved)
    _fold.fold("Adjacent pairs or halves?", "rope.convention", pairings.show, pair, chosen)
else:
    _fold.fold("How fast do the hands turn?", "rope.speed", opened.speeds, pair)
    _fold.fold("Adjacent pairs or halves?", "rope.convention", opened.pairing, pair)
_fold.fold("The same numbers in Python", "rope.python", (proof if pair.ours else opened).python, pair)
_fold.sources("rope.code", rope.rotate, rotation.contributions, rotation.to_halves)
