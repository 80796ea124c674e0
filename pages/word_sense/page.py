"""Which bank? One word in two sentences: where its meaning parts, and which other words and which heads did
it.
"""

import streamlit as st

from model import load
from model.analysis import senses, stream
from pages import _senses, _shell, _signs
from pages._control import Text, kept
from pages._numbers import number, percent, signed
from pages._senses import NUMBERS
from pages.word_sense import blindfold
from viz import scatter, theme
from viz.component.meter import Lane, meter

SAME = 0.9995  # a cosine that is written as 1.000
names = _senses.stage_names(load(_senses.MODEL).config)

boxes = [
    Text(f"The {which} sentence", key, None, example)
    for which, key, example in zip(NUMBERS, _senses.SENTENCES, _shell.EXAMPLES, strict=False)
]
texts = [box.value() for box in boxes]
st.markdown(
    "A word means what its company says. Before the first layer the word knows of no other word in either "
    "sentence; then it takes in its context, "
    "and the two part. **Click another word under a sentence**: then the word cannot look at it, and the "
    "meter moves by the number that stands there."
)
columns = st.columns(2)
for column, box in zip(columns, boxes, strict=True):
    with column:
        box.draw()
        _signs.note(box.key, box.value(), _senses.MODEL)
with st.container(horizontal=True, vertical_alignment="bottom"):
    word = _senses.word_of(texts)
    undo = st.empty()
found = tuple(_senses.occurrence(text, word, i) for i, text in enumerate(texts))
known = _senses.known_or_end(word, found)
plain = _senses.vectors(found)  # (2, S, C) the word in both sentences, free to look
stage = kept("word_sense.stage", range(len(names)), _senses.best_stage(), spell=lambda i: names[i])
hidden = [blindfold.hidden(one, i) for i, one in enumerate(found)]
now = blindfold.seen_through(found, plain, hidden)
values, before = known.axis.project(now), known.axis.project(plain)  # (2, S)
st.markdown(
    "  \n".join(
        f"{_shell.plain(word)} in the {which} sentence: **{signed(values[i, stage], 2)}**, "
        f"{known.call(values[i, stage], stage)}"
        + (
            f"; it was {signed(before[i, stage], 2)} before it lost sight of "
            f"{', '.join(map(_shell.plain, hidden[i]))}"
            if hidden[i]
            else ""
        )
        for i, which in enumerate(NUMBERS)
    )
)
lanes = [
    Lane(
        name,
        known.separation.left[:, s],
        known.separation.right[:, s],
        known.separation.margin[s],
        tuple(values[:, s]),
        tuple(before[:, s]) if any(hidden) else (),
        number(stream.cosines(now[0, s], now[1, s]), 3),
    )
    for s, name in enumerate(names)
]
meter(
    lanes,
    ends=known.ends,
    marks=("1", "2"),
    key="word_sense.meter",
    chosen=stage,
    note="cosine",
    label=f"the word between {known.ends[0]} and {known.ends[1]}, layer by layer",
    revision="\n".join(texts),
    on_select=blindfold.take_stage,
)
_shell.pause()
start = stream.cosines(*plain[:, 0])
other_tokens = (
    f"; they differ from the start ({number(start, 3)}), since the word is other tokens here than there"
    if start < SAME
    else ""
)
st.caption(
    "each lane is a stage of the model, the first on top: click one to choose it. −1 and +1 are the means of "
    "the example sentences, the small signs, each "
    f"placed without its own help; at “{names[stage]}” {percent(known.separation.accuracy[stage])} of them "
    "fall on their own side. In the grey band fewer "
    f"than three in four would: too close to call. Cosine: between the word’s two vectors{other_tokens}"
)

moved = [_senses.moves(found[i], known, plain[i], stage) for i in (0, 1)]
for i, column in enumerate(columns):
    with column:
        blindfold.sentence(found[i], i, moved[i], hidden[i])
undo.button("Let it look again", key="word_sense.undo", on_click=blindfold.undo, disabled=not any(hidden))

_shell.heading("Which heads did it?")
st.markdown(
    "Where the word looks, head by head, and what each head is worth: how far the meter moves when that head "
    "alone cannot look at the clue, beside the weight "
    "that the head gives it. The clue is what you have struck out, or else the word that moves the meter "
    "most, per occurrence. "
    "Attention is not influence: compare the bars."
)
for i, column in enumerate(st.columns(2, gap="medium")):
    with column:
        if moved[i]:
            blindfold.heads(
                found[i], i, known, plain[i], hidden[i] or [_senses.strongest(found[i], moved[i])], stage
            )
        else:
            st.caption(f"in the {NUMBERS[i]} sentence there is no other word to look at")

_shell.heading("All examples on one plane")
points, share = senses.plane(known.left, known.right, now)
n, m = len(known.left), len(known.right)
groups = [
    (known.ends[0], slice(0, n), theme.QUERY, "circle", 8, [one.text for one in known.found[0]]),
    (known.ends[1], slice(n, n + m), theme.KEY, "square", 8, [one.text for one in known.found[1]]),
    ("your two", slice(n + m, n + m + 2), theme.VALUE, "circle", 24, ("1", "2")),
]
_shell.show(
    scatter.planes(points, groups, frames=names, chosen=stage),
    key="word_sense.map",
    alt="the word in all sentences, two principal components",
)
st.caption(
    f"each sign is {_shell.plain(word)} in one sentence; the two directions in which all these vectors "
    "differ most (principal components) hold "
    f"{percent(share[stage].sum())} of their variance at “{names[stage]}”. Move the slider through the "
    "layers; each has its own scale"
)

_shell.heading("The examples")
_senses.boxes(word)

_shell.heading("How the meter is computed")
_shell.say(
    r"\text{meter}(x) = \frac{(x - m) \cdot h}{h \cdot h} \qquad m = \frac{\bar r + \bar l}{2} \qquad h = "
    r"\frac{\bar r - \bar l}{2}",
    "The mean vector of each group of examples, the line through both, and the foot of the word’s vector on "
    "it.",
)
_shell.show_source(senses.Axis)
