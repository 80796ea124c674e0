"""The meter: where the word falls in both sentences between two groups of examples, stage by stage."""

import streamlit as st

from model import load
from model.analysis import senses, stream
from pages import _shell
from pages._choices import put
from pages._control import pause
from pages._numbers import number, signed
from pages._senses import NUMBERS
from viz.component.meter import Lane, meter

KEY = "word_sense.meter"
ADDED = "learned", "sinusoidal"
SAME = 0.9995  # a cosine that is written as 1.000


def sentences(word, known, now, before, hidden, stage):
    """What the meter says at a stage of both sentences in words; now and before (2, S, C)."""
    values, earlier = known.axis.project(now), known.axis.project(before)  # (2, S)
    for i, which in enumerate(NUMBERS):
        sentence = f"{_shell.plain(word)} in the {which} sentence: **{signed(values[i, stage], 2)}**, "
        sentence += known.call(values[i, stage], stage, now[i])
        if hidden[i].words:
            struck = _shell.listing([_shell.plain(str(one)) for one in hidden[i].words])
            sentence += f"; it was {signed(earlier[i, stage], 2)} before it lost sight of {struck}"
        yield sentence


def picture(word, texts, known, plain, now, hidden, stage, names):
    """The lanes, and what they say in words; plain and now (2, S, C), before and after words were hidden."""
    values, before = known.axis.project(now), known.axis.project(plain)  # (2, S)
    neither = known.neither(now)  # (2, S)
    lanes = [
        Lane(
            name,
            known.separation.left[:, s],
            known.separation.right[:, s],
            known.margin[s],
            tuple(values[:, s]),
            tuple(before[:, s]) if any(one.words for one in hidden) else (),
            number(stream.cosines(now[0, s], now[1, s]), 3),
            tuple(neither[:, s]),
        )
        for s, name in enumerate(names)
    ]
    meter(
        lanes,
        ends=known.ends,
        marks=("1", "2"),
        key=KEY,
        chosen=stage,
        note="cosine",
        label=f"the word between {known.ends[0]} and {known.ends[1]}, layer by layer",
        revision="\n".join(texts),
        on_select=take_stage,
    )
    pause()
    st.markdown("  \n".join(sentences(word, known, now, plain, hidden, stage)))


def caption(word, known, plain, stage, names, model):
    """What the lanes are, and how good they are; with too few examples, how many more are needed."""
    if needs := known.needs(word):
        st.info(needs)
    st.caption(
        "Each lane is a stage of the model, the first on top: click one to choose it. −1 and +1 are the "
        "means of the example sentences, the small signs, each judged without using itself as an example; "
        f"at “{names[stage]}” {known.share(stage)} of them fall on their own side. In the grey band fewer "
        "than three in four would: too close to call. A dashed disc is like neither: fewer than one in ten "
        "of the examples are as far from both means. Cosine: between the word’s two "
        f"vectors{at_the_start(plain, load(model).config)}."
    )


def at_the_start(plain, config):
    """That the word is not the same vector from the start, where it is not; plain (2, S, C)."""
    start = stream.cosines(*plain[:, 0])
    if start >= SAME:
        return ""
    here = number(start, 3)
    why = "the word is cut into other tokens here than there"
    if config.positions in ADDED:
        why = f"this model adds to each token its position, or {why}"
    return f"; they differ from the start ({here}), since {why}"


def take_stage(stage):
    put({"word_sense.stage": stage})


def sources(model):
    _shell.say(
        r"\text{meter}(x) = \frac{(x - m) \cdot h}{h \cdot h} \qquad m = \frac{\bar r + \bar l}{2} \qquad "
        r"h = \frac{\bar r - \bar l}{2}",
        "The mean vector of each group of examples, the line through both, and the foot of the word’s vector "
        "on it.",
    )
    _shell.show_source(senses.Axis, senses.Kinship)
