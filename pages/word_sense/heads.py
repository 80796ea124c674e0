"""What each head of the model is worth to a word: what blinding it does, beside the weight that it gives; and
the way to what each of them wrote.
"""

import numpy as np
import streamlit as st

from model import load
from model.analysis import ranks, senses
from pages import _clues, _examples, _shell
from pages._glossary import explained
from pages._numbers import number, plural
from pages._senses import NUMBERS
from viz import theme
from viz.component import heatmap
from viz.component.ranking import ranking

BEST = 8  # heads listed


def pictures(targets, scales, plain, moved, hidden, stage):
    """Both sentences side by side; the clue is what the reader has struck out, or else the strongest."""
    st.markdown(
        "Where the word looks, head by head, and what each head is worth: how far "
        f"{scales[0].name} moves when that head alone cannot look at the clue, beside the weight that the "
        "head gives it. The clue is what you have struck out, or else the word that matters most. Attention "
        "is not influence: compare the bars.",
        help=explained("head", "rank correlation"),
    )
    for i, column in enumerate(st.columns(2, gap="medium")):
        with column:
            if moved[i]:
                clue = hidden[i].words or (_clues.strongest(moved[i]),)
                picture(targets[i], i, scales[i], plain[i], clue, stage)
            else:
                st.caption(f"In the {NUMBERS[i]} sentence there is no other word to look at.")


def picture(target, side, scale, plain, clue, stage):
    """Every head's attention from the word, and the heads that matter most for the clue: by what blinding
    them does, not by their weight.
    """
    trace = _shell.explain(target.text, scale.model)
    places, config = target.tokens(trace.spans), trace.config
    keys = _clues.tokens_of(target, clue, trace.spans)
    looks = senses.looks(trace, places)
    labels = [f"{layer + 1}.{head + 1}" for layer in range(config.layers) for head in range(config.heads)]
    cases = [(keys, layer, head) for layer in range(config.layers) for head in range(config.heads)]
    blinded = _clues.blinded(target, cases, model=scale.model)
    moved = scale.axis.project(blinded)[:, stage] - scale.axis.project(plain)[stage]
    weight = looks[..., list(keys)].sum(-1).flatten()
    heatmap(
        looks.reshape(len(labels), -1),
        rows=labels,
        columns=trace.tokens,
        key=f"word_sense.strip{side + 1}",
        square=False,
        height=430,
        label="where the word looks, head by head",
        row_role="layer.head",
        column_role="token",
        reading="head {row} looks at {column}",
        revision=target.text,
    )
    named = ", ".join(_shell.plain(str(one)) for one in clue)
    order = np.argsort(-np.abs(moved), kind="stable")[:BEST]
    agree = ranks.correlation(np.abs(moved), weight)
    st.markdown(
        f"The clue is {named}; the {plural('head', len(order))} that move {scale.name} most. Over all "
        f"{len(labels)} heads, move and weight have a rank correlation of **{number(agree, 2)}**."
    )
    series = {
        f"{scale.name} moves by": (moved[order], theme.OUTPUT),
        "attention weight": (weight[order], theme.QUERY),
    }
    ranking(
        series,
        [labels[i] for i in order],
        key=f"word_sense.heads{side + 1}",
        shares=False,
        label=f"heads by what they do with {' '.join(map(str, clue))}",
    )


def lead_on(target, stage, model):
    """The way to the meter of the first sentence as a sum of what each part has written."""
    able = [word for word in senses.words(target.text) if _examples.has_examples(str(word))]
    if target not in able or load(model).config.predicts:  # of what predicts, logits are taken apart there
        return
    place = {"why.word": able.index(target), "why.stage": stage}
    choices = {"text": target.text, "model": model, "why.section": "What did it write?"} | place
    label = "Why? The meter of the first sentence as a sum"
    _shell.lead_to("why", label, choices, key="word_sense.why")
