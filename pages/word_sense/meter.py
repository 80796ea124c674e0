"""The meter: where the word falls in both sentences between two groups of examples, stage by stage."""

import streamlit as st

from model.analysis import senses, stream
from pages import _shell
from pages._choices import put
from pages._control import pause
from pages._numbers import number, percent, signed
from pages._senses import NUMBERS
from viz.component.meter import Lane, meter

KEY = "word_sense.meter"
SAME = 0.9995  # a cosine that is written as 1.000


def sentences(word, known, values, before, hidden, stage):
    """What the meter says at a stage of both sentences, values and before (2, S), in words."""
    for i, which in enumerate(NUMBERS):
        sentence = f"{_shell.plain(word)} in the {which} sentence: **{signed(values[i, stage], 2)}**, "
        sentence += known.call(values[i, stage], stage)
        if hidden[i]:
            struck = ", ".join(map(_shell.plain, hidden[i]))
            sentence += f"; it was {signed(before[i, stage], 2)} before it lost sight of {struck}"
        yield sentence


def picture(word, texts, known, plain, now, hidden, stage, names):
    """The sentences, the lanes and what they are; plain and now (2, S, C), before and after words were
    hidden.
    """
    values, before = known.axis.project(now), known.axis.project(plain)  # (2, S)
    st.markdown("  \n".join(sentences(word, known, values, before, hidden, stage)))
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
        key=KEY,
        chosen=stage,
        note="cosine",
        label=f"the word between {known.ends[0]} and {known.ends[1]}, layer by layer",
        revision="\n".join(texts),
        on_select=take_stage,
    )
    pause()
    st.caption(
        "Each lane is a stage of the model, the first on top: click one to choose it. −1 and +1 are the "
        "means of the example sentences, the small signs, each judged without using itself as an example; "
        f"at “{names[stage]}” {percent(known.separation.accuracy[stage])} of them fall on their own side. In "
        "the grey band fewer than three in four would: too close to call. Cosine: between the word’s two "
        f"vectors{other_tokens(plain)}."
    )


def other_tokens(plain):
    """That the word is not the same vector from the start, where it is not; plain (2, S, C)."""
    start = stream.cosines(*plain[:, 0])
    if start >= SAME:
        return ""
    here = number(start, 3)
    return f"; they differ from the start ({here}), since the word is other tokens here than there"


def take_stage(stage):
    put({"word_sense.stage": stage})


def sources():
    _shell.heading("How the meter is computed")
    _shell.say(
        r"\text{meter}(x) = \frac{(x - m) \cdot h}{h \cdot h} \qquad m = \frac{\bar r + \bar l}{2} \qquad "
        r"h = \frac{\bar r - \bar l}{2}",
        "The mean vector of each group of examples, the line through both, and the foot of the word’s vector "
        "on it.",
    )
    _shell.show_source(senses.Axis)
