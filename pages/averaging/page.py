"""Why not just average all the context? The same word in the same sentences, mixed in three ways."""

import streamlit as st

from model import load
from model.analysis import senses
from pages import _examples, _fold, _senses, _shell
from pages._choices import is_chosen
from pages._control import Buttons, pause
from pages._numbers import number, percent
from pages.averaging import mixtures, slot, words
from viz.component.meter import Lane, meter

config = load(_senses.MODEL).config
everywhere, *single = "every layer", *(f"layer {i}" for i in range(1, config.layers + 1))

st.markdown(
    "A word could take in its context by **adding up all the words and dividing by their number**: it then "
    "sees everything and weighs nothing. Change where the average takes attention’s place, and look how far "
    "apart 1 and 2 still fall: the two sentences that hold the word."
)
boxes = _senses.sentence_boxes()
texts = [box.value() for box in boxes]
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
for name, mixture in mixtures.MIXTURES.items():
    placed = mixtures.separated(known.examples, mixture, layers)
    vectors = _senses.vectors_of_each(targets, *mixtures.arguments(mixture, layers))  # (2, S, C)
    values = known.axis.project(vectors)[:, stage]  # (2,)
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
    f"trained, at “{_senses.stage_names()[stage]}”, where it tells senses best. The small signs are "
    "the word in the example sentences, mixed likewise; the last column says how many of them fall on their "
    "own side, each judged without using itself as an example. In the grey band it is too close to call."
)
gaps = {lane.name: abs(lane.values[1] - lane.values[0]) for lane in lanes}
verdict = (
    "What you see is how much of the word’s sense this model, which has learned to choose, owes to choosing."
    if gaps["attention"] > gaps["plain average"]
    else "Here choosing does not tell the two further apart than averaging does."
)
st.markdown(
    f"Between the two sentences {_shell.plain(word)} moves by **{number(gaps['attention'], 2)}** with "
    f"attention, by **{number(gaps['plain average'], 2)}** with the plain average in {where}, and by "
    f"{number(gaps['only itself'], 2)} when each word sees only itself. {verdict}"
)

chosen = is_chosen("averaging.layer") or is_chosen("averaging.head")
_fold.fold(
    "What each word is mixed from", "averaging.slot", slot.show, word, texts, targets, layers, opened=chosen
)
_fold.fold("The three mixtures as formulas", "averaging.formula", slot.formulas)
_fold.sources("averaging.code", senses.average, senses.alone)
