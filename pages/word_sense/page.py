"""Which bank? Two words in their sentences: what each is near to, where their meaning parts, and which other
words and which heads did it.
"""

import streamlit as st

from model import load
from pages import _clues, _examples, _foreign, _senses
from pages._control import Menu
from pages._fold import fold
from pages.word_sense import blindfold, examples, heads, meter, neighbours, pair

model = _senses.reader()
names = _senses.stage_names(model)
boxes = _senses.sentence_boxes()
texts = [box.value() for box in boxes]
st.markdown(
    "You know a word by the words around it. **Choose a word of both sentences**: layer by layer it takes in "
    "its context, and the two part."
)
_senses.draw_boxes(boxes, ("", "empty: the first sentence again"), model)
with st.container(horizontal=True, vertical_alignment="bottom"):
    word, targets = pair.compared(texts, model)
    pair.offer_both_places(texts)

plain = _examples.read_or_end(targets, model)  # (2, S, C) the words as they are, free to look
known = _examples.known_or_none(word, model)
stages = range(len(names)) if known else neighbours.stages(model)
default = _senses.best_stage(model, known) if known else stages[-1]
stage = Menu("Stage", "word_sense.stage", stages, default, lambda i: names[i]).value()
hides = _foreign.hides(model)
hidden = [blindfold.hidden(one, i) if hides else _clues.NOTHING for i, one in enumerate(targets)]
now = blindfold.seen_through(targets, plain, hidden, model)
scales = [blindfold.scale(known, now, side, model) for side in (0, 1)]
with st.container(key="word_sense.moves"):  # on a phone the picture stays in sight while a word is tapped
    if known:
        meter.picture(word, texts, known, plain, now, hidden, stage, names)
    else:
        neighbours.picture(targets, now, stage, names, model)
    if load(model).config.causal:
        pair.say_that_it_looks_back(targets)
    if hides:
        moved = [_clues.moves(targets[i], scales[i], stage, hidden[i]) for i in (0, 1)]
        blindfold.draw(targets, scales, moved, hidden, stage)
if known:
    meter.caption(word, known, plain, stage, names, model)
    near = targets, now, stage, names, model
    fold("The nearest words, stage by stage", "word_sense.near", neighbours.picture, *near)
if hides:
    pairs = targets, scales, moved, hidden, stage
    fold("Which two words back each other up?", "word_sense.backing", blindfold.backings, *pairs)
    seen = targets, scales, plain, moved, hidden, stage
    fold("Which heads did it?", "word_sense.by_head", heads.pictures, *seen)
if known:
    heads.lead_on(targets[0], stage, model)
    fold("All examples on one plane", "word_sense.plane", examples.plane, word, known, now, stage, names)
if word:
    examples.edit(word, targets, known, model)
fold("How it is computed", "word_sense.code", (meter if known else neighbours).sources, model)
