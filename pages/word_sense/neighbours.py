"""The words of the vocabulary to which the word in each sentence is nearest, stage by stage."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import nearest, stream, words
from pages import _senses, _shell
from pages._choices import put
from pages._numbers import number
from viz.component.neighbours import Row, neighbours

COUNT = 7  # words on each side of a row
AROUND = 40  # characters of a sentence on each side of its word
KEY = "word_sense.neighbours"


def stages(model):
    """The stages that are compared, as places among all."""
    if model != _senses.MODEL:
        return list(range(len(_senses.stage_names(model))))
    return nearest.stages(load(model).config)


def table() -> nearest.Table | None:
    """The table of common words, read when first asked for; None, with a sentence, where it is damaged."""
    try:
        return nearest.table(_senses.MODEL)
    except ValueError as reason:
        st.info(str(reason))
        return None


def rows(targets, now, known, names):
    """The Row of each stage for both Words, whose vectors are now (2, S, C)."""
    vectors = now[:, stages(_senses.MODEL)]  # (2, R, C)
    cosines = known.cosines(vectors)  # (2, R, N)
    between = (known.centred(vectors[0]) * known.centred(vectors[1])).sum(-1)  # (R,)
    own = {base for word in targets for base in words.bases(str(word))}
    for row, stage in enumerate(stages(_senses.MODEL)):
        sides = (nearest.listing(known.words, cosines[i, row], COUNT, own) for i in (0, 1))
        yield Row(names[stage], *sides, between[row])


def draw(stage_rows, targets, chosen, model, label):
    """Draw the rows, one for each of the stages; `chosen` is the stage outlined."""
    places = stages(model)
    neighbours(
        stage_rows,
        sentences=[parts(word) for word in targets],
        key=KEY,
        chosen=places.index(chosen) if chosen in places else None,
        label=label,
        revision="\n".join(f"{word.start} {word.text}" for word in targets),
        on_select=lambda row: put({"word_sense.stage": places[row]}),
    )


def parting(targets, now, chosen, names, model):
    """Draw how the two vectors part in a model whose common words have not been averaged."""
    cosines = stream.cosines(now[0], now[1])
    stage_rows = [Row(name, (), (), cosines[stage]) for stage, name in enumerate(names)]
    draw(stage_rows, targets, chosen, model, f"at the end the two have a cosine of {number(cosines[-1], 2)}")
    st.caption(
        "Each row is a stage of the model, the first on top: the cosine of the word’s two vectors. The words "
        "nearest to it are known for Riverbank’s own encoder only, which has read common words in some fifty "
        "sentences each."
    )


def picture(targets, now, chosen, names, model):
    """Draw it, if there is a table; `chosen` is the stage outlined."""
    if model != _senses.MODEL:
        parting(targets, now, chosen, names, model)
        return
    known = table()
    if known is None:
        return
    stage_rows = list(rows(targets, now, known, names))
    end = [", ".join(word for word, _ in side[:3]) for side in (stage_rows[-1].first, stage_rows[-1].second)]
    label = f"at the end the first is nearest to {end[0]}; the second to {end[1]}"
    draw(stage_rows, targets, chosen, model, label)
    st.caption(
        f"Each row is a stage of the model. Left and right: of {len(known.words):,} common words, those "
        "whose mean vector points most nearly where the word’s does in that sentence, the nearest in the "
        "middle, deeper in colour the nearer; grey where both sentences have it. Other forms of the word "
        "itself are left out. Between them: the cosine of the word’s two vectors; what all words have in "
        "common is taken off. The end is the last layer, normalised."
    )


def parts(word):
    """The text before the word, the word, and the text after it, cut to what fits."""
    before, after = word.text[: word.start], word.text[word.end :]
    left = f"…{before[-AROUND:]}" if len(before) > AROUND else before
    right = f"{after[:AROUND]}…" if len(after) > AROUND else after
    return left, word.text[word.start : word.end], right


def likeness(now, side, model):
    """The Likeness of vectors to the other sentence's word; None where there is no table."""
    if model != _senses.MODEL:
        return nearest.Cosine(now[1 - side])
    known = table()
    return known and nearest.Likeness(now[1 - side], np.array(stages(model)), known)


def sources(model):
    if model != _senses.MODEL:
        _shell.show_source(stream.cosines)
        return
    _shell.say(
        r"\cos(u, w) = \frac{(u - m) \cdot (w - m)}{\lVert u - m \rVert \, \lVert w - m \rVert}",
        "$u$ is the word’s vector in its sentence, $w$ the mean vector of a common word in some fifty "
        "sentences, $m$ the mean of all those words: without it all cosines would be high and alike.",
    )
    _shell.show_source(nearest.Table.cosines)
