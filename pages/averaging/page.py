"""Why not just average all the context? The same word in the same sentences, mixed in three ways."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses
from pages import _examples, _senses, _shell, _words
from pages._control import Buttons, pause
from pages._numbers import number, percent
from pages._senses import NUMBERS
from pages.averaging import words
from viz.component import heatmap
from viz.component.meter import Lane, meter

MIXTURES = {"attention": None, "plain average": "average", "only itself": "alone"}
config = load(_senses.MODEL).config
everywhere, *single = "every layer", *(f"layer {i}" for i in range(1, config.layers + 1))

boxes = _senses.sentence_boxes()
texts = [box.value() for box in boxes]
st.markdown(
    "A word could take in its context by **adding up all the words and dividing by their number**. It then "
    "sees everything and weighs nothing. Change where the average takes attention’s place, and look how far "
    "apart 1 and 2 still fall: the two sentences that hold the word."
)
_senses.draw_boxes(boxes)
replaced = Buttons("Replace attention in", "averaging.where", [everywhere, *single], everywhere)
where = replaced.value()
with st.container(horizontal=True):
    replaced.draw()
    word = words.word_of(texts)
layers = tuple(range(config.layers)) if where == everywhere else (single.index(where),)
targets = tuple(words.occurrence(text, word, i) for i, text in enumerate(texts))
known = _examples.known_or_end(word, targets)

lanes, stage = [], _senses.best_stage()
for name, mixture in MIXTURES.items():
    arguments = (_senses.MODEL, mixture, layers) if mixture else ()
    examples = [_senses.vectors(group, *arguments) for group in known.examples]
    placed = senses.separate(known.left, known.right, examples)
    values = known.axis.project(_senses.vectors(targets, *arguments))[:, stage]  # (2,)
    lanes.append(
        Lane(
            name,
            placed.left[:, stage],
            placed.right[:, stage],
            known.margin[stage],
            tuple(values),
            (),
            "–" if any(known.missing) else percent(placed.accuracy[stage]),
        )
    )
meter(
    lanes,
    ends=known.ends,
    marks=("1", "2"),
    key="averaging.meter",
    note="correct",
    joined=False,
    revision="\n".join(texts),
    label=f"the word between {known.ends[0]} and {known.ends[1]}, for three mixtures",
)
pause()
st.caption(
    "Each lane is a way to mix, in the layers chosen. The axis is always that of the model as it was "
    f"trained, at “{_senses.stage_names(config)[stage]}”, where it tells senses best. Small signs: the word "
    "in the example sentences, mixed likewise; correct: how many of them fall on their own side, each "
    "judged without using itself as an example. In the grey band it is too close to call."
)
gaps = {lane.name: abs(lane.values[1] - lane.values[0]) for lane in lanes}
st.markdown(
    f"Between the two sentences {_shell.plain(word)} moves by **{number(gaps['attention'], 2)}** with "
    f"attention, by **{number(gaps['plain average'], 2)}** with the plain average in {where}, and by "
    f"{number(gaps['only itself'], 2)} when each word sees only itself. What you see is how much of the "
    "word’s sense this model, which has learned to choose, owes to choosing."
)

_shell.heading("The same slot, three mixtures")
places = (
    Buttons("Layer", "averaging.layer", range(1, config.layers + 1), layers[0] + 1),
    Buttons("Head", "averaging.head", range(1, config.heads + 1), 1),
)
layer, head = (control.value() for control in places)
with st.container(horizontal=True):
    for control in places:
        control.draw()
traces = [_shell.explain(text, _senses.MODEL) for text in texts]
sides = [_words.labels(trace) for trace in traces]
for i, column in enumerate(st.columns(2, gap="medium")):
    trace, labels = traces[i], sides[i]
    tokens = targets[i].tokens(trace.spans)
    T = len(trace.tokens)
    own = np.isin(np.arange(T), tokens) / len(tokens)
    rows = np.stack(
        [trace.layers[layer - 1].attention.weights(head - 1)[tokens].mean(0), np.full(T, 1 / T), own]
    )
    with column:
        heatmap(
            labels.columns(rows),
            rows=("attend", "average", "itself"),
            columns=labels.names,
            key=f"averaging.weights{i + 1}",
            square=False,
            height=190,
            label=f"what “{word[:24]}” in the {NUMBERS[i]} sentence takes from each token",
            row_role="mixture",
            column_role="token",
            revision=texts[i],
        )
st.caption(
    "Each row is a mixture, each column a token that is taken in; a row sums to 1. The first row is the "
    "chosen head of the model as trained."
)
max(sides, key=lambda labels: (labels.merged, labels.divided)).draw()
_shell.say(
    r"\underbrace{\textstyle\sum_j w_j\,v_j}_{\text{attention}} \qquad \underbrace{\textstyle\sum_j "
    r"\tfrac{1}{T}\,v_j}_{\text{plain average}}"
    r" \qquad \underbrace{v_i}_{\text{only itself}}",
    "All three add up values. Only the first asks what they say before it decides how much of each to take.",
)
_shell.show_source(senses.average, senses.alone)
