"""The words of the vocabulary to which the word in each sentence is nearest, stage by stage."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import nearest, words
from pages import _senses, _shell
from pages._choices import put
from viz.component.neighbours import Row, neighbours

COUNT = 7  # words on each side of a row
AROUND = 40  # characters of a sentence on each side of its word
KEY = "word_sense.neighbours"


def stages():
    """The stages that are compared, as places among all."""
    return nearest.stages(load(_senses.MODEL).config)


def table() -> nearest.Table | None:
    """The table of common words, read when first asked for; None, with a sentence, where it is damaged."""
    try:
        return nearest.table(_senses.MODEL)
    except ValueError as reason:
        st.info(str(reason))
        return None


def rows(targets, now, known, names):
    """The Row of each stage for both Words, whose vectors are now (2, S, C)."""
    vectors = now[:, stages()]  # (2, R, C)
    cosines = known.cosines(vectors)  # (2, R, N)
    between = (known.centred(vectors[0]) * known.centred(vectors[1])).sum(-1)  # (R,)
    own = {base for word in targets for base in words.bases(str(word))}
    for row, stage in enumerate(stages()):
        sides = (nearest.listing(known.words, cosines[i, row], COUNT, own) for i in (0, 1))
        yield Row(names[stage], *sides, between[row])


def picture(targets, now, chosen, names):
    """Draw it, if there is a table; `chosen` is the stage outlined."""
    known = table()
    if known is None:
        return
    stage_rows = list(rows(targets, now, known, names))
    end = [", ".join(word for word, _ in side[:3]) for side in (stage_rows[-1].first, stage_rows[-1].second)]
    neighbours(
        stage_rows,
        sentences=[parts(word) for word in targets],
        key=KEY,
        chosen=stages().index(chosen) if chosen in stages() else None,
        label=f"at the end the first is nearest to {end[0]}; the second to {end[1]}",
        revision="\n".join(f"{word.start} {word.text}" for word in targets),
        on_select=take_stage,
    )
    st.caption(
        f"Each row is a stage of the model. Left and right: of {len(known.words):,} common words, those "
        "whose mean vector points most nearly where the word’s does in that sentence, the nearest in the "
        "middle, deeper in colour the nearer; grey where both sentences have it. Other forms of the word "
        "itself are left out. Between them: the cosine of the word’s two vectors; what all words have in "
        "common is taken off. The end is the last layer, normalised."
    )


def take_stage(row):
    put({"word_sense.stage": stages()[row]})


def parts(word):
    """The text before the word, the word, and the text after it, cut to what fits."""
    before, after = word.text[: word.start], word.text[word.end :]
    left = f"…{before[-AROUND:]}" if len(before) > AROUND else before
    right = f"{after[:AROUND]}…" if len(after) > AROUND else after
    return left, word.text[word.start : word.end], right


def likeness(now, side):
    """The Likeness of vectors to the other sentence's word; None where there is no table."""
    known = table()
    return known and nearest.Likeness(now[1 - side], np.array(stages()), known)


def sources():
    _shell.say(
        r"\cos(u, w) = \frac{(u - m) \cdot (w - m)}{\lVert u - m \rVert \, \lVert w - m \rVert}",
        "$u$ is the word’s vector in its sentence, $w$ the mean vector of a common word in some fifty "
        "sentences, $m$ the mean of all those words: without it all cosines would be high and alike.",
    )
    _shell.show_source(nearest.Table.cosines)
